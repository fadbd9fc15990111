"""How many messages in danger are recognised, and how many others by mistake, by language, kind and way of writing.

The phrases were written by somebody who has not seen ``crisis.yaml``. The first two sets have been read since and rules
made for them; the third shows what to expect of messages that nobody has seen.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence

from flows.danger import shared_danger
from tests.bench.report import Report, machine
from tests.bench.walk import bot
from tests.data.crisis.phrases import FINGERPRINT_OF, FRESH, PHRASES, THIRD, Phrase

RECALL = 90.0
#: The work for a message of twice the length may cost at most so many times as much.
GROWTH = 3.0


def told(name: str, phrases: Sequence[Phrase], found: Callable[[str], str | None]) -> tuple[str, float, float]:
    """Return a line, the recall and the false alarms of a group, in per cent."""
    dangers = [found(one.text) for one in phrases if one.danger]
    others = [found(one.text) for one in phrases if not one.danger]
    hits, false = sum(map(bool, dangers)), sum(map(bool, others))
    recall, alarms = 100 * hits / max(1, len(dangers)), 100 * false / max(1, len(others))
    line = f"{name:24} recognised {hits:3} of {len(dangers):3} ({recall:5.1f} %), "
    line += f"by mistake {false:3} of {len(others):3} ({alarms:5.1f} %)"
    return line, recall, alarms


def growth(found: Callable[[str], str | None]) -> float:
    """Return how much more the worst of some hostile messages costs when it is twice as long."""
    worst = 0.0
    for piece in ("a", "he ", "not ", "me me ", "strang", "و", "не ме ", "(a+)+$"):
        times = []
        for length in (5_000, 10_000, 20_000):
            text = (piece * length)[:length]
            begun = time.perf_counter()
            for _ in range(3):
                found(text)
            times.append(time.perf_counter() - begun)
        worst = max(worst, times[2] / max(times[1], 1e-4))
    return worst


def main() -> None:
    """Measure and print."""
    print(f"  {machine()}")
    report = Report(name="crisis")
    found = bot().crisis.match
    shared_danger()
    report.note(f"phrases SHA-256 {hashlib.sha256(FINGERPRINT_OF.read_bytes()).hexdigest()}")
    sets = (("first set, read", PHRASES), ("second set, read", FRESH), ("third set, not read", THIRD))
    for name, phrases in sets:
        line, recall, alarms = told(name, phrases, found)
        report.note(line)
        report.row(
            f"messages in danger recognised, {name}",
            f">= {RECALL:.0f} %",
            f"{recall:.1f} % (false alarms {alarms:.1f} %)",
            ratio=f"{recall / RECALL:.2f}",
            met=recall >= RECALL,
        )
    for part in ("language", "danger", "how"):
        for value in sorted({getattr(one, part) for one in THIRD} - {""}):
            both = [one for one in THIRD if getattr(one, part) == value]
            report.note(told(f"{part} {value}", both, found)[0])
    begun = time.perf_counter()
    for one in PHRASES:
        found(one.text)
    report.note(f"{(time.perf_counter() - begun) / len(PHRASES) * 1000:.2f} ms a message")
    grown = growth(found)
    report.row(
        "hostile message of twice the length", f"< {GROWTH:.0f} x", f"{grown:.1f} x", ratio="", met=grown < GROWTH
    )
    report.finish()


if __name__ == "__main__":
    main()
