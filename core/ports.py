"""The seams: what the core demands of a store, a channel and a clock. Backends and fakes implement them to the word.

``now`` is always passed in, so a store never looks at a clock. Every operation is durable and visible when it
returns. Every operation may raise :class:`core.errors.StoreUnavailable`; then nothing of it happened, or the whole
of it did: repeating is safe.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from core.blobs import BlobHead, BlobKey, Draft
from core.capabilities import Capabilities
from core.ids import CallId, ConversationId, Millis
from core.messages import Address, Hint, Outbound
from core.records import (
    Accepted,
    Arrival,
    CallLease,
    Changes,
    Commit,
    Committed,
    Cursor,
    DeadRecord,
    DeliveryLease,
    Duplicate,
    Found,
    Lane,
    LeaseLost,
    Line,
    Outcome,
    Receipt,
    Record,
    Settlement,
    Snapshot,
    Stats,
    TurnLease,
)
from core.sending import SendResult
from core.sweeping import Swept

__all__ = ["Blobs", "Channel", "Clock", "Hinting", "Store"]


class Clock(Protocol):
    """Time, as a port: tests advance it by hand."""

    def now(self) -> Millis:
        """Return milliseconds since 1970-01-01 UTC."""

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` of this clock."""


class Channel(Protocol):
    """One account at one messenger."""

    @property
    def name(self) -> str:
        """Kind of channel: ``telegram``, ``viber``, ``whatsapp``, ``webchat``."""

    @property
    def account(self) -> str:
        """Which of our accounts there."""

    @property
    def capabilities(self) -> Capabilities:
        """What a message may hold here."""

    async def start(self) -> None:
        """Open connections and check the credentials; raises :class:`core.errors.ChannelMisconfigured`."""

    async def stop(self) -> None:
        """Close connections."""

    async def send(self, address: Address, message: Outbound, *, entry_id: str) -> SendResult:
        """Hand one rendered message to the provider. Never raises for what a provider may answer."""


@runtime_checkable
class Hinting(Protocol):
    """A channel that can show what passes."""

    async def hint(self, address: Address, hint: Hint) -> None:
        """Show it, best effort: what the channel has no form for is skipped. May raise; nobody minds."""


