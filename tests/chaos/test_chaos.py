"""Three messengers in chaos: nothing lost, everything in one final state and in order, nothing doubled but where told.

The one place where a message may come twice is written down in ``bots.delivery``: an answer that got lost, or a process
that died before it could note the answer, is followed by one more send.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from core.messages import Say, Text
from core.records import Heard, Line, Wrote
from tests.chaos.city import City, city
from tests.chaos.street import Person
from tests.chaos.trouble import KINDS

ARRIVED = {"sent", "delivered", "read"}
FINAL = ARRIVED | {"uncertain", "failed", "dropped"}
SEED = os.environ.get("STREETWORK_SOAK_SEED", "1")


def heard(lines: list[Line]) -> list[str]:
    """Return what the person wrote, as the bot took it in."""
    found = [line.entry.body.message.content for line in lines if isinstance(line.entry.body, Heard)]
    return [content.text for content in found if isinstance(content, Text)]


def outgoing(lines: list[Line]) -> list[tuple[str, str, str]]:
    """Return (entry, text, state) of everything that was to go out."""
    found: list[tuple[str, str, str]] = []
    for line in lines:
        body = line.entry.body
        if isinstance(body, Wrote) and isinstance(body.message, Say) and line.delivery is not None:
            found.append((str(line.entry.id), body.message.text, line.delivery.state))
    return found


class Count:
    """What became of everything."""

    def __init__(self) -> None:
        self.states: Counter[str] = Counter()
        self.twice: Counter[str] = Counter()
        self.uncertain_arrived = 0

    def judge(self, person: Person, lines: list[Line], shown: list[str], doubts: set[str]) -> None:
        """Check one conversation; raises AssertionError."""
        taken, rows = heard(lines), outgoing(lines)
        assert sorted(taken) == sorted(person.wrote), "each message is handled once"
        if taken:
            assert [text for _, text, _ in rows[1:]] == [f"I heard {word}." for word in taken[1:]]
        assert len(rows) == len(taken)
        times = Counter(shown)
        assert set(times) <= {text for _, text, _ in rows}
        assert list(times) == [text for _, text, _ in rows if text in times], "the first copies are in order"
        for entry, text, state in rows:
            assert state in FINAL, state
            self.states[state] += 1
            seen = times[text]
            if state in ARRIVED:
                assert seen, "what counts as sent has arrived"
            elif state == "uncertain":
                self.uncertain_arrived += bool(seen)
                assert entry in doubts
            else:
                assert not seen or entry in doubts, f"{state}, but it arrived"
            if seen > 1:
                assert seen == 2, "never a third time"
                assert entry in doubts, "only what was in doubt is sent again"
                self.twice[person.channel] += 1


async def judged(made: City) -> Count:
    """Check every conversation and the store."""
    count = Count()
    doubts = made.doubts()
    for person in made.street.people:
        count.judge(person, await made.lines(person), made.street.received(person), doubts)
    assert await made.store.dead(10) == []
    assert await made.store.check() == []
    return count


def report(made: City, count: Count, capsys: pytest.CaptureFixture[str]) -> None:
    """Print the numbers, past pytest's capture and its workers."""
    with capsys.disabled():
        print(
            f"\nchaos (seed {SEED}): {count.states.total()} messages out, {dict(sorted(count.states.items()))}; "
            f"{len(made.doubts())} in doubt, {count.twice.total()} came twice {dict(sorted(count.twice.items()))}, "
            f"{count.uncertain_arrived} of the uncertain arrived; {made.street.repeats} webhooks repeated, "
            f"{made.street.refused} refused and come again, {made.crashes} deliveries killed; "
            f"sends { ({key[0]: witness.ends for key, witness in made.witnesses.items()}) }",
            file=sys.stderr,
        )


async def chaos(folder: Path, capsys: pytest.CaptureFixture[str], *, messages: int, people: int) -> Count:
    """Run ``messages`` through and check everything."""
    async with city(folder, seed=SEED, people=people) as made:
        await made.run([30] * (messages // 30) + [messages % 30])
        count = await judged(made)
        assert count.states.total() == messages
        assert made.crashes
        assert made.store_away
        ordered = sum((Counter(trouble.counts) for trouble in made.trouble.values()), Counter[str]())
        assert set(ordered) == set(KINDS), "every kind of trouble happened"
        report(made, count, capsys)
    return count


async def test_three_hundred_messages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await chaos(tmp_path, capsys, messages=300, people=6)


@pytest.mark.soak
@pytest.mark.timeout(1200)
async def test_ten_thousand_messages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    count = await chaos(tmp_path, capsys, messages=10_000, people=100)
    assert sum(count.states[state] for state in ARRIVED) > 9_000, "trouble is got over, not given in to"
