"""The file of wrapped data keys, apart from the data.

Theory of operation. A key is durable before anything sealed with it: within one group commit the keys are committed
first, then the data. Two ways to lose one:

- *forget* (also expiry): the key is deleted in the first step, so even a crash right after it leaves nothing readable;
  what remains of the data is cleared by :func:`store.sqlite_erase.mend`;
- *erase within a commit*: the confirmation must not be lost, so the new key comes first, then the data that is sealed
  with it, and only then goes the old key.

Both leave a row in ``gone`` until everything is done. ``secure_delete`` overwrites deleted keys, and after every
erasure the write-ahead log is folded in and cut to nothing, so no old key lingers in a file. Every commit here raises
``serial``, which the data file remembers: data newer than its keys is recognised at opening.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

from core.errors import StoreMismatch
from core.ids import ConversationId
from store import schema
from store.seal import KEY_BYTES, KeyRing, Sealer, key_id

__all__ = ["KeyFile", "SealerCache", "find_sealer", "keys_path", "open_keys"]

#: Unwrapped keys kept at hand, about 1 KiB each: a hot conversation costs no look-up and no unwrapping.
CACHE_SIZE = 8_192

_FIND = "select kid, wrapped from key where conversation = ? and generation = ?"


def keys_path(data: Path) -> Path:
    """Return the key file that belongs to a data file."""
    return data.with_name(data.name + ".keys")


class SealerCache:
    """The most recently used sealers. Safe from any thread."""

    __slots__ = ("_items", "_lock", "_size")

    def __init__(self, size: int = CACHE_SIZE) -> None:
        self._items: dict[tuple[str, int], Sealer] = {}
        self._lock = threading.Lock()
        self._size = size

    def get(self, conversation: ConversationId, generation: int) -> Sealer | None:
        """Return the sealer if it is at hand."""
        with self._lock:
            found = self._items.pop((conversation, generation), None)
            if found is not None:
                self._items[conversation, generation] = found
            return found

    def put(self, conversation: ConversationId, generation: int, sealer: Sealer) -> None:
        """Remember a sealer; the least recently used one goes."""
        with self._lock:
            self._items[conversation, generation] = sealer
            if len(self._items) > self._size:
                del self._items[next(iter(self._items))]

    def drop(self, conversation: ConversationId, generation: int) -> None:
        """Forget one sealer: its key is destroyed."""
        with self._lock:
            self._items.pop((conversation, generation), None)

    def clear(self) -> None:
        """Forget all: what was put may never have become durable."""
        with self._lock:
            self._items.clear()


def find_sealer(
    connection: sqlite3.Connection, ring: KeyRing, cache: SealerCache, conversation: ConversationId, generation: int
) -> Sealer | None:
    """Return the sealer of a conversation's generation, or None when its key was destroyed."""
    found = cache.get(conversation, generation)
    if found is None:
        row = connection.execute(_FIND, (conversation, generation)).fetchone()
        if row is None:
            return None
        found = Sealer(conversation, generation, ring.unwrap(row[0], row[1]))
        cache.put(conversation, generation, found)
    return found


def open_keys(path: Path, ring: KeyRing) -> sqlite3.Connection:
    """Open the key file for writing, making it when there is none.

    Raises StoreMismatch, and has touched nothing then, when ``ring`` lacks a master key that wrapped something, or has
    other never-changing keys than the ring this file was made with.
    """
    connection = schema.connect(path, secure_delete=True)
    try:
        schema.migrate(connection, schema.KEYS_SCHEMA, path.name)
        _check_ring(connection, ring, path.name)
        # Only now that the file is ours; a restored backup comes without.
        connection.execute("pragma journal_mode = wal")
    except sqlite3.DatabaseError as error:
        connection.close()
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_NOTADB:
            raise StoreMismatch(f"{path.name} is not a file of Streetwork: give another path") from None
        raise
    except BaseException:
        connection.close()
        raise
    return connection


def _check_ring(connection: sqlite3.Connection, ring: KeyRing, name: str) -> None:
    known: dict[str, bytes] = dict(connection.execute("select kid, seal from ring").fetchall())
    opened = [kid for kid, seal in known.items() if ring.opens(kid, seal)]
    for kid in {*known, *_used(connection)}.difference(opened):
        # A retired master key that wraps nothing any more may be missing, as long as another proves the ring.
        if not opened or kid in _used(connection):
            raise StoreMismatch(
                f"{name} holds data keys wrapped by master key {kid}, which is not in the key ring: "
                "this is the wrong key file, or an old master key was removed too early; nothing was changed"
            )
    checks = ring.checks()
    stored: dict[str, bytes] = dict(
        connection.execute("select name, value from meta where name in ('conversations', 'records')").fetchall()
    )
    for what, value in stored.items():
        if checks[what] != value:
            raise StoreMismatch(f"the {what} key is not the one {name} was made with; nothing was changed")
    newest = key_id(ring.masters[0])
    if newest not in known or not stored:
        connection.execute("begin immediate")
        connection.execute("insert or ignore into ring values (?, ?)", (newest, ring.master_check(0)))
        connection.executemany("insert or ignore into meta values (?, ?)", checks.items())
        connection.execute("insert or ignore into meta values ('store', ?)", (os.urandom(16).hex(),))
        connection.execute("insert or ignore into meta values ('serial', 0)")
        connection.execute("commit")


def _used(connection: sqlite3.Connection) -> set[str]:
    """Return the ids of the master keys that wrap something: one look into the index for each."""
    found: set[str] = set()
    last = ""
    while (last := connection.execute("select min(kid) from key where kid > ?", (last,)).fetchone()[0]) is not None:
        found.add(last)
    return found


