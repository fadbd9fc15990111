"""A messenger that behaves as Telegram does when a bot's servers die: it repeats what was not acknowledged, in order.

It is the Bot API on one side and the people on the other. A person's next message is posted when the one before was
answered with 200; until then it is repeated, to whichever server is there. Now and then an update comes a second time
although it was acknowledged, as happens when an acknowledgement gets lost.
"""

from __future__ import annotations

import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

import aiohttp
from aiohttp import web

from bots.clock import SystemClock

__all__ = ["SECRET", "Messenger", "Person", "account_of", "tokens"]

SECRET = "kills"
#: Seconds until an update that was not acknowledged is posted again.
AGAIN = 0.3
#: Seconds a server has for its acknowledgement.
PATIENCE = 10.0
#: One in so many acknowledged updates comes once more.
REPEATED = 50
ROUTE = "/bot{token}/{method}"


def tokens(count: int) -> list[str]:
    """Return tokens of so many bots."""
    return [f"{700_000_000 + number}:AAtoken-of-a-bot-that-is-killed-{number:04d}" for number in range(count)]


def account_of(token: str) -> str:
    """Return the bot's id."""
    return token.partition(":")[0]


@dataclass(slots=True, eq=False)
class Person:
    """Somebody who writes, and what their phone showed."""

    number: int
    account: str
    wrote: list[str] = field(default_factory=list)
    got: list[str] = field(default_factory=list)


class Messenger:
    """The Bot API of all bots; used with ``async with``."""

    def __init__(self, bots: Sequence[str], rng: random.Random) -> None:
        self.clock = SystemClock()
        self._bots = bots
        self._rng = rng
        self._updates = itertools.count(1)
        self._people: dict[tuple[str, str], Person] = {}
        self._messages: Counter[str] = Counter()
        self.url = ""
        self.repeats = 0
        self.refused: Counter[str] = Counter()
        #: When the last message arrived at a phone.
        self.last = 0.0

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", ROUTE, self._called)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        await self._runner.cleanup()

    # -- the Bot API -------------------------------------------------------------------------------------

    async def _called(self, call: web.Request) -> web.Response:
        account, method = account_of(call.match_info["token"]), call.match_info["method"].lower()
        bot = {"id": int(account), "is_bot": True, "first_name": "Echo", "username": f"echo{account}_bot"}
        if method == "getme":
            return web.json_response({"ok": True, "result": bot})
        if method != "sendmessage":
            return web.json_response({"ok": True, "result": True})
        given = json.loads(await call.read()) if call.content_type == "application/json" else dict(await call.post())
        chat = str(given["chat_id"])
        self._people[account, chat].got.append(str(given["text"]))
        self.last = time.monotonic()
        self._messages[account] += 1
        result = {
            "message_id": self._messages[account],
            "date": int(time.time()),
            "chat": {"id": int(chat), "type": "private", "first_name": "P"},
            "from": bot,
            "text": given["text"],
        }
        return web.json_response({"ok": True, "result": result})

    # -- the people --------------------------------------------------------------------------------------

    def person(self, number: int) -> Person:
        """Return somebody new, who writes to one of the bots."""
        made = Person(number, account_of(self._bots[number % len(self._bots)]))
        self._people[made.account, str(number)] = made
        return made

    async def write(self, person: Person, text: str, server: Callable[[], str]) -> None:
        """Post a message until it is acknowledged; ``server`` names the address to try."""
        person.wrote.append(text)
        body = json.dumps(self._update(person, text)).encode()
        while not await self._posted(person, body, server()):
            await self.clock.sleep(AGAIN * self._rng.uniform(0.5, 1.5))
        if not self._rng.randrange(REPEATED):
            self.repeats += 1
            await self._posted(person, body, server())

    def _update(self, person: Person, text: str) -> dict[str, object]:
        number = next(self._updates)
        user = {"id": person.number, "is_bot": False, "first_name": "P", "language_code": "en"}
        message = {
            "message_id": number,
            "date": int(time.time()),
            "chat": {"id": person.number, "type": "private", "first_name": "P"},
            "from": user,
            "text": text,
        }
        return {"update_id": number, "message": message}

    async def _posted(self, person: Person, body: bytes, base: str) -> bool:
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
        try:
            async with self._session.post(
                f"{base}/webhook/telegram/{person.account}", data=body, headers=headers
            ) as answer:
                if answer.status == 200:
                    return True
                self.refused[str(answer.status)] += 1
        except (aiohttp.ClientError, TimeoutError, OSError):
            self.refused["no answer"] += 1
        return False
