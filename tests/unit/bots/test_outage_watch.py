"""An account that stops working: noted once, told to everybody who wants to know, and over when it works again."""

from __future__ import annotations

import random
from typing import Any, cast

import pytest

from bots.delivery import Delivery
from bots.metrics import Metrics
from bots.outage_watch import OutageWatch
from core.errors import StoreUnavailable
from core.ports import Store
from core.sending import Down, NotSent, Taken
from handoff.outages import Outage, outages
from store.memory import MemoryStore
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import Interposed, ScriptedChannel, address, queue

WORK = address("1", channel="viber", account="main")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store() -> Store:
    return MemoryStore()


def watching(store: Any, clock: FakeClock) -> tuple[OutageWatch, list[Outage], list[str]]:
    told: list[Outage] = []
    shown: list[str] = []
    watch = OutageWatch(cast("Store", store), clock, Metrics(), shown.append)

    async def listen(outage: Outage) -> None:
        told.append(outage)

    watch.listeners.append(listen)
    return watch, told, shown


def loop(store: Store, clock: FakeClock, viber: ScriptedChannel, watch: OutageWatch) -> Delivery:
    return Delivery(
        store, clock, {("viber", "main"): viber}, limits={}, rng=random.Random(1), on_down=watch.down, on_up=watch.up
    )


async def test_a_refused_token_is_told_once_and_over_when_it_is_mended(store: Store, clock: FakeClock) -> None:
    watch, told, shown = watching(store, clock)
    viber = ScriptedChannel("viber", "main")
    viber.default = lambda: Down(reason="look at VIBER_TOKEN")
    await queue(store, clock, WORK, ["a"])
    delivery, began = loop(store, clock, viber, watch), clock.now()
    for _ in range(6):  # every ten minutes the news is refreshed, and stays one outage
        await delivery.deliver_due()
        await watch.settle()
        assert await outages(store, clock.now()) == [
            Outage(channel="viber", account="main", reason="look at VIBER_TOKEN", since=began)
        ]
        clock.advance(600_000)
    assert [one.since for one in told] == [began]
    assert len(viber.sent) == len(shown) == 6
    viber.default = Taken
    await delivery.deliver_due()
    await watch.settle()
    assert await outages(store, clock.now()) == []
    assert viber.taken == ["a"]


async def test_a_provider_that_is_away_for_long_is_an_outage_and_for_short_is_not(
    store: Store, clock: FakeClock
) -> None:
    watch, told, _ = watching(store, clock)
    viber = ScriptedChannel("viber", "main")
    viber.default = lambda: NotSent(reason="Viber cannot be reached")
    for n in range(8):
        await queue(store, clock, address(str(n), channel="viber", account="main"), ["a"], "notice")
    delivery = loop(store, clock, viber, watch)
    for _ in range(3):
        await delivery.deliver_due()
        clock.advance(5_000)
    await watch.settle()
    assert told == []
    for _ in range(12):
        await delivery.deliver_due()
        clock.advance(60_000)
    await watch.settle()
    assert [one.reason for one in told] == ["Viber cannot be reached"]
    viber.default = Taken
    await delivery.deliver_due()
    await watch.settle()
    assert await outages(store, clock.now()) == []


async def test_news_of_a_process_that_died_ends_by_itself(store: Store, clock: FakeClock) -> None:
    watch, _, _ = watching(store, clock)
    watch.down("viber", "main", "x")
    await watch.settle()
    clock.advance(20 * 60_000)
    assert await outages(store, clock.now()) == []


async def test_a_store_that_is_away_and_an_alert_that_breaks_stop_nobody(store: Store, clock: FakeClock) -> None:
    async def away(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("full")

    watch, told, shown = watching(Interposed(store, get=away, delete=away), clock)
    watch.down("viber", "main", "x")
    watch.up("viber", "main")
    await watch.settle()
    assert (told, len(shown)) == ([], 1)

    async def breaks(outage: Outage) -> None:
        raise RuntimeError("no mail server")

    watch, told, _ = watching(store, clock)
    watch.listeners.insert(0, breaks)
    watch.down("viber", "main", "x")
    await watch.settle()
    assert len(told) == 1