class KeyFile:
    """The writer's hand on the key file; used by the writer thread only, under the data file's write lock."""

    def __init__(self, connection: sqlite3.Connection, ring: KeyRing, cache: SealerCache) -> None:
        self._connection = connection
        self._ring = ring
        self._cache = cache
        self._open = False
        #: (conversation, generation) whose data is not yet erased, or whose key goes only after the data.
        self._gone: list[tuple[ConversationId, int]] = []
        self._uncut = False
        self._version = -1

    def refresh(self) -> None:
        """Forget what is at hand if another process changed the file: it may have destroyed a key."""
        version = self._connection.execute("pragma data_version").fetchone()[0]
        if version != self._version:
            self._version = version
            self._cache.clear()

    def sealer(self, conversation: ConversationId, generation: int) -> Sealer | None:
        """Return the sealer, or None when the key was destroyed: the conversation counts as forgotten then."""
        return find_sealer(self._connection, self._ring, self._cache, conversation, generation)

    def create(self, conversation: ConversationId, generation: int) -> Sealer:
        """Make a data key, durable with the next :meth:`commit_first`."""
        self._begin()
        data_key = os.urandom(KEY_BYTES)
        kid, wrapped = self._ring.wrap(data_key)
        # A key of the same name can only stem from a commit whose data never became durable.
        self._connection.execute(
            "insert or replace into key values (?, ?, ?, ?)", (conversation, generation, kid, wrapped)
        )
        sealer = Sealer(conversation, generation, data_key)
        self._cache.put(conversation, generation, sealer)
        return sealer

    def destroy(self, conversation: ConversationId, generation: int, *, after: bool = False) -> None:
        """Destroy a key before the data of this commit becomes durable, or ``after``."""
        self._begin()
        self._connection.execute("insert or ignore into gone values (?, ?)", (conversation, generation))
        if not after:
            self._connection.execute(
                "delete from key where conversation = ? and generation = ?", (conversation, generation)
            )
        self._cache.drop(conversation, generation)
        self._gone.append((conversation, generation))

    def commit_first(self) -> int | None:
        """Make the new keys durable and the forgotten ones vanish; return the new serial, None if nothing changed."""
        if not self._open:
            return None
        row = self._connection.execute("update meta set value = value + 1 where name = 'serial' returning value")
        serial = int(row.fetchone()[0])
        self._connection.execute("commit")
        self._open = False
        return serial

    def commit_after(self) -> None:
        """Destroy what goes after the data, and leave no trace of any destroyed key. A failure is made good later."""
        if not self._gone and not self._uncut:
            return
        try:
            if self._gone:
                self._connection.execute("begin immediate")
                self._connection.executemany("delete from key where conversation = ? and generation = ?", self._gone)
                self._connection.executemany("delete from gone where conversation = ? and generation = ?", self._gone)
                self._connection.execute("commit")
                self._gone.clear()
            self._uncut = True
            busy = self._connection.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
            self._uncut = bool(busy)
        except sqlite3.OperationalError:
            # The data is durable, so the operation succeeded; the rows in `gone` have the rest done at the next
            # erasure, sweep or start, and `check` tells about them.
            if self._connection.in_transaction:
                self._connection.execute("rollback")

    def rollback(self) -> None:
        """Undo what was not committed."""
        self._gone.clear()
        self._cache.clear()
        self._open = False
        if self._connection.in_transaction:
            self._connection.execute("rollback")

    def mark(self) -> int:
        """Return a mark for :meth:`back_to`."""
        return len(self._gone)

    def back_to(self, mark: int) -> None:
        """Forget erasures asked for since ``mark``; their deletions are rolled back by the caller's savepoint."""
        del self._gone[mark:]
        self._cache.clear()

    def savepoint(self, command: str) -> None:
        """Run ``savepoint``, ``release`` or ``rollback to`` in this file too."""
        self._begin()
        self._connection.execute(command)

    def unfinished(self, limit: int) -> list[tuple[ConversationId, int]]:
        """Return erasures that a crash interrupted."""
        return self._connection.execute("select conversation, generation from gone limit ?", (limit,)).fetchall()

    def has(self, conversation: ConversationId, generation: int) -> bool:
        """Say whether the key exists."""
        return self._connection.execute(_FIND, (conversation, generation)).fetchone() is not None

    def settle_gone(self, conversation: ConversationId, generation: int, *, keep_key: bool) -> None:
        """Finish an interrupted erasure: the key goes too unless it is still the one in use."""
        self._begin()
        if not keep_key:
            self._gone.append((conversation, generation))
            self._cache.drop(conversation, generation)
        else:
            self._connection.execute(
                "delete from gone where conversation = ? and generation = ?", (conversation, generation)
            )

    def rewrap(self, limit: int) -> int:
        """Wrap up to ``limit`` data keys of older master keys anew; return how many."""
        newest = key_id(self._ring.masters[0])
        sql = "select conversation, generation, kid, wrapped from key where kid > ? or kid < ? limit ?"
        rows = self._connection.execute(sql, (newest, newest, limit)).fetchall()
        if rows:
            self._begin()
        for conversation, generation, kid, wrapped in rows:
            fresh = self._ring.wrap(self._ring.unwrap(kid, wrapped))
            self._connection.execute(
                "update key set kid = ?, wrapped = ? where conversation = ? and generation = ?",
                (*fresh, conversation, generation),
            )
        return len(rows)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _begin(self) -> None:
        if not self._open:
            self._connection.execute("begin immediate")
            self._open = True
