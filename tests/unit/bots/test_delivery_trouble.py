"""The delivery loop in trouble: what one account suffers stays with it; pace, starting and stopping."""

from __future__ import annotations

import asyncio
import random
from typing import Any, cast

import pytest

from bots.delivery import Delivery
from bots.intake import Intake
from core.errors import StoreUnavailable
from core.messages import Address
from core.ports import Store
from core.records import DeliveryLease
from core.sending import Down, NotSent, Taken
from store.memory import MemoryStore
from tests.fakes.clock import FakeClock, InstantClock
from tests.fakes.outbox import Interposed, ScriptedChannel, address, deliveries, name_of, queue, states

ANNA, BORIS, CARLA = address("1"), address("2"), address("3")
WORK = address("1", channel="viber", account="9")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store() -> Store:
    return MemoryStore()


@pytest.fixture
def channel() -> ScriptedChannel:
    return ScriptedChannel()


def loop(store: Any, clock: FakeClock, *channels: ScriptedChannel, **options: Any) -> Delivery:
    by_account = {(one.name, one.account): one for one in channels}
    options.setdefault("limits", {})
    return Delivery(cast("Store", store), clock, by_account, rng=random.Random(1), **options)


class TestTroubleStaysWhereItIs:
    async def test_an_account_that_is_down_rests_alone(
        self, store: Store, clock: FakeClock, channel: ScriptedChannel
    ) -> None:
        alerts: list[tuple[str, str, str]] = []
        viber = ScriptedChannel("viber", "9")
        viber.default = lambda: Down(reason="wrong token")
        for where in (ANNA, BORIS, WORK):
            await queue(store, clock, where, ["x"])
        delivery = loop(store, clock, channel, viber, on_down=lambda *alert: alerts.append(alert))
        await delivery.deliver_due()
        assert sorted(channel.sent) == [("1", "x"), ("2", "x")]
        assert alerts == [("viber", "9", "wrong token")]
        clock.advance(59_999)
        await queue(store, clock, CARLA, ["y"])
        await delivery.deliver_due()
        assert len(viber.sent) == 1
        assert channel.taken == ["x", "x", "y"]
        viber.default = Taken
        clock.advance(1)
        await delivery.deliver_due()
        assert (await deliveries(store, WORK))["x"].state == "sent"
        assert (await deliveries(store, WORK))["x"].attempts == 1  # the rest cost no try

    async def test_an_outage_costs_no_message(self, store: Store, clock: FakeClock, channel: ScriptedChannel) -> None:
        people = [address(str(n)) for n in range(1, 9)]
        for where in people:
            await queue(store, clock, where, ["x", "y"])
        channel.default = lambda: NotSent(reason="unreachable")
        delivery = loop(store, clock, channel)
        for _ in range(40):
            await delivery.deliver_due()
            clock.advance(75_000)
        channel.default = Taken
        for _ in range(3):
            await delivery.deliver_due()
            clock.advance(75_000)
        for where in people:
            assert set((await states(store, where)).values()) == {"sent"}
        assert sorted(channel.taken) == ["x"] * 8 + ["y"] * 8

    async def test_a_hanging_account_does_not_hold_up_the_other(
        self, store: Store, clock: FakeClock, channel: ScriptedChannel
    ) -> None:
        viber = ScriptedChannel("viber", "9")
        viber.gates["x"] = asyncio.Event()
        hung = [address(str(n), "viber", "9") for n in range(20)]
        for where in hung:
            await queue(store, clock, where, ["x"])
        delivery = loop(store, clock, channel, viber, concurrency=4)
        task = asyncio.create_task(delivery.run())
        while len(viber.sent) < 4:
            await asyncio.sleep(0)
        await queue(store, clock, ANNA, ["a", "b", "c"])
        async with asyncio.timeout(10):
            while channel.taken != ["a", "b", "c"]:
                await asyncio.sleep(0.001)
        assert len(viber.sent) == 4
        viber.gates["x"].set()
        async with asyncio.timeout(10):
            while len(viber.taken) < 20:
                await asyncio.sleep(0.001)
        await delivery.drain()
        await task

    async def test_too_many_requests_stop_that_chat_alone(
        self, store: Store, clock: FakeClock, channel: ScriptedChannel
    ) -> None:
        await queue(store, clock, ANNA, ["a"])
        await queue(store, clock, BORIS, ["b"])
        channel.script["a"] = [NotSent(reason="slow down", after=7000)]
        delivery = loop(store, clock, channel)
        await delivery.deliver_due()
        assert channel.taken == ["b"]
        clock.advance(6_900)
        assert await delivery.deliver_due() == 0
        clock.advance(400)
        await delivery.deliver_due()
        assert channel.taken == ["b", "a"]


