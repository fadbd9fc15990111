"""The writer thread: batches, failures of one operation, failures of the disk."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.errors import StoreCorrupt, StoreUnavailable
from core.records import Accepted, Commit, Committed
from store import schema
from store.keyfile import load_or_create_key_file
from store.keys import keys_path
from store.seal import KeyRing
from store.sqlite import SqliteStore, open_sqlite
from store.tx import Tx
from tests.contract.words import LEASE, NOW, claim_one, conv, entry, say, turn

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    found = open_sqlite(tmp_path / "s.db", KeyRing.generate())
    yield found
    await found.close()


@contextmanager
def gathered(store: SqliteStore) -> Iterator[None]:
    """Hold the writer thread, so that everything asked for inside becomes one batch."""
    gate = threading.Event()

    def hold(_tx: Tx) -> None:
        gate.wait(10)

    waiting = store._writer.submit(hold)
    try:
        yield
    finally:
        gate.set()
    del waiting


async def start(*coroutines: Coroutine[Any, Any, object]) -> list[asyncio.Task[object]]:
    """Start operations and let each put itself into the queue."""
    tasks = [asyncio.ensure_future(one) for one in coroutines]
    await asyncio.sleep(0)
    return tasks


async def test_many_operations_share_one_commit(store: SqliteStore) -> None:
    commits: list[str] = []
    store._data.set_trace_callback(lambda sql: commits.append(sql) if sql.lower() == "commit" else None)
    with gathered(store):
        tasks = await start(*(say(store, f"e{n}", n) for n in range(50)))
    assert await asyncio.gather(*tasks) == [Accepted(event_id=f"e{n}") for n in range(50)]
    # The gate's own batch, and the fifty behind it.
    assert len(commits) <= 2


async def test_one_failing_operation_takes_nobody_along(store: SqliteStore) -> None:
    await say(store, "e1", 1)
    await say(store, "e1", 2)
    leases = {lease.conversation: lease for lease in await store.claim("w", NOW, LEASE, 10)}
    store._data.execute("delete from mail where conv = (select id from conv where conversation = ?)", (conv(1),))

    def commit(n: int) -> Coroutine[Any, Any, object]:
        lease = leases[conv(n)]
        return store.commit(lease, Commit(state=b"new", epoch=0, entries=(entry(lease),), counts=("c",)), NOW)

    with gathered(store):
        tasks = await start(say(store, "e2", 3), commit(1), commit(2), say(store, "e3", 3), say(store, "n", 4))
    first, broken, fine, second, fresh = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(broken, StoreCorrupt)
    assert conv(1) in str(broken)
    assert fine == Committed()
    assert [type(one) for one in (first, second, fresh)] == [Accepted] * 3
    assert len(await store.transcript(conv(1), 0, 10)) == 0
    assert len(await store.transcript(conv(2), 0, 10)) == 1
    assert list((await store.counts("2000")).values()) == [1]
    assert (await store.snapshot(conv(4))) is not None


async def test_a_failed_first_contact_leaves_no_key(store: SqliteStore) -> None:
    def failing(tx: Tx) -> None:
        tx.keys.create(conv(7), NOW)
        raise ValueError("on purpose")

    with gathered(store):
        broken = store._writer.submit(failing)
        tasks = await start(say(store, "e1", 1))
    with pytest.raises(ValueError, match="on purpose"):
        await broken
    await asyncio.gather(*tasks)
    assert await store.check() == []


async def test_a_cancelled_caller_is_stored_all_the_same(store: SqliteStore) -> None:
    with gathered(store):
        (task,) = await start(say(store, "e1"))
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await claim_one(store)).event_id == "e1"


async def test_a_closed_store_refuses(tmp_path: Path) -> None:
    store = open_sqlite(tmp_path / "s.db", KeyRing.generate())
    waiting = asyncio.ensure_future(say(store, "e1"))
    await asyncio.sleep(0)
    await store.close()
    assert isinstance(await waiting, Accepted)
    with pytest.raises(StoreUnavailable, match="closed"):
        await say(store, "e2")
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.snapshot(conv())
    await store.close()


async def test_a_full_disk_stores_nothing_and_recovers(store: SqliteStore) -> None:
    await turn(store, "e1")
    pages = store._data.execute("pragma page_count").fetchone()[0]
    store._data.execute(f"pragma max_page_count = {pages}")
    with gathered(store):
        tasks = await start(*(say(store, f"big{n}", n, text="x" * 50_000) for n in range(3)), say(store, "small", 9))
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(one, StoreUnavailable) for one in results)
    assert "SQLITE_FULL" in str(results[0])
    assert (await store.stats(NOW)).conversations == 1
    assert await store.check() == []
    store._data.execute("pragma max_page_count = 1000000")
    for n in range(3):
        assert isinstance(await say(store, f"big{n}", n, text="x" * 50_000), Accepted)


async def test_a_full_disk_under_the_keys(store: SqliteStore) -> None:
    await turn(store, "e1")
    pages = store._keys.execute("pragma page_count").fetchone()[0]
    store._keys.execute(f"pragma max_page_count = {pages}")
    refused = []
    for n in range(2, 200):
        try:
            await say(store, "e1", n)
        except StoreUnavailable:
            refused.append(n)
    assert refused
    for n in refused:
        assert await store.snapshot(conv(n)) is None
    store._keys.execute("pragma max_page_count = 1000000")
    assert isinstance(await say(store, "e1", refused[0]), Accepted)
    assert await store.check() == []


SMALL_DISK = """
import asyncio, resource, signal, sys
from pathlib import Path
from typing import Any
from core.errors import StoreUnavailable
from store.keyfile import load_or_create_key_file
from store.sqlite import open_sqlite
from tests.contract.words import say

