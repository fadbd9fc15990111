"""Hints: shown where a messenger can, not too often, and never in the way of anything."""

from __future__ import annotations

import asyncio

import pytest

from bots.hinting import Hinter
from bots.metrics import Metrics
from core.capabilities import CAPABILITIES
from core.messages import Address, Hint, RemoveOptions, Typing
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import ScriptedChannel, address


class Showing(ScriptedChannel):
    """A channel that shows hints, or breaks over them as told."""

    def __init__(self, name: str = "telegram") -> None:
        super().__init__(name)
        self.capabilities = CAPABILITIES[name]
        self.shown: list[tuple[str, Hint]] = []
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def hint(self, address: Address, hint: Hint) -> None:
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        self.shown.append((address.peer, hint))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def hinter(clock: FakeClock, *channels: ScriptedChannel) -> Hinter:
    return Hinter({(one.name, one.account): one for one in channels}, clock, Metrics())


async def settled(one: Hinter) -> None:
    await asyncio.gather(*one._tasks)


async def test_typing_is_shown_to_each_chat_every_four_seconds_at_most(clock: FakeClock) -> None:
    channel = Showing()
    one = hinter(clock, channel)
    for _ in range(3):
        one.typing(address("1"))
        one.typing(address("2"))
    clock.advance(3_999)
    one.typing(address("1"))
    await settled(one)
    assert channel.shown == [("1", Typing()), ("2", Typing())]
    clock.advance(1)
    one.typing(address("1"))
    await settled(one)
    assert len(channel.shown) == 3


async def test_what_a_channel_cannot_show_is_skipped(clock: FakeClock) -> None:
    viber = Showing("viber")
    one = hinter(clock, viber, ScriptedChannel())
    one.typing(address("1", channel="viber"))
    one.typing(address("1"))
    one.typing(address("1", channel="born later"))
    await settled(one)
    assert viber.shown == []


async def test_buttons_are_taken_off_where_a_messenger_can_do_that(clock: FakeClock) -> None:
    telegram, viber = Showing(), Showing("viber")
    one = hinter(clock, telegram, viber, ScriptedChannel("whatsapp"))
    for channel in ("telegram", "viber", "whatsapp", "born later"):
        one.remove_options(address("1", channel=channel), "17")
    await settled(one)
    assert telegram.shown == [("1", RemoveOptions(of="17"))]
    assert viber.shown == []
    telegram.gate.clear()
    for n in range(100):
        one.remove_options(address(f"x{n}"), "17")
    assert len(one._tasks) == 32
    await one.close()


async def test_a_hint_that_fails_or_hangs_is_forgotten(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bots.hinting._TIME", 0.01)
    channel = Showing()
    one = hinter(clock, channel)
    channel.error = RuntimeError("gone")
    one.typing(address("1"))
    await settled(one)
    channel.gate.clear()
    for n in range(100):
        one.typing(address(f"x{n}"))
    assert len(one._tasks) == 32  # bounded: the rest is not worth the memory
    await settled(one)
    channel.error = None
    channel.gate.set()
    one.typing(address("2"))
    await settled(one)
    assert channel.shown == [("2", Typing())]
    await one.close()
