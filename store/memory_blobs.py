"""Files in the reference model: lists of chunks beside each conversation."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from core.blobs import CHUNK, DRAFT_FOR, EXPIRED, BlobHead, BlobKey, Draft, owner_of
from core.ids import ConversationId, Millis
from store.memory_rows import Conversation, Tables

__all__ = ["MemoryBlobs"]


@dataclass(slots=True, kw_only=True)
class _Blob:
    key: BlobKey
    #: Of a draft: when it counts as abandoned; None once the content is gone.
    expires: Millis | None
    head: BlobHead | None = None
    chunks: dict[int, bytes] = field(default_factory=dict)


class MemoryBlobs:
    """Implements :class:`core.ports.Blobs` in memory."""

    def __init__(self, tables: Tables, changed: Callable[[Conversation], None]) -> None:
        self._tables = tables
        self._changed = changed
        self._numbers = itertools.count(1)
        self._drafts: dict[int, _Blob] = {}
        self._files: dict[BlobKey, _Blob] = {}

    def _owner(self, key: BlobKey) -> Conversation | None:
        owner = owner_of(key)
        found = self._tables.conversations.get(owner[0]) if owner is not None else None
        return found if found is not None and owner is not None and found.generation == owner[1] else None

    async def begin(self, key: BlobKey, now: Millis) -> Draft | None:
        """See :meth:`core.ports.Blobs.begin`."""
        if self._owner(key) is None:
            return None
        draft = Draft(key=key, number=next(self._numbers))
        self._drafts[draft.number] = _Blob(key=key, expires=now + DRAFT_FOR)
        return draft

    async def add(self, draft: Draft, number: int, data: bytes) -> bool:
        """See :meth:`core.ports.Blobs.add`."""
        if not 0 < len(data) <= CHUNK:
            raise ValueError("a chunk is too long or empty")
        found = self._drafts.get(draft.number)
        if found is None or self._owner(draft.key) is None:
            return False
        found.chunks[number] = data
        return True

    async def finish(self, draft: Draft, head: BlobHead, *, now: Millis, expires: Millis) -> bool:
        """See :meth:`core.ports.Blobs.finish`."""
        found, owner = self._drafts.get(draft.number), self._owner(draft.key)
        if found is None or owner is None:
            return False
        del self._drafts[draft.number]
        before = self._files.get(draft.key)
        if before is not None and before.head is not None and (before.head.reason is None or head.reason is not None):
            return True
        found.head, found.expires = head, expires
        self._files[draft.key] = found
        self._changed(owner)
        return True

    async def heads(self, keys: Sequence[BlobKey], now: Millis) -> dict[BlobKey, BlobHead]:
        """See :meth:`core.ports.Blobs.heads`."""
        heads: dict[BlobKey, BlobHead] = {}
        for key in keys:
            found = self._files.get(key)
            if found is not None and found.head is not None and self._owner(key) is not None:
                over = found.head.reason is None and (found.expires is None or found.expires <= now)
                heads[key] = replace(found.head, reason=EXPIRED) if over else found.head
        return heads

    async def read(self, key: BlobKey, number: int, now: Millis) -> bytes | None:
        """See :meth:`core.ports.Blobs.read`."""
        found = self._files.get(key)
        if found is None or found.expires is None or found.expires <= now or self._owner(key) is None:
            return None
        return found.chunks.get(number)

    async def held(self, conversation: ConversationId) -> int:
        """See :meth:`core.ports.Blobs.held`."""
        owned = [
            one
            for one in (*self._drafts.values(), *self._files.values())
            if (owner := self._owner(one.key)) is not None and owner.id == conversation
        ]
        return sum(len(chunk) for one in owned for chunk in one.chunks.values())

    def sweep(self, now: Millis, limit: int) -> int:
        """Delete content over its time and what erased people left; return how many files lost theirs."""
        self._drafts = {n: one for n, one in self._drafts.items() if self._live(one, now)}
        self._files = {key: one for key, one in self._files.items() if self._owner(key) is not None}
        over = [one for one in self._files.values() if one.expires is not None and one.expires <= now][:limit]
        for one in over:
            one.chunks.clear()
            one.expires = None
        return len(over)

    def _live(self, draft: _Blob, now: Millis) -> bool:
        return draft.expires is not None and draft.expires > now and self._owner(draft.key) is not None