async def test_a_chat_gets_a_burst_and_then_one_a_second(
    store: Store, clock: FakeClock, channel: ScriptedChannel
) -> None:
    from bots.rate import LIMITS

    await queue(store, clock, ANNA, [str(n) for n in range(5)])
    delivery = loop(store, clock, channel, limits=LIMITS)
    await delivery.deliver_due()
    assert channel.taken == ["0", "1", "2"]
    clock.advance(1001)
    await delivery.deliver_due()
    assert channel.taken == ["0", "1", "2", "3"]
    clock.advance(1001)
    await delivery.deliver_due()
    assert channel.taken == ["0", "1", "2", "3", "4"]
    assert {one.attempts for one in (await deliveries(store, ANNA)).values()} == {1}


async def test_a_chat_that_moved_is_one_conversation_from_then_on(
    store: Store, clock: FakeClock, channel: ScriptedChannel
) -> None:
    intake = Intake(store, clock, bot="b", id_key=b"k")
    await queue(store, clock, address("-7"), ["a"])
    channel.script["a"] = [Taken(provider_ids=("m1",), peer="-1007")]
    await loop(store, clock, channel, on_moved=intake.moved).deliver_due()
    snapshot = await store.snapshot(name_of(address("-7")))
    assert snapshot is not None
    assert snapshot.address == address("-1007")
    assert await intake.known(address("-1007")) == name_of(address("-7"))
    await intake.moved(address("-7"), "-1007")  # Telegram tells it in both chats, too
    assert await store.snapshot(name_of(address("-1007"))) is None
    assert (await store.snapshot(name_of(address("-7")))) == snapshot


async def test_a_move_that_cannot_be_noted_costs_nothing(
    store: Store, clock: FakeClock, channel: ScriptedChannel
) -> None:
    async def away(where: Address, peer: str) -> None:
        raise StoreUnavailable("full")

    await queue(store, clock, ANNA, ["a"])
    channel.script["a"] = [Taken(peer="9")]
    await loop(store, clock, channel, on_moved=away).deliver_due()
    assert await states(store, ANNA) == {"a": "sent"}


class TestRunning:
    async def test_new_entries_are_taken_up_and_draining_waits(self, store: Store, channel: ScriptedChannel) -> None:
        clock = FakeClock()
        delivery = loop(store, clock, channel)
        task = asyncio.create_task(delivery.run())
        await queue(store, clock, ANNA, ["a", "b"])
        async with asyncio.timeout(10):
            while channel.taken != ["a", "b"]:
                await asyncio.sleep(0.001)
        channel.gates["c"] = asyncio.Event()
        channel.started.clear()
        await queue(store, clock, ANNA, ["c", "d"])
        await channel.started.wait()
        draining = asyncio.create_task(delivery.drain())
        await asyncio.sleep(0)
        assert not draining.done()
        channel.gates["c"].set()
        await draining
        await task
        assert (await states(store, ANNA))["c"] == "sent"
        assert "d" not in channel.texts  # left for the next process

    async def test_cancelling_lets_a_send_end(self, store: Store, clock: FakeClock, channel: ScriptedChannel) -> None:
        channel.gates["a"] = asyncio.Event()
        task = asyncio.create_task(loop(store, clock, channel).run())
        await queue(store, clock, ANNA, ["a"])
        await channel.started.wait()
        task.cancel()
        await asyncio.sleep(0)
        channel.gates["a"].set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await states(store, ANNA)) == {"a": "sent"}

    async def test_a_store_that_is_away_does_not_end_the_loop(self, store: Store, channel: ScriptedChannel) -> None:
        clock, calls = InstantClock(), 0

        async def flaky(*args: Any) -> list[DeliveryLease]:
            nonlocal calls
            calls += 1
            if calls <= 3:
                raise StoreUnavailable("full")
            return await store.claim_delivery(*args)

        await queue(store, clock, ANNA, ["a"])
        delivery = loop(Interposed(store, claim_delivery=flaky), clock, channel)
        task = asyncio.create_task(delivery.run())
        async with asyncio.timeout(10):
            while channel.taken != ["a"]:
                await asyncio.sleep(0.001)
        await delivery.drain()
        await task

    async def test_draining_ends_even_when_the_store_is_away(self, store: Store, channel: ScriptedChannel) -> None:
        clock, calls = InstantClock(), 0

        async def away(*_: Any) -> bool:
            nonlocal calls
            calls += 1
            raise StoreUnavailable("full")

        await queue(store, clock, ANNA, ["a"])
        delivery = loop(Interposed(store, settle=away), clock, channel)
        task = asyncio.create_task(delivery.run())
        async with asyncio.timeout(10):
            while calls < 3:
                await asyncio.sleep(0.001)
            await delivery.drain(grace=0.01)
            await task
        assert delivery.beat > 0

    def test_a_lease_must_outlast_three_sends(self, store: Store, clock: FakeClock) -> None:
        with pytest.raises(ValueError, match="three times"):
            loop(store, clock, lease=59_999, send_time=20_000)
