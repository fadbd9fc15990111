"""A desk with everything real but the flows: memory store, feed, aiohttp server, and a small worker for its acts."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.test_utils import TestServer
from msgspec.structs import replace

from core.errors import Refused
from core.events import ConsoleActed, Received, Reply, WriteNote
from core.ids import ConversationId, EntryId, conversation_id, derived_id
from core.messages import Address, Content, Inbound, Profile, Say, Text
from core.ports import Blobs, Clock, Store
from core.records import (
    Arrival,
    Author,
    Body,
    Commit,
    Committed,
    Dispatch,
    DispatchKind,
    Entry,
    Failed,
    Heard,
    Marked,
    Noted,
    Outcome,
    Sent,
    TurnLease,
    Wrote,
)
from flows.program import Program
from handoff.accounts import Account, Role, add_account
from handoff.cases import Urgency, act, open_case
from handoff.conversation import Conversation, dump, labels, load
from handoff.desk import Desk
from handoff.feed import ChangeFeed
from handoff.second import Demand
from handoff.security import security_headers
from store.memory import MemoryStore
from tests.fakes.clock import FakeClock
from tests.fakes.desk_window import PASSWORD, TIMEOUT, Window

__all__ = ["DeskWorld", "RealClock", "open_desk", "running"]

#: One line to be written: author, body, kind of dispatch if it goes out, and the counsellor.
Written = tuple[Author, Body, DispatchKind | None, str | None]
#: What the worker does with a message: gets the lease and the line of what was heard.
Turn = Callable[[TurnLease, Written], Awaitable[None]]


class RealClock:
    """The time it is: a browser knows no other. No two moments are the same."""

    def __init__(self) -> None:
        self._last = 0

    def now(self) -> int:
        self._last = max(self._last + 1, time.time_ns() // 1_000_000)
        return self._last

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class DeskWorld:
    """A running desk and the hands to move things around it."""

    def __init__(
        self,
        clock: Clock,
        *,
        public_url: str | None = None,
        beat: float = 5.0,
        patience: float = 5.0,
        store: Store | None = None,
        program: Callable[[], Program] | None = None,
        second: Demand = "trial",
    ) -> None:
        self.clock = clock
        self.store: Store = store or MemoryStore()
        #: Beside the store; a store of a test that has none keeps no files.
        self.blobs: Blobs = getattr(self.store, "blobs", None) or MemoryStore().blobs
        self.feed = ChangeFeed(self.store)
        #: Who was shown that a reply is written.
        self.typed: list[Address] = []
        self.desk = Desk(
            store=self.store,
            clock=clock,
            feed=self.feed,
            blobs=self.blobs,
            program=program,
            public_url=public_url,
            second=second,
            opening=lambda language: f"Mo-Fr 9-17 ({language})",
            typing=self.typed.append,
            beat=beat,
            patience=patience,
        )
        self.base = ""
        self.windows: list[Window] = []
        self._turns: dict[str, tuple[Turn, asyncio.Future[None]]] = {}
        self.working = asyncio.Event()
        self.working.set()
        self._idle = asyncio.Event()

    @property
    def fake(self) -> FakeClock:
        assert isinstance(self.clock, FakeClock)
        return self.clock

    def window(self) -> Window:
        self.windows.append(Window(self.base))
        return self.windows[-1]

    async def account(
        self, login: str, *languages: str, name: str = "", roles: tuple[Role, ...] = ("counsellor",)
    ) -> Account:
        made, _ = await add_account(
            self.store,
            self.clock.now(),
            login=login,
            name=name or login.capitalize(),
            languages=languages or ("ar", "en"),
            password=PASSWORD,
            roles=roles,
        )
        return made

    async def staff(self, login: str, *languages: str, **more: Any) -> Window:
        """Make an account and a window that is signed in."""
        await self.account(login, *languages, **more)
        window = self.window()
        assert await window.sign_in(login) == 303
        return window

    # -- people --------------------------------------------------------------------------------------------

    def address(self, peer: str) -> Address:
        return Address(bot="test", channel="webchat", account="main", peer=peer)

    def conversation(self, peer: str) -> ConversationId:
        return conversation_id(b"k" * 32, bot="test", channel="webchat", account="main", peer=peer)

    async def hear(self, peer: str, content: Content | str, name: str | None, turn: Turn) -> None:
        """Let a person write, and return when the worker has taken ``turn`` about it."""
        now, event_id = self.clock.now(), secrets.token_hex(8)
        content = Text(text=content) if isinstance(content, str) else content
        done = asyncio.get_running_loop().create_future()
        self._turns[event_id] = (turn, done)
        arrival = Arrival(
            conversation=self.conversation(peer),
            address=self.address(peer),
            event_id=event_id,
            event=Received(message=Inbound(content=content, profile=Profile(name=name))),
            at=now,
        )
        await self.store.ingest([arrival], now)
        await asyncio.wait_for(done, TIMEOUT)

    async def talk(self, peer: str, said: Content | str, *answers: str, name: str | None = None) -> None:
        """Let a person write and the bot answer."""

        async def turn(lease: TurnLease, heard: Written) -> None:
            lines: list[Written] = [("bot", Wrote(message=Say(text=answer)), "bot", None) for answer in answers]
            await self.commit(lease, load(lease.state), [heard, *lines])

        await self.hear(peer, said, name, turn)

    async def ask(self, peer: str, number: str, *, language: str = "ar", urgency: Urgency = "normal", note: str = "",
                  said: str = "human", name: str | None = None, **more: Any) -> None:  # fmt: skip
        """Let a person ask for a human."""

        async def turn(lease: TurnLease, heard: Written) -> None:
            state = load(lease.state)
            state.case = open_case(
                number=number, queue="main", language=language, urgency=urgency, note=note, now=self.clock.now()
            )
            state.case = replace(state.case, **more)
            mark: Written = ("system", Marked(kind="waiting"), None, None)
            await self.commit(lease, state, [heard, mark], epoch=lease.epoch + 1)

        await self.hear(peer, said, name, turn)

    async def erase(self, peer: str) -> None:
        """Let a person have everything erased."""

        async def turn(lease: TurnLease, _heard: Written) -> None:
            told: Written = ("bot", Wrote(message=Say(text="Everything is erased.")), "notice", None)
            await self.commit(lease, Conversation(), [told], erase=True)

        await self.hear(peer, "erase everything", None, turn)

    async def commit(
        self,
        lease: TurnLease,
        state: Conversation,
        lines: list[Written],
        outcome: Outcome | None = None,
        epoch: int | None = None,
        erase: bool = False,
    ) -> None:
        epoch = lease.epoch if epoch is None else epoch
        entries = tuple(
            Entry(
                id=EntryId(derived_id(lease.conversation, lease.generation, lease.turn, n)),
                at=self.clock.now(),
                author=author,
                body=body,
                actor=actor,
                dispatch=Dispatch(kind=kind, epoch=epoch) if kind else None,
            )
            for n, (author, body, kind, actor) in enumerate(lines)
        )
        done = await self.store.commit(
            lease,
            Commit(state=dump(state), epoch=epoch, labels=labels(state), entries=entries, outcome=outcome, erase=erase),
            self.clock.now(),
        )
        assert done == Committed()

    # -- the worker ----------------------------------------------------------------------------------------

    async def idle(self) -> None:
        """Return when the worker, told to stop, has stopped."""
        await self._idle.wait()

    async def work(self) -> None:
        """Take turns, until cancelled."""
        while True:
            self._idle.set()
            await self.working.wait()
            self._idle.clear()
            for lease in await self.store.claim("worker", self.clock.now(), 5000, 16):
                if isinstance(lease.event, ConsoleActed):
                    await self._act(lease, lease.event)
                elif isinstance(lease.event, Received):
                    turn, done = self._turns.pop(lease.event_id)
                    await turn(lease, ("person", Heard(message=lease.event.message), None, None))
                    done.set_result(None)
                else:
                    await self.commit(lease, load(lease.state), [])
            await self.store.wait("turn", 0.02)

    async def _act(self, lease: TurnLease, event: ConsoleActed) -> None:
        state = load(lease.state)
        try:
            if state.case is None or state.case.number != event.case:
                raise Refused("no_case")
            case = act(state.case, event.action, event.actor, self.clock.now(), event.seen_version)
        except Refused as refused:
            await self.commit(lease, state, [], Outcome(ok=False, code=refused.reason, detail=refused.detail))
            return
        epoch = lease.epoch + (case.owner != state.case.owner or not case.open)
        case = replace(case, pending=())  # nobody takes anything back here
        state.case, state.earlier = (case, state.earlier) if case.open else (None, case)
        match event.action:
            case Reply(text=text, file=file):
                line: Written = ("counsellor", Wrote(message=file or Say(text=text)), "counsellor", event.actor)
            case WriteNote(text=text):
                line = ("counsellor", Noted(text=text), None, event.actor)
            case _:
                line = ("system", Marked(kind=type(event.action).__name__.lower() + "ed"), None, event.actor)
        await self.commit(lease, state, [line], Outcome(ok=True, code="ok"), epoch)

    async def deliver(self, reason: str | None = None) -> None:
        """Send what is to be sent; with a reason, fail for good."""
        for lease in await self.store.claim_delivery("test", self.clock.now(), 5000, 10):
            settlement = Failed(reason=reason) if reason else Sent(provider_ids=("1",))
            await self.store.settle(lease, settlement, self.clock.now())


World = TypeVar("World", bound=DeskWorld)


@asynccontextmanager
async def open_desk(clock: Clock | None = None, **options: Any) -> AsyncIterator[DeskWorld]:
    """Run a desk on loopback."""
    async with running(DeskWorld(clock or FakeClock(), **options)) as world:
        yield world


@asynccontextmanager
async def running(world: World) -> AsyncIterator[World]:
    """Run the server and the worker of a world."""
    app = web.Application(middlewares=[security_headers])
    app.add_routes(world.desk.routes())
    server = TestServer(app)
    await server.start_server()
    world.base = str(server.make_url("")).rstrip("/")
    tasks = [asyncio.create_task(world.feed.run()), asyncio.create_task(world.work())]
    try:
        yield world
    finally:
        # A worker that fell is what the test should report.
        fallen = [task.exception() for task in tasks if task.done() and not task.cancelled()]
        for window in world.windows:
            await window.close()
        await world.desk.stop()
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await server.close()
        await world.store.close()
        for error in filter(None, fallen):
            raise error
