"""The change feed: every page hears of every change once, a slow one costs nothing, and a lost store is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from core.errors import StoreUnavailable
from core.events import Received
from core.ids import ConversationId, conversation_id
from core.messages import Address, Inbound, Text
from core.ports import Store
from core.records import Arrival, Changes, Cursor
from handoff import feed as feed_module
from handoff.feed import ChangeFeed, Subscription
from store.memory import MemoryStore
from store.seal import KeyRing
from store.sqlite import open_sqlite
from tests.fakes.outbox import Interposed

NOW = 1_760_000_000_000


async def write(store: MemoryStore, peer: str, text: str = "hi") -> ConversationId:
    """Let something happen in the conversation with ``peer``."""
    conversation = conversation_id(b"k" * 32, bot="b", channel="webchat", account="web", peer=peer)
    arrival = Arrival(
        conversation=conversation,
        address=Address(bot="b", channel="webchat", account="web", peer=peer),
        event_id=f"{peer}:{text}",
        event=Received(message=Inbound(content=Text(text=text))),
        at=NOW,
    )
    await store.ingest([arrival], NOW)
    return conversation


@asynccontextmanager
async def running(store: MemoryStore) -> AsyncIterator[ChangeFeed]:
    feed = ChangeFeed(store, poll=0.02)
    task = asyncio.create_task(feed.run())
    try:
        await asyncio.wait_for(feed.ready(), 5)
        yield feed
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def gather(subscription: Subscription, count: int) -> set[ConversationId]:
    """Ask until so many different conversations were named."""
    found: set[ConversationId] = set()
    async with asyncio.timeout(5):
        while len(found) < count:
            found |= await subscription.next()
    return found


async def test_every_subscription_hears_of_every_change() -> None:
    store = MemoryStore()
    async with running(store) as feed:
        first, second = feed.subscribe(), feed.subscribe()
        written = {await write(store, "a"), await write(store, "b")}
        assert await gather(first, 2) == written
        assert await gather(second, 2) == written


async def test_only_what_happens_from_now_on() -> None:
    store = MemoryStore()
    await write(store, "old")
    async with running(store) as feed:
        subscription = feed.subscribe()
        new = await write(store, "new")
        assert await gather(subscription, 1) == {new}


async def test_many_changes_of_one_conversation_are_one_for_a_slow_page() -> None:
    store = MemoryStore()
    async with running(store) as feed:
        slow, quick = feed.subscribe(), feed.subscribe()
        busy = ""
        for n in range(50):
            busy = await write(store, "busy", str(n))
            assert await gather(quick, 1) == {busy}
        assert await slow.next() == {busy}
        other = await write(store, "other")
        assert await gather(slow, 1) == {other}


async def test_a_closed_subscription_ends_its_reader_and_is_forgotten() -> None:
    store = MemoryStore()
    async with running(store) as feed:
        with feed.subscribe() as subscription:
            reader = asyncio.create_task(subscription.next())
        assert await asyncio.wait_for(reader, 5) == frozenset()
        assert subscription.closed
        subscription.close()
        kept = feed.subscribe()
        written = await write(store, "a")
        assert await gather(kept, 1) == {written}
        assert await subscription.next() == frozenset()


class Flaky(MemoryStore):
    """A store that is away for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.asked = asyncio.Semaphore(0)

    async def changes(self, cursor: Cursor | None, limit: int) -> Changes:
        if self.away:
            self.asked.release()
            raise StoreUnavailable("disk full")
        return await super().changes(cursor, limit)


async def test_a_store_that_was_away_loses_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "BACKOFF_FIRST", 0.001)
    store = Flaky()
    async with running(store) as feed:
        subscription = feed.subscribe()
        store.away = True
        written = await write(store, "a")
        for _ in range(3):
            await asyncio.wait_for(store.asked.acquire(), 5)
        store.away = False
        assert await gather(subscription, 1) == {written}


async def test_more_changes_than_one_batch_all_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "BATCH", 3)
    store = MemoryStore()
    async with running(store) as feed:
        subscription = feed.subscribe()
        written = {await write(store, str(n)) for n in range(20)}
        assert await gather(subscription, 20) == written


async def test_what_another_process_wrote_is_seen_at_the_next_look(tmp_path: Path) -> None:
    """The desk runs beside the worker: no wake-up crosses the processes, so the look of every half second must do."""
    ring = KeyRing.generate()
    worker, desk = open_sqlite(tmp_path / "s.db", ring), open_sqlite(tmp_path / "s.db", ring)
    waits: list[float] = []
    looked = asyncio.Event()

    async def wait(lane: str, timeout: float) -> None:
        waits.append(timeout)
        looked.set()
        if len(waits) > 1:
            await asyncio.Event().wait()  # what the first look after the write did not see is never seen
        await write(cast("MemoryStore", worker), "5")

    feed = ChangeFeed(cast("Store", Interposed(desk, wait=wait)))
    with feed.subscribe() as page:
        task = asyncio.create_task(feed.run())
        async with asyncio.timeout(10):
            await looked.wait()
            seen = await page.next()
        task.cancel()
    assert len(seen) == 1
    assert waits[0] <= 0.5, "half a second, so that a message shows within one"
    await worker.close()
    await desk.close()
