"""The order of the queue: classes, age, the clock, and that nobody is passed for ever."""

from __future__ import annotations

import asyncio
import datetime as dt
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.events import Claim, Release
from handoff.case import Case, Urgency
from handoff.cases import act, open_case
from handoff.line import Line, log_claim
from handoff.queue import (
    DEADLINE_NEAR,
    MOST_PASSED,
    WINDOW_SOON,
    class_of,
    due_at,
    place_of,
    why,
)
from store.memory import MemoryStore
from tests.fakes.queue import put_case

HOUR = 3_600_000
NOW = 1_800_000_000_000
BERLIN = ZoneInfo("Europe/Berlin")


def waiting(n: int = 1, *, since: int = NOW, language: str = "ar", urgency: Urgency = "normal", **more) -> Case:
    case = open_case(number=f"K-{n}", queue="q", language=language, urgency=urgency, note="", now=since)
    return replace(case, **more)


def test_a_clock_makes_a_case_urgent_when_its_moment_has_come():
    case = waiting(due=NOW + HOUR)
    assert (class_of(case, NOW), class_of(case, NOW + HOUR)) == ("normal", "clock")
    assert class_of(waiting(urgency="safety", due=NOW), NOW) == "safety"
    assert place_of(case, NOW + HOUR) < place_of(waiting(since=1), NOW + HOUR)


def test_what_comes_first_sets_the_clock():
    assert due_at(waiting(), None, BERLIN) is None
    assert due_at(waiting(), NOW + 9, BERLIN) == NOW + 9
    window = waiting(window_until=NOW + 24 * HOUR)
    assert due_at(window, NOW + 23 * HOUR, BERLIN) == NOW + 24 * HOUR - WINDOW_SOON
    assert due_at(waiting(urgency="clock"), NOW + 9, BERLIN) == NOW
    assert due_at(waiting(promised=NOW + 5), NOW + 9, BERLIN) == NOW + 5
    day = int(dt.datetime(2027, 3, 12, tzinfo=BERLIN).timestamp() * 1000)
    assert due_at(waiting(deadline="2027-03-12"), None, BERLIN) == max(NOW, day - DEADLINE_NEAR)
    # A date that is over, and a window that closed, press since the person asked and not since before.
    assert due_at(waiting(deadline="2020-01-01", window_until=5), None, BERLIN) == NOW


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (waiting(urgency="safety", deadline="2027-01-01", due=1), "safety"),
        (waiting(deadline="2027-01-01", due=1), "deadline"),
        (waiting(window_until=NOW + HOUR, due=1), "window"),
        (waiting(promised=NOW - 1, due=1), "promised"),
        (waiting(urgency="clock", due=1), "clock"),
        (waiting(due=1), "waited_long"),
        (waiting(urgency="returning"), "returning"),
        (waiting(), "normal"),
    ],
)
def test_the_reason_is_told(case: Case, reason: str):
    assert why(case, NOW) == reason


def test_what_was_in_somebodys_hands_goes_before_its_equals():
    fresh = waiting(2, since=NOW)
    back = act(act(waiting(3, since=NOW), Claim(), "a", NOW + 1), Release(), "a", NOW + 2)
    assert back.since == fresh.since
    assert place_of(back, NOW + 3, "z") < place_of(fresh, NOW + 3, "a")


CASES = st.lists(
    st.builds(
        lambda since, urgency, due, back, language: replace(
            waiting(since=NOW + since, urgency=urgency, language=language), due=due and NOW + due, back=back
        ),
        since=st.integers(0, 50),
        urgency=st.sampled_from(["safety", "clock", "returning", "normal"]),
        due=st.none() | st.integers(0, 120),
        back=st.booleans(),
        language=st.sampled_from(["ar", "ar-SY", "bg"]),
    ),
    max_size=25,
)


@settings(max_examples=60)
@given(CASES, st.sampled_from([["ar"], ["bg"], ["ar", "bg"], []]))
def test_the_index_gives_exactly_the_order_of_the_cases(cases: list[Case], languages: list[str]):
    async def run() -> None:
        store, now = MemoryStore(), NOW + 100
        kept: dict[str, Case] = {}
        for n, case in enumerate(cases):
            # A static clock runs since the person asked, as due_at sees to it.
            due = min(case.since, case.due or case.since) if case.urgency == "clock" else case.due
            kept[await put_case(store, n, replace(case, number=f"K-{n}", due=due), now)] = replace(case, due=due)
        found = await Line(store).head(languages, now)
        wanted = [place_of(case, now, key) for key, case in kept.items() if case.language.split("-")[0] in languages]
        assert found == sorted(wanted)
        assert await Line(store).head(languages, now, limit=3) == sorted(wanted)[:3]

    asyncio.run(run())


@pytest.mark.parametrize("seed", range(8))
async def test_nobody_is_passed_more_often_than_promised(seed: int):
    """People come and are claimed at random, many of them more urgent than those who wait; safety apart."""
    random, store = Random(seed), MemoryStore()
    line = Line(store)
    waits: dict[str, Case] = {}
    passed: dict[str, int] = {}
    now, n = NOW, 0
    for _ in range(250):
        now += random.randrange(1, 60_000)
        if random.random() < 0.55:
            n += 1
            urgency = random.choices(["safety", "clock", "returning", "normal"], [1, 3, 6, 3])[0]
            case = waiting(n, since=now, urgency=urgency, language="ar")  # type: ignore[arg-type]
            case = replace(case, due=now if urgency == "clock" else None)
            waits[await put_case(store, n, case, now)] = case
            continue
        head = await line.head(["ar"], now, 5)
        if not head:
            continue
        chosen = waits.pop(head[0].key)
        await put_case(store, int(chosen.number[2:]), act(chosen, Claim(), "a", now), now)
        await log_claim(store, chosen, now)
        for key, case in waits.items():
            if chosen.urgency != "safety" and chosen.queued > case.queued:
                passed[key] = passed.get(key, 0) + 1
    assert max(passed.values()) == MOST_PASSED, "the walk must come to the limit, or it shows nothing"


async def test_places_of_one_language_take_nothing_from_another():
    store = MemoryStore()
    line = Line(store)
    old = await put_case(store, 1, waiting(1, since=NOW, language="bg"), NOW)
    for n in range(2, 14):
        await log_claim(store, waiting(n, since=NOW + n, urgency="returning", language="ar"), NOW + n)
    assert await line.passed_before("bg", NOW + 99) == 0
    assert await line.passed_before("ar", NOW + 99) == NOW + 4
    assert [place.rank for place in await line.head(["bg"], NOW + 99)] == [4]
    # The same claim twice is one claim.
    for _ in range(20):
        await log_claim(store, waiting(99, since=NOW + 50, language="bg"), NOW + 60)
    assert await line.passed_before("bg", NOW + 99) == 0
    assert (await line.head(["bg"], NOW + 99))[0].key == old


async def test_how_many_are_before_somebody_is_counted_by_the_same_order():
    store = MemoryStore()
    line = Line(store)
    keys = [await put_case(store, n, waiting(n, since=NOW + n), NOW) for n in range(5)]
    urgent = await put_case(store, 9, waiting(9, since=NOW + 9, urgency="safety"), NOW)
    head = [place.key for place in await line.head(["ar"], NOW + 20)]
    assert head == [urgent, *keys]
    for place, key in enumerate(head):
        case = waiting(since=NOW)
        assert await line.before(key, place_of(case, NOW + 20, key), ["ar"], NOW + 20) == place
    stranger = place_of(waiting(since=NOW + 20), NOW + 20, "new")
    assert await line.before("new", stranger, ["ar"], NOW + 20) == 6
