"""A counsellor at the desk of a real process, without a browser: signs in, listens to the live line, acts."""

from __future__ import annotations

import re
import secrets
from typing import Any, Self

import aiohttp

PATIENCE = 30


class Counsellor:
    """One account; signed in within ``async with``."""

    def __init__(self, base: str, login: str, password: str) -> None:
        self.base, self._login, self._password = base, login, password
        self._csrf = ""
        self._browser: aiohttp.ClientSession
        self._live: aiohttp.ClientWebSocketResponse

    async def __aenter__(self) -> Self:
        self._browser = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), base_url=self.base, headers={"Origin": self.base}
        )
        async with self._browser.get("/desk/sign-in") as page:
            token = _found(r'name="token" value="([^"]+)"', await page.text())
        form = {"login": self._login, "password": self._password, "token": token}
        async with self._browser.post("/desk/sign-in", data=form) as page:
            self._csrf = _found(r'name="csrf" content="([^"]+)"', await page.text())
        self._live = await self._browser.ws_connect("/desk/live")
        assert (await self._heard())["type"] == "hello"
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._live.close()
        await self._browser.close()

    async def until_waiting(self) -> str:
        """Follow the live line until a case waits, and return its number."""
        while True:
            async with self._browser.get("/desk/api/board") as answer:
                waiting = (await answer.json())["waiting"]
            if waiting:
                return str(waiting[0]["number"])
            await self.until_changed()

    async def until_changed(self, number: str | None = None) -> None:
        """Wait until the live line names a case, or this one."""
        while True:
            cases = (await self._heard()).get("cases", ())
            if number in cases or (number is None and cases):
                return

    async def case(self, number: str) -> dict[str, Any]:
        """Read a case."""
        async with self._browser.get(f"/desk/api/cases/{number}") as answer:
            assert answer.status == 200, await answer.text()
            read: dict[str, Any] = await answer.json()
            return read

    async def act(self, number: str, verb: str, **body: str) -> None:
        """Press a button and ask until a worker has handled it."""
        request = secrets.token_hex(16)
        headers = {"X-CSRF-Token": self._csrf}
        url = f"/desk/api/cases/{number}/{verb}"
        async with self._browser.post(url, json=body | {"request": request}, headers=headers) as answer:
            status, text = answer.status, await answer.text()
        while status == 202:
            async with self._browser.get(f"/desk/api/acts/{request}") as answer:
                status, text = answer.status, await answer.text()
        assert status == 200, text

    async def _heard(self) -> dict[str, Any]:
        heard: dict[str, Any] = await self._live.receive_json(timeout=PATIENCE)
        return heard


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, f"{pattern} is not in the page"
    return match[1]
