"""Files that a fake provider serves, and everything that can go wrong while it does."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web

__all__ = ["JPEG", "PDF", "Shelf", "Shelved"]

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(range(256)) * 40 + b"\xff\xd9"
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 4

Trouble = Literal["hang", "trickle", "half", "endless", "drop", "late"]


@dataclass(slots=True, kw_only=True)
class Shelved:
    """One file, or what is there instead of it."""

    data: bytes = b""
    mime: str = "image/jpeg"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    trouble: Trouble | None = None
    #: How often the trouble, or the status, comes before the file is there.
    times: int = 1_000_000


class Shelf:
    """Files by name, and the requests for them."""

    def __init__(self) -> None:
        self.files: dict[str, Shelved] = {}
        #: (name, Authorization header) of each request.
        self.asked: list[tuple[str, str | None]] = []
        self._closing = asyncio.Event()

    def put(self, name: str, data: bytes = JPEG, **how: object) -> str:
        """Put a file on the shelf and return its name."""
        self.files[name] = Shelved(data=data, **how)  # type: ignore[arg-type]
        return name

    def close(self) -> None:
        """Let go of everybody who hangs."""
        self._closing.set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer a request for the file ``name`` of the route."""
        name = request.match_info["name"]
        self.asked.append((name, request.headers.get("Authorization")))
        file = self.files.get(name)
        if file is None:
            return web.Response(status=404, text="not found")
        troubled = file.times > 0
        file.times -= 1
        if file.trouble is not None and troubled:
            return await self._troubled(request, file)
        if file.status != 200 and troubled:
            return web.Response(status=file.status, headers=dict(file.headers), text="<html>no</html>")
        return web.Response(body=file.data, content_type=file.mime, headers=dict(file.headers))

    async def _troubled(self, request: web.Request, file: Shelved) -> web.StreamResponse:
        if file.trouble == "drop" and request.transport is not None:
            request.transport.abort()
        if file.trouble in {"hang", "drop"}:
            await self._closing.wait()
            return web.Response(status=500)
        response = web.StreamResponse(headers={"Content-Type": file.mime} | dict(file.headers))
        if file.trouble == "half":
            response.content_length = len(file.data) * 2
        await response.prepare(request)
        try:
            if file.trouble == "endless":
                while not self._closing.is_set():
                    await response.write(bytes(65_536))
            elif file.trouble == "trickle":
                for at in range(len(file.data)):
                    await response.write(file.data[at : at + 1])
                    await asyncio.sleep(0.01)
                    if self._closing.is_set():
                        break
            else:
                await response.write(file.data)
            if request.transport is not None:
                request.transport.abort()
        except ConnectionError:
            pass
        return response
