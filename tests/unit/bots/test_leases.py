"""One process of many does a thing: another takes over in bounded time, and who lost its lease knows at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

import pytest

from bots.leases import LEASE, RENEW, Owned, alone
from core.errors import StoreUnavailable
from core.records import Record
from store.memory import MemoryStore
from tests.fakes.clock import FakeClock


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


class Process:
    """One process that wants to do the thing, on a clock of its own as a paused machine has."""

    def __init__(self, store: MemoryStore, name: str, clock: FakeClock) -> None:
        self.clock = clock
        self.owned: Owned = lambda: False
        self.began = 0
        self.working = False
        self.lost: list[str] = []
        self.task = asyncio.ensure_future(alone(store, clock, "poll", name, self._work, lost=self.lost.append))

    async def _work(self, owned: Owned) -> None:
        self.owned, self.working = owned, True
        self.began += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.working = False

    def works(self) -> bool:
        return self.working

    async def stop(self) -> None:
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


@pytest.fixture
async def store() -> MemoryStore:
    return MemoryStore()


@contextlib.contextmanager
def away(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    async def refuse(*_: object, **__: object) -> Record | None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(store, "get", refuse)
        yield


async def test_one_works_and_the_other_takes_over_when_it_stops(store: MemoryStore) -> None:
    clock = FakeClock()
    first = Process(store, "first", clock)
    await settle()
    second = Process(store, "second", clock)
    await settle()
    assert first.works()
    assert not second.works()
    await first.stop()
    clock.advance(int(RENEW * 1000))
    await settle()
    assert second.works()
    await second.stop()


async def test_the_lease_of_a_killed_process_is_taken_over_within_lease_and_look(store: MemoryStore) -> None:
    dead, clock = FakeClock(), FakeClock()
    first = Process(store, "first", dead)
    await settle()
    second = Process(store, "second", clock)
    waited = 0
    while not second.works():
        await settle()
        clock.advance(1000)
        waited += 1000
        await settle()
        assert waited <= LEASE + RENEW * 1000
    # The first one wakes up: it knows that the lease is over before it has asked anybody.
    dead.advance(waited)
    assert not first.owned()
    await settle()
    assert not first.works()
    assert first.lost == ["poll"]
    assert second.works()
    for process in (first, second):
        await process.stop()


async def test_a_lease_that_is_renewed_is_kept(store: MemoryStore) -> None:
    clock = FakeClock()
    first, second = Process(store, "first", clock), None
    await settle()
    second = Process(store, "second", clock)
    for _ in range(10):
        clock.advance(int(RENEW * 1000))
        await settle()
    assert (first.works(), first.began, second.began) == (True, 1, 0)
    for process in (first, second):
        await process.stop()


async def test_a_store_that_is_away_ends_the_work_with_the_lease(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    first = Process(store, "first", clock)
    await settle()
    with away(store, monkeypatch):
        clock.advance(int(RENEW * 1000))
        await settle()
        assert first.works(), "nobody can have taken it yet"
        clock.advance(LEASE)
        await settle()
        assert not first.works()
        assert first.lost == ["poll"]
    clock.advance(int(RENEW * 1000))
    await settle()
    assert first.began == 2
    await first.stop()


async def test_a_lease_that_somebody_else_has_ends_the_work_at_once(store: MemoryStore) -> None:
    clock = FakeClock()
    first = Process(store, "first", clock)
    await settle()
    await store.put("lease", "poll", b"somebody", clock.now(), expires=clock.now() + LEASE)
    clock.advance(int(RENEW * 1000))
    await settle()
    assert not first.works()
    assert not first.owned()
    held = await store.get("lease", "poll", clock.now())
    assert held is not None
    assert held.value == b"somebody", "the lease of another process is not given up"
    await first.stop()
