"""Too much at once, a disk that hangs, a disk that is full: refused before anything is lost, and never half taken."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.errors import StoreUnavailable
from core.records import Accepted, Arrival, Commit, Committed
from store import writer
from store.seal import KeyRing
from store.sqlite import SqliteStore, open_sqlite
from store.tx import Tx
from tests.contract import words
from tests.contract.words import LEASE, NOW


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    found = open_sqlite(tmp_path / "s.db", KeyRing.generate())
    yield found
    await found.close()


@contextmanager
def hanging(store: SqliteStore) -> Iterator[None]:
    """Hold the writer thread, as a disk does that does not answer."""
    gate, holds = threading.Event(), threading.Event()

    def hold(_tx: Tx) -> None:
        holds.set()
        gate.wait(30)

    waiting = store._writer.submit(hold)
    holds.wait(30)
    try:
        yield
    finally:
        gate.set()
    del waiting


def arrival(number: int) -> Arrival:
    return words.arrival(f"e{number}", number)


async def test_more_than_the_memory_should_hold_is_told_to_come_again(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.ingest([arrival(0)], NOW)
    (lease,) = await store.claim("w", NOW, LEASE, 1)
    monkeypatch.setattr(writer, "MOST_WAITING", 3)
    with hanging(store):
        tasks = [asyncio.ensure_future(store.ingest([arrival(n)], NOW)) for n in range(1, 11)]
        await asyncio.sleep(0)
        # What makes the queue shorter is never refused.
        committed = asyncio.ensure_future(store.commit(lease, Commit(state=b"{}", epoch=0), NOW))
        await asyncio.sleep(0)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    refused = [n for n, result in enumerate(results, 1) if isinstance(result, StoreUnavailable)]
    taken = [n for n, result in enumerate(results, 1) if not isinstance(result, BaseException)]
    assert (taken, refused) == ([1, 2, 3], [4, 5, 6, 7, 8, 9, 10])
    assert isinstance(await committed, Committed)

    # Nothing that was taken is lost, and nothing that was refused is there already.
    assert (await store.stats(NOW)).due_turns == len(taken)
    again = await asyncio.gather(*(store.ingest([arrival(n)], NOW) for n in refused[:3]))
    assert [type(one[0]) for one in again] == [Accepted] * 3


async def test_a_disk_that_hangs_is_noticed_before_the_messenger_gives_up(store: SqliteStore) -> None:
    time = 1000.0
    store._writer._timer = lambda: time
    with hanging(store):
        first = asyncio.ensure_future(store.ingest([arrival(1)], NOW))
        await asyncio.sleep(0)
        assert not first.done()
        time += writer.SLOWEST + 1
        with pytest.raises(StoreUnavailable, match="does not answer"):
            await store.ingest([arrival(2)], NOW)
    assert isinstance((await first)[0], Accepted)
    assert isinstance((await store.ingest([arrival(2)], NOW))[0], Accepted)


async def test_a_full_disk_takes_nothing_half_and_goes_on_when_there_is_room(store: SqliteStore) -> None:
    def bound(tx: Tx, pages: int) -> int:
        return int(tx.cur.execute(f"pragma max_page_count = {pages}").fetchone()[0])

    pages = await store._writer.submit(bound, 1)  # SQLite answers with what is in use
    await store._writer.submit(bound, pages)
    taken, number, reason = [], 0, ""
    while True:
        number += 1
        assert number < 5000, "the disk never became full"
        try:
            await store.ingest([words.arrival(f"e{number}", number, text="x" * 2000)], NOW)
        except StoreUnavailable as error:
            reason = str(error)
            break
        taken.append(number)
    assert "SQLITE_FULL" in reason
    assert (await store.stats(NOW)).conversations == len(taken)
    await store._writer.submit(bound, pages + 1000)
    assert isinstance((await store.ingest([arrival(number)], NOW))[0], Accepted)
    assert (await store.stats(NOW)).conversations == len(taken) + 1
    assert await store.check() == []
