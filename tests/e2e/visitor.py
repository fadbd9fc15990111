"""A person at the web chat, without a browser: the page's own protocol over a real socket."""

from __future__ import annotations

import itertools
from typing import Self

import aiohttp

from tests.e2e.server import Server
from tests.fakes.chat_room import Page


class Visitor:
    """One person; leaves with the ``async with`` block and can come back with the same cookie."""

    def __init__(self, server: Server, language: str = "en") -> None:
        self.base = server.base
        self.language = language
        self._ids = itertools.count(1)
        self.page: Page
        self.browser: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self.browser = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), base_url=self.base, headers={"Origin": self.base}
        )
        async with self.browser.post("/chat/session") as answer:
            assert answer.status == 204
        await self.connect()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.page.socket.close()
        await self.browser.close()

    async def connect(self) -> None:
        """Open the socket (again) and read the thread."""
        self.page = Page(await self.browser.ws_connect("/chat/ws"))
        await self.page.hello(lang=self.language)

    async def say(self, text: str) -> str:
        """Type a text; return its id once the server has it for good."""
        number = f"message-{next(self._ids)}"
        await self.page.tell(type="text", id=number, text=text)
        await self.page.until(lambda word: word["type"] == "accepted" and word["id"] == number)
        return number

    async def until(self, part: str) -> None:
        """Receive until the bot or a counsellor said something with ``part`` in it."""
        if not any(part in line["text"] for line in self.page.lines if line["who"] != "person"):
            await self.page.until(
                lambda word: any(part in line["text"] for line in word.get("lines", ()) if line["who"] != "person")
            )

    async def until_new(self, part: str) -> None:
        """Receive until something with ``part`` in it arrives from now on."""
        await self.page.until(
            lambda word: any(part in line["text"] for line in word.get("lines", ()) if line["who"] != "person")
        )
