"""Twilio calls, the shipped bot answers: webhook, store, turns, outbox and the reply at the person's phone."""

from __future__ import annotations

import io
import random
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bots.delivery import Delivery
from bots.intake import Intake
from bots.metrics import Metrics
from bots.releases import load_bot
from bots.webhooks import webhook_routes
from bots.whatsapp import WhatsAppChannel
from bots.whatsapp_wiring import whatsapp_channels
from core.errors import StoreUnavailable
from core.messages import AckChoice, Address, Typing
from core.reasons import in_english
from core.records import Delivery as Delivered
from core.records import Heard, Line, Wrote
from flows.program import Program
from handlers.worker import Worker
from store.memory import MemoryStore
from tests.fakes.clock import InstantClock
from tests.fakes.outbox import Interposed
from tests.fakes.twilio_api import FakeTwilio
from tests.fakes.twilio_push import ACCOUNT_SID, AUTH_TOKEN, SENDER, Twilio, signed

ACCOUNT = SENDER.removeprefix("whatsapp:+")
PUBLIC = "https://bot.example.org"
DAY = 86_400_000


@cache
def berlin() -> Program:
    program = load_bot(Path(__file__).resolve().parents[3] / "flows" / "berlin", InstantClock()).program
    assert program is not None
    return program


class Round:
    """One process: its pages on loopback, its worker and its delivery, moved by hand."""

    def __init__(self, fake: FakeTwilio) -> None:
        self.fake = fake
        self.store = MemoryStore()
        self.clock = InstantClock(int(fake.now * 1000))
        fake.clock = self.clock.now
        self.down = 0
        self.metrics = Metrics()
        store = Interposed(self.store, ingest=self._ingest)
        program = berlin()
        self.intake = Intake(store, self.clock, bot=program.bot, id_key=b"k")
        given = {
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_SENDER": SENDER,
            "TWILIO_API_URL": fake.url,
            "PUBLIC_URL": PUBLIC,
        }
        (self.channel,) = whatsapp_channels(
            given, store=self.store, clock=self.clock, intake=self.intake, metrics=self.metrics
        )
        channels: dict[tuple[str, str], Any] = {("whatsapp", ACCOUNT): self.channel}
        self.worker = Worker(self.store, self.clock, berlin, lambda address: WhatsAppChannel.capabilities, name="w")
        self.delivery = Delivery(self.store, self.clock, channels, rng=random.Random(1))
        self.app = web.Application()
        self.app.add_routes(webhook_routes(channels, self.intake, self.metrics))

    async def _ingest(self, arrivals: Any, now: int) -> Any:
        if self.down:
            self.down -= 1
            raise StoreUnavailable("the disk is full")
        return await self.store.ingest(arrivals, now)

    async def work(self) -> None:
        """Do everything that is due at this moment."""
        while await self.worker.work_once():
            pass
        await self.delivery.deliver_due()

    async def lines(self, peer: str) -> list[Line]:
        conversation = self.intake.conversation("whatsapp", ACCOUNT, peer)
        return await self.store.transcript(conversation, 0, 1000)

    async def deliveries(self, peer: str) -> list[Delivered]:
        """Return where each message to the person stands."""
        return [line.delivery for line in await self.lines(peer) if line.delivery is not None]


@pytest.fixture
async def fake() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as server:
        yield server
    assert server.world.refused == []


@pytest.fixture
async def made(fake: FakeTwilio) -> AsyncIterator[Round]:
    made = Round(fake)
    yield made
    await made.channel.stop()


