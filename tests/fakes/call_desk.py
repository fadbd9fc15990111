"""A store with one outside call waiting in it, for the tests of the call lane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.events import CallReturned, Received
from core.ids import CallId, ConversationId
from core.messages import Address, Inbound, Start
from core.records import Arrival, Call, CallLease, Commit
from flows.program import Program
from handlers.calls import Caller
from store.memory import MemoryStore
from tests.fakes.clock import FakeClock

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
