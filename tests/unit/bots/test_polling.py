"""Long polling: the offset is the acknowledgement, so it moves only after everything before it is durable."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from typing import cast

import pytest

from bots.base import Polled, PollingConflict, ProviderUnreachable
from bots.intake import Incoming, Intake
from bots.polling import Polling
from bots.telegram import TelegramChannel, set_webhook
from bots.telegram_settings import TelegramAccount
from core.errors import ChannelMisconfigured
from core.messages import Choice, Inbound, Text
from core.ports import Store
from tests.fakes.clock import InstantClock
from tests.fakes.inbox import Inbox
from tests.fakes.telegram_api import TOKEN, FakeTelegram
from tests.fakes.telegram_spec import Specification


class Script:
    """A channel that answers polls with what the test wrote, then waits for ever."""

    name = "script"
    account = "1"

    def __init__(self, answers: Sequence[Polled | Exception], prepare: Sequence[Exception] = ()) -> None:
        self.answers = list(answers)
        self.prepare = list(prepare)
        self.offsets: list[int | None] = []
        self.acknowledged: list[str] = []
        self.done = asyncio.Event()

    async def prepare_polling(self) -> None:
        if self.prepare:
            raise self.prepare.pop(0)

    async def poll(self, offset: int | None) -> Polled:
        self.offsets.append(offset)
        if not self.answers:
            self.done.set()
            await asyncio.Event().wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def acknowledge(self, incoming: Sequence[Incoming]) -> None:
        self.acknowledged += [one.event_id for one in incoming]


def polled(*numbers: int) -> Polled:
    incoming = tuple(Incoming(peer="5", event_id=f"e{n}", message=Inbound(content=Text(text=str(n)))) for n in numbers)
    return Polled(incoming=incoming, offset=max(numbers) + 1)


async def run(script: Script, inbox: Inbox) -> InstantClock:
    clock = InstantClock()
    intake = Intake(cast("Store", inbox), clock, bot="b", id_key=b"k")
    task = asyncio.create_task(Polling(script, intake, clock).run())
    async with asyncio.timeout(5):
        await script.done.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()
    return clock


class Lease:
    """A lease that can be taken away."""

    def __init__(self) -> None:
        self.ours = True

    def __call__(self) -> bool:
        return self.ours


async def test_a_poller_that_wakes_up_without_its_lease_keeps_and_confirms_nothing() -> None:
    lease, inbox = Lease(), Inbox()

    class Paused(Script):
        async def poll(self, offset: int | None) -> Polled:
            answer = await super().poll(offset)
            # Here the process was suspended for longer than its lease; another one polls by now.
            lease.ours = False
            return answer

    script = Paused([polled(7, 8)])
    clock = InstantClock()
    intake = Intake(cast("Store", inbox), clock, bot="b", id_key=b"k")
    await asyncio.wait_for(Polling(script, intake, clock, owned=lease).run(), 5)
    assert inbox.arrivals == []
    assert script.offsets == [None], "asking with 9 would have made the provider forget 7 and 8"
    assert script.acknowledged == []


async def test_a_poller_that_gets_its_lease_back_begins_without_an_offset() -> None:
    lease, inbox = Lease(), Inbox()

    class Counted(Script):
        def acknowledge(self, incoming: Sequence[Incoming]) -> None:
            super().acknowledge(incoming)
            lease.ours = len(self.acknowledged) != 2

    script = Counted([polled(1), polled(2), polled(3)])
    clock = InstantClock()
    polling = Polling(script, Intake(cast("Store", inbox), clock, bot="b", id_key=b"k"), clock, owned=lease)
    await asyncio.wait_for(polling.run(), 5)
    lease.ours = True
    task = asyncio.create_task(polling.run())
    await asyncio.wait_for(script.done.wait(), 5)
    task.cancel()
    # Ids may have begun anew meanwhile: the old offset would skip what came since.
    assert script.offsets == [None, 2, None, 4]


async def test_updates_that_the_store_does_not_take_are_dropped_with_the_lease() -> None:
    lease, inbox = Lease(), Inbox()
    script, inbox.failures = Script([polled(1)]), 1000

    class Losing(InstantClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            lease.ours = len(self.slept) < 3

    clock = Losing()
    intake = Intake(cast("Store", inbox), clock, bot="b", id_key=b"k")
    await asyncio.wait_for(Polling(script, intake, clock, owned=lease).run(), 5)
    assert script.offsets == [None]
    assert inbox.calls == 3


async def test_the_offset_waits_for_the_store() -> None:
    script, inbox = Script([polled(1, 2), polled(3)]), Inbox()
    inbox.failures = 3
    clock = await run(script, inbox)
    assert inbox.contents == [Text(text="1"), Text(text="2"), Text(text="3")]
    assert script.offsets == [None, 3, 4]  # asked again only when the first two were durable
    assert clock.slept == [0.5, 1.0, 2.0]
    assert script.acknowledged == ["e1", "e2", "e3"]


async def test_nothing_is_acknowledged_that_is_not_durable() -> None:
    script, inbox = Script([polled(1)]), Inbox()
    inbox.failures = 10**6
    clock = InstantClock()
    task = asyncio.create_task(Polling(script, Intake(cast("Store", inbox), clock, bot="b", id_key=b"k"), clock).run())
    while inbox.calls < 10:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (script.offsets, script.acknowledged) == ([None], [])


async def test_trouble_backs_off_and_is_told_apart(caplog: pytest.LogCaptureFixture) -> None:
    answers: list[Polled | Exception] = [
        ProviderUnreachable("x"),
        ProviderUnreachable("x"),
        ProviderUnreachable("x", after=17.0),
        polled(1),
        PollingConflict("x"),
        PollingConflict("x"),
        ChannelMisconfigured("wrong token"),
    ]
    with caplog.at_level(logging.WARNING):
        clock = await run(Script(answers), Inbox())
    assert clock.slept == [1.0, 2.0, 17.0, 5.0, 10.0, 240.0]
    assert "another process" in caplog.text


async def test_preparing_is_tried_until_it_works() -> None:
    script = Script([polled(1)], prepare=[ProviderUnreachable("x"), ProviderUnreachable("x")])
    clock = await run(script, Inbox())
    assert clock.slept == [1.0, 2.0]
    assert script.offsets == [None, 2]


class TestTelegram:
    @pytest.fixture
    async def fake(self) -> AsyncIterator[FakeTelegram]:
        async with FakeTelegram(spec=Specification.load()) as server:
            yield server

    @pytest.fixture
    async def channel(self, fake: FakeTelegram) -> AsyncIterator[TelegramChannel]:
        account = TelegramAccount(account="123456789", token=TOKEN, secret="s")
        made = TelegramChannel(account, api_url=fake.url)
        yield made
        await made.stop()

    @contextlib.asynccontextmanager
    async def polling(self, channel: TelegramChannel, inbox: Inbox) -> AsyncIterator[None]:
        clock = InstantClock()
        intake = Intake(cast("Store", inbox), clock, bot="b", id_key=b"k")
        task = asyncio.create_task(Polling(channel, intake, clock).run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def test_messages_come_in_and_presses_are_answered(
        self, fake: FakeTelegram, channel: TelegramChannel
    ) -> None:
        await set_webhook(channel, "http://127.0.0.1:1", "s")  # must not stand in the way
        inbox, world = Inbox(), fake.world
        markup = {"inline_keyboard": [[{"text": "Go", "callback_data": "t1"}]]}
        world.person(5).log.append(world.message(5, text="menu", reply_markup=markup))
        world.say(5, "before the start")
        async with self.polling(channel, inbox):
            await world.until(lambda: fake.pusher is None and not world.updates)
            world.say(5, "hello")
            world.press(5, "Go")
            await world.until(lambda: world.answered)
        assert [type(content) for content in inbox.contents] == [Text, Text, Choice]
        assert world.refused == []

    async def test_one_broken_update_blocks_nothing(self, fake: FakeTelegram, channel: TelegramChannel) -> None:
        inbox, world = Inbox(), fake.world
        world.updates.append({"update_id": 900, "message": {"chat": {"id": 5, "type": "private"}}})
        last = world.say(5, "after")
        async with self.polling(channel, inbox):
            await world.until(lambda: any(call.parameters.get("offset") == str(last + 1) for call in world.calls))
        assert inbox.contents[-1] == Text(text="after")

    async def test_errors_have_their_names(self, fake: FakeTelegram, channel: TelegramChannel) -> None:
        cases = [
            (401, "Unauthorized", None, ChannelMisconfigured),
            (409, "Conflict: terminated by other getUpdates request", None, PollingConflict),
            (502, "Bad Gateway", None, ProviderUnreachable),
        ]
        for status, description, parameters, expected in cases:
            fake.world.fail("error", status=status, description=description, parameters=parameters)
            with pytest.raises(expected) as caught:
                await channel.poll(None)
            assert TOKEN not in str(caught.value)
        fake.world.throttle(9)
        with pytest.raises(ProviderUnreachable) as told:
            await channel.poll(None)
        assert told.value.after == 9.0
        fake.world.fail("drop")
        with pytest.raises(ProviderUnreachable):
            await channel.poll(None)

    async def test_a_poll_without_news_ends_by_itself(self, fake: FakeTelegram) -> None:
        account = TelegramAccount(account="123456789", token=TOKEN, secret="s")
        channel = TelegramChannel(account, api_url=fake.url, poll_seconds=1)
        assert await channel.poll(5) == Polled(incoming=(), offset=5)
        await channel.stop()