@pytest.fixture
async def twilio(made: Round) -> AsyncIterator[Twilio]:
    runner = web.AppRunner(made.app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with Twilio(made.fake.world, public=PUBLIC, real=f"http://127.0.0.1:{runner.addresses[0][1]}") as caller:
        yield caller
    await runner.cleanup()


async def test_a_conversation_with_the_shipped_bot(made: Round, twilio: Twilio) -> None:
    phone = made.fake.world.phone(name="Olena")
    assert await twilio.say(phone, "Hello") == 200
    assert twilio.bodies == ["<Response/>"]
    await made.work()
    languages = [shown for shown in phone.log if shown.choices]
    assert languages, "the first answer offers the languages"
    await twilio.press(phone, next(label for _, label in languages[-1].choices if label == "English"))
    await made.work()
    seen = len(phone.log)
    assert seen > len(languages)
    menu = next(shown for shown in reversed(phone.log) if shown.choices)
    await twilio.press(phone, menu.choices[0][1])
    await made.work()
    assert len(phone.log) > seen
    states = {one.state for one in await made.deliveries(phone.number)}
    assert states == {"sent"}
    assert made.fake.world.posts() == len(phone.log)


async def test_typed_numbers_answer_as_well_as_buttons(made: Round, twilio: Twilio) -> None:
    pressing, typing = made.fake.world.phone(), made.fake.world.phone("whatsapp:+491701111111")
    for phone in (pressing, typing):
        await twilio.say(phone, "Hello")
    await made.work()
    offered = [label for _, label in pressing.log[-1].choices]
    place = offered.index("العربية")
    await twilio.press(pressing, "العربية")
    await twilio.say(typing, "١٢٣٤٥٦٧٨٩"[place])
    await made.work()
    assert pressing.texts == typing.texts
    assert len(pressing.log) > 1


async def test_repeats_change_nothing(made: Round, twilio: Twilio) -> None:
    phone = made.fake.world.phone()
    form = twilio.message(phone, Body="Hello")
    for _ in range(3):
        assert await twilio.call(form) == 200
    await made.work()
    assert await twilio.call(form) == 200
    await made.work()
    heard = [line for line in await made.lines(phone.number) if isinstance(line.entry.body, Heard)]
    assert len(heard) == 1
    assert len(phone.log) == made.fake.world.posts()


async def test_statuses_in_any_order_only_rise(made: Round, twilio: Twilio) -> None:
    phone = made.fake.world.phone()
    await twilio.say(phone, "Hello")
    await made.work()
    sid = phone.log[0].sid
    for state in ("read", "sent", "delivered", "queued", "read"):
        assert await twilio.status(sid, state, phone.number) == 200
    assert (await made.deliveries(phone.number))[0].state == "read"


async def test_a_status_before_its_message_is_not_lost(made: Round, twilio: Twilio) -> None:
    phone = made.fake.world.phone()
    made.fake.world.on_sent = lambda message: early.append(message["sid"])
    early: list[str] = []
    await twilio.say(phone, "Hello")
    while await made.worker.work_once():
        pass
    settle = made.store.settle

    async def late(*arguments: Any) -> bool:
        await twilio.status(early[-1], "delivered", phone.number)
        return await settle(*arguments)

    made.delivery._store = Interposed(made.store, settle=late)
    await made.delivery.deliver_due()
    assert {one.state for one in await made.deliveries(phone.number)} == {"delivered"}


async def test_a_window_that_closed_holds_the_message_until_the_person_writes(made: Round, twilio: Twilio) -> None:
    phone = made.fake.world.phone()
    await twilio.say(phone, "Hello")
    await made.work()
    lost = phone.log[0]
    sent = len(phone.log)
    await twilio.status(lost.sid, "undelivered", phone.number, ErrorCode="63016")
    first = (await made.deliveries(phone.number))[0]
    assert first.state == "held"
    assert "The 24-hour window is closed" in in_english(first.reason or "")
    for _ in range(3):
        made.clock.advance(3_600_000)
        await made.work()
    await twilio.status(lost.sid, "sent", phone.number)
    assert (await made.deliveries(phone.number))[0].state == "held"
    assert len(phone.log) == sent
    await twilio.call(twilio.message(phone, Body="I am here again"))
    await made.work()
    assert phone.texts[sent] == lost.body, "what waited comes first"
    assert {one.state for one in await made.deliveries(phone.number)} == {"sent"}


async def test_buttons_that_whatsapp_refuses_later_come_as_a_numbered_text_once(made: Round, twilio: Twilio) -> None:
    phone = made.fake.world.phone()
    await twilio.say(phone, "Hello")
    await made.work()
    menu = next(one for one in phone.log if one.choices)
    await twilio.status(menu.sid, "undelivered", phone.number, ErrorCode="63005")
    await made.work()
    again = phone.log[-1]
    assert again.content_sid is None
    for number, (_, label) in enumerate(menu.choices, 1):
        assert f"{number}. {label}" in again.body
    await twilio.status(again.sid, "undelivered", phone.number, ErrorCode="63005")
    shown = len(phone.log)
    await made.work()
    assert len(phone.log) == shown
    assert [one.state for one in await made.deliveries(phone.number)].count("failed") == 1


async def test_a_block_ends_the_sending(made: Round, twilio: Twilio) -> None:
    phone = made.fake.world.phone(refuses=63014)
    await twilio.say(phone, "Hello")
    await made.work()
    states = [one.state for one in await made.deliveries(phone.number)]
    assert "failed" in states
    assert set(states) <= {"failed", "dropped"}
    assert phone.log == []


async def test_held_messages_go_when_the_person_writes(made: Round, twilio: Twilio) -> None:
    phone = made.fake.world.phone()
    await twilio.say(phone, "Hello")
    while await made.worker.work_once():
        pass
    made.clock.advance(DAY - 3_600_000 // 2)
    made.clock.advance(3_600_000 // 2 - 30_000)  # the window is closed, the bot's rows still live
    await made.delivery.deliver_due()
    assert {one.state for one in await made.deliveries(phone.number)} <= {"held", "pending"}
    assert phone.log == []
    await twilio.say(phone, "Are you there?")
    await made.work()
    assert phone.log


async def test_a_store_that_is_away_makes_twilio_come_again(made: Round, twilio: Twilio) -> None:
    phone = made.fake.world.phone()
    made.down = 1
    form = twilio.message(phone, Body="Hello")
    assert await twilio.call(form) == 503
    assert await twilio.call(form) == 200
    await made.work()
    assert phone.log


async def test_strangers_are_refused(made: Round, twilio: Twilio) -> None:
    phone = made.fake.world.phone()
    form = twilio.message(phone, Body="Hello")
    path = f"/webhook/whatsapp/{ACCOUNT}"
    wrong: list[dict[str, str]] = [
        {"Content-Type": "application/x-www-form-urlencoded"},
        signed(PUBLIC + path, form, "another token"),
        signed(PUBLIC + path, form | {"Body": "Other"}),
        signed(f"{twilio.real}{path}", form) | {"X-Forwarded-Host": "bot.example.org", "X-Forwarded-Proto": "https"},
    ]
    for headers in wrong:
        assert await twilio.call(form, headers=headers) == 403
    fooled = signed(f"https://evil.example{path}", form) | {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    assert await twilio.call(form, headers=fooled) == 403
    assert await made.lines(phone.number) == []


async def test_a_body_of_five_megabytes_and_what_is_no_form(made: Round, twilio: Twilio) -> None:
    url = f"{twilio.real}/webhook/whatsapp/{ACCOUNT}"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": "x"}
    async with aiohttp.ClientSession() as session:
        async with session.post(url, data=io.BytesIO(b"Body=" + b"x" * 5_000_000), headers=headers) as response:
            assert response.status == 413
        async with session.post(url, data=b"\xff\xfe&=%%", headers=headers) as response:
            assert response.status in {400, 403}
        async with session.post(url, data=b"{}", headers=headers | {"Content-Type": "application/json"}) as response:
            assert response.status == 403


async def test_genuine_but_not_understood_is_taken_and_answered(made: Round, twilio: Twilio) -> None:
    phone = made.fake.world.phone()
    assert await twilio.call({"AccountSid": ACCOUNT_SID, "Surprise": "1"}) == 200
    assert await twilio.call(twilio.message(phone, MessageType="hologram", NewField="x")) == 200
    await made.work()
    assert phone.log, "the person gets an answer to anything"


async def test_files_places_and_cards_reach_the_transcript(made: Round, twilio: Twilio) -> None:
    phone = made.fake.world.phone()
    files = {"NumMedia": "2", "MediaUrl0": "https://api.twilio.com/0", "MediaContentType0": "image/jpeg"}
    files |= {"MediaUrl1": "https://api.twilio.com/1", "MediaContentType1": "text/vcard", "Body": "my card"}
    await twilio.call(twilio.message(phone, **files))
    await twilio.call(twilio.message(phone, Latitude="52.5", Longitude="13.4", Label="Home", MessageType="location"))
    await made.work()
    kinds = [
        type(line.entry.body.message.content).__name__
        for line in await made.lines(phone.number)
        if isinstance(line.entry.body, Heard)
    ]
    assert kinds == ["Media", "Media", "Location"]


async def test_a_person_who_hides_the_number_stays_the_same_person(made: Round, twilio: Twilio) -> None:
    phone = made.fake.world.phone(user_id="whatsapp:DE.1abc")
    await twilio.say(phone, "Hello")
    await made.work()
    assert made.fake.world.forms[-1]["To"] == [phone.number]
    hidden = twilio.message(phone, Body="It is me", From="whatsapp:DE.1abc", WaId="")
    await twilio.call(hidden)
    await made.work()
    assert made.fake.world.forms[-1]["To"] == ["whatsapp:DE.1abc"]
    heard = [line for line in await made.lines("whatsapp:DE.1abc") if isinstance(line.entry.body, Heard)]
    assert len(heard) == 2


async def test_trouble_on_the_way_loses_nothing_and_keeps_the_order(made: Round, twilio: Twilio) -> None:
    people = [made.fake.world.phone(f"whatsapp:+49170000000{n}") for n in range(5)]
    world = made.fake.world
    world.fail("error", status=429, code=20429, times=3)
    world.fail("error", status=429, code=20429, headers={"Retry-After": "3"}, times=2)
    world.fail("html", status=502, where="/v1/Content", times=2)
    world.fail("drop", accept=True, times=2)
    for turn in range(3):
        for phone in people:
            await twilio.say(phone, f"message {turn}")
        await made.work()
    for _ in range(60):
        made.clock.advance(2000)
        await made.work()
    for phone in people:
        lines = [line for line in await made.lines(phone.number) if isinstance(line.entry.body, Wrote)]
        # In doubt after an earlier try: shown as such and not sent again.
        assert {line.delivery.state for line in lines if line.delivery} <= {"sent", "uncertain"}
        written = [line.entry.body.message.text.split() for line in lines]  # type: ignore[union-attr]
        assert [text.split() for text in phone.texts] == written, "each once, in order"


async def test_typing_belongs_to_the_last_message_of_the_person(made: Round, twilio: Twilio) -> None:
    phone = made.fake.world.phone()
    where = Address(bot="b", channel="whatsapp", account=ACCOUNT, peer=phone.number)
    await made.channel.hint(where, Typing())
    assert made.fake.world.typing == []  # nothing to answer yet
    form = twilio.message(phone, Body="Hello")
    await twilio.call(form)
    await made.channel.hint(where, Typing())
    await made.channel.hint(where, AckChoice(ack="x"))
    assert made.fake.world.typing == [("WHATSAPP", form["MessageSid"])]
