"""What a case leaves in the counters: codes of what it was about and how it ended, and how long it waited."""

from __future__ import annotations

from collections import Counter

from core.events import Claim, Close, Release
from core.messages import Start, Text
from core.records import Commit, Entry
from handlers.simulator import Simulator

MINUTE = 60_000


def counted(talk: Simulator) -> Counter[str]:
    """Count what is committed from now on."""
    found: Counter[str] = Counter()
    apply = talk.apply

    def watched(commit: Commit) -> list[Entry]:
        found.update(commit.counts)
        return apply(commit)

    talk.apply = watched  # type: ignore[method-assign]
    return found


def of_cases(found: Counter[str]) -> dict[str, int]:
    return {name: n for name, n in found.items() if name.startswith(("closed.", "waited."))}


def test_a_closed_case_is_counted_once_in_each_table(talk: Simulator) -> None:
    found = counted(talk)
    talk.send(Start())
    talk.send(Text(text="human"))
    assert of_cases(found) == {}
    talk.pass_time(30 * MINUTE)
    talk.desk(Claim())
    assert of_cases(found) == {"waited.1h": 1}
    talk.desk(Close(outcome="referral"))
    assert of_cases(found) == {
        "waited.1h": 1,
        "closed.language.en": 1,
        "closed.topic.none": 1,
        "closed.channel.simulator": 1,
        "closed.urgency.normal": 1,
        "closed.outcome.referral": 1,
    }


def test_a_case_that_goes_back_has_waited_once(talk: Simulator) -> None:
    found = counted(talk)
    talk.send(Start())
    talk.send(Text(text="human"))
    talk.desk(Claim())
    talk.desk(Release())
    talk.pass_time(300 * MINUTE)
    talk.desk(Claim())
    assert of_cases(found) == {"waited.5m": 1}
