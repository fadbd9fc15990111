"""Files that people and counsellors send: how they are named and described, and how a stream becomes one.

A file is kept as sealed chunks, so nothing ever holds the whole of it. It becomes visible in one step at its end; until
then it is a *draft* that nobody sees, and a draft whose maker died is swept.
"""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, NewType

from msgspec import Struct

from core.filetypes import type_of
from core.ids import ConversationId, Millis

if TYPE_CHECKING:
    from core.ports import Blobs

__all__ = [
    "CHUNK",
    "DRAFT_FOR",
    "EXPIRED",
    "BlobHead",
    "BlobKey",
    "BlobRefused",
    "Draft",
    "Kept",
    "blob_key",
    "keep",
    "no_file",
    "owner_of",
]

#: ``conversation/generation/...``: a key names its owner, so who is erased takes their files along.
BlobKey = NewType("BlobKey", str)

#: Bytes of a chunk, but for the last one. Large enough for few rows, small enough that many streams fit in memory.
CHUNK = 262_144
#: A draft lives so long; no download and no upload takes an hour.
DRAFT_FOR: Millis = 3_600_000
#: ``reason`` of a head whose content is over its time.
EXPIRED = "expired"


class BlobHead(Struct, frozen=True, kw_only=True):
    """What is known of a file. With a ``reason`` there is no content, and the code says why."""

    size: int = 0
    #: Decided from the first bytes, never from what the sender said.
    mime: str = "application/octet-stream"
    #: What the sender said, where that was something else.
    claimed: str | None = None
    name: str | None = None
    reason: str | None = None
    at: Millis = 0


class Draft(Struct, frozen=True, kw_only=True):
    """A file that is being written; ``number`` is the store's own."""

    key: BlobKey
    number: int


class Kept(Struct, frozen=True, kw_only=True):
    """A file that was kept."""

    key: BlobKey
    head: BlobHead


class BlobRefused(Exception):
    """A stream cannot be kept: ``code`` is ``too_large``, ``empty`` or ``erased``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def blob_key(conversation: ConversationId, generation: int, name: str) -> BlobKey:
    """Return the key of the file ``name`` of a conversation. An entry's id is such a key itself."""
    return BlobKey(f"{conversation}/{generation}/{name}")


def owner_of(key: str) -> tuple[ConversationId, int, str] | None:
    """Return conversation, generation and name of a key, or None for what is no key."""
    conversation, _, rest = key.partition("/")
    generation, _, name = rest.partition("/")
    if not conversation or not name or not (generation.isascii() and generation.isdecimal()) or len(generation) > 18:
        return None
    return ConversationId(conversation), int(generation), name


async def keep(
    blobs: Blobs,
    key: BlobKey,
    parts: AsyncIterable[bytes],
    *,
    most: int,
    now: Millis,
    expires: Millis,
    claimed: str | None = None,
    name: str | None = None,
) -> Kept:
    """Keep a stream under ``key``, in chunks; ``most`` is the most bytes it may have.

    Raises :class:`BlobRefused`, and whatever ``parts`` raises; then there is only a draft, which the sweep takes.
    """
    draft = await blobs.begin(key, now)
    if draft is None:
        raise BlobRefused("erased")
    first, size, number = b"", 0, 0
    async for chunk in _chunks(parts):
        size += len(chunk)
        if size > most:
            raise BlobRefused("too_large")
        first = first or chunk
        if not await blobs.add(draft, number, chunk):
            raise BlobRefused("erased")
        number += 1
    if not size:
        raise BlobRefused("empty")
    mime = type_of(first)
    said = (claimed or "").partition(";")[0].strip().lower() or None
    head = BlobHead(size=size, mime=mime, claimed=said if said != mime else None, name=name, at=now)
    if not await blobs.finish(draft, head, now=now, expires=expires):
        raise BlobRefused("erased")
    return Kept(key=key, head=head)


async def no_file(blobs: Blobs, key: BlobKey, reason: str, *, now: Millis, expires: Millis, size: int = 0) -> bool:
    """Note that a file did not come, and why; False when its owner was erased."""
    draft = await blobs.begin(key, now)
    return draft is not None and await blobs.finish(
        draft, BlobHead(reason=reason, size=size, at=now), now=now, expires=expires
    )


async def _chunks(parts: AsyncIterable[bytes]) -> AsyncIterable[bytes]:
    """Cut a stream anew into chunks of :data:`CHUNK` bytes."""
    held = bytearray()
    async for part in parts:
        held += part
        while len(held) >= CHUNK:
            yield bytes(held[:CHUNK])
            del held[:CHUNK]
    if held:
        yield bytes(held)
