"""A rehearsal: invented people write to a running Streetwork through its web chat, and answer whoever counsels them.

They use the page's own protocol, so for bot, store and desk they are people like all others. When the rehearsal ends
they have themselves erased, so that nothing of it stays but the sums of the numbers page.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
from collections.abc import Callable, Sequence
from typing import Any

import aiohttp
import msgspec

from bots.rehearsal_people import Script
from core.errors import StreetworkError

__all__ = ["MARK", "Rehearsal", "RehearsalFailed"]

#: Stands before what people tell in the queue: nobody may take an invented person for a real one.
MARK = "[Übung / rehearsal / تمرين]"
#: Seconds after which somebody goes on although the bot says nothing.
_PATIENCE = 20.0
_QUIET = 0.4

#: Told of each line: name, language, who said it, and the text.
Show = Callable[[str, str, str, str], None]


class RehearsalFailed(StreetworkError):
    """There is no web chat at the address."""

    code = "rehearsal"


class Rehearsal:
    """Some people at one web chat."""

    def __init__(
        self, url: str, people: Sequence[Script], show: Show, *, danger: bool = False, pace: float = 4
    ) -> None:
        """``url`` is where the server answers; ``pace`` is seconds for which somebody reads and types."""
        self._url = url.rstrip("/")
        self._show = show
        self.people = [_Person(self._url, script, show, danger=danger, pace=pace) for script in people]

    async def run(self) -> None:
        """Let them all come, one a moment after the other, and talk until cancelled; then erase them."""
        try:
            async with asyncio.TaskGroup() as group:
                for n, person in enumerate(self.people):
                    group.create_task(person.live(after=n * person.pace / 2))
        except* aiohttp.ClientError as failed:
            raise RehearsalFailed(
                f"There is no web chat at {self._url}: {failed.exceptions[0]}. Start the bot first, or name its "
                "address: streetwork rehearse --url http://localhost:8080"
            ) from None
        finally:
            await asyncio.gather(*(person.vanish() for person in self.people), return_exceptions=True)


class _Person:
    def __init__(self, url: str, script: Script, show: Show, *, danger: bool, pace: float) -> None:
        self.script = script
        self.pace = pace
        self._url = url
        self._show = show
        self._danger = danger and bool(script.danger)
        self._ids = itertools.count(1)
        self._room = f"rehearsal-{secrets.token_hex(4)}"
        self._http: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._heard = asyncio.Event()
        self._asked = asyncio.Event()
        self._seen = 0

    async def live(self, after: float) -> None:
        """Come, ask, wait, and answer, until cancelled."""
        await asyncio.sleep(after)
        self._http = aiohttp.ClientSession(
            base_url=self._url, headers={"Origin": self._url}, cookie_jar=aiohttp.CookieJar(unsafe=True)
        )
        async with self._http.post("/chat/session") as answer:
            answer.raise_for_status()
        self._socket = await self._http.ws_connect("/chat/ws", heartbeat=20)
        await self._tell(type="hello", seen=0, lang=self.script.language)
        listening = asyncio.create_task(self._listen(self._socket))
        try:
            await self._to_the_queue()
            for answer_text in (*self.script.answers, self.script.thanks):
                await self._asked.wait()
                self._asked.clear()
                await asyncio.sleep(self.pace)
                await self._say(answer_text)
            await listening
        finally:
            listening.cancel()

    async def _to_the_queue(self) -> None:
        first, *rest = self.script.lines
        await self._answered()
        lines = [first, self.script.danger] if self._danger else [first, *rest]
        for line in (*lines, f"{MARK} {self.script.story}"):
            self._heard.clear()
            await self._say(line)
            await self._answered()

    async def vanish(self) -> None:
        """Have everything about oneself erased, and go."""
        with contextlib.suppress(aiohttp.ClientError, ConnectionError, TimeoutError):
            if self._socket is not None and not self._socket.closed:
                await self._say("/delete")
                await asyncio.sleep(_QUIET)
                await self._say(self.script.yes)
                await asyncio.sleep(_QUIET)
                await self._socket.close()
        if self._http is not None:
            await self._http.close()

    async def _answered(self) -> None:
        """Wait until the bot has said something and is quiet again."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._heard.wait(), _PATIENCE)
        await asyncio.sleep(max(_QUIET, self.pace / 2))

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            word = msgspec.json.decode(message.data)
            for line in word.get("lines", ()):
                self._take(line)

    def _take(self, line: dict[str, Any]) -> None:
        if line["seq"] <= self._seen or line["who"] == "person":
            return
        self._seen = line["seq"]
        self._show(self.script.name, self.script.language, line["who"], line["text"])
        self._heard.set()
        if line["who"] == "counsellor":
            self._asked.set()

    async def _say(self, text: str) -> None:
        self._show(self.script.name, self.script.language, "person", text)
        await self._tell(type="text", id=f"{self._room}-{next(self._ids)}", text=text)

    async def _tell(self, **word: object) -> None:
        if self._socket is not None:
            await self._socket.send_str(msgspec.json.encode(word).decode())