class Store(Protocol):
    """Mailboxes, states, timers, outbox and transcript of all conversations. See ``docs/architecture.md``."""

    # -- the way in -------------------------------------------------------------------------------------

    async def ingest(self, arrivals: Sequence[Arrival], now: Millis) -> list[Accepted | Duplicate]:
        """Append events to their mailboxes; each must be durable and be kept at most once, by ``event_id``.

        Dedupe and append are one step. A running lease and a backoff must survive it:
        ``due = min(due, max(now, until))``. An event of a person wakes held entries.

        What a person does goes to the conversation that their names lead to: the arrival's own name, else an alias.
        An alias counts unless its conversation is known by another own name (a number that somebody else has now).
        From then on all these names lead there, and answers go to the arrival's address. Where two conversations turn
        out to be one person's, the one with a label (an open case) goes on, else the one of the own name; the other
        stays as it is, its held entries are woken, and erasing either erases both. Ids never change.
        """

    async def resolve(self, name: ConversationId) -> ConversationId:
        """Return the conversation that ``name`` leads to: ``name`` itself unless it is an alias."""

    # -- turns ------------------------------------------------------------------------------------------

    async def claim(self, worker: str, now: Millis, lease: Millis, limit: int) -> list[TurnLease]:
        """Lease up to ``limit`` due conversations, oldest due first, for ``lease`` milliseconds each.

        Gives the head of the mailbox, or else the earliest due timer. Claiming removes nothing; it raises the
        attempts and moves the due time to the end of the lease.
        """

    async def extend(self, lease: TurnLease | DeliveryLease | CallLease, until: Millis) -> bool:
        """Move the end of a lease; False when it is lost."""

    async def commit(self, lease: TurnLease, commit: Commit, now: Millis) -> Committed | LeaseLost:
        """Store the effects of a turn and remove its event, in one step, only under the lease's token."""

    async def release(self, lease: TurnLease | DeliveryLease | CallLease, retry_at: Millis, now: Millis) -> bool:
        """Give the lease back unused: the attempt does not count and the work is due at ``retry_at``."""

    async def outcome(self, conversation: ConversationId, event_id: str, now: Millis) -> Outcome | None:
        """Return what a commit wrote about this event, or None while it waits."""

    # -- deliveries -------------------------------------------------------------------------------------

    async def claim_delivery(
        self,
        worker: str,
        now: Millis,
        lease: Millis,
        limit: int,
        accounts: Sequence[tuple[str, str]] | None = None,
    ) -> list[DeliveryLease]:
        """Lease the first sendable entry of up to ``limit`` conversations (of these (channel, account) pairs).

        Before that, bot entries of an older epoch than the conversation's, and expired ones, become ``dropped``.
        A crisis entry overtakes held and retrying ones.
        """

    async def settle(self, lease: DeliveryLease, settlement: Settlement, now: Millis) -> bool:
        """Write how a send ended; False (and nothing written) when the lease is lost."""

    async def receipt(self, receipt: Receipt, now: Millis) -> None:
        """Raise the state of the entry the provider speaks of. Unknown ids are kept 24 h for their entry.

        ``failed`` becomes a ``SendFailed`` event once; ``held`` and ``again`` give the entry back, see ``Receipt``.
        """

    # -- outside calls ----------------------------------------------------------------------------------

    async def claim_calls(self, worker: str, now: Millis, lease: Millis, limit: int) -> list[CallLease]:
        """Lease up to ``limit`` calls."""

    async def settle_call(self, lease: CallLease, now: Millis) -> bool:
        """Remove a call whose answer was ingested; False when the lease is lost."""

    async def cancel_call(self, conversation: ConversationId, call_id: CallId, now: Millis) -> None:
        """Forget a call nobody waits for any more."""

    # -- reading ----------------------------------------------------------------------------------------

    async def snapshot(self, conversation: ConversationId) -> Snapshot | None:
        """Return the conversation as it stands."""

    async def find(self, label: str, limit: int, after: Found | None = None) -> list[Found]:
        """Return conversations under ``label``, by (rank, conversation), the ones behind ``after``."""

    async def transcript(self, conversation: ConversationId, after: int, limit: int) -> list[Line]:
        """Return lines with ``seq > after`` in order; a negative ``after`` means the last ``-after`` lines."""

    async def changes(self, cursor: Cursor | None, limit: int) -> Changes:
        """Return what changed since ``cursor``; with None only the present cursor."""

    async def stats(self, now: Millis) -> Stats:
        """Return counts for the metrics."""

    async def counts(self, since_day: str) -> dict[tuple[str, str], int]:
        """Return day counters as {(YYYY-MM-DD in UTC, name): count}."""

    # -- trouble and erasure ----------------------------------------------------------------------------

    async def dead(self, limit: int, after: str | None = None) -> list[DeadRecord]:
        """List dead letters, oldest first."""

    async def revive(self, dead_id: str, now: Millis) -> bool:
        """Put a dead letter's event back at the end of its mailbox; False when there is no such letter."""

    async def forget(self, conversation: ConversationId, now: Millis) -> bool:
        """Erase everything about this conversation, its key first; False when there is none."""

    async def sweep(self, now: Millis, limit: int) -> Swept:
        """Erase up to ``limit`` expired things of each kind; return how many of each went."""

    # -- small keyed records (accounts, sessions, releases) ----------------------------------------------

    async def get(self, kind: str, key: str, now: Millis) -> Record | None:
        """Return a record that has not expired."""

    async def put(
        self,
        kind: str,
        key: str,
        value: bytes,
        now: Millis,
        *,
        expires: Millis | None = None,
        expect: int | None = None,
    ) -> int | None:
        """Write a record and return its version; with ``expect`` only over that version (0: if absent), else None."""

    async def delete(self, kind: str, key: str) -> bool:
        """Remove a record; False when there is none."""

    async def scan(self, kind: str, now: Millis, limit: int, after: str | None = None) -> list[Record]:
        """Return records of a kind by key."""

    async def increment(self, kind: str, key: str, now: Millis, *, expires: Millis) -> int:
        """Raise a counter that vanishes at ``expires`` (set by its first increment) and return its value."""

    # -- care ------------------------------------------------------------------------------------------

    async def wait(self, lane: Lane, timeout: float) -> None:
        """Return when something may be due in ``lane``, or after ``timeout`` seconds. Only a hint."""

    async def check(self) -> list[str]:
        """Return what is wrong with the store, in sentences; an empty list when all is well."""

    async def close(self) -> None:
        """Finish what is under way and let go of the files."""


class Blobs(Protocol):
    """Files, beside a store and erased with it: sealed chunks under the contact's data key. See :mod:`core.blobs`."""

    async def begin(self, key: BlobKey, now: Millis) -> Draft | None:
        """Begin a file; None when the key's conversation is gone or was erased since (another generation)."""

    async def add(self, draft: Draft, number: int, data: bytes) -> bool:
        """Keep chunk ``number`` (from 0) of a draft; False when its owner was erased or the draft swept."""

    async def finish(self, draft: Draft, head: BlobHead, *, now: Millis, expires: Millis) -> bool:
        """Make a draft the file of its key, in one step, and mark the conversation as changed.

        The first with content stays: a second one is thrown away, and that is True as well. False when its owner
        was erased or the draft swept. Content is gone from ``expires`` on; the head lives as long as its owner.
        """

    async def heads(self, keys: Sequence[BlobKey], now: Millis) -> dict[BlobKey, BlobHead]:
        """Return what is known of these files; a head past its time has the reason ``expired``."""

    async def read(self, key: BlobKey, number: int, now: Millis) -> bytes | None:
        """Return a chunk of a finished file; None behind its end, and when there is none."""

    async def held(self, conversation: ConversationId) -> int:
        """Return how many bytes of this conversation are kept, drafts included."""
