"""The delivery loop against a real store: order, retries, how sends end, and doubt."""

from __future__ import annotations

import asyncio
import io
import random
from typing import Any, cast

import pytest

from bots.delivery import Delivery
from bots.logs import set_up
from core.errors import StoreUnavailable
from core.events import SendFailed
from core.ports import Store
from core.reasons import joined, reason
from core.records import DeliveryLease, Receipt, Settlement
from core.sending import Hold, NotSent, Refused, Taken, Unsure
from store.memory import MemoryStore
from tests.fakes.clock import FakeClock, InstantClock
from tests.fakes.outbox import Interposed, ScriptedChannel, address, deliveries, name_of, next_event, queue, states

ANNA, BORIS = address("1"), address("2")


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


class TestOrder:
    async def test_a_retry_holds_back_what_is_behind_it(
        self, store: Store, clock: FakeClock, channel: ScriptedChannel
    ) -> None:
        await queue(store, clock, ANNA, ["a", "b", "c"])
        channel.script["a"] = [NotSent(reason="r"), NotSent(reason="r")]
        delivery = loop(store, clock, channel)
        assert await delivery.deliver_due() == 1
        assert channel.taken == []
        for _ in range(2):
            clock.advance(3000)
            await delivery.deliver_due()
        assert channel.texts == ["a", "a", "a", "b", "c"]
        assert channel.taken == ["a", "b", "c"]
        assert set((await states(store, ANNA)).values()) == {"sent"}

    async def test_conversations_do_not_wait_for_each_other(
        self, store: Store, clock: FakeClock, channel: ScriptedChannel
    ) -> None:
        await queue(store, clock, ANNA, ["a1", "a2"])
        await queue(store, clock, BORIS, ["b1", "b2"])
        channel.gates["a1"] = asyncio.Event()
        task = asyncio.create_task(loop(store, clock, channel).deliver_due())
        await channel.started.wait()
        while "b1" not in channel.taken:
            await asyncio.sleep(0)
        assert "a2" not in channel.texts
        channel.gates["a1"].set()
        await task
        assert sorted(channel.taken) == ["a1", "a2", "b1", "b2"]
        assert channel.taken.index("a1") < channel.taken.index("a2")

    async def test_crisis_overtakes_what_waits(self, store: Store, clock: FakeClock, channel: ScriptedChannel) -> None:
        await queue(store, clock, ANNA, ["later"])
        channel.script["later"] = [NotSent(reason="unreachable")]
        delivery = loop(store, clock, channel)
        await delivery.deliver_due()
        await queue(store, clock, ANNA, ["help"], kind="crisis")
        await delivery.deliver_due()
        assert channel.taken == ["help"]

    async def test_what_is_held_waits_for_the_person(
        self, store: Store, clock: FakeClock, channel: ScriptedChannel
    ) -> None:
        await queue(store, clock, ANNA, ["first"])
        channel.script["first"] = [Hold(reason="window", after=3_600_000)]
        delivery = loop(store, clock, channel)
        await delivery.deliver_due()
        clock.advance(1_800_000)
        assert await delivery.deliver_due() == 0
        assert (await states(store, ANNA)) == {"first": "held"}
        await queue(store, clock, ANNA, ["second"])  # the person wrote
        await delivery.deliver_due()
        assert channel.taken == ["first", "second"]


class TestEnds:
    async def test_six_tries_then_it_fails_in_plain_words(
        self, store: Store, clock: FakeClock, channel: ScriptedChannel
    ) -> None:
        await queue(store, clock, ANNA, ["a", "b"])
        channel.script["a"] = [NotSent(reason="No way through")] * 9
        delivery = loop(store, clock, channel)
        for _ in range(10):
            await delivery.deliver_due()
            clock.advance(75_000)
        assert channel.texts == ["a"] * 6 + ["b"]
        found = await deliveries(store, ANNA)
        assert (found["a"].state, found["b"].state) == ("failed", "sent")
        assert found["a"].reason == joined("No way through", reason("given_up", 6))
        event = await next_event(store, clock)
        assert isinstance(event, SendFailed)
        assert not event.blocked

    async def test_a_block_is_told_to_the_conversation(
        self, store: Store, clock: FakeClock, channel: ScriptedChannel
    ) -> None:
        await queue(store, clock, ANNA, ["a"])
        channel.script["a"] = [Refused(reason="blocked the bot", blocked=True)]
        await loop(store, clock, channel).deliver_due()
        assert channel.texts == ["a"]
        event = await next_event(store, clock)
        assert isinstance(event, SendFailed)
        assert event.blocked

    async def test_a_broken_channel_leaves_doubt_and_no_words_in_the_log(
        self, store: Store, clock: FakeClock, channel: ScriptedChannel
    ) -> None:
        await queue(store, clock, ANNA, ["a"])
        channel.script["a"] = [RuntimeError("Anna's secret")]
        log = io.StringIO()
        undo = set_up("debug", "json", stream=log)
        try:
            await loop(store, clock, channel).deliver_due()
        finally:
            undo()
        assert (await states(store, ANNA)) == {"a": "uncertain"}
        assert "RuntimeError" in log.getvalue()
        assert "outbox.py" in log.getvalue()  # where it broke
        assert "secret" not in log.getvalue()


