"""The Store on SQLite: safe without any server, for one machine and any number of processes on it.

Theory of operation. Two files: ``<path>`` holds everything sealed, ``<path>.keys`` the wrapped data keys
(:mod:`store.keys`). Both are in WAL mode with ``synchronous=FULL``. Everything that writes runs in one thread that
commits in groups (:mod:`store.writer`); each operation is a function on that transaction (:mod:`store.sqlite_turns`,
:mod:`store.sqlite_delivery`, :mod:`store.sqlite_receipts`, :mod:`store.sqlite_records`, :mod:`store.sqlite_erase`).
Reading happens on other connections in a small pool (:mod:`store.sqlite_reads`), so a transcript never waits for a
sync. All due times are visibility timeouts in partial indexes: a dead worker needs no reaper, its lease just comes due.
Several processes take turns under SQLite's write lock; they learn of each other's work by looking, not by wake-ups.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from core.errors import StoreMismatch, StoreUnavailable
from core.ids import CallId, ConversationId, Millis
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
from core.sweeping import Swept
from store import (
    schema,
    sqlite_care,
    sqlite_delivery,
    sqlite_erase,
    sqlite_mend,
    sqlite_reads,
    sqlite_receipts,
    sqlite_records,
    sqlite_turns,
)
from store.checkpoint import Checkpointer
from store.keys import KeyFile, SealerCache
from store.seal import KeyRing
from store.sqlite_blobs import SqliteBlobs
from store.sqlite_open import mend_files, open_files
from store.sqlite_reads import Reader
from store.tx import Tx
from store.wakeups import Wakeups
from store.writer import Writer, translated

__all__ = ["SqliteStore", "open_sqlite"]

P = ParamSpec("P")
R = TypeVar("R")

#: Threads that read; more would only wait for each other in Python.
_READERS = 2


def open_sqlite(path: Path, ring: KeyRing) -> SqliteStore:
    """Open the store at ``path``, making or migrating its files; blocks, for milliseconds when nothing is to be done.

    Raises StoreMismatch, having touched nothing, when the ring is the wrong one, the files are of a newer version, of
    another program or do not belong together; StoreUnavailable when they cannot be opened now.
    """
    try:
        return SqliteStore(path, ring)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_NOTADB:
            raise StoreMismatch(f"{path.name} is not a file of Streetwork: give another path") from None
        raise translated(error) from None


class SqliteStore:
    """Implements :class:`core.ports.Store`; made by :func:`open_sqlite`, ended by :meth:`close`."""

    def __init__(self, path: Path, ring: KeyRing) -> None:
        self.path = path
        self.ring = ring
        self._cache = SealerCache()
        self._wakeups = Wakeups()
        keys, data = open_files(path, ring)
        try:
            self._tx = Tx(data, KeyFile(keys, ring, self._cache), ring)
            mend_files(self._tx)
        except BaseException:
            keys.close()
            data.close()
            raise
        self._data = data
        self._keys = keys
        self._checkpointer = Checkpointer(lambda: schema.connect(path), name=path.name)
        self._writer = Writer(self._tx, self._wakeups, self._folded, name=path.name)
        self._pool = ThreadPoolExecutor(_READERS, thread_name_prefix="store-reader")
        self._closed = False
        self.blobs = SqliteBlobs(self._writer.submit, self._read)
        #: Readers nobody uses at the moment.
        self._idle: list[Reader] = []

    # -- the way in -------------------------------------------------------------------------------------

    async def ingest(self, arrivals: Sequence[Arrival], now: Millis) -> list[Accepted | Duplicate]:
        """See :meth:`core.ports.Store.ingest`. Refused with StoreUnavailable while the writer has too much to do."""
        self._writer.admit()
        return await self._writer.submit(sqlite_turns.ingest, arrivals, now)

    async def resolve(self, name: ConversationId) -> ConversationId:
        """See :meth:`core.ports.Store.resolve`."""
        return await self._read(sqlite_reads.resolve, name)

    # -- turns ------------------------------------------------------------------------------------------

    async def claim(self, worker: str, now: Millis, lease: Millis, limit: int) -> list[TurnLease]:
        """See :meth:`core.ports.Store.claim`."""
        self._wakeups.clear("turn")
        leases = await self._writer.submit(sqlite_turns.claim, now, lease, limit)
        if len(leases) == limit:
            self._wakeups.mark(("turn",))
        return leases

    async def extend(self, lease: TurnLease | DeliveryLease | CallLease, until: Millis) -> bool:
        """See :meth:`core.ports.Store.extend`."""
        match lease:
            case TurnLease():
                return await self._writer.submit(sqlite_turns.extend, lease, until)
            case DeliveryLease():
                return await self._writer.submit(sqlite_delivery.extend, lease, until)
            case CallLease():
                return await self._writer.submit(sqlite_records.extend_call, lease, until)

    async def commit(self, lease: TurnLease, commit: Commit, now: Millis) -> Committed | LeaseLost:
        """See :meth:`core.ports.Store.commit`."""
        return await self._writer.submit(sqlite_turns.commit, lease, commit, now)

    async def release(self, lease: TurnLease | DeliveryLease | CallLease, retry_at: Millis, now: Millis) -> bool:
        """See :meth:`core.ports.Store.release`."""
        match lease:
            case TurnLease():
                return await self._writer.submit(sqlite_turns.release, lease, retry_at)
            case DeliveryLease():
                return await self._writer.submit(sqlite_delivery.release, lease, retry_at, now)
            case CallLease():
                return await self._writer.submit(sqlite_records.release_call, lease, retry_at)

    async def outcome(self, conversation: ConversationId, event_id: str, now: Millis) -> Outcome | None:
        """See :meth:`core.ports.Store.outcome`."""
        return await self._read(sqlite_reads.outcome, conversation, event_id, now)

    # -- deliveries -------------------------------------------------------------------------------------

    async def claim_delivery(
        self,
        worker: str,
        now: Millis,
        lease: Millis,
        limit: int,
        accounts: Sequence[tuple[str, str]] | None = None,
    ) -> list[DeliveryLease]:
        """See :meth:`core.ports.Store.claim_delivery`."""
        self._wakeups.clear("delivery")
        leases = await self._writer.submit(sqlite_delivery.claim_delivery, now, lease, limit, accounts)
        if len(leases) == limit:
            self._wakeups.mark(("delivery",))
        return leases

    async def settle(self, lease: DeliveryLease, settlement: Settlement, now: Millis) -> bool:
        """See :meth:`core.ports.Store.settle`. Repeating it with the same lease is True and changes nothing."""
        return await self._writer.submit(sqlite_delivery.settle, lease, settlement, now)

    async def receipt(self, receipt: Receipt, now: Millis) -> None:
        """See :meth:`core.ports.Store.receipt`. The id of an uncertain entry counts as a provider's id too."""
        await self._writer.submit(sqlite_receipts.receipt, receipt, now)

    # -- outside calls ----------------------------------------------------------------------------------

    async def claim_calls(self, worker: str, now: Millis, lease: Millis, limit: int) -> list[CallLease]:
        """See :meth:`core.ports.Store.claim_calls`."""
        self._wakeups.clear("call")
        leases = await self._writer.submit(sqlite_records.claim_calls, now, lease, limit)
        if len(leases) == limit:
            self._wakeups.mark(("call",))
        return leases

    async def settle_call(self, lease: CallLease, now: Millis) -> bool:
        """See :meth:`core.ports.Store.settle_call`."""
        return await self._writer.submit(sqlite_records.settle_call, lease)

    async def cancel_call(self, conversation: ConversationId, call_id: CallId, now: Millis) -> None:
        """See :meth:`core.ports.Store.cancel_call`."""
        await self._writer.submit(sqlite_records.cancel_call, conversation, call_id)

    # -- reading ----------------------------------------------------------------------------------------

    async def snapshot(self, conversation: ConversationId) -> Snapshot | None:
        """See :meth:`core.ports.Store.snapshot`."""
        return await self._read(sqlite_reads.snapshot, conversation)

    async def find(self, label: str, limit: int, after: Found | None = None) -> list[Found]:
        """See :meth:`core.ports.Store.find`."""
        return await self._read(sqlite_reads.find, label, limit, after)

    async def transcript(self, conversation: ConversationId, after: int, limit: int) -> list[Line]:
        """See :meth:`core.ports.Store.transcript`."""
        return await self._read(sqlite_reads.transcript, conversation, after, limit)

    async def changes(self, cursor: Cursor | None, limit: int) -> Changes:
        """See :meth:`core.ports.Store.changes`. An erased conversation moves the cursor and is not named."""
        self._wakeups.clear("change")
        return await self._read(sqlite_reads.changes, cursor, limit)

    async def stats(self, now: Millis) -> Stats:
        """See :meth:`core.ports.Store.stats`."""
        return await self._read(sqlite_care.stats, now)

    async def counts(self, since_day: str) -> dict[tuple[str, str], int]:
        """See :meth:`core.ports.Store.counts`."""
        return await self._read(sqlite_reads.counts, since_day)

    # -- trouble and erasure ----------------------------------------------------------------------------

    async def dead(self, limit: int, after: str | None = None) -> list[DeadRecord]:
        """See :meth:`core.ports.Store.dead`."""
        return await self._read(sqlite_reads.dead, limit, after)

    async def revive(self, dead_id: str, now: Millis) -> bool:
        """See :meth:`core.ports.Store.revive`."""
        return await self._writer.submit(sqlite_records.revive, dead_id, now)

    async def forget(self, conversation: ConversationId, now: Millis) -> bool:
        """See :meth:`core.ports.Store.forget`."""
        return await self._writer.submit(sqlite_erase.forget, conversation)

    async def sweep(self, now: Millis, limit: int) -> Swept:
        """See :meth:`core.ports.Store.sweep`. Also wraps data keys of older master keys anew."""
        return await self._writer.submit(sqlite_erase.sweep, now, limit)

    # -- small keyed records ----------------------------------------------------------------------------

    async def get(self, kind: str, key: str, now: Millis) -> Record | None:
        """See :meth:`core.ports.Store.get`."""
        return await self._read(sqlite_reads.get, kind, key, now)

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
        """See :meth:`core.ports.Store.put`."""
        return await self._writer.submit(sqlite_records.put, kind, key, value, now, expires, expect)

    async def delete(self, kind: str, key: str) -> bool:
        """See :meth:`core.ports.Store.delete`."""
        return await self._writer.submit(sqlite_records.delete, kind, key)

    async def scan(self, kind: str, now: Millis, limit: int, after: str | None = None) -> list[Record]:
        """See :meth:`core.ports.Store.scan`."""
        return await self._read(sqlite_reads.scan, kind, now, limit, after)

    async def increment(self, kind: str, key: str, now: Millis, *, expires: Millis) -> int:
        """See :meth:`core.ports.Store.increment`."""
        return await self._writer.submit(sqlite_records.increment, kind, key, now, expires)

    # -- care ------------------------------------------------------------------------------------------

    async def wait(self, lane: Lane, timeout: float) -> None:
        """See :meth:`core.ports.Store.wait`. Work of another process shows only after ``timeout``."""
        await self._wakeups.wait(lane, timeout)

    async def check(self) -> list[str]:
        """See :meth:`core.ports.Store.check`. Reads everything once: seconds for a big store, not on the hot path."""
        found, doubtful = await self._read(sqlite_care.check, self.path, self.ring)
        if doubtful:
            found += await self._writer.submit(sqlite_care.confirm, doubtful)
        return found

    async def mend(self, now: Millis) -> list[str]:
        """Mend what :meth:`check` finds and can be mended; return what was done, in sentences."""
        _, doubtful = await self._read(sqlite_care.check, self.path, self.ring)
        return await self._writer.submit(sqlite_mend.mend, doubtful, now)

    async def backup(self, target: Path) -> None:
        """Copy the store to ``target`` while it runs; the newest keys go beside it, replacing older ones.

        The key copy is named after this store's file, not after ``target``, so a folder of many backups holds one set
        of keys: who was erased since cannot be read in an older backup either. To restore, copy both back. In the
        store's own folder only the data is copied: the live keys lie there already. Raises StoreError for a target that
        would replace a file in use.
        """
        await self._read(sqlite_care.backup, self.path, target)

    async def submit(self, op: Callable[..., R], *args: object) -> R:
        """Run an operation in the writer; for tools that carry a store over."""
        return await self._writer.submit(op, *args)

    async def read(self, op: Callable[..., R], *args: object) -> R:
        """Run an operation on a reader; for tools that carry a store over."""
        return await self._read(op, *args)

    async def close(self) -> None:
        """See :meth:`core.ports.Store.close`."""
        await asyncio.get_running_loop().run_in_executor(None, self._close)

    def _folded(self, operations: int) -> None:
        self._checkpointer.after_batch(operations, self._data)

    def _close(self) -> None:
        self._closed = True
        self._writer.close()
        self._checkpointer.close()
        self._pool.shutdown(wait=True)
        for reader in self._idle:
            reader.close()
        self._idle.clear()
        self._data.close()
        self._keys.close()

    async def _read(self, op: Callable[Concatenate[Reader, P], R], /, *args: P.args, **_none: P.kwargs) -> R:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._reading, op, args)

    def _new_reader(self) -> Reader:
        try:
            return Reader(self.path, self.ring, self._cache)
        except sqlite3.Error as error:
            raise translated(error) from None

    def _reading(self, op: Callable[..., R], args: tuple[object, ...]) -> R:
        try:
            reader = self._idle.pop()
        except IndexError:
            reader = self._new_reader()
        try:
            return op(reader, *args)
        except sqlite3.Error as error:
            raise translated(error) from None
        finally:
            self._idle.append(reader)
