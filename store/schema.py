"""Schemas and migrations of the two SQLite files.

``PRAGMA user_version`` is the number of the last migration; each migration is one SQL file and runs in one transaction
under the write lock, so two processes that start together migrate once. A file with a newer number, or of another
program, is left alone.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from core.errors import StoreMismatch

__all__ = ["APPLICATION_ID", "DATA_SCHEMA", "KEYS_SCHEMA", "connect", "migrate", "probe", "version"]

#: ``SWST`` in the file's header: a foreign SQLite file is recognised before anything is written.
APPLICATION_ID = 0x53575354

_HERE = Path(__file__).parent

#: Migrations in order; the position (from 1) is the schema's number.
DATA_SCHEMA: tuple[str, ...] = tuple(f"schema_{number:03}.sql" for number in range(1, 7))
KEYS_SCHEMA: tuple[str, ...] = ("keys_001.sql",)

#: How long a writer waits for the other process, milliseconds. Group commits take a few each.
BUSY_MS = 5_000


def connect(path: Path, *, readonly: bool = False, secure_delete: bool = False) -> sqlite3.Connection:
    """Open one of our files with the settings that every connection needs; makes it (mode 0600) unless read-only."""
    if not readonly and not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={'ro' if readonly else 'rw'}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        timeout=BUSY_MS / 1000,
    )
    try:
        # Answers need no encoding of NULs or the like: SQLite compares text by bytes, which is by code point.
        connection.execute("pragma synchronous = full")
        connection.execute("pragma temp_store = memory")
        if secure_delete:
            connection.execute("pragma secure_delete = on")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def version(connection: sqlite3.Connection) -> int:
    """Return the schema's number, 0 for an empty file."""
    return int(connection.execute("pragma user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, schema: tuple[str, ...], name: str) -> None:
    """Bring a file to the newest schema; raises StoreMismatch for a newer or a foreign file, which stays as it is.

    ``name`` names the file in errors.
    """
    check_version(connection, schema, name)
    if version(connection) == len(schema):
        return
    connection.execute("begin immediate")
    try:
        # Another process may have migrated while this one waited for the lock.
        for number in range(version(connection) + 1, len(schema) + 1):
            for statement in statements(schema[number - 1]):
                connection.execute(statement)
            connection.execute(f"pragma user_version = {number}")
        connection.execute(f"pragma application_id = {APPLICATION_ID}")
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def probe(path: Path, schema: tuple[str, ...]) -> None:
    """Raise StoreMismatch when a file cannot be worked with, having opened it for reading only."""
    if not path.stat().st_size:
        return
    connection = connect(path, readonly=True)
    try:
        check_version(connection, schema, path.name)
    finally:
        connection.close()


def check_version(connection: sqlite3.Connection, schema: tuple[str, ...], name: str) -> None:
    """Raise StoreMismatch when this code cannot work with the file."""
    found = version(connection)
    if found > len(schema):
        raise StoreMismatch(
            f"{name} has schema {found}, this version knows {len(schema)}: run the newer version; nothing was changed"
        )
    foreign = connection.execute("pragma application_id").fetchone()[0] != APPLICATION_ID
    if foreign and (found > 0 or connection.execute("select exists (select 1 from sqlite_master)").fetchone()[0]):
        raise StoreMismatch(f"{name} is not a file of Streetwork: give another path; nothing was changed")


def statements(file: str) -> list[str]:
    """Return the statements of one migration."""
    found: list[str] = []
    collected = ""
    for line in (_HERE / file).read_text(encoding="utf-8").splitlines(keepends=True):
        collected += line
        if sqlite3.complete_statement(collected):
            found.append(collected.strip())
            collected = ""
    return found
