"""Whole rounds over Viber with the real Berlin flows: callback in, durable, a turn, the outbox, the reply at the phone.

The channel that is called and the one that sends are two objects, as in two processes: they share only the store.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cache

import pytest
from aiohttp import web

from bots.app import App
from bots.delivery import Delivery
from bots.intake import Intake
from bots.viber import ViberChannel, set_webhook
from bots.viber_wiring import viber_channels
from bots.webhooks import webhook_routes
from core.capabilities import CAPABILITIES
from core.events import CaseAction, Claim, ConsoleActed, Reply
from core.ids import ConversationId
from core.messages import Address
from core.records import Arrival, Wrote
from core.settings import read_settings
from flows.program import Program
from handlers.worker import Worker
from store.memory import MemoryStore
from tests.fakes.bots import BERLIN, program
from tests.fakes.clock import FakeClock
from tests.fakes.viber_api import TOKEN, FakeViber, Person

PERSON = "01234567890A="
HOUR = 3_600_000


@cache
def berlin() -> Program:
    return program(BERLIN)


class Round:
    """Viber, a web process, a worker process and the store between them."""

    def __init__(self, *, paid: int = 0) -> None:
        self.clock = FakeClock()
        self.fake = FakeViber(now=self.clock.now)
        self.store = MemoryStore()
        self.intake = Intake(self.store, self.clock, bot=berlin().bot, id_key=b"k")
        self.worker = Worker(self.store, self.clock, berlin, lambda address: CAPABILITIES[address.channel], name="w")
        self._paid = paid
        self._acts = 0

    async def start(self) -> None:
        await self.fake.__aenter__()
        self.called, self.sender = self._channel(), self._channel()
        self.delivery = Delivery(self.store, self.clock, {("viber", "advice"): self.sender}, limits={})
        app = web.Application()
        app.add_routes(webhook_routes({("viber", "advice"): self.called}, self.intake))
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        await set_webhook(self.called, f"http://127.0.0.1:{self._runner.addresses[0][1]}")

    async def stop(self) -> None:
        await self.called.stop()
        await self.sender.stop()
        await self._runner.cleanup()
        await self.fake.__aexit__()

    def _channel(self) -> ViberChannel:
        given = {
            "VIBER_TOKEN": TOKEN,
            "VIBER_ACCOUNT": "advice",
            "VIBER_API_URL": self.fake.url,
            "VIBER_PAID_MESSAGES": str(self._paid),
        }
        (made,) = viber_channels(given, store=self.store, clock=self.clock, intake=self.intake, program=berlin)
        return made

    async def settle(self) -> None:
        """Let everything under way come to its end."""
        await self.fake.idle()
        while await self.worker.work_once() or await self.delivery.deliver_due():
            pass

    async def desk(self, action: CaseAction) -> None:
        """Let a counsellor act."""
        self._acts += 1
        address = Address(bot=berlin().bot, channel="viber", account="advice", peer=PERSON)
        event = ConsoleActed(actor="anna", name="Anna", action=action)
        arrival = Arrival(
            conversation=self.conversation, address=address, event_id=f"d{self._acts}", event=event, at=self.clock.now()
        )
        await self.store.ingest([arrival], self.clock.now())
        await self.settle()

    @property
    def conversation(self) -> ConversationId:
        return self.intake.conversation("viber", "advice", PERSON)

    async def states(self) -> list[str]:
        lines = await self.store.transcript(self.conversation, 0, 1000)
        return [line.delivery.state for line in lines if isinstance(line.entry.body, Wrote) and line.delivery]


@pytest.fixture
async def made() -> AsyncIterator[Round]:
    one = Round()
    await one.start()
    yield one
    await one.stop()


async def arrived(made: Round) -> Person:
    """Let a person with an English phone open the chat and go to the menu."""
    who = made.fake.person(PERSON)
    made.fake.open_chat(PERSON)
    await made.settle()
    made.fake.say(PERSON, "menu")
    await made.settle()
    return who


async def wait_for_human(made: Round, who: Person) -> None:
    """Let the person ask for a human until they stand in the queue."""
    made.fake.say(PERSON, "human")
    await made.settle()
    for _ in range(6):
        snapshot = await made.store.snapshot(made.conversation)
        assert snapshot is not None
        if any(label.name.startswith("waiting") for label in snapshot.labels):
            return
        made.fake.press(PERSON, who.labels[0])
        await made.settle()
    raise AssertionError("no case was opened")


def sends(made: Round) -> int:
    return sum(method == "send_message" for method, _ in made.fake.calls)


@pytest.mark.parametrize(
    ("language", "word"), [("ar", "برنامج"), ("bg", "програма"), ("en", "program"), ("ru", "программа")]
)
async def test_a_newcomer_is_welcomed_in_the_answer_and_led_on(made: Round, language: str, word: str) -> None:
    who = made.fake.person(PERSON, language=language)
    made.fake.open_chat(PERSON, "flyer")
    await made.settle()
    assert len(who.log) == 1  # the welcome, and nothing twice
    assert word in who.texts[0]
    assert len(who.labels) >= 4  # the main menu
    assert sends(made) == 0  # to somebody who has not subscribed nothing can be sent
    states = await made.states()
    assert len(states) > 1
    assert set(states) == {"sent"}

    made.fake.press(PERSON, who.labels[0])
    await made.settle()
    assert len(who.log) > 1
    assert set(await made.states()) == {"sent"}
    assert made.fake.refused == []
    assert made.fake.charged == []


async def test_where_the_phones_language_is_not_offered_the_welcome_asks_for_one(made: Round) -> None:
    who = made.fake.person(PERSON, language="de")
    made.fake.open_chat(PERSON)
    await made.settle()
    assert "I am a program" in who.texts[0]
    assert set(who.labels) == {"English", "العربية", "Български", "Русский"}
    made.fake.press(PERSON, "Русский")
    await made.settle()
    assert "программа" in who.texts[1]
    assert sends(made) == len(who.log) - 1


async def test_a_repeated_start_shows_nothing_twice(made: Round) -> None:
    who = made.fake.person(PERSON)
    event = made.fake.open_chat(PERSON)
    made.fake.push(event, token=event["message_token"], repeat=2)
    await made.settle()
    assert len(who.log) == 1


async def test_numbers_labels_and_words_are_answers_too(made: Round) -> None:
    who = await arrived(made)
    menu = list(who.labels)
    shown = who.texts[-1]
    for typed in ("1", "١", "۱", menu[0].lower()):
        made.fake.say(PERSON, typed)
        await made.settle()
        first = who.texts[-1]
        assert first != shown
        made.fake.say(PERSON, "menu")
        await made.settle()
        assert who.labels == menu
    assert made.fake.refused == []


async def test_a_first_word_without_opening_gets_the_welcome_as_a_message(made: Round) -> None:
    who = made.fake.person(PERSON)
    made.fake.say(PERSON, "hello?")
    await made.settle()
    assert "a program and not a human" in who.texts[0]


async def test_a_counsellor_outside_the_session_is_held_until_the_person_writes(made: Round) -> None:
    who = await arrived(made)
    await wait_for_human(made, who)
    made.clock.advance(25 * HOUR)
    await made.settle()
    before = len(who.log)
    await made.desk(Claim())
    await made.desk(Reply(text="Good morning, I am Anna."))
    assert len(who.log) == before
    assert "held" in await made.states()
    made.clock.advance(HOUR)
    await made.settle()
    assert len(who.log) == before  # still: the hold is looked at again, and nothing is paid for
    made.fake.say(PERSON, "I am here again")
    await made.settle()
    made.clock.advance(5_000)
    await made.settle()
    assert who.texts[-1] == "Good morning, I am Anna."
    assert made.fake.charged == []
    assert "held" not in await made.states()


async def test_paid_messages_go_out_up_to_the_cap() -> None:
    one = Round(paid=1)
    await one.start()
    who = await arrived(one)
    await wait_for_human(one, who)
    one.clock.advance(25 * HOUR)
    await one.settle()
    await one.desk(Claim())
    await one.desk(Reply(text="one"))
    await one.desk(Reply(text="two"))
    assert len(one.fake.charged) == 1
    await one.stop()


async def test_erasing_says_goodbye_from_any_process(made: Round) -> None:
    who = await arrived(made)
    made.fake.say(PERSON, "delete")
    await made.settle()
    before = len(who.log)
    made.fake.press(PERSON, who.labels[0])
    await made.settle()
    assert len(who.log) == before + 1
    assert made.fake.charged == []


async def test_receipts_raise_the_state(made: Round) -> None:
    who = await arrived(made)
    last = who.log[-1]
    made.fake.receipt("seen", PERSON, last)
    await made.settle()
    made.fake.receipt("delivered", PERSON, last)
    await made.settle()
    assert (await made.states())[-1] == "read"


async def test_leaving_stops_everything_and_coming_back_goes_on(made: Round) -> None:
    who = await arrived(made)
    made.fake.leave(PERSON)
    await made.settle()
    made.fake.say(PERSON, "menu")
    await made.settle()
    assert who.labels
    assert made.fake.refused == []


async def test_the_process_runs_every_account_that_is_set() -> None:
    two = "445da6az1s345z78-dazcczb2542zv51a-e0vc5fva17480im9"
    values = {
        "VIBER_TOKEN": f"{TOKEN},{two}",
        "VIBER_ACCOUNT": "advice,youth",
        "VIBER_API_URL": "http://127.0.0.1:1/pa",
    }
    settings = read_settings({"STREETWORK_STORE": "memory:", "STREETWORK_BOT": str(BERLIN), **values})
    app = App(settings, roles=frozenset({"web", "desk", "worker"}))
    try:
        assert {("viber", "advice"), ("viber", "youth")} <= app.channels.keys()
        hooks = [route.resource.canonical for route in app.web().router.routes() if route.resource]
        assert "/webhook/{channel}/{account}" in hooks
    finally:
        await app.stop()
