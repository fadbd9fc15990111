"""Outside calls: run at least once, answered by exactly one event, and never able to hold anything up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core.capabilities import CAPABILITIES
from core.errors import StoreUnavailable
from core.events import CallReturned, Received
from core.ids import CallId
from core.messages import Address, Choice, Content, Inbound, Start
from core.records import Arrival, Call, CallLease, Commit, Wrote
from flows.program import Program, option_token
from handlers.calls import LEASE, MOST_ATTEMPTS, Caller
from handlers.worker import Worker
from store.memory import MemoryStore
from tests.fakes.call_desk import ADDRESS, CALL, PERSON, Desk
from tests.fakes.clock import InstantClock
from tests.fakes.hook_server import HookServer, hook_server


@pytest.fixture
def desk(program: Program) -> Desk:
    return Desk(program)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[HookServer]:
    async with hook_server(tmp_path) as made:
        yield made


# -- functions of hooks.py -------------------------------------------------------------------------------------


async def test_a_coroutine_gets_its_arguments_and_the_calls_id(desk: Desk) -> None:
    seen: list[tuple[str, str]] = []

    async def rooms(plz: str, call_id: str) -> dict[str, object]:
        seen.append((plz, call_id))
        return {"rooms": 3, "open": True, "full": False, "note": None, "fee": "2.50"}

    await desk.place("rooms", plz="10115")
    answer = await desk.outcome(desk.caller({"rooms": rooms}))
    assert seen == [("10115", CALL)]
    assert answer.error is None
    assert answer.values == {"rooms": "3", "open": "yes", "full": "no", "fee": "2.50"}


async def test_a_coroutine_that_wants_no_id_gets_none(desk: Desk) -> None:
    async def rooms(plz: str) -> dict[str, str]:
        return {"plz": plz}

    await desk.place("rooms", plz="10115")
    assert (await desk.outcome(desk.caller({"rooms": rooms}))).values == {"plz": "10115"}


async def test_an_exception_fails_the_call_and_its_words_are_told_to_nobody(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    async def rooms(plz: str) -> dict[str, str]:
        raise PermissionError(f"no access for {plz}")

    await desk.place("rooms", plz="10115")
    with caplog.at_level(logging.DEBUG):
        answer = await desk.outcome(desk.caller({"rooms": rooms}))
    assert (answer.values, answer.error) == ({}, "PermissionError")
    assert "10115" not in caplog.text
    assert "10115" not in repr([vars(record) for record in caplog.records])


async def test_a_call_that_takes_too_long_is_given_up(desk: Desk) -> None:
    cancelled = False

    async def rooms() -> dict[str, str]:
        nonlocal cancelled
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled = True
            raise
        return {}

    await desk.place("rooms", timeout=1)
    assert (await desk.outcome(desk.caller({"rooms": rooms}))).error == "it took too long"
    assert cancelled


async def test_a_function_that_is_not_there_or_answers_nonsense_fails(desk: Desk) -> None:
    async def rooms() -> list[str]:
        return ["three"]

    await desk.place("rooms")
    assert (await desk.outcome(desk.caller({}))).error == "LookupError"
    other = Desk(desk.program)
    await other.place("rooms")
    assert (await other.outcome(other.caller({"rooms": rooms}))).error == "AttributeError"


async def test_slow_calls_of_others_are_not_waited_for(desk: Desk) -> None:
    """Calls of one batch run side by side: this deadlocks if they run one after the other."""
    both = asyncio.Barrier(2)

    async def meet(call_id: str) -> dict[str, str]:
        await both.wait()
        return {"id": call_id}

    now = desk.clock.now()
    await desk.store.ingest([desk._arrival("first", now)], now)
    (lease,) = await desk.store.claim("w", now, 5_000, 1)
    calls = tuple(Call(id=CallId(f"{CALL}{n}"), name="meet", args={}, timeout=10_000) for n in (1, 2))
    await desk.store.commit(lease, Commit(state=b"{}", epoch=0, calls=calls), now)
    assert await desk.caller({"meet": meet}).work_once() == 2
    assert [answer.error for answer in await desk.answers()] == [None, None]


async def test_who_waits_for_a_slow_call_is_shown_typing_from_the_first_second_on(desk: Desk) -> None:
    shown: list[Address] = []
    done = asyncio.Event()

    async def slow() -> dict[str, object]:
        await done.wait()
        return {}

    await desk.place("slow")
    caller = desk.caller({"slow": slow}, typing=shown.append)
    working = asyncio.create_task(caller.work_once())
    for seconds in range(3):
        while desk.clock.sleeping == 0:
            await asyncio.sleep(0)
        assert len(shown) == seconds
        desk.clock.advance(1_000)
        while len(shown) == seconds:
            await asyncio.sleep(0)
    done.set()
    await working
    desk.clock.advance(60_000)
    await asyncio.sleep(0)
    assert shown == [ADDRESS] * 3


# -- at least once, one event ------------------------------------------------------------------------------------


class Crashing(MemoryStore):
    """Loses the first ``settle_call`` or ``ingest``, as a crash at that point does."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self.at: str | None = at

    async def settle_call(self, lease: CallLease, now: int) -> bool:
        self._crash("settle_call")
        return await super().settle_call(lease, now)

    def _crash(self, at: str) -> None:
        if self.at == at:
            self.at = None
            raise StoreUnavailable("gone")

    async def ingest(self, arrivals: Any, now: int) -> Any:
        if any(isinstance(arrival.event, CallReturned) for arrival in arrivals):
            self._crash("ingest")
        return await super().ingest(arrivals, now)


