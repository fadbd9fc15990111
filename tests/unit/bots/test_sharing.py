"""Several workers keep to one account's limits together, and each to its part when the store does not answer."""

from __future__ import annotations

import asyncio
import random
from typing import Any, cast

import pytest

from bots import sharing
from bots.delivery import Delivery
from bots.rate import LIMITS
from bots.sharing import Shares
from core.errors import StoreUnavailable
from core.ids import ConversationId
from core.ports import Store
from store.memory import MemoryStore
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import Interposed, ScriptedChannel, address, name_of, queue

#: What Telegram takes of one bot in a second (core.telegram.org/bots/faq).
TELEGRAM = 30


class Workers:
    """So many workers on one store."""

    def __init__(self, number: int, **methods: Any) -> None:
        self.clock, self.store = FakeClock(), MemoryStore()
        self.asked = 0
        store = cast("Store", Interposed(self.store, **methods))
        self.shares = [Shares(store, self.clock, lambda: number) for _ in range(number)]

    async def sends(self, tries: int) -> list[int]:
        """Let all try to send in turn; return how many messages each may send now."""
        now = self.clock.now()
        may = [0] * len(self.shares)
        for n in range(tries):
            which = n % len(self.shares)
            may[which] += await self.shares[which].account_at("telegram", "1", now) == now
        return may


async def test_all_together_send_what_one_may() -> None:
    workers = Workers(3)
    assert sum(await workers.sends(300)) == TELEGRAM
    now = workers.clock.now()
    again = await workers.shares[0].account_at("telegram", "1", now)
    assert 0 < again - now <= 1000
    workers.clock.advance(again - now)
    assert sum(await workers.sends(300)) == TELEGRAM, "and as much in the next second"


async def test_one_that_has_all_the_work_gets_all_of_the_rate() -> None:
    workers = Workers(3)
    now = workers.clock.now()
    may = [await workers.shares[0].account_at("telegram", "1", now) == now for _ in range(100)]
    assert sum(may) == TELEGRAM


async def test_a_question_to_the_store_pays_for_a_slice() -> None:
    asked = 0
    store = MemoryStore()

    async def increment(*args: Any, **kwargs: Any) -> int:
        nonlocal asked
        asked += 1
        return await store.increment(*args, **kwargs)

    workers = Workers(2, increment=increment)
    assert sum(await workers.sends(TELEGRAM)) == TELEGRAM
    assert asked == sharing.SLICES


async def test_who_is_alone_asks_nobody() -> None:
    async def never(*_: object, **__: object) -> None:
        raise AssertionError("one process has its own buckets")

    workers = Workers(1, increment=never, get=never, put=never)
    now = workers.clock.now()
    assert await workers.sends(100) == [100]
    assert await workers.shares[0].chat_at("telegram", ConversationId("c"), "5", now) == now


async def test_a_chat_keeps_its_pace_whoever_sends() -> None:
    workers = Workers(2)
    chat, start = name_of(address("5")), workers.clock.now()
    sent: list[int] = []
    for n in range(40):
        now = workers.clock.now()
        at = await workers.shares[n % 2].chat_at("telegram", chat, "5", now)
        if at == now:
            sent.append(now - start)
        else:
            workers.clock.advance(at - now)
    burst = LIMITS["telegram"].chat.burst
    assert sent[:burst] == [0] * burst
    assert sent[burst:8] == [1000 * n for n in range(1, 8 - burst + 1)]


@pytest.mark.parametrize("trouble", ["slow", "away"])
async def test_a_store_in_trouble_leaves_each_its_part(trouble: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "PATIENCE", 0.01)
    asked = 0

    async def ask(*_: object, **__: object) -> None:
        nonlocal asked
        asked += 1
        if trouble == "away":
            raise StoreUnavailable("away")
        await asyncio.Event().wait()

    workers = Workers(3, increment=ask, get=ask)
    assert await workers.sends(300) == [TELEGRAM // 3] * 3
    now = workers.clock.now()
    assert await workers.shares[0].chat_at("telegram", ConversationId("c"), "5", now) == now
    assert asked == 3, "each has asked once and then spares the store"
    workers.clock.advance(5000)
    await workers.sends(3)
    assert asked == 6


async def test_two_delivery_loops_do_not_exceed_the_limit_together() -> None:
    clock, store, channel = FakeClock(), MemoryStore(), ScriptedChannel()
    # The middle of a second, so that everything below falls into one window.
    clock.advance(1000 - clock.now() % 1000)
    for n in range(100):
        await queue(store, clock, address(str(1000 + n)), ["x"])
    loops = [
        Delivery(
            store,
            clock,
            {("telegram", "1"): channel},
            worker=f"w{n}",
            rng=random.Random(n),
            shares=Shares(store, clock, lambda: 2),
        )
        for n in range(2)
    ]
    sent = []
    for _ in range(5):
        before = len(channel.sent)
        await asyncio.gather(*(one.deliver_due() for one in loops))
        sent.append(len(channel.sent) - before)
        clock.advance(1000)
    assert sent == [TELEGRAM, TELEGRAM, TELEGRAM, 100 - 3 * TELEGRAM, 0]
