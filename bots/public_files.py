"""Files of ours at an address that a messenger can fetch: ``/media/{token}``, for the file it was made for and a while.

The token cannot be guessed: it is a keyed hash of the file's key, so a repeated send names the same address and the
store keeps only a hash of it. What was erased or is over its time is gone here too, whatever the link's own life.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from aiohttp import web
from msgspec import Struct

from core.blobs import BlobKey, owner_of
from core.errors import StoreError
from core.filetypes import extension_of
from core.ids import Millis
from core.ports import Blobs, Clock, Store
from handoff.serving import file_response, shown_name

__all__ = ["LIVES", "PublicFile", "PublicFiles"]

#: Twilio fetches a file while it sends; a phone that Viber serves may be switched off for days.
LIVES: Millis = 7 * 86_400_000
_KIND = "public-file"
#: With the ending that the type has: Viber takes pictures only from addresses that end in .jpg, .png or .gif.
_NAME = re.compile(r"([A-Za-z0-9_-]{43})(?:\.[a-z0-9]{1,5})?")


class PublicFile(Struct, frozen=True, kw_only=True):
    """A file as a messenger is told of it."""

    url: str
    #: Bytes.
    size: int
    name: str


class PublicFiles:
    """Gives files addresses, and serves them there."""

    def __init__(self, store: Store, blobs: Blobs, clock: Clock, *, key: bytes, public_url: str | None) -> None:
        """``key`` is the one of the conversations' ids, which never rotates; no address without ``public_url``."""
        self._store = store
        self._blobs = blobs
        self._clock = clock
        self._key = key
        self._public_url = public_url.rstrip("/") if public_url else None

    async def address(self, ref: str) -> PublicFile | None:
        """Return where the file ``ref`` can be fetched; None when it is gone, or no messenger can reach us."""
        now = self._clock.now()
        head = (await self._blobs.heads([BlobKey(ref)], now)).get(BlobKey(ref))
        if head is None or head.reason is not None or self._public_url is None:
            return None
        token = self._token(ref)
        await self._store.put(_KIND, _hashed(token), ref.encode(), now, expires=now + LIVES)
        url = f"{self._public_url}/media/{token}.{extension_of(head.mime)}"
        return PublicFile(url=url, size=head.size, name=shown_name(head))

    async def url(self, ref: str) -> str | None:
        """Return the address alone, for messengers that ask for the rest themselves."""
        found = await self.address(ref)
        return found.url if found is not None else None

    async def content(self, ref: str) -> bytes | None:
        """Return a whole file, for a messenger that wants it in the request itself; None when it is gone."""
        now, found, number = self._clock.now(), bytearray(), 0
        if owner_of(ref) is None:
            return None
        while (chunk := await self._blobs.read(BlobKey(ref), number, now)) is not None:
            found += chunk
            number += 1
        return bytes(found) or None

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the route; it answers GET and HEAD."""
        return [web.get("/media/{name}", self._serve)]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        match = _NAME.fullmatch(request.match_info["name"])
        try:
            return await self._found(request, match[1]) if match is not None else web.Response(status=404)
        except StoreError:
            return web.Response(status=503, headers={"Retry-After": "5"})

    async def _found(self, request: web.Request, token: str) -> web.StreamResponse:
        now = self._clock.now()
        record = await self._store.get(_KIND, _hashed(token), now)
        key = BlobKey(record.value.decode()) if record is not None else None
        head = (await self._blobs.heads([key], now)).get(key) if key is not None else None
        if key is None or head is None or head.reason is not None:
            return web.Response(status=404)
        return await file_response(request, self._blobs, key, head, now)

    def _token(self, ref: str) -> str:
        digest = hmac.new(self._key, b"streetwork public file\x1f" + ref.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
