"""The call that makes the copy of a person's data and keeps it for them; see :mod:`handlers.mydata`."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Mapping

from core.blobs import BlobKey, BlobRefused, blob_key, keep
from core.ids import ConversationId, Millis
from core.ports import Blobs, Clock, Store
from core.records import CallLease, Entry, Snapshot
from flows.program import Program
from handlers.calls import CallFailed
from handlers.datacopy import Subject, data_copy
from handlers.mydata import COPY_MIME, LINK_LIVES
from handoff.conversation import load

__all__ = ["COPY_KEPT", "LINKS", "MakeCopy", "link_key"]

#: Kind of the records that say what an address leads to.
LINKS = "datalink"
#: How long the file is kept: a messenger that is away takes it later.
COPY_KEPT: Millis = 24 * 3_600_000
#: Bytes of the longest copy.
MOST = 32 << 20
_PAGE = 500


def link_key(token: str) -> str:
    """Return the key of the record of an address; the address itself is kept nowhere."""
    return hashlib.sha256(token.encode()).hexdigest()


class MakeCopy:
    """Implements :class:`handlers.calls.OwnCall`."""

    def __init__(
        self,
        store: Store,
        blobs: Blobs,
        clock: Clock,
        program: Callable[[], Program],
        base: Callable[[str], str | None],
    ) -> None:
        """``base`` returns the address at which people of a channel reach our pages, if they can."""
        self._store = store
        self._blobs = blobs
        self._clock = clock
        self._program = program
        self._base = base

    async def make(self, lease: CallLease) -> Mapping[str, str] | None:
        """Make the copy; returns its file, size, name and address. Nothing is made for somebody who was erased."""
        snapshot = await self._store.snapshot(lease.conversation)
        if snapshot is None or snapshot.generation != lease.generation:
            return None
        key = blob_key(lease.conversation, lease.generation, f"copy/{lease.call.id.split('/')[-2]}")
        now = self._clock.now()
        head = (await self._blobs.heads([key], now)).get(key)
        if head is None:
            page = await self._page(snapshot, lease.call.args.get("language", ""))
            try:
                head = (await keep(self._blobs, key, _once(page), most=MOST, now=now, expires=now + COPY_KEPT)).head
            except BlobRefused as refused:
                if refused.code == "erased":
                    return None
                raise CallFailed(refused.code) from None
        values = {"ref": key, "size": str(head.size), "name": "my-data.html", "mime": COPY_MIME}
        base = self._base(lease.address.channel)
        return values if base is None else values | {"link": await self._link(base, key, now)}

    async def give_up(self, lease: CallLease, code: str) -> None:
        """Nothing is left behind: the event says that it failed."""

    async def _page(self, snapshot: Snapshot, language: str) -> bytes:
        program = self._program()
        known = language in {*program.languages, program.spec.languages.source}
        subject = Subject(
            state=load(snapshot.state),
            channel=snapshot.address.channel,
            peer=snapshot.address.peer,
            expires=snapshot.expires,
            now=self._clock.now(),
            language=language if known else program.spec.languages.source,
        )
        return data_copy(program, subject, await self._entries(snapshot.conversation))

    async def _entries(self, conversation: ConversationId) -> list[Entry]:
        found: list[Entry] = []
        after = 0
        while lines := await self._store.transcript(conversation, after, _PAGE):
            found += [line.entry for line in lines]
            after = lines[-1].seq
        return found

    async def _link(self, base: str, key: BlobKey, now: Millis) -> str:
        token = secrets.token_urlsafe(24)
        await self._store.put(LINKS, link_key(token), key.encode(), now, expires=now + LINK_LIVES)
        return f"{base.rstrip('/')}/mydata/{token}"


async def _once(page: bytes) -> AsyncIterator[bytes]:
    yield page
