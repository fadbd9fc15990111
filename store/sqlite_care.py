"""Care of the files: statistics, checking and backups, all while the store runs."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from core.errors import StoreError
from core.ids import ConversationId, Millis
from core.records import Stats
from store import schema
from store.keyfile import readable_by_others, sync_directory
from store.keys import keys_path
from store.seal import KeyRing, key_id
from store.sqlite_blobs import MISCOUNTS
from store.sqlite_reads import Reader
from store.tx import Tx

__all__ = ["Doubt", "backup", "check", "confirm", "stats"]

#: A conversation and its generation.
Doubt = tuple[ConversationId, int]

_OLDEST = """
select min(e.at) from conv c join entry e on e.id = (
    select min(id) from entry
    where id between c.id * 16777216 + c.oseq and c.id * 16777216 + c.last and open = 1)
where c.ddue is not null
"""
#: What is wrong if it is more than zero, and how to say so.
_COUNTS = (
    (
        "select count(*) from entry where id / 16777216 not in (select id from conv)",
        "{} transcript entries belong to no conversation: restore a backup, or leave them (nobody can read them)",
    ),
    (
        "select count(*) from mail where event is not null and conv not in (select id from conv)",
        "{} waiting events belong to no conversation: restore a backup, or leave them (nobody can read them)",
    ),
    (
        "select count(*) from alias where conversation not in (select conversation from conv)",
        "{} names lead to no conversation: who writes under one of them begins anew",
    ),
    (
        "select count(*) from call where conv not in (select id from conv)",
        "{} outside calls belong to no conversation: they will never be made",
    ),
    (
        """
        select count(*) from conv
        where waiting <> (select count(*) from mail where conv = conv.id and event is not null)
        """,
        "{} conversations miscount their waiting events: was the store changed from outside?",
    ),
)


def stats(reader: Reader, now: Millis) -> Stats:
    """See :meth:`core.ports.Store.stats`."""

    def one(sql: str, *values: Millis) -> int:
        return int(reader.rows(sql, values)[0][0] or 0)

    oldest = one(_OLDEST)
    due = one("select min(due) from conv where due <= ?", now)
    labels = reader.rows(
        "select iif(instr(name, ':') > 0, substr(name, 1, instr(name, ':') - 1), name), count(distinct conversation)"
        " from label group by 1"
    )
    return Stats(
        conversations=one("select count(*) from conv"),
        due_turns=one("select count(*) from conv where due <= ?", now),
        oldest_due=max(0, now - due) if due else 0,
        undelivered=one("select sum(open) from conv where ddue is not null"),
        oldest_undelivered=max(0, now - oldest) if oldest else 0,
        open_calls=one("select count(*) from call"),
        dead=one("select count(*) from dead"),
        labels=dict(labels),
    )


def check(reader: Reader, path: Path, ring: KeyRing) -> tuple[list[str], list[Doubt]]:
    """See :meth:`core.ports.Store.check`; also returns what only looks wrong until :func:`confirm` says so."""
    found: list[str] = []
    for name, connection, newest in (
        (path.name, reader.data, len(schema.DATA_SCHEMA)),
        (keys_path(path).name, reader.keys, len(schema.KEYS_SCHEMA)),
    ):
        found += _check_file(connection, name, newest)
    for sql, sentence in (*_COUNTS, *MISCOUNTS):
        count = int(reader.rows(sql)[0][0])
        if count:
            found.append(sentence.format(count))
    if reader.keys.execute(
        "select exists (select 1 from key where kid > ?1 or kid < ?1)", (key_id(ring.masters[0]),)
    ).fetchone()[0]:
        found.append("some data keys are still wrapped by an older master key: keep it until the sweep renewed them")
    for file in (ring.source, path, keys_path(path)):
        if file is not None and file.exists() and readable_by_others(file):
            found.append(f"{file.name} can be read by other users of this machine: chmod 600")
    return found, _doubts(reader)


def _check_file(connection: sqlite3.Connection, name: str, newest: int) -> list[str]:
    found = [
        f"{name} is damaged ({row[0]}): restore a backup"
        for row in connection.execute("pragma quick_check(5)").fetchall()
        if row[0] != "ok"
    ]
    if schema.version(connection) != newest:
        found.append(f"{name} has schema {schema.version(connection)} instead of {newest}: restart with this version")
    mode = connection.execute("pragma journal_mode").fetchone()[0]
    if mode != "wal":
        found.append(f"{name} is in journal mode {mode} instead of wal: readers and the writer wait for each other")
    if connection.execute("pragma synchronous").fetchone()[0] < 2:
        found.append(f"{name} is not synced at each commit: a power cut may lose messages")
    return found


def _doubts(reader: Reader) -> list[Doubt]:
    """Return what is in one file only; both lists come in order, so one pass is enough.

    The two files are not read in the same moment: a first contact or an erasure under way shows up here too.
    """
    doubts = reader.keys.execute("select conversation, generation from gone").fetchall()
    keyed = iter(reader.keys.execute("select conversation, generation from key order by conversation, generation"))
    key = next(keyed, None)
    for row in reader.data.execute("select conversation, generation from conv order by conversation"):
        while key is not None and key < row:
            doubts.append(key)
            key = next(keyed, None)
        if key == row:
            key = next(keyed, None)
        else:
            doubts.append(row)
    if key is not None:
        doubts += [key, *keyed]
    return doubts


def confirm(tx: Tx, doubts: list[Doubt]) -> list[str]:
    """Look at the doubts again under the write lock, where both files agree."""
    without_key = orphans = 0
    for conversation, generation in doubts:
        row = tx.cur.execute("select generation from conv where conversation = ?", (conversation,)).fetchone()
        current = row is not None and row[0] == generation
        keyed = tx.keys.has(conversation, generation)
        without_key += current and not keyed
        orphans += keyed and not current
    unfinished = len(tx.keys.unfinished(1_000_000))
    found: list[str] = []
    if without_key:
        found.append(f"{without_key} conversations have no key and cannot be read: they count as erased")
    if orphans:
        found.append(f"{orphans} keys belong to no conversation: harmless remains of a crash or of a restored backup")
    if unfinished:
        found.append(f"{unfinished} erasures are not finished: the next sweep finishes them")
    return found


def backup(_reader: Reader, path: Path, target: Path) -> None:
    """Copy both files, the keys last: a copy of data whose keys are older could not be read."""
    live = keys_path(path)
    keys = target.with_name(live.name)
    if target.resolve() in (path.resolve(), live.resolve()) or target == keys:
        raise StoreError(f"a backup cannot be written over {target.name}: give another name or folder")
    _copy(path, target)
    # Beside the store the live keys are the newest copy, and must never be replaced.
    if keys.resolve() != live.resolve():
        _copy(live, keys)
    sync_directory(target.parent)


def _copy(source: Path, target: Path) -> None:
    draft = target.with_name(f"{target.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    reading = schema.connect(source, readonly=True)
    try:
        writing = schema.connect(draft)
        try:
            # All at once: one snapshot, and the writer goes on meanwhile.
            reading.backup(writing)
            writing.execute("pragma journal_mode = delete")
        finally:
            writing.close()
        descriptor = os.open(draft, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        draft.replace(target)
    finally:
        reading.close()
        draft.unlink(missing_ok=True)
