"""What may be sent without a price: within 24 hours of the person's last message, and paid ones only up to the cap."""

from __future__ import annotations

from typing import Any

import pytest

from bots.viber_session import SESSION, WELCOME, Past, Sessions, past_of
from bots.viber_wiring import budget
from core.errors import StoreUnavailable
from core.ids import EntryId
from core.messages import Address, Choice, Content, Edited, Inbound, Say, Start, Subscribed, Text
from core.reasons import reason
from core.records import Body, Entry, Heard, Line, Wrote
from core.sending import Hold
from store.memory import MemoryStore

NOW = 1_780_000_000_000
HOUR = 3_600_000
ADDRESS = Address(bot="b", channel="viber", account="a1", peer="p")
ENTRY = "abc/1/7/2"


def line(body: Body, at: int = NOW, entry: str = "abc/1/7/0") -> Line:
    author: Any = "person" if isinstance(body, Heard) else "bot"
    return Line(seq=1, entry=Entry(id=EntryId(entry), at=at, author=author, body=body))


def heard(content: Content, message_id: str | None = None) -> Heard:
    return Heard(message=Inbound(content=content, message_id=message_id))


def sessions(past: Past | Exception, paid: int = 0) -> Sessions:
    left = [paid]

    async def look(address: Address) -> Past:
        if isinstance(past, Exception):
            raise past
        return past

    async def spend(now: int) -> bool:
        left[0] -= 1
        return left[0] >= 0

    return Sessions(look, spend)


def test_what_the_transcript_tells() -> None:
    wrote = Wrote(message=Say(text="x"))
    lines = [line(heard(Text(text="a")), NOW - 9), line(wrote), line(heard(Choice(token="t")), NOW - 5), line(wrote)]
    assert past_of(lines, pending=False, created=1) == Past(heard=NOW - 5)
    opened = [line(heard(Start(), WELCOME + "5"), entry="abc/1/7/0"), line(heard(Edited(of="1", text="b")))]
    assert past_of(opened, pending=True, created=1) == Past(heard=None, welcomed=frozenset({"abc/1/7"}), pending=True)
    # Nothing of the person is left: it was erased on their wish, and the goodbye belongs to that session.
    assert past_of([line(wrote)], pending=False, created=NOW).heard == NOW


@pytest.mark.parametrize(("age", "goes"), [(0, True), (SESSION - 1, True), (SESSION, False), (10 * SESSION, False)])
async def test_the_session_is_24_hours_from_the_last_message(age: int, goes: bool) -> None:
    gate = await sessions(Past(heard=NOW - age)).gate(ADDRESS, ENTRY, NOW)
    assert (gate is True) is goes
    if not goes:
        assert isinstance(gate, Hold)
        assert gate.reason == reason("viber.paid")


async def test_somebody_who_never_wrote_is_not_written_to() -> None:
    assert isinstance(await sessions(Past(heard=None)).gate(ADDRESS, ENTRY, NOW), Hold)


async def test_paid_messages_up_to_the_cap() -> None:
    gate = sessions(Past(heard=None), paid=2)
    results = [await gate.gate(ADDRESS, ENTRY, NOW) for _ in range(4)]
    assert [result is True for result in results] == [True, True, False, False]


async def test_the_budget_is_one_for_all_processes_and_new_each_day() -> None:
    store = MemoryStore()
    one, two = budget(store, "a1", 3), budget(store, "a1", 3)
    assert [await spend(NOW) for spend in (one, two, one, two)] == [True, True, True, False]
    assert await one(NOW + 24 * HOUR)
    assert await budget(store, "a2", 1)(NOW)
    assert not await budget(store, "a3", 0)(NOW)


async def test_what_this_process_heard_opens_the_session_at_once() -> None:
    made = sessions(StoreUnavailable("no"))
    made.note("p", Inbound(content=Text(text="hi")), NOW)
    assert await made.gate(ADDRESS, ENTRY, NOW) is True
    assert await made.gate(ADDRESS, ENTRY, NOW + SESSION - 1) is True
    assert isinstance(await made.gate(ADDRESS, ENTRY, NOW + SESSION), Hold)


async def test_opening_and_subscribing_open_no_session_and_old_news_opens_an_old_one() -> None:
    made = sessions(Past(heard=None))
    for message in (
        Inbound(content=Start()),
        Inbound(content=Subscribed()),
        Inbound(content=Text(text="late"), occurred_at=NOW - SESSION),
    ):
        made.note("p", message, NOW)
        assert isinstance(await made.gate(ADDRESS, ENTRY, NOW), Hold)


async def test_a_message_that_waits_for_its_turn_holds_only_for_a_moment() -> None:
    gate = await sessions(Past(heard=NOW - 2 * SESSION, pending=True)).gate(ADDRESS, ENTRY, NOW)
    assert isinstance(gate, Hold)
    assert gate.after < 10_000


async def test_a_store_that_is_away_holds_only_for_a_moment() -> None:
    gate = await sessions(StoreUnavailable("no")).gate(ADDRESS, ENTRY, NOW)
    assert isinstance(gate, Hold)
    assert gate.after < 10_000


async def test_what_was_the_welcome_is_not_sent_again() -> None:
    past = Past(heard=None, welcomed=frozenset({"abc/1/7"}))
    assert await sessions(past).gate(ADDRESS, ENTRY, NOW) is False
    assert isinstance(await sessions(past).gate(ADDRESS, "abc/1/8/0", NOW), Hold)
    known = sessions(Past(heard=NOW, welcomed=frozenset({"abc/1/7"})))
    known.note("p", Inbound(content=Start(), message_id=WELCOME + "1"), NOW)
    known.note("p", Inbound(content=Text(text="hi")), NOW)
    assert await known.gate(ADDRESS, ENTRY, NOW) is False
    assert await known.gate(ADDRESS, "abc/1/8/0", NOW) is True
