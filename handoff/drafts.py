"""What a counsellor has begun to write, kept on the server: it survives a reload, and goes on at another computer.

One draft for each case, account and field, so a reply never becomes a note and text never travels between cases. A
draft holds words about a person, so it is sealed twice: by the store, and before that under a key of its own that lives
among the files of the conversation. That key is destroyed with the person, and with it every draft, in older backups
too; their empty shells expire by themselves.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from typing import Literal

import msgspec
from aiohttp import web
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from core.blobs import BlobKey, BlobRefused, blob_key, keep
from core.errors import Refused
from core.ids import Millis
from core.messages import Address
from core.ports import Blobs, Store
from handoff.access import Access, Grant, may
from handoff.auth import Border
from handoff.forgetting import DRAFT, drop_drafts, forget_drafts
from handoff.guard import absent, answer, api, case_number, json_body
from handoff.sessions import SignedIn

__all__ = ["KEPT", "DraftRoutes", "Drafts"]

Mode = Literal["reply", "note"]
MODES: tuple[Mode, ...] = ("reply", "note")

#: A draft nobody touched so long is forgotten.
KEPT: Millis = 30 * 24 * 3600 * 1000
#: The key outlives every draft; it goes with the person.
_KEY_KEPT: Millis = 20 * 365 * 24 * 3600 * 1000
_KEY_BYTES = 32
_NONCE = 12


class Kept(Struct, frozen=True, kw_only=True):
    """A draft and when it was last changed."""

    text: str = ""
    at: Millis = 0


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Kept)


class Drafts:
    """Keeps drafts. Whether somebody may is decided before."""

    def __init__(self, store: Store, blobs: Blobs) -> None:
        self._store = store
        self._blobs = blobs

    async def get(self, grant: Grant, account: str, mode: Mode, now: Millis) -> Kept:
        """Return a draft; an empty one where there is none, or none that can still be read."""
        record = await self._store.get(DRAFT, _key(grant, account, mode), now)
        key = await self._secret(grant, now) if record is not None else None
        if record is None or key is None:
            return Kept()
        nonce, sealed = record.value[:_NONCE], record.value[_NONCE:]
        try:
            return _decoder.decode(AESGCM(key).decrypt(nonce, sealed, _key(grant, account, mode).encode()))
        except (InvalidTag, ValueError):
            return Kept()

    async def put(self, grant: Grant, account: str, mode: Mode, text: str, now: Millis) -> Kept:
        """Keep a draft; an empty one is forgotten. Of two computers the later one counts."""
        if not text:
            await self.drop(grant, account, mode)
            return Kept()
        key = await self._secret(grant, now) or await self._make_secret(grant, now)
        kept, name, nonce = Kept(text=text, at=now), _key(grant, account, mode), os.urandom(_NONCE)
        sealed = nonce + AESGCM(key).encrypt(nonce, _encoder.encode(kept), name.encode())
        await self._store.put(DRAFT, name, sealed, now, expires=now + KEPT)
        return kept

    async def drop(self, grant: Grant, account: str, mode: Mode) -> None:
        """Forget one draft: it was sent, or emptied."""
        await self._store.delete(DRAFT, _key(grant, account, mode))

    async def acted(self, grant: Grant, account: str, verb: str, now: Millis) -> None:
        """Forget what an act has made useless: the draft of what was sent, and all drafts of a case that ended."""
        mode = next((mode for mode in MODES if mode == verb), None)
        if mode is not None:
            await self.drop(grant, account, mode)
        elif verb in ("close", "return"):
            await self.drop_case(grant, now)
        elif verb == "erase":
            await forget_drafts(self._store, grant.conversation, now)

    async def drop_case(self, grant: Grant, now: Millis) -> None:
        """Forget everybody's drafts of a case that ended."""
        await drop_drafts(self._store, _case(grant), now)

    async def _secret(self, grant: Grant, now: Millis) -> bytes | None:
        key = await self._blobs.read(_secret_name(grant), 0, now)
        return key if key is not None and len(key) == _KEY_BYTES else None

    async def _make_secret(self, grant: Grant, now: Millis) -> bytes:
        try:
            await keep(
                self._blobs,
                _secret_name(grant),
                _once(os.urandom(_KEY_BYTES)),
                most=_KEY_BYTES,
                now=now,
                expires=now + _KEY_KEPT,
            )
        except BlobRefused:
            raise Refused("no_case") from None
        # Of two computers that made one at once, the first one's stays.
        key = await self._secret(grant, now)
        if key is None:
            raise Refused("no_case")
        return key


def _case(grant: Grant) -> str:
    return f"{grant.conversation}/{grant.snapshot.generation}/{grant.case.number}/"


def _key(grant: Grant, account: str, mode: Mode) -> str:
    return f"{_case(grant)}{account}/{mode}"


def _secret_name(grant: Grant) -> BlobKey:
    return blob_key(grant.conversation, grant.snapshot.generation, "drafts")


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


class DraftRoutes:
    """``/desk/api/cases/{number}/drafts/{mode}``."""

    def __init__(
        self, drafts: Drafts, access: Access, border: Border, longest: int, typing: Callable[[Address], None]
    ) -> None:
        """``longest`` is how many characters a text may have; ``typing`` shows the person that a reply is written."""
        self._typing = typing
        self._drafts = drafts
        self._access = access
        self._border = border
        self._longest = longest

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        path = "/desk/api/cases/{number}/drafts/{mode}"
        return [
            web.get(path, api(self._border, self._get)),
            web.put(path, api(self._border, self._put, changes=True)),
        ]

    async def _get(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        found = await self._open(request, signed)
        if found is None:
            return absent()
        return answer(await self._drafts.get(found[0], signed.account.id, found[1], self._border.now()))

    async def _put(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        found, text = await self._open(request, signed), (await json_body(request)).get("text")
        if found is None:
            return absent()
        if not isinstance(text, str):
            raise Refused("malformed")
        if len(text) > self._longest:
            raise Refused("too_long", most=str(self._longest))
        if text.strip() and found[1] == "reply":
            self._typing(found[0].snapshot.address)
        clean = text.encode("utf-8", "replace").decode()
        return answer(await self._drafts.put(found[0], signed.account.id, found[1], clean, self._border.now()))

    async def _open(self, request: web.Request, signed: SignedIn) -> tuple[Grant, Mode] | None:
        """Return the case and the field, if this account may write there."""
        mode = next((mode for mode in MODES if mode == request.match_info["mode"]), None)
        grant = await self._access.open(signed.account, "read", case_number(request), self._border.now())
        if mode is None or grant is None or not may(signed.account, mode, grant.case):
            return None
        return grant, mode
