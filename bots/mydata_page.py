"""The page behind the address of a copy: first a button, then the copy.

A messenger fetches every address it carries to show a preview. So the address alone shows nothing; only the button
behind it does, and programs that preview do not press buttons.
"""

from __future__ import annotations

import re

from aiohttp import web

from bots.copying import LINKS, link_key
from core.blobs import BlobKey
from core.ports import Blobs, Clock, Store
from handoff.security import HEADERS

__all__ = ["mydata_routes"]

_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
#: In every language of the shipped bot: the page is opened outside the chat and knows nobody's language.
_BUTTON = "Show · Anzeigen · عرض · Покажи · Показать"
_DOOR = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>Streetwork</title></head><body>"
    f'<form method="post"><button style="font-size:1.2rem;padding:1rem">{_BUTTON}</button></form></body></html>'
)


def mydata_routes(store: Store, blobs: Blobs, clock: Clock) -> list[web.AbstractRouteDef]:
    """Return the routes."""

    async def find(request: web.Request) -> BlobKey | None:
        token = request.match_info["token"]
        if not _TOKEN.fullmatch(token):
            return None
        record = await store.get(LINKS, link_key(token), clock.now())
        return None if record is None else BlobKey(record.value.decode())

    async def door(request: web.Request) -> web.Response:
        if await find(request) is None:
            raise web.HTTPNotFound
        return _html(_DOOR.encode())

    async def show(request: web.Request) -> web.Response:
        key = await find(request)
        chunks: list[bytes] = []
        while key is not None and (chunk := await blobs.read(key, len(chunks), clock.now())) is not None:
            chunks.append(chunk)
        if not chunks:
            raise web.HTTPNotFound
        return _html(b"".join(chunks))

    return [web.get("/mydata/{token}", door, allow_head=False), web.post("/mydata/{token}", show)]


def _html(body: bytes) -> web.Response:
    headers = HEADERS | {"Content-Security-Policy": _POLICY}
    return web.Response(body=body, content_type="text/html", charset="utf-8", headers=headers)