async def main(folder):
    store = open_sqlite(folder / "s.db", load_or_create_key_file(folder / "k.txt"))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    for n in range(400):
        try:
            await say(store, f"e{n}", n % 7, text="y" * 2_000)
            print("accepted", n, flush=True)
        except StoreUnavailable:
            print("refused", n, flush=True)

asyncio.run(main(Path(sys.argv[1])))
"""


async def test_a_disk_that_runs_full_loses_nothing_it_accepted(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SMALL_DISK, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    words = [line.split() for line in done.stdout.splitlines()]
    accepted = {int(n) for word, n in words if word == "accepted"}
    refused = {int(n) for word, n in words if word == "refused"}
    assert accepted, done.stderr
    assert refused, done.stderr
    store = open_sqlite(tmp_path / "s.db", load_or_create_key_file(tmp_path / "k.txt"))
    found = set()
    while leases := await store.claim("w", NOW * 2, LEASE, 100):
        found |= {int(lease.event_id[1:]) for lease in leases}
        for lease in leases:
            await store.commit(lease, Commit(state=b"", epoch=0), NOW * 2)
    # A refused one may have been stored whole, never half.
    assert accepted <= found <= accepted | refused
    assert [one for one in await store.check() if "keys belong to no conversation" not in one] == []
    await store.close()


async def test_a_lock_that_stays_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "BUSY_MS", 30)
    store = open_sqlite(tmp_path / "s.db", KeyRing.generate())
    other = sqlite3.connect(tmp_path / "s.db", isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(StoreUnavailable, match="SQLITE_BUSY"):
        await say(store, "e1")
    other.execute("rollback")
    other.close()
    assert isinstance(await say(store, "e1"), Accepted)
    await store.close()


async def test_a_lock_on_the_keys_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "BUSY_MS", 30)
    store = open_sqlite(tmp_path / "s.db", KeyRing.generate())
    other = sqlite3.connect(keys_path(tmp_path / "s.db"), isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(StoreUnavailable, match="SQLITE_BUSY"):
        await say(store, "e1")
    other.execute("rollback")
    other.close()
    assert isinstance(await say(store, "e1"), Accepted)
    assert await store.check() == []
    await store.close()
