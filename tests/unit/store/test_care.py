"""Backups, checks, two processes, and erasures that a crash cut short."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.errors import StoreCorrupt, StoreError
from core.records import Commit, Duplicate, LeaseLost, Sent
from store.keyfile import load_or_create_key_file
from store.keys import KeyFile, SealerCache, keys_path
from store.seal import KeyRing, Sealer
from store.sqlite import SqliteStore, open_sqlite
from store.tx import Tx
from store.wakeups import Wakeups
from tests.contract.words import DAY, LEASE, NOW, claim_one, conv, say, turn

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    found = open_sqlite(tmp_path / "s.db", KeyRing.generate())
    yield found
    await found.close()


async def test_a_backup_made_while_the_store_runs_can_be_opened(store: SqliteStore, tmp_path: Path) -> None:
    for n in range(20):
        await turn(store, "e1", n, state=b"%d" % n)
    folder = tmp_path / "copy"
    folder.mkdir()
    writing = [asyncio.ensure_future(say(store, f"e{k}", n)) for k in range(5, 15) for n in range(20, 40)]
    await store.backup(folder / "s.db")
    await asyncio.gather(*writing)
    copy = open_sqlite(folder / "s.db", store.ring)
    for n in range(20):
        found = await copy.snapshot(conv(n))
        assert found is not None
        assert found.state == b"%d" % n
    assert [one for one in await copy.check() if "keys belong to no conversation" not in one] == []
    await copy.close()


async def test_a_backup_replaces_an_older_one_whole(store: SqliteStore, tmp_path: Path) -> None:
    await turn(store, "e1")
    (tmp_path / "copies").mkdir()
    target = tmp_path / "copies" / "b.db"
    target.write_text("an older file")
    await store.backup(target)
    connection = sqlite3.connect(target)
    assert connection.execute("select count(*) from conv").fetchone() == (1,)
    assert connection.execute("pragma journal_mode").fetchone() == ("delete",)
    connection.close()
    assert sorted(one.name for one in target.parent.iterdir()) == ["b.db", "s.db.keys"]


async def test_a_backup_beside_the_store_leaves_the_live_keys_alone(store: SqliteStore, tmp_path: Path) -> None:
    await turn(store, "e1", state=b"one")
    before = keys_path(tmp_path / "s.db").stat().st_ino
    await store.backup(tmp_path / "b.db")
    assert keys_path(tmp_path / "s.db").stat().st_ino == before
    await turn(store, "e2", state=b"two")
    await store.close()
    (tmp_path / "b.db").replace(tmp_path / "s.db")
    again = open_sqlite(tmp_path / "s.db", store.ring)
    found = await again.snapshot(conv())
    assert found is not None
    assert found.state == b"one"
    await again.close()


@pytest.mark.parametrize("name", ["s.db", "s.db.keys", "copies/s.db.keys"])
async def test_a_backup_over_a_file_in_use_is_refused(store: SqliteStore, tmp_path: Path, name: str) -> None:
    (tmp_path / "copies").mkdir()
    with pytest.raises(StoreError, match="cannot be written over"):
        await store.backup(tmp_path / name)
    assert await store.check() == []


async def test_check_finds_nothing_wrong_with_a_sound_store(store: SqliteStore) -> None:
    await turn(store, "e1")
    await say(store, "e2")
    assert await store.check() == []


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        ("delete from conv", "transcript entries belong to no conversation"),
        ("delete from conv", "waiting events belong to no conversation"),
        ("delete from conv", "keys belong to no conversation"),
        ("update conv set waiting = 7", "miscount their waiting events"),
        ("update conv set generation = 7", "have no key"),
        ("insert into call (id, conv, due, body) values ('x', 99, 0, x'')", "outside calls belong to no conversation"),
        ("pragma user_version = 1", "has schema 1 instead of"),
    ],
)
async def test_check_tells_what_is_wrong(store: SqliteStore, damage: str, finding: str) -> None:
    await turn(store, "e1")
    await say(store, "e2")
    store._data.execute(damage)
    assert any(finding in one for one in await store.check())


async def test_check_looks_at_permissions(tmp_path: Path) -> None:
    ring = load_or_create_key_file(tmp_path / "keys.txt")
    store = open_sqlite(tmp_path / "s.db", ring)
    assert await store.check() == []
    for name in ("keys.txt", "s.db", "s.db.keys"):
        (tmp_path / name).chmod(0o644)
        assert await store.check() == [f"{name} can be read by other users of this machine: chmod 600"]
        (tmp_path / name).chmod(0o600)
    await store.close()


async def test_a_crash_between_key_and_data_leaves_a_forgotten_person_forgotten(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is gone, the data is not: as after a power cut between the two commits of a forget."""
    await turn(store, "e1", 1)
    await turn(store, "e1", 2)
    await store.close()
    with sqlite3.connect(keys_path(tmp_path / "s.db")) as keys:
        keys.execute("insert into gone select conversation, generation from key where conversation = ?", (conv(1),))
        keys.execute("delete from key where conversation = ?", (conv(1),))
    keys.close()
    again = open_sqlite(tmp_path / "s.db", store.ring)
    assert await again.check() == []
    assert await again.snapshot(conv(1)) is None
    assert (await again.stats(NOW)).conversations == 1
    await again.close()
    monkeypatch.undo()


