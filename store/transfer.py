"""Carrying a store over to another one: what is carried, in the words of neither, and the narrow port of both ends.

A conversation is carried whole (:class:`Whole`): opened with the keys of the one store, sealed anew with a fresh data
key in the other. Leases are not carried: nobody may work while a store is copied, so each counts as run out. What
belongs to no conversation is carried in lists (:class:`Loose`). Files go in chunks, so none is held as a whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Protocol

import msgspec
from msgspec import Struct

from core.blobs import BlobHead
from core.ids import ConversationId, Millis
from core.messages import Address
from core.records import Call, DeliveryState, DispatchKind, Entry, Label, Outcome, ReceiptState, Timer
from store.codec import Posted

__all__ = [
    "CallPart", "CounterPart", "End", "FilePart", "LetterPart", "Loose", "MailPart", "OutcomePart", "RecordPart",
    "RowPart", "Sending", "StrayPart", "Whole", "digest",
]  # fmt: skip


class MailPart(Struct, frozen=True, kw_only=True):
    """An event that waits."""

    #: Hash of its id.
    key: bytes
    at: Millis
    seen: Millis
    posted: Posted


class Sending(Struct, frozen=True, kw_only=True):
    """How the delivery of an entry stands."""

    kind: DispatchKind
    epoch: int
    expires: Millis | None
    #: Still to be delivered.
    open: bool
    state: DeliveryState
    due: Millis
    attempts: int
    missed: int
    maybe: bool
    plain: bool
    back: int
    changed: Millis
    #: Hashes of the provider's ids.
    pids: tuple[bytes, ...] = ()
    reason: str | None = None


class RowPart(Struct, frozen=True, kw_only=True):
    """A line of the transcript."""

    seq: int
    entry: Entry
    sending: Sending | None = None


class CallPart(Struct, frozen=True, kw_only=True):
    """An outside call that is not answered."""

    call: Call
    due: Millis
    attempts: int


class OutcomePart(Struct, frozen=True, kw_only=True):
    """What became of an event."""

    key: bytes
    at: Millis
    outcome: Outcome


class LetterPart(Struct, frozen=True, kw_only=True):
    """A dead letter."""

    key: bytes
    kind: str
    reason: str
    at: Millis
    posted: Posted


class FilePart(Struct, frozen=True, kw_only=True):
    """A finished file; its chunks are carried apart."""

    name: str
    head: BlobHead
    #: None once the content is gone.
    expires: Millis | None
    chunks: int
    #: Hash over its chunks.
    content: bytes


class Whole(Struct, frozen=True, kw_only=True):
    """All of one conversation."""

    conversation: ConversationId
    generation: int
    created: Millis
    address: Address
    turn: int
    epoch: int
    state: bytes | None
    labels: tuple[Label, ...]
    timers: tuple[Timer, ...]
    #: Turn lane: when it is due, and the end of a backoff.
    due: Millis | None
    until: Millis
    #: How often its next event or timer was claimed already.
    tries: int
    #: Delivery lane.
    look: Millis | None
    held: bool
    last: int
    expires: Millis | None
    #: When the person was erased, and the last entry of the confirmation.
    erased: Millis | None
    rest: int | None
    #: The person's own name, and the other names that lead here.
    main: ConversationId | None
    names: tuple[ConversationId, ...]
    mail: tuple[MailPart, ...]
    rows: tuple[RowPart, ...]
    calls: tuple[CallPart, ...]
    outcomes: tuple[OutcomePart, ...]
    letters: tuple[LetterPart, ...]
    files: tuple[FilePart, ...]


class RecordPart(Struct, frozen=True, kw_only=True):
    """A small keyed record."""

    kind: str
    key: str
    version: int
    expires: Millis | None
    value: bytes


class CounterPart(Struct, frozen=True, kw_only=True):
    """A counter that vanishes."""

    kind: str
    key: str
    count: int
    expires: Millis


class StrayPart(Struct, frozen=True, kw_only=True):
    """A receipt nobody asked for yet."""

    key: bytes
    state: ReceiptState
    at: Millis
    seen: Millis
    reason: str | None


class Loose(Struct, frozen=True, kw_only=True):
    """A portion of what belongs to no conversation."""

    records: tuple[RecordPart, ...] = ()
    counters: tuple[CounterPart, ...] = ()
    strays: tuple[StrayPart, ...] = ()
    #: Numbers of days: (YYYY-MM-DD, name, count).
    counts: tuple[tuple[str, str, int], ...] = ()
    #: Ids of handled events: the hash, when it was seen, and its partition where that is known.
    seen: tuple[tuple[bytes, Millis, int | None], ...] = ()
    #: The highest erased generation of each partition.
    floors: tuple[tuple[int, int], ...] = ()

    @property
    def things(self) -> int:
        """How many there are."""
        return len(self.records) + len(self.counters) + len(self.strays) + len(self.counts) + len(self.seen)


class End(Protocol):
    """One end of a copy. Raises the errors of the store."""

    async def conversations(self) -> list[ConversationId]:
        """Return all conversations, sorted."""

    async def export(self, conversation: ConversationId) -> Whole | None:
        """Return a conversation, or None when there is none."""

    async def names(self) -> dict[ConversationId, ConversationId]:
        """Return all further names of conversations, and what each leads to."""

    async def chunk(self, whole: Whole, number: int, part: int) -> bytes:
        """Return a chunk of the ``number``-th file of a conversation."""

    async def load(self, whole: Whole, source: End) -> None:
        """Write a conversation, files first, in place of whatever a broken-off copy left of it."""

    def loose(self) -> AsyncIterator[Loose]:
        """Yield what belongs to no conversation, in portions."""

    async def load_loose(self, loose: Loose) -> None:
        """Write a portion over what is there."""


def digest(whole: Whole) -> bytes:
    """Return a hash of all that a conversation holds, the same in every store."""
    return hashlib.blake2b(msgspec.msgpack.encode(whole), digest_size=16).digest()
