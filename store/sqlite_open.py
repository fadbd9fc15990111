"""Opening the two files of a store: made, migrated, matched, and mended after a crash."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from core.errors import StoreError, StoreMismatch
from store import schema, sqlite_erase
from store.keys import keys_path, open_keys
from store.seal import KeyRing
from store.tx import Tx

__all__ = ["mend_files", "open_files"]


def open_files(path: Path, ring: KeyRing) -> tuple[sqlite3.Connection, sqlite3.Connection]:
    """Open and match both files; the keys first, since a data file without its keys is worth nothing."""
    beside = keys_path(path)
    if path.exists() and path.stat().st_size and not beside.exists():
        raise StoreMismatch(f"{path.name} is there without its keys {beside.name}: copy them back; nothing was changed")
    if path.exists():
        schema.probe(path, schema.DATA_SCHEMA)
    keys = open_keys(beside, ring)
    try:
        data = schema.connect(path)
    except BaseException:
        keys.close()
        raise
    try:
        fresh = schema.version(data) == 0
        if fresh and keys.execute("select exists (select 1 from key)").fetchone()[0]:
            raise StoreMismatch(
                f"{beside.name} is there without {path.name}: copy the data back, or move the keys away to start anew"
            )
        schema.migrate(data, schema.DATA_SCHEMA, path.name)
        _match(keys, data, path.name)
        data.execute("pragma journal_mode = wal")
        # The checkpointer folds the log in much earlier; this bounds it to 256 MiB if it cannot.
        data.execute("pragma wal_autocheckpoint = 65536")
        data.execute("pragma cache_size = -32768")
    except BaseException:
        keys.close()
        data.close()
        raise
    return keys, data


def _match(keys: sqlite3.Connection, data: sqlite3.Connection, name: str) -> None:
    """Raise StoreMismatch unless the files belong together and the keys are not older than the data."""
    store = keys.execute("select value from meta where name = 'store'").fetchone()[0]
    data.execute("insert or ignore into meta values ('store', ?)", (store,))
    if data.execute("select value from meta where name = 'store'").fetchone()[0] != store:
        raise StoreMismatch(f"{name} and its keys belong to different stores: copy the right ones back")
    # The data first: another process may be committing, keys first.
    seen = data.execute("select value from meta where name = 'serial'").fetchone()[0]
    serial = keys.execute("select value from meta where name = 'serial'").fetchone()[0]
    if serial < seen:
        raise StoreMismatch(
            f"the keys of {name} are older than its data: whoever came since could not be read; restore the newest keys"
        )


def mend_files(tx: Tx) -> None:
    """Finish what a crash interrupted in an erasure."""
    if not tx.keys.unfinished(1):
        return
    try:
        tx.begin()
        sqlite_erase.mend(tx, 1_000_000)
        tx.commit()
    except StoreError:
        tx.rollback()
        raise
