"""Opening the files: wrong keys, wrong versions, wrong files, migrations. What is refused is not touched."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import StoreMismatch, StoreUnavailable
from core.records import Sent
from store import schema
from store.keys import keys_path
from store.seal import KeyRing
from store.sqlite import SqliteStore, open_sqlite
from tests.contract.words import NOW, claim_delivery, claim_one, conv, do, entry, say, turn


async def filled(path: Path, ring: KeyRing) -> None:
    """Make a store with one conversation."""
    store = open_sqlite(path, ring)
    await turn(store, "e1", state=b"one")
    await store.close()


def prints(*paths: Path) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


async def refused(path: Path, ring: KeyRing, why: str) -> None:
    """See that opening is refused with this reason and touches neither file."""
    files = [one for one in (path, keys_path(path)) if one.exists()]
    before = prints(*files)
    with pytest.raises(StoreMismatch, match=why):
        open_sqlite(path, ring)
    assert prints(*files) == before


async def test_a_wrong_master_key_refuses_and_says_why(tmp_path: Path) -> None:
    ring = KeyRing.generate()
    await filled(tmp_path / "s.db", ring)
    wrong = replace(ring, masters=KeyRing.generate().masters)
    await refused(tmp_path / "s.db", wrong, r"key [0-9a-f]{16}, which is not in the key ring.*nothing was changed")


async def test_a_wrong_master_key_refuses_on_an_empty_store_too(tmp_path: Path) -> None:
    ring = KeyRing.generate()
    await open_sqlite(tmp_path / "s.db", ring).close()
    await refused(tmp_path / "s.db", replace(ring, masters=KeyRing.generate().masters), "not in the key ring")


@pytest.mark.parametrize("which", ["conversations", "records"])
async def test_the_other_keys_must_be_the_same(tmp_path: Path, which: str) -> None:
    ring = KeyRing.generate()
    await filled(tmp_path / "s.db", ring)
    await refused(tmp_path / "s.db", replace(ring, **{which: b"?" * 32}), f"the {which} key is not the one")  # type: ignore[arg-type]


async def test_a_newer_schema_refuses(tmp_path: Path) -> None:
    ring = KeyRing.generate()
    for name, file in (("a.db", tmp_path / "a.db"), ("b.db", keys_path(tmp_path / "b.db"))):
        await filled(tmp_path / name, ring)
        with sqlite3.connect(file) as connection:
            connection.execute("pragma user_version = 99")
        connection.close()
        await refused(tmp_path / name, ring, r"has schema 99.*run the newer version")


async def test_foreign_files_are_refused(tmp_path: Path) -> None:
    ring = KeyRing.generate()
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("create table t (a)")
    connection.close()
    (tmp_path / "text.db").write_text("this is a letter, not a database\n" * 100)
    for path in (other, tmp_path / "text.db"):
        keys_path(path).touch()
        await refused(path, ring, "not a file of Streetwork")
    keys_path(other).write_bytes(other.read_bytes())
    other.unlink()
    await refused(other, ring, "not a file of Streetwork")


async def test_one_file_without_the_other_is_refused(tmp_path: Path) -> None:
    ring = KeyRing.generate()
    path = tmp_path / "s.db"
    await filled(path, ring)
    data = path.read_bytes()
    path.unlink()
    await refused(path, ring, "copy the data back")
    path.write_bytes(data)
    keys_path(path).unlink()
    await refused(path, ring, "without its keys")


async def test_files_of_two_stores_are_refused(tmp_path: Path) -> None:
    ring = KeyRing.generate()
    await filled(tmp_path / "a.db", ring)
    await filled(tmp_path / "b.db", ring)
    keys_path(tmp_path / "a.db").write_bytes(keys_path(tmp_path / "b.db").read_bytes())
    await refused(tmp_path / "a.db", ring, "different stores")


async def test_keys_older_than_the_data_are_refused(tmp_path: Path) -> None:
    ring = KeyRing.generate()
    path = tmp_path / "s.db"
    await filled(path, ring)
    old = keys_path(path).read_bytes()
    store = open_sqlite(path, ring)
    await turn(store, "e1", 2)
    await store.close()
    keys_path(path).write_bytes(old)
    await refused(path, ring, "older than its data")


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises((StoreUnavailable, OSError)):
        open_sqlite(tmp_path / "missing" / "s.db", KeyRing.generate())


async def test_rotation_keeps_everything_readable(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    old = KeyRing.generate()
    await filled(path, old)
    new = old.with_new_master()
    store = open_sqlite(path, new)
    snapshot = await store.snapshot(conv())
    assert snapshot is not None
    assert snapshot.state == b"one"
    await turn(store, "e1", 2)
    assert any("older master key" in finding for finding in await store.check())
    await store.close()
    # Too early: one data key is still wrapped by the old master key.
    await refused(path, replace(new, masters=new.masters[:1]), "removed too early")
    store = open_sqlite(path, new)
    await store.sweep(NOW, 100)
    assert await store.check() == []
    await store.close()
    store = open_sqlite(path, replace(new, masters=new.masters[:1]))
    assert (await store.snapshot(conv(1))) is not None
    assert (await store.snapshot(conv(2))) is not None
    await store.close()
    await refused(path, old, "not in the key ring")


def as_of(path: Path, number: int) -> None:
    """Rewrite a data file as a version that knew only the first ``number`` migrations would have left it."""
    old = path.with_suffix(".old")
    connection = schema.connect(old)
    for file in schema.DATA_SCHEMA[:number]:
        for statement in schema.statements(file):
            connection.execute(statement)
    connection.execute("attach ? as newer", (str(path),))
    for (table,) in connection.execute("select name from main.sqlite_master where type = 'table'").fetchall():
        if table.startswith("sqlite_"):
            continue
        columns = ", ".join(row[1] for row in connection.execute(f"pragma main.table_info({table})"))
        connection.execute(f"delete from main.{table}")
        connection.execute(f"insert into main.{table} ({columns}) select {columns} from newer.{table}")
    connection.execute("detach newer")
    connection.execute(f"pragma user_version = {number}")
    connection.execute(f"pragma application_id = {schema.APPLICATION_ID}")
    connection.close()
    old.replace(path)


@pytest.mark.parametrize("number", range(1, len(schema.DATA_SCHEMA)))
async def test_a_store_of_an_older_schema_is_migrated(tmp_path: Path, number: int) -> None:
    path, ring = tmp_path / "s.db", KeyRing.generate()
    store = open_sqlite(path, ring)
    await turn(store, "e1", state=b"one", expires=NOW + 5)
    await store.close()
    as_of(path, number)
    with sqlite3.connect(path) as connection:
        assert schema.version(connection) == number
        columns = {row[1] for row in connection.execute("pragma table_info(conv)")}
        assert ("erased" in columns) == (number >= 2)
    connection.close()

    store = open_sqlite(path, ring)
    assert await store.check() == []
    await store.settle(await claim_delivery(store), Sent(), NOW)
    await say(store, "e2")
    lease = await claim_one(store)
    assert lease.state == b"one"
    await do(store, lease, erase=True, entries=(entry(lease, kind="notice"),))
    await store.settle(await claim_delivery(store), Sent(), NOW)
    assert await store.snapshot(conv()) is None
    await store.close()
    with sqlite3.connect(path) as connection:
        assert schema.version(connection) == len(schema.DATA_SCHEMA)
    connection.close()


async def test_a_failed_migration_leaves_the_old_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, ring = tmp_path / "s.db", KeyRing.generate()
    await filled(path, ring)
    real = schema.statements

    def broken(file: str) -> list[str]:
        return ["create table half (a)", "this is no SQL"] if file == "schema_next.sql" else real(file)

    monkeypatch.setattr(schema, "DATA_SCHEMA", (*schema.DATA_SCHEMA, "schema_next.sql"))
    monkeypatch.setattr(schema, "statements", broken)
    with pytest.raises(Exception, match="syntax error"):
        open_sqlite(path, ring)
    monkeypatch.undo()
    store = open_sqlite(path, ring)
    assert isinstance(store, SqliteStore)
    assert await store.check() == []
    await store.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("select count(*) from sqlite_master where name = 'half'").fetchone() == (0,)
    connection.close()


def test_every_migration_file_is_listed() -> None:
    folder = Path(schema.__file__).parent
    assert sorted(one.name for one in folder.glob("*.sql")) == sorted((*schema.DATA_SCHEMA, *schema.KEYS_SCHEMA))
