"""The product as one process runs it, without web pages: store, intake, Telegram, worker and delivery, on one loop.

People are driven by hand: an update goes in as the bytes a webhook carries, and the replies are seen as they reach the
messenger. Nothing of the product is replaced but the Bot API behind the address, which is a fake of its own process.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from bots import garbage
from bots.clock import SystemClock
from bots.delivery import Delivery
from bots.intake import Intake
from bots.telegram import TelegramChannel
from bots.telegram_settings import TelegramAccount
from core.capabilities import Capabilities
from core.errors import Refused
from core.messages import Address, Outbound
from core.ports import Store
from core.sending import SendResult, Taken
from flows.program import Program
from handlers.worker import Worker
from handoff.accounts import add_account
from store.seal import KeyRing
from store.sqlite import open_sqlite
from tests.bench.fake_api import TOKEN

__all__ = ["ACCOUNT", "SECRET", "Person", "Rig", "embedded", "update"]

ACCOUNT = TOKEN.partition(":")[0]
SECRET = "bench-secret"
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}


def update(number: int, person: int, text: str) -> bytes:
    """Return a webhook body: ``person`` typed ``text`` ("" is /start). No interface language: the bot asks."""
    user = {"id": person, "is_bot": False, "first_name": "Bench"}
    message: dict[str, Any] = {
        "message_id": number,
        "date": int(time.time()),
        "chat": {"id": person, "type": "private", "first_name": "Bench"},
        "from": user,
        "text": text or "/start",
    }
    if not text:
        message["entities"] = [{"type": "bot_command", "offset": 0, "length": 6}]
    return json.dumps({"update_id": number, "message": message}).encode()


def embedded(folder: Path, ring: KeyRing) -> Store:
    """Open the store that needs no server."""
    return open_sqlite(folder / "bench.db", ring)


class Person:
    """Somebody who writes and waits for so many replies."""

    def __init__(self, peer: int) -> None:
        self.peer = peer
        self._missing = 0
        self._arrived: asyncio.Future[None] | None = None
        #: Messages that reached the person.
        self.got = 0

    def expect(self, replies: int) -> asyncio.Future[None]:
        """Return what ends when so many replies arrived."""
        self._missing = replies
        self._arrived = asyncio.get_running_loop().create_future()
        return self._arrived

    def receive(self, trouble: str | None) -> None:
        """Take one message, or break the measurement when it did not arrive."""
        self.got += 1
        self._missing -= 1
        if self._arrived is None or self._arrived.done():
            return
        if trouble is not None:
            self._arrived.set_exception(RuntimeError(trouble))
        elif self._missing == 0:
            self._arrived.set_result(None)


class Watched:
    """A channel that tells when a message was taken by the messenger; otherwise the channel itself."""

    def __init__(
        self, channel: TelegramChannel, taken: Callable[[str, str | None], None], *, somewhere: bool = True
    ) -> None:
        self._channel = channel
        self._somewhere = somewhere
        self._taken = taken
        self.name = channel.name
        self.account = channel.account
        self.capabilities: Capabilities = channel.capabilities

    async def start(self) -> None:
        if self._somewhere:
            await self._channel.start()

    async def stop(self) -> None:
        await self._channel.stop()

    async def send(self, address: Address, message: Outbound, *, entry_id: str) -> SendResult:
        if not self._somewhere:
            self._taken(address.peer, None)
            return Taken(provider_ids=(entry_id,))
        result = await self._channel.send(address, message, entry_id=entry_id)
        self._taken(address.peer, None if isinstance(result, Taken) else f"a send did not end well: {result!r}")
        return result


class Rig:
    """Open with ``async with``; the loops of worker and delivery run meanwhile."""

    def __init__(
        self,
        folder: Path,
        program: Program,
        api_url: str | None,
        ring: KeyRing | None = None,
        first_update: int = 0,
        opened: Callable[[Path, KeyRing], Store] = embedded,
        works: bool = True,
    ) -> None:
        """Prepare for the store in ``folder`` and the Bot API at ``api_url``; None sends nowhere, at once.

        Without ``works`` it only takes in, as a web process does.
        """
        self._works = works
        self._opened = opened
        self._folder = folder
        self._program = program
        self._url = api_url
        self._ring = ring or KeyRing.generate()
        self.people: dict[str, Person] = {}
        self._updates = first_update
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        clock = SystemClock()
        self.store = self._opened(self._folder, self._ring)
        # Somebody counsels in every language; else people would be told before the handoff that nobody does.
        with contextlib.suppress(Refused):  # the folder may have been used before
            await add_account(
                self.store, clock.now(), login="bench", name="Bench", languages=(), password="a-long-password"
            )
        self.telegram = TelegramChannel(
            TelegramAccount(account=ACCOUNT, token=TOKEN, secret=SECRET), api_url=self._url or "http://127.0.0.1:9"
        )
        channel = Watched(self.telegram, self._taken, somewhere=self._url is not None)
        self.intake = Intake(self.store, clock, bot="berlin", id_key=self._ring.conversations)
        self.worker = Worker(
            self.store, clock, lambda: self._program, lambda address: channel.capabilities, name="bench"
        )
        # Without the pace that Telegram asks for: the fake takes everything, as the peer's sends are not paced either.
        self.delivery = Delivery(self.store, clock, {("telegram", ACCOUNT): channel}, limits={})
        await channel.start()
        self._channel = channel
        if self._works:
            self._tasks = [asyncio.create_task(self.worker.run()), asyncio.create_task(self.delivery.run())]
        garbage.set_aside()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.worker.stop()
        await self.delivery.drain()
        await asyncio.gather(*self._tasks)
        await self._channel.stop()
        await self.store.close()

    def person(self, peer: int) -> Person:
        """Return a person by number, made at the first call."""
        return self.people.setdefault(str(peer), Person(peer))

    def _taken(self, peer: str, trouble: str | None) -> None:
        person = self.people.get(peer)
        if person is not None:  # else another process took in what they wrote
            person.receive(trouble)

    async def write(self, person: Person, text: str) -> None:
        """Bring an update in, as the webhook does; it is durable when this returns."""
        self._updates += 1
        received = await self.telegram.receive(HEADERS, update(self._updates, person.peer, text))
        await self.intake.accept("telegram", ACCOUNT, received.incoming)

    async def turn(self, person: Person, text: str, replies: int) -> None:
        """Bring an update in and wait until all replies to it reached the messenger."""
        done = person.expect(replies)
        await self.write(person, text)
        await done

    async def settled(self) -> None:
        """Wait until every delivery is settled in the store."""
        await self.delivery.drain()