@pytest.mark.parametrize("handled", [False, True], ids=["event-waits", "event-handled"])
@pytest.mark.parametrize("at", ["ingest", "settle_call"])
async def test_a_crash_repeats_the_call_under_the_same_id_and_gives_one_event(
    desk: Desk, at: str, handled: bool
) -> None:
    desk.store = Crashing(at)
    seen: list[str] = []

    async def book(call_id: str) -> dict[str, str]:
        seen.append(call_id)
        return {"try": str(len(seen))}

    await desk.place("book")
    caller = desk.caller({"book": book})
    with pytest.raises(StoreUnavailable):
        await caller.work_once()
    assert await caller.work_once() == 0, "the lease still runs"
    found = await desk.answers() if handled else []
    desk.clock.advance(LEASE)
    assert await caller.work_once() == 1
    assert seen == [CALL, CALL]
    found += await desk.answers()
    assert [answer.values for answer in found] == [{"try": "1" if at == "settle_call" else "2"}]
    assert await desk.open_calls() == []


async def test_a_call_that_kills_its_workers_fails_at_last(desk: Desk) -> None:
    called = 0

    async def deadly() -> dict[str, str]:
        nonlocal called
        called += 1
        return {}

    await desk.place("deadly")
    for _ in range(MOST_ATTEMPTS):  # workers that claim and die
        assert len(await desk.store.claim_calls("dies", desk.clock.now(), LEASE, 8)) == 1
        desk.clock.advance(LEASE)
    answer = await desk.outcome(desk.caller({"deadly": deadly}))
    assert called == 0
    assert answer.error is not None
    assert "never came to an end" in answer.error


async def test_the_loop_rests_while_the_store_is_away_and_ends_when_told(desk: Desk) -> None:
    store = Crashing("settle_call")
    desk.store = store
    clock = InstantClock(desk.clock.now())
    desk.clock = clock
    done = asyncio.Event()

    async def book(call_id: str) -> dict[str, str]:
        clock.advance(LEASE)  # so that the lost lease is over at once
        done.set()
        return {}

    await desk.place("book")
    caller = desk.caller({"book": book})
    running = asyncio.create_task(caller.run())
    await done.wait()
    while store.at is not None:
        await asyncio.sleep(0)
    caller.stop()
    await running
    assert clock.slept[0] > 0
    assert len(await desk.answers()) == 1


# -- the whole way -----------------------------------------------------------------------------------------------


async def test_a_flow_asks_a_hook_and_goes_on_with_its_answer(desk: Desk) -> None:
    program, store, clock = desk.program, desk.store, desk.clock
    worker = Worker(store, clock, lambda: program, lambda address: CAPABILITIES["webchat"], name="w")
    caller = Caller(store, clock, lambda: program, name="c")
    pressed: tuple[Content, ...] = (
        Start(),
        *(Choice(token=option_token("main", *button)) for button in (("menu", "colour"), ("colour", "red"))),
        Choice(token=option_token("main", "menu", "lookup")),
    )
    for number, content in enumerate(pressed):
        event = Received(message=Inbound(content=content))
        arrival = Arrival(conversation=PERSON, address=ADDRESS, event_id=f"e{number}", event=event, at=clock.now())
        await store.ingest([arrival], clock.now())
        await worker.work_once()
    assert await caller.work_once() == 1
    assert await worker.work_once() == 1
    lines = [line.entry.body for line in await store.transcript(PERSON, 0, 100)]
    said = [body.source for body in lines if isinstance(body, Wrote)]
    assert said[-2:] == ["main.looked", "main.menu"]
