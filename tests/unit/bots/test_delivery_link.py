"""A file that a messenger does not take goes out as a text with its address, or fails in words."""

from __future__ import annotations

import random

import pytest

from bots.delivery import Delivery, Link
from core.capabilities import CAPABILITIES
from core.errors import StoreUnavailable
from core.messages import Address, Outbound, Say, SendMedia
from core.records import DeliveryState
from core.rendering import render
from core.sending import SendResult, Taken
from store.memory import MemoryStore
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import ScriptedChannel, address, name_of, queue

ANNA = address("1", channel="whatsapp")
FILE = SendMedia(kind="document", ref="blob", caption="Please sign", name="form.zip", mime="application/zip", link=True)
URL = "https://bot.example.org/media/x.zip"


class Recording(ScriptedChannel):
    """Takes everything."""

    def __init__(self) -> None:
        super().__init__("whatsapp")
        self.messages: list[Outbound] = []

    async def send(self, address: Address, message: Outbound, *, entry_id: str) -> SendResult:
        self.messages.append(message)
        return Taken()


async def sent(message: Outbound, link: Link | None) -> tuple[list[Outbound], DeliveryState]:
    store, clock, channel = MemoryStore(), FakeClock(), Recording()
    await queue(store, clock, ANNA, [message], kind="counsellor")
    delivery = Delivery(store, clock, {("whatsapp", "1"): channel}, rng=random.Random(1), limits={}, link=link)
    await delivery.deliver_due()
    (line,) = await store.transcript(name_of(ANNA), -1, 1)
    assert line.delivery is not None
    return channel.messages, line.delivery.state


async def found(ref: str) -> str | None:
    return URL if ref == "blob" else None


async def test_the_address_goes_out_with_caption_and_name() -> None:
    assert await sent(FILE, found) == ([Say(text=f"Please sign\nform.zip\n{URL}")], "sent")


async def test_a_file_that_the_messenger_takes_goes_as_it_is() -> None:
    photo = SendMedia(kind="photo", ref="blob")
    assert await sent(photo, found) == ([photo], "sent")


@pytest.mark.parametrize("link", [None, found])
async def test_without_an_address_it_fails_and_nothing_is_sent(link: Link | None) -> None:
    gone = SendMedia(kind="document", ref="gone", link=True)
    assert await sent(gone, link) == ([], "failed")


async def test_while_the_store_is_away_it_waits() -> None:
    async def away(ref: str) -> str | None:
        raise StoreUnavailable("away")

    assert await sent(FILE, away) == ([], "pending")


@pytest.mark.parametrize("channel", sorted(CAPABILITIES))
def test_the_caption_stays_with_a_link(channel: str) -> None:
    assert render(FILE, CAPABILITIES[channel]) == (FILE,)