async def test_a_crash_after_an_erasing_commit_still_destroys_the_old_key(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await turn(store, "e1", 1)
    old = await store.snapshot(conv(1))
    assert old is not None
    monkeypatch.setattr(KeyFile, "commit_after", lambda self: None)
    await turn(store, "wish", 1, erase=True)
    await store.close()
    monkeypatch.undo()

    def generations() -> list[int]:
        connection = sqlite3.connect(keys_path(tmp_path / "s.db"))
        found = [row[0] for row in connection.execute("select generation from key order by 1")]
        connection.close()
        return found

    assert generations()[0] == old.generation
    again = open_sqlite(tmp_path / "s.db", store.ring)
    assert old.generation not in generations()
    assert len(generations()) == 1
    assert await again.check() == []
    await again.close()


async def test_an_erasing_commit_that_never_became_durable_keeps_the_person(store: SqliteStore, tmp_path: Path) -> None:
    """The new key is there and the old one marked, but the data was never written: nothing happened."""
    await turn(store, "e1", 1, state=b"one")
    await store.close()
    with sqlite3.connect(keys_path(tmp_path / "s.db")) as keys:
        keys.execute("insert into gone select conversation, generation from key")
    keys.close()
    again = open_sqlite(tmp_path / "s.db", store.ring)
    found = await again.snapshot(conv(1))
    assert found is not None
    assert found.state == b"one"
    assert await again.check() == []
    await again.close()


async def test_data_without_a_key_is_cleared_by_whatever_touches_it(store: SqliteStore) -> None:
    for n in range(1, 7):
        await turn(store, "e1", n)
    await say(store, "e2", 2)
    turn_lease = await claim_one(store)
    (delivery,) = [one for one in await store.claim_delivery("s", NOW, LEASE, 10) if one.conversation == conv(3)]
    store._keys.execute("delete from key")
    store._cache.clear()
    assert await store.snapshot(conv(1)) is None
    assert not await store.revive("1", NOW)
    await say(store, "e9", 1, NOW + DAY)
    fresh = await store.snapshot(conv(1))
    assert fresh is not None
    assert (fresh.turn, fresh.state) == (0, None)
    assert await store.commit(turn_lease, Commit(state=b"", epoch=0), NOW) == LeaseLost()
    assert not await store.settle(delivery, Sent(), NOW)
    assert await store.claim_delivery("s", NOW + DAY, LEASE, 10) == []
    assert (await store.stats(NOW)).conversations == 1


async def test_a_key_that_another_process_destroyed_is_not_used_again(store: SqliteStore, tmp_path: Path) -> None:
    """The other one died between the two commits of a forget; what comes now must be readable later."""
    await turn(store, "e1")
    with sqlite3.connect(keys_path(tmp_path / "s.db")) as keys:
        keys.execute("delete from key")
    keys.close()
    await say(store, "e2")
    await store.close()
    again = open_sqlite(tmp_path / "s.db", store.ring)
    assert (await claim_one(again)).event_id == "e2"
    await again.close()


async def test_check_is_not_confused_by_work_under_way(store: SqliteStore) -> None:
    async def come_and_go(n: int) -> None:
        for k in range(10):
            await say(store, f"e{k}", n)
            await store.forget(conv(n), NOW)

    coming = [asyncio.ensure_future(come_and_go(n)) for n in range(20)]
    for _ in range(10):
        assert await store.check() == []
    await asyncio.gather(*coming)
    assert await store.check() == []


async def test_two_processes_share_one_store(tmp_path: Path) -> None:
    """Both write, both handle: every event exactly once and in order."""
    load_or_create_key_file(tmp_path / "keys.txt")
    await open_sqlite(tmp_path / "s.db", load_or_create_key_file(tmp_path / "keys.txt")).close()
    partners = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.crash.partner", str(tmp_path), str(n), cwd=ROOT, stderr=subprocess.PIPE
        )
        for n in range(2)
    ]
    for partner in partners:
        _, complaint = await asyncio.wait_for(partner.communicate(), 60)
        assert partner.returncode == 0, complaint.decode()
    store = open_sqlite(tmp_path / "s.db", load_or_create_key_file(tmp_path / "keys.txt"))
    assert await store.check() == []
    by_partner: set[str] = set()
    for n in range(5):
        found = await store.snapshot(conv(n))
        assert found is not None
        assert found.state is not None
        handled = [one.split(":") for one in found.state.decode().split()]
        by_partner |= {who for _, who in handled}
        events = [event for event, _ in handled]
        assert sorted(events) == sorted(f"p{p}-{k}" for p in range(2) for k in range(20))
        for p in range(2):
            mine = [event for event in events if event.startswith(f"p{p}")]
            assert mine == sorted(mine, key=lambda event: int(event.split("-")[1]))
        assert found.turn == 40
    assert by_partner == {"0", "1"}
    await store.close()


