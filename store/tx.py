"""One group commit: what its operations share, and the order in which the two files become durable."""

from __future__ import annotations

import logging
import sqlite3
from typing import NamedTuple

from core.errors import StoreError
from core.ids import ConversationId, Millis
from core.messages import Address
from core.records import Lane
from store.codec import ADDRESS
from store.keys import KeyFile
from store.rules import day_of
from store.seal import Hasher, KeyRing, RecordSealer, Sealer

__all__ = ["ENTRY_SPAN", "Mark", "Tx", "open_address"]

log = logging.getLogger(__name__)

#: Entries of one conversation lie in ids conv * ENTRY_SPAN + seq: 16 million lines each.
ENTRY_SPAN = 1 << 24


class Mark(NamedTuple):
    """Where an operation of a batch began, to go back to when it fails."""

    counts: dict[tuple[str, str], int]
    gone: int


def open_address(sealer: Sealer, blob: bytes) -> Address:
    """Return a sealed address; the same blob as last time costs nothing."""
    if sealer.address is None or sealer.address_blob != blob:
        sealer.address = ADDRESS.unpack(sealer.open(b"address", blob))
        sealer.address_blob = blob
    return sealer.address


class Tx:
    """The transaction that a batch of operations runs in. Used by the writer thread only."""

    def __init__(self, connection: sqlite3.Connection, keys: KeyFile, ring: KeyRing) -> None:
        self._connection = connection
        self.cur = connection.cursor()
        self.keys = keys
        self.ids = Hasher(ring.conversations)
        self.records = RecordSealer(ring.records)
        #: Lanes that the batch gave work to.
        self.wake: set[Lane] = set()
        #: The change counter, 0 until the batch changes something.
        self._changes = 0
        self._counts: dict[tuple[str, str], int] = {}
        self._strays: bool | None = None

    def begin(self) -> None:
        """Take the write lock of the data file."""
        self.wake.clear()
        self._changes = 0
        self._counts.clear()
        self._strays = None
        self.cur.execute("begin immediate")
        self.keys.refresh()

    def commit(self) -> None:
        """Make everything durable: new keys first, then the data, then the end of erased keys."""
        cur = self.cur
        if self._changes:
            cur.execute("update meta set value = ? where name = 'changes'", (self._changes,))
            self.wake.add("change")
        if self._counts:
            cur.executemany(
                "insert into count values (?, ?, ?) on conflict (day, name) do update set n = n + excluded.n",
                [(day, name, n) for (day, name), n in self._counts.items()],
            )
        serial = self.keys.commit_first()
        if serial is not None:
            cur.execute("update meta set value = ? where name = 'serial'", (serial,))
        cur.execute("commit")
        self.keys.commit_after()

    def rollback(self) -> None:
        """Undo the batch in both files; SQLite may have done so itself."""
        self.keys.rollback()
        if self._connection.in_transaction:
            self.cur.execute("rollback")

    def mark(self) -> Mark:
        """Open a savepoint in both files."""
        self.cur.execute("savepoint op")
        self.keys.savepoint("savepoint op")
        return Mark(dict(self._counts), self.keys.mark())

    def keep(self) -> None:
        """Close the savepoint, keeping what was done since."""
        self.cur.execute("release op")
        self.keys.savepoint("release op")

    def back_to(self, mark: Mark) -> None:
        """Undo what was done since the savepoint and close it."""
        self.cur.execute("rollback to op")
        self.cur.execute("release op")
        self.keys.savepoint("rollback to op")
        self.keys.savepoint("release op")
        self.keys.back_to(mark.gone)
        self._counts = mark.counts
        self._strays = None

    def bump(self) -> int:
        """Raise the change counter and return it. A rolled back operation leaves a harmless gap."""
        if self._changes == 0:
            self._changes = int(self.cur.execute("select value from meta where name = 'changes'").fetchone()[0])
        self._changes += 1
        return self._changes

    def count(self, now: Millis, names: tuple[str, ...]) -> None:
        """Raise day counters."""
        day = day_of(now)
        for name in names:
            self._counts[day, name] = self._counts.get((day, name), 0) + 1

    def strays(self) -> bool:
        """Say whether any receipt waits for its entry; asked once a batch, so that settling costs no look-up."""
        if self._strays is None:
            self._strays = bool(self.cur.execute("select exists (select 1 from stray)").fetchone()[0])
        return self._strays

    def stray_came(self) -> None:
        """Note that a receipt waits now."""
        self._strays = True

    def route(self, channel: str, account: str) -> int:
        """Return the number of one of our accounts, giving it one if it is new."""
        row = self.cur.execute("select id from route where channel = ? and account = ?", (channel, account)).fetchone()
        if row is None:
            self.cur.execute("insert into route (channel, account) values (?, ?)", (channel, account))
            return int(self.cur.lastrowid or 0)
        return int(row[0])

    def trouble(self, error: StoreError, conversation: ConversationId) -> None:
        """Log a conversation that cannot be read: it is put off so that it blocks nobody else."""
        log.error("conversation %s is put off: %s", conversation, error)
