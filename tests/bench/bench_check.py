"""Checking a large bot: 1,000 steps and a thousand texts in four languages, from files to findings."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from flows.loader import Loaded, load
from tests.bench.report import Report, median, quick

__all__ = ["large_bot", "main", "measure"]

#: Seconds for 1,000 steps in four languages.
GOAL = 1.0
FLOWS, STEPS = 50, 20
TODAY = date(2026, 7, 1)

_BOT = """format: 1
name: Large
languages:
  source: en
  offered: [ar, bg, en, ru]
channels: [telegram, webchat]
start: flow0
home: flow0.step0
team:
  name: Team
  imprint: https://example.org
  privacy: https://example.org
  contact: Write to us.
queues:
  advice:
    hours: Mo-Fr 09:00-17:00
    languages: [ar, bg, en, ru]
    promise: soon
commands:
  menu:
    words: menu
    goto: flow0.step0
  human:
    words: human
    goto: flow0.human
  stop:
    words: stop
    action: stop
  withdraw:
    words: withdraw
    action: withdraw
"""
_HEAD = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"""


def large_bot(folder: Path, flows: int, steps: int) -> int:
    """Write a bot of this size with catalogues in three languages; return how many texts it has."""
    (folder / "bot.yaml").write_text(_BOT, encoding="utf-8")
    texts: list[tuple[str, str]] = []
    for flow in range(flows):
        lines = [f"flow: flow{flow}", "vars:", "  age: number", "steps:"]
        for step in range(steps):
            lines += _step(f"flow{flow}", f"step{step}", step, (flow + 1) % flows, texts)
        lines += [
            "  human:",
            "    handoff: advice",
            "    say: Thank you, a human answers you.",
            "    done: flow0.step0",
        ]
        texts.append((f"flow{flow}.human", "Thank you, a human answers you."))
        (folder / f"flow{flow}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for language in ("ar", "bg", "ru"):
        path = folder / "locales" / language / "LC_MESSAGES" / "messages.po"
        path.parent.mkdir(parents=True)
        entries = [f'msgctxt "{context}"\nmsgid "{text}"\nmsgstr "{language} {text}"\n' for context, text in texts]
        path.write_text("\n".join([_HEAD, *entries]), encoding="utf-8")
    return len(texts)


def _step(flow: str, name: str, step: int, other: int, texts: list[tuple[str, str]]) -> list[str]:
    """Return the lines of one step; every fourth is a menu, a question, a branch or a statement."""
    lines = [f"  {name}:"]
    body = f"This is the text of step {name} in {flow}, long enough to be one."
    if step % 4 == 0:
        lines += [
            f"    menu: {body}",
            "    options:",
            "      go: Go on",
            f"      other: Elsewhere -> flow{other}.step0",
        ]
        lines += ["      human: A human -> human"]
        texts += [
            (f"{flow}.{name}.go", "Go on"),
            (f"{flow}.{name}.other", "Elsewhere"),
            (f"{flow}.{name}.human", "A human"),
        ]
    elif step % 4 == 1:
        lines += [f"    ask: {body}", "    type: number", "    save: age", "    timeout:", "      - after: 20h"]
        lines += ["        say: Are you there?"]
        texts.append((f"{flow}.{name}.timeout.1", "Are you there?"))
    elif step % 4 == 2:
        lines += ["    if:", "      - when: age < 18 and age is set", "        goto: human"]
        return lines
    else:
        lines += [f"    say: {body}"]
    texts.append((f"{flow}.{name}", body))
    return lines


def measure(flows: int = FLOWS, steps: int = STEPS, rounds: int = 5) -> tuple[float, float, int, Loaded]:
    """Return the first time and the middle one in seconds, the number of texts, and the result."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = large_bot(folder, flows, steps)
        times = []
        results = []
        for _ in range(rounds):
            begin = time.perf_counter()
            results.append(load(folder, today=TODAY))
            times.append(time.perf_counter() - begin)
    return times[0], median(times), texts, results[-1]


def command(flows: int = FLOWS, steps: int = STEPS) -> float:
    """Return the seconds of the whole command, from the start of its process to its end."""
    with tempfile.TemporaryDirectory() as name:
        large_bot(Path(name), flows, steps)
        begin = time.perf_counter()
        done = subprocess.run([sys.executable, "-m", "bots.cli", "check", name], stdout=subprocess.PIPE, check=False)
        if done.returncode:
            raise SystemExit(done.stdout.decode())
        return time.perf_counter() - begin


def main() -> None:
    """Measure and report."""
    report = Report(name="check")
    first, middle, texts, result = measure(rounds=1 if quick() else 5)
    errors = [found for found in result.findings if found.level == "error"]
    report.note(
        f"{FLOWS * STEPS} steps, {texts} texts in four languages, {len(result.findings)} findings, {len(errors)} errors"
    )
    report.note(f"the first time in the process {first:.2f} s, the middle of all {middle:.2f} s")
    whole = median([command() for _ in range(1 if quick() else 3)])
    what = "streetwork check of 1,000 steps in 4 languages"
    for part, seconds in (("the whole command", whole), ("loading and checking alone", middle)):
        met = seconds < GOAL
        report.row(f"{what}, {part}", f"< {GOAL:.0f} s", f"{seconds:.2f} s", ratio=f"{seconds / GOAL:.2f}", met=met)
    report.finish()


if __name__ == "__main__":
    main()
