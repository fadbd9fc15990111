"""A whole round over Telegram without the flows: update in, durable, a turn, the outbox, and the reply at the phone."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from bots.delivery import Delivery
from bots.intake import Intake
from bots.polling import Polling
from bots.telegram import TelegramChannel
from bots.telegram_settings import TelegramAccount
from core.events import Received, SendFailed
from core.ids import EntryId, derived_id
from core.messages import Choice, Option, Say, Text
from core.records import Commit, Dispatch, Entry, Wrote
from store.memory import MemoryStore
from tests.fakes.telegram_api import TOKEN, FakeTelegram
from tests.fakes.telegram_spec import Specification


class Quick:
    """A real clock on which time runs twenty times as fast, so that backoffs pass."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def now(self) -> int:
        return 1_780_000_000_000 + int((time.monotonic() - self._started) * 20_000)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 20)


class Round:
    """Store, polling, an echoing worker and delivery around the fake."""

    def __init__(self, fake: FakeTelegram) -> None:
        self.store = MemoryStore()
        self.clock = Quick()
        account = TelegramAccount(account="123456789", token=TOKEN, secret="s")
        self.channel = TelegramChannel(account, api_url=fake.url)
        self.failed: list[SendFailed] = []
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        intake = Intake(self.store, self.clock, bot="b", id_key=b"k")
        delivery = Delivery(self.store, self.clock, {("telegram", "123456789"): self.channel}, limits={})
        for work in (Polling(self.channel, intake, self.clock).run(), self._worker(), delivery.run()):
            self._tasks.append(asyncio.create_task(work))

    async def kill(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _worker(self) -> None:
        while True:
            now = self.clock.now()
            for lease in await self.store.claim("w", now, 5000, 10):
                say = None
                if isinstance(lease.event, Received):
                    say = self._answer(lease.event)
                elif isinstance(lease.event, SendFailed):
                    self.failed.append(lease.event)
                entry = Entry(
                    id=EntryId(derived_id(lease.conversation, lease.generation, lease.turn, 0)),
                    at=now,
                    author="bot",
                    body=Wrote(message=say or Say(text="-")),
                    dispatch=Dispatch(kind="bot", epoch=0),
                )
                await self.store.commit(lease, Commit(state=b"{}", epoch=0, entries=(entry,) if say else ()), now)
            await self.store.wait("turn", 0.05)

    @staticmethod
    def _answer(event: Received) -> Say:
        match event.message.content:
            case Text(text=text):
                return Say(text=f"you said {text}", options=(Option(token="b:1", label="Again"),))
            case Choice(token=token, label=label):
                return Say(text=f"you pressed {token} {label}")
            case other:
                return Say(text=type(other).__name__)


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram(spec=Specification.load()) as server:
        yield server


@contextlib.asynccontextmanager
async def running(fake: FakeTelegram) -> AsyncIterator[Round]:
    made = Round(fake)
    made.start()
    try:
        yield made
    finally:
        await made.kill()
        await made.channel.stop()


async def test_question_answer_press_answer(fake: FakeTelegram) -> None:
    async with running(fake):
        world = fake.world
        chat = world.person(5)
        world.say(5, "hello")
        await world.until(lambda: len(chat.log) == 1)
        world.press(5, "Again")
        await world.until(lambda: len(chat.log) == 2 and world.answered)
        assert chat.texts == ["you said hello", "you pressed b:1 Again"]
    assert fake.world.refused == []


async def test_trouble_on_the_way_loses_and_doubles_nothing(fake: FakeTelegram) -> None:
    world = fake.world
    people = [world.person(number) for number in range(1, 6)]
    for status, description in ((502, "Bad Gateway"), (500, "Internal Server Error: restart")):
        world.fail("error", method="sendMessage", status=status, description=description, times=3)
    world.throttle(2, method="sendMessage", times=3)
    world.fail("drop", method="getUpdates", times=2)
    async with running(fake) as made:
        for number in range(4):
            for chat in people:
                world.say(chat.id, f"m{number}")
            if number == 1:
                await made.kill()  # in the middle of everything
                made.start()
        await world.until(lambda: all(len(chat.log) >= 4 for chat in people), timeout=60)
    for chat in people:
        assert chat.texts == [f"you said m{number}" for number in range(4)]
    assert world.refused == []


async def test_a_block_becomes_an_event(fake: FakeTelegram) -> None:
    async with running(fake) as made:
        fake.world.person(5).blocked = True
        fake.world.say(5, "hello")
        async with asyncio.timeout(10):
            while not made.failed:
                await asyncio.sleep(0.001)
        assert made.failed[0].blocked