class TestDoubt:
    async def test_it_is_sent_once_more_and_then_blocks_nothing(
        self, store: Store, clock: FakeClock, channel: ScriptedChannel
    ) -> None:
        await queue(store, clock, ANNA, ["a", "b"])
        channel.script["a"] = [Unsure(reason="r")] * 5
        delivery = loop(store, clock, channel)
        await delivery.deliver_due()
        assert (await states(store, ANNA)) == {"a": "uncertain", "b": "pending"}
        clock.advance(9_999)
        assert await delivery.deliver_due() == 0
        clock.advance(1)
        await delivery.deliver_due()
        assert channel.texts == ["a", "a", "b"]
        clock.advance(3_600_000)
        await delivery.deliver_due()
        assert channel.texts == ["a", "a", "b"]
        assert (await states(store, ANNA)) == {"a": "uncertain", "b": "sent"}

    async def test_a_receipt_in_between_saves_the_second_send(
        self, store: Store, clock: FakeClock, channel: ScriptedChannel
    ) -> None:
        await queue(store, clock, ANNA, ["a"])
        channel.script["a"] = [Unsure(reason="r")]
        delivery = loop(store, clock, channel)
        await delivery.deliver_due()
        line = (await store.transcript(name_of(ANNA), 0, 10))[-1]
        receipt = Receipt(channel="telegram", account="1", provider_id=line.entry.id, state="delivered", at=clock.now())
        await store.receipt(receipt, clock.now())
        clock.advance(60_000)
        await delivery.deliver_due()
        assert channel.texts == ["a"]
        assert (await states(store, ANNA)) == {"a": "delivered"}

    @pytest.mark.parametrize("pace", [None, 2000])
    async def test_tries_that_did_not_arrive_do_not_use_up_the_resend(
        self, store: Store, clock: FakeClock, channel: ScriptedChannel, pace: int | None
    ) -> None:
        await queue(store, clock, ANNA, ["a"])
        refused, unsure = NotSent(reason="r", after=pace), Unsure(reason="r")
        channel.script["a"] = [refused, refused, unsure, NotSent(reason="r", after=2000), refused, unsure]
        for _ in range(10):
            # A fresh process each time: what it must know is in the store.
            await loop(store, clock, channel).deliver_due()
            clock.advance(20_000)
        assert channel.texts == ["a"] * 6
        assert (await states(store, ANNA)) == {"a": "uncertain"}

    async def test_a_resend_that_finds_no_way_stays_open_but_not_for_ever(
        self, store: Store, clock: FakeClock, channel: ScriptedChannel
    ) -> None:
        await queue(store, clock, ANNA, ["a"])
        channel.script["a"] = [Unsure(reason="r"), *[NotSent(reason="r")] * 2, Taken()]
        delivery = loop(store, clock, channel)
        for _ in range(5):
            await delivery.deliver_due()
            clock.advance(20_000)
        assert (await states(store, ANNA)) == {"a": "sent"}
        await queue(store, clock, BORIS, ["b"])
        channel.script["b"] = [Unsure(reason="r"), *[NotSent(reason="r")] * 99]
        for _ in range(20):
            await delivery.deliver_due()
            clock.advance(75_000)
        assert (await states(store, BORIS)) == {"b": "uncertain"}
        assert channel.texts.count("b") == 1 + 6

    async def test_a_crash_after_sending_doubles_once_and_loses_nothing(
        self, store: Store, clock: FakeClock, channel: ScriptedChannel
    ) -> None:
        """The documented window: the process dies between the provider's answer and the settlement."""

        async def dies(lease: DeliveryLease, settlement: Settlement, now: int) -> bool:
            raise asyncio.CancelledError

        await queue(store, clock, ANNA, ["a", "b"])
        await loop(Interposed(store, settle=dies), clock, channel).deliver_due()
        assert channel.texts == ["a"]
        fresh = loop(store, clock, channel)
        assert await fresh.deliver_due() == 0  # the dead process's lease still runs
        clock.advance(60_000)
        await fresh.deliver_due()
        assert channel.texts == ["a", "a", "b"]
        assert (await states(store, ANNA)) == {"a": "sent", "b": "sent"}

    async def test_a_second_crash_ends_in_doubt_without_a_third_send(
        self, store: Store, clock: FakeClock, channel: ScriptedChannel
    ) -> None:
        async def dies(lease: DeliveryLease, settlement: Settlement, now: int) -> bool:
            raise asyncio.CancelledError

        await queue(store, clock, ANNA, ["a", "b"])
        for _ in range(2):
            await loop(Interposed(store, settle=dies), clock, channel).deliver_due()
            clock.advance(60_000)
        await loop(store, clock, channel).deliver_due()
        assert channel.texts == ["a", "a", "b"]
        assert (await states(store, ANNA)) == {"a": "uncertain", "b": "sent"}

    async def test_a_store_that_is_away_while_settling_doubles_nothing(
        self, store: Store, channel: ScriptedChannel
    ) -> None:
        clock, calls = InstantClock(), 0

        async def flaky(lease: DeliveryLease, settlement: Settlement, now: int) -> bool:
            nonlocal calls
            calls += 1
            if calls < 8:
                raise StoreUnavailable("full")
            return await store.settle(lease, settlement, now)

        await queue(store, clock, ANNA, ["a"])
        await loop(Interposed(store, settle=flaky), clock, channel).deliver_due()
        assert (channel.texts, calls) == (["a"], 8)
        assert (await states(store, ANNA)) == {"a": "sent"}

    async def test_a_lease_that_is_nearly_over_is_given_back_unsent(
        self, store: Store, clock: FakeClock, channel: ScriptedChannel
    ) -> None:
        async def slow(*args: Any) -> list[DeliveryLease]:
            leases = await store.claim_delivery(*args)
            clock.advance(45_000)  # the machine slept
            return leases

        await queue(store, clock, ANNA, ["a"])
        delivery = loop(Interposed(store, claim_delivery=slow), clock, channel)
        await delivery._dispatch()
        await delivery._finish(None)
        assert channel.sent == []
        await loop(store, clock, channel).deliver_due()
        assert (await deliveries(store, ANNA))["a"].attempts == 1