async def test_a_cursor_of_another_store_is_refused(store: SqliteStore) -> None:
    with pytest.raises(StoreCorrupt, match="instead of 1"):
        await store.changes((1, 2), 10)


def test_the_cache_forgets_the_least_used() -> None:
    cache = SealerCache(size=2)
    for n in (1, 2):
        cache.put(conv(n), 1, Sealer(conv(n), 1, bytes(32)))
    assert cache.get(conv(1), 1) is not None
    cache.put(conv(3), 1, Sealer(conv(3), 1, bytes(32)))
    assert cache.get(conv(2), 1) is None
    assert cache.get(conv(1), 1) is not None
    cache.drop(conv(1), 1)
    assert cache.get(conv(1), 1) is None
    assert cache.get(conv(3), 2) is None


async def test_a_mark_without_a_waiter_is_kept_until_the_next_look() -> None:
    wakeups = Wakeups()
    wakeups.mark(("turn",))
    await asyncio.wait_for(wakeups.wait("turn", 60.0), 10)
    wakeups.clear("turn")
    waiting = asyncio.ensure_future(wakeups.wait("turn", 60.0))
    await asyncio.sleep(0)
    wakeups.mark(("delivery",))
    await asyncio.sleep(0)
    assert not waiting.done()
    wakeups.mark(("turn",))
    await asyncio.wait_for(waiting, 10)


async def test_mending_leaves_a_well_store_alone(store: SqliteStore) -> None:
    for n in range(5):
        await turn(store, "e1", n)
    await say(store, "e2", 1)
    before = await store.stats(NOW)
    assert await store.mend(NOW) == []
    assert await store.stats(NOW) == before


async def test_orphans_are_found_and_mended_and_nothing_else_is_touched(store: SqliteStore, tmp_path: Path) -> None:
    for n in range(4):
        await turn(store, "e1", n)
    await say(store, "waiting", 0)
    await say(store, "lost", 1)
    # One conversation loses its row, another its key, and one forgets how many events wait and that anything is due.
    await store._writer.submit(_damage)
    found = await store.check()
    assert len(found) >= 6, found

    done = await store.mend(NOW)
    assert [sentence.partition(" ")[2] for sentence in done] == [
        "conversations without a key are deleted: they were erased",
        "transcript entries that belonged to no conversation are deleted",
        "waiting events that belonged to no conversation are dropped",
        "names that led to no conversation are deleted",
        "outside calls that belonged to no conversation are deleted",
        "conversations count their waiting events rightly again",
        "keys that belonged to no conversation are destroyed",
    ]
    assert await store.check() == []
    assert await store.mend(NOW) == []
    # Who was well is as before, and the event that was forgotten is handled.
    lease = await claim_one(store)
    assert (lease.conversation, lease.event_id) == (conv(0), "waiting")
    assert len(await store.transcript(conv(3), 0, 10)) == 1
    # A repeat of the event that was dropped stays unknown to nobody.
    assert isinstance(await say(store, "lost", 1), Duplicate)


def _damage(tx: Tx) -> None:
    gone = tx.cur.execute("select id from conv where conversation = ?", (conv(1),)).fetchone()[0]
    tx.cur.execute("delete from conv where id = ?", (gone,))
    tx.cur.execute("insert into alias values (?, ?)", ("someone", "nobody"))
    tx.cur.execute("insert into call (id, conv, due, body) values ('c', ?, 0, x'00')", (gone,))
    generation = tx.cur.execute("select generation from conv where conversation = ?", (conv(2),)).fetchone()[0]
    tx.keys._begin()
    tx.keys._connection.execute("delete from key where conversation = ? and generation = ?", (conv(2), generation))
    tx.keys._cache.drop(conv(2), generation)
    tx.cur.execute("update conv set waiting = 0, due = null where conversation = ?", (conv(0),))
