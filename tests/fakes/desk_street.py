"""The desk with the shipped bot and the real worker behind it, for journeys in a browser: people write, turns are real.

Time is the real one, with an offset: five seconds of taking back need not be waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path

from core.capabilities import CAPABILITIES
from core.events import Received
from core.messages import Content, Inbound, Profile, Text
from core.records import Arrival, Failed
from flows.program import Program
from handlers.worker import Worker
from handoff.case import Case
from handoff.conversation import load
from tests.fakes.bots import BERLIN, program
from tests.fakes.desk_window import TIMEOUT
from tests.fakes.desk_world import DeskWorld, RealClock, running

__all__ = ["Street", "open_street"]

#: What people of each language type: the name of their language, that they want a human, and yes.
WORDS = {
    "ar": ("العربية", "إنسان", "نعم"),
    "bg": ("Български", "човек", "да"),
    "en": ("English", "human", "yes"),
    "ru": ("Русский", "человек", "да"),
}


class Leaping(RealClock):
    """The real time, and what was leapt over."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead = 0

    def leap(self, milliseconds: int) -> None:
        self._ahead += milliseconds

    def now(self) -> int:
        return super().now() + self._ahead


@lru_cache(maxsize=4)
def _program(bot: Path) -> Program:
    return program(bot)


class Street(DeskWorld):
    """People, the shipped bot, the worker and the desk."""

    def __init__(self, *, beat: float = 0.5) -> None:
        self.leaping = Leaping()
        bot = _program(BERLIN)
        super().__init__(self.leaping, beat=beat, program=lambda: bot)
        self.worker = Worker(
            self.store, self.clock, lambda: bot, lambda address: CAPABILITIES["webchat"], name="street", batch=8
        )

    async def work(self) -> None:
        await self.worker.run()

    async def says(self, peer: str, content: Content | str, name: str | None = None) -> None:
        """Let a person write, and return when the worker has handled it."""
        now = self.clock.now()
        content = Text(text=content) if isinstance(content, str) else content
        arrival = Arrival(
            conversation=self.conversation(peer),
            address=self.address(peer),
            event_id=secrets.token_hex(8),
            event=Received(message=Inbound(content=content, profile=Profile(name=name))),
            at=now,
        )
        await self.store.ingest([arrival], now)
        async with asyncio.timeout(TIMEOUT):
            while (snapshot := await self.store.snapshot(self.conversation(peer))) is None or snapshot.waiting_events:
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def undeliverable(self, reason: str) -> AsyncIterator[None]:
        """Let every message fail for good, for this reason, as long as this lasts."""

        async def fail() -> None:
            while True:
                for lease in await self.store.claim_delivery("test", self.clock.now(), 5000, 10):
                    await self.store.settle(lease, Failed(reason=reason), self.clock.now())
                await asyncio.sleep(0.05)

        failing = asyncio.create_task(fail())
        try:
            yield
        finally:
            failing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await failing

    async def case(self, peer: str) -> Case | None:
        """Return the open case of a person."""
        snapshot = await self.store.snapshot(self.conversation(peer))
        return None if snapshot is None else load(snapshot.state).case

    async def wants(self, peer: str, language: str = "ar", *said: str, name: str | None = None) -> str:
        """Let a person choose a language, say something and ask for a human; return the number of the case."""
        tongue, human, yes = WORDS[language]
        for text in ("/start", tongue, *said, human):
            await self.says(peer, text, name)
        for _ in range(4):
            case = await self.case(peer)
            if case is not None and case.state != "intake":
                return case.number
            # What is asked on the way: a topic and a postcode, which anything answers, and consent.
            await self.says(peer, yes, name)
        raise AssertionError(f"{peer} does not get into the queue")


@asynccontextmanager
async def open_street(*, beat: float = 0.5) -> AsyncIterator[Street]:
    """Run the desk on loopback."""
    async with running(Street(beat=beat)) as street:
        yield street
