"""Outside calls: run at least once, answered by exactly one event, and never able to hold anything up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from core.capabilities import CAPABILITIES
from core.errors import StoreUnavailable
from core.events import CallReturned, Received
from core.ids import CallId, ConversationId
from core.messages import Address, Choice, Content, Inbound, Start
from core.records import Arrival, Call, CallLease, Commit, Wrote
from flows.program import Program, option_token
from handlers.calls import LEASE, LONGEST_ANSWER, MOST_ATTEMPTS, Caller
from handlers.worker import Worker
from store.memory import MemoryStore
from tests.fakes.clock import FakeClock, InstantClock
from tests.fakes.hook_server import HookServer, hook_server

PERSON = ConversationId("a" * 32)
ADDRESS = Address(bot="talk", channel="webchat", account="web", peer="p1")
CALL = CallId(f"{PERSON}/1/1/call0")


class Desk:
    """A store with one call waiting in it, and a caller whose program has the hooks of the test."""

    def __init__(self, program: Program) -> None:
        self.store = MemoryStore()
        self.clock = FakeClock()
        self.program = program

    def caller(self, hooks: Mapping[str, Any], store: Any = None, **more: Any) -> Caller:
        program = replace(self.program, hooks=hooks)
        return Caller(store or self.store, self.clock, lambda: program, name="test", **more)

    async def place(self, name: str, *, timeout: int = 10_000, **args: str) -> None:
        """Let a turn ask for a call."""
        now = self.clock.now()
        await self.store.ingest([self._arrival("first", now)], now)
        (lease,) = await self.store.claim("w", now, 5_000, 1)
        call = Call(id=CALL, name=name, args=args, timeout=timeout)
        await self.store.commit(lease, Commit(state=b"{}", epoch=0, calls=(call,)), now)

    @staticmethod
    def _arrival(event_id: str, now: int) -> Arrival:
        event = Received(message=Inbound(content=Start()))
        return Arrival(conversation=PERSON, address=ADDRESS, event_id=event_id, event=event, at=now)

    async def answers(self) -> list[CallReturned]:
        """Take every event out of the mailbox."""
        found = []
        now = self.clock.now()
        while leases := await self.store.claim("w", now, 5_000, 1):
            found.append(leases[0].event)
            await self.store.commit(leases[0], Commit(state=b"{}", epoch=0), now)
        assert all(isinstance(event, CallReturned) for event in found)
        return found  # type: ignore[return-value] # seen above

    async def open_calls(self) -> list[CallLease]:
        return await self.store.claim_calls("looking", self.clock.now(), 1, 10)

    async def outcome(self, caller: Caller) -> CallReturned:
        """Make the one call and return the one event it ends in."""
        assert await caller.work_once() == 1
        assert await caller.work_once() == 0
        (answer,) = await self.answers()
        assert answer.call_id == CALL
        assert await self.open_calls() == []
        return answer


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


# -- https -----------------------------------------------------------------------------------------------------


async def test_an_https_address_gets_the_arguments_and_an_idempotency_key(desk: Desk, server: HookServer) -> None:
    async def rooms(request: web.Request) -> web.StreamResponse:
        return web.json_response({"rooms": 3}, headers={"Set-Cookie": "who=you"})

    server.handler = rooms
    await desk.place(server.url("/rooms"), plz="10115")
    caller = desk.caller({}, session=server.session)
    answer = await desk.outcome(caller)
    await close(caller)
    assert (answer.values, answer.error) == ({"rooms": "3"}, None)
    ((path, headers, body),) = server.requests
    assert (path, body, headers["Idempotency-Key"]) == ("/rooms", {"plz": "10115"}, CALL)


async def test_cookies_of_one_call_are_not_sent_with_another(desk: Desk) -> None:
    from handlers import calls

    session = calls._session()
    try:
        assert isinstance(session.cookie_jar, aiohttp.DummyCookieJar)
    finally:
        await session.close()


async def test_plain_http_is_never_called(desk: Desk, server: HookServer) -> None:
    await desk.place(server.url("/rooms", scheme="http"), plz="10115")
    caller = desk.caller({}, session=server.session)
    assert (await desk.outcome(caller)).error == "LookupError"
    assert server.requests == []


async def test_a_certificate_that_nobody_vouches_for_is_refused(desk: Desk, server: HookServer) -> None:
    await desk.place(server.url("/rooms"), plz="10115")
    caller = desk.caller({}, session=lambda: server.session(trusting=False))
    answer = await desk.outcome(caller)
    await close(caller)
    assert answer.error is not None
    assert "Certificate" in answer.error
    assert server.requests == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_refused_and_not_followed(desk: Desk, server: HookServer, status: int) -> None:
    async def elsewhere(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": "/other"})

    server.handler = elsewhere
    await desk.place(server.url("/rooms"), plz="10115")
    caller = desk.caller({}, session=server.session)
    answer = await desk.outcome(caller)
    await close(caller)
    assert answer.error == "ValueError"
    assert [path for path, _, _ in server.requests] == ["/rooms"]


def _reply(text: str, status: int = 200) -> Any:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(text=text, status=status, content_type="application/json")

    return handler


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        (_reply('{"a": "1"}', 500), "ValueError"),
        (_reply('{"a": "1"}', 404), "ValueError"),
        (_reply('{"a": "1"}', 202), "ValueError"),
        (_reply("<html>"), "JSONDecodeError"),
        (_reply('["a"]'), "TypeError"),
        (_reply(f'{{"a": "{"x" * LONGEST_ANSWER}"}}'), "ValueError"),
    ],
    ids=["500", "404", "202", "html", "list", "too-long"],
)
async def test_answers_that_do_not_fit_fail_the_call(desk: Desk, server: HookServer, handler: Any, error: str) -> None:
    server.handler = handler
    await desk.place(server.url(), plz="10115")
    caller = desk.caller({}, session=server.session)
    answer = await desk.outcome(caller)
    await close(caller)
    assert (answer.values, answer.error) == ({}, error)


async def test_a_stream_without_end_is_cut_off(desk: Desk, server: HookServer) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b" " * 8_192)
        except ConnectionError:
            return response

    server.handler = endless
    await desk.place(server.url())
    caller = desk.caller({}, session=server.session)
    answer = await desk.outcome(caller)
    await close(caller)
    assert answer.error == "ValueError"


async def test_an_answer_that_comes_in_parts_is_read_whole(desk: Desk, server: HookServer) -> None:
    half = asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"rooms": ')
        await half.wait()
        await response.write(b'"3"}')
        return response

    server.handler = slow
    await desk.place(server.url())
    caller = desk.caller({}, session=server.session)
    working = asyncio.create_task(desk.outcome(caller))
    while not server.requests:
        await asyncio.sleep(0)
    for _ in range(200):
        await asyncio.sleep(0)
    half.set()
    answer = await working
    await close(caller)
    assert (answer.values, answer.error) == ({"rooms": "3"}, None)


async def test_a_server_that_never_answers_is_given_up(desk: Desk, server: HookServer) -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    server.handler = silent
    await desk.place(server.url(), timeout=300)
    caller = desk.caller({}, session=server.session)
    answer = await desk.outcome(caller)
    await close(caller)
    assert answer.error == "it took too long"


async def close(caller: Caller) -> None:
    """Let the caller end as at the end of the process."""
    caller.stop()
    await caller.run()


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
