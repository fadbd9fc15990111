"""One browser of somebody at the desk, without a page: cookies, the CSRF token, and what it sends."""

from __future__ import annotations

import re
import secrets
from typing import Any

import aiohttp

__all__ = ["PASSWORD", "TIMEOUT", "Window"]

PASSWORD = "correct horse battery"
#: Seconds after which a test does not wait any more.
TIMEOUT = 10


async def _read(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Read every answer to its end: none is left to be closed when it is forgotten."""
    answer = await handler(request)
    if answer.status != 101:
        await answer.read()
    return answer


class Window:
    """One browser: cookies, the CSRF token of its page, and what it sends."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.http = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT),
            middlewares=(_read,),
        )
        #: Held, so that none is closed by being forgotten.
        self.sockets: list[aiohttp.ClientWebSocketResponse] = []
        self.csrf = ""

    def headers(self, **more: str) -> dict[str, str]:
        return {"Origin": self.base, "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": self.csrf} | more

    async def sign_in(self, login: str, password: str = PASSWORD, **headers: str) -> int:
        """Fill the form as a browser does; return the status of the answer."""
        form = await self.form()
        answer = await self.http.post(
            f"{self.base}/desk/sign-in",
            data={"login": login, "password": password, "token": form},
            headers=self.headers(**headers),
            allow_redirects=False,
        )
        await answer.read()
        if answer.status == 303:
            page = await (await self.http.get(f"{self.base}/desk")).text()
            self.csrf = _find(r'name="csrf" (?:content|value)="([^"]+)"', page)
        return answer.status

    async def half_in(self, login: str, password: str = PASSWORD) -> None:
        """Give the password where a second factor is owed."""
        answer = await self.http.post(
            f"{self.base}/desk/sign-in",
            data={"login": login, "password": password, "token": await self.form()},
            headers=self.headers(),
            allow_redirects=False,
        )
        await answer.read()
        assert answer.headers["Location"] == "/desk/sign-in/code"

    async def form(self) -> str:
        page = await (await self.http.get(f"{self.base}/desk/sign-in")).text()
        return _find(r'name="token" value="([^"]+)"', page)

    async def get(self, path: str) -> tuple[int, Any]:
        async with self.http.get(f"{self.base}/desk/api/{path}", allow_redirects=False) as answer:
            return answer.status, await answer.json()

    async def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> tuple[int, Any]:
        sent = {"request": secrets.token_hex(16)} | (body or {})
        async with self.http.post(
            f"{self.base}/desk/api/{path}", json=sent, headers=self.headers(**headers), allow_redirects=False
        ) as answer:
            return answer.status, await answer.json()

    async def put(self, path: str, body: dict[str, Any], **headers: str) -> tuple[int, Any]:
        async with self.http.put(f"{self.base}/desk/api/{path}", json=body, headers=self.headers(**headers)) as answer:
            return answer.status, await answer.json()

    async def live(self, cursor: str = "", **headers: str) -> aiohttp.ClientWebSocketResponse:
        socket = await self.http.ws_connect(
            f"{self.base}/desk/live?cursor={cursor}", headers={"Origin": self.base} | headers
        )
        self.sockets.append(socket)
        return socket

    async def close(self) -> None:
        for socket in self.sockets:
            await socket.close()
        await self.http.close()


def _find(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    assert found is not None, page
    return found[1]
