"""Buttons of a question that was answered are taken away; those that still lead somewhere stay."""

from __future__ import annotations

import pytest

from core.capabilities import CAPABILITIES
from core.events import Received
from core.ids import conversation_id
from core.messages import Address, Choice, Inbound, Text
from core.records import Arrival
from flows.program import Program, option_token
from handlers.simulator import Simulator
from handlers.spent import spent_message
from handlers.worker import Worker
from store.memory import MemoryStore
from tests.fakes.clock import InstantClock

ADDRESS = Address(bot="talk", channel="telegram", account="1", peer="5")
PERSON = conversation_id(b"k", bot="talk", channel="telegram", account="1", peer="5")
MENU, SKIP = option_token("main", "menu", "form"), option_token("form", "plz", "skip")


def pressed(token: str, of: str | None = "17") -> Received:
    return Received(message=Inbound(content=Choice(token=token, of=of)))


def spent(talk: Simulator, event: Received) -> str | None:
    talk.handle(event)
    return spent_message(talk.program, event, talk.state)


@pytest.fixture
def asked(talk: Simulator) -> Simulator:
    """Somebody of whom the postcode is asked, with a button to skip it."""
    talk.send(Text(text="hello"))
    talk.press(MENU)
    return talk


def test_an_answered_question_loses_its_buttons(asked: Simulator) -> None:
    assert [option.token for option in asked.options] == [SKIP]
    assert spent(asked, pressed(SKIP)) == "17"
    assert spent(asked, pressed(SKIP)) == "17", "pressed once more, by somebody who was quicker"


def test_a_channel_that_does_not_tell_the_message_is_left_alone(asked: Simulator) -> None:
    assert spent(asked, pressed(SKIP, of=None)) is None
    assert spent(asked, Received(message=Inbound(content=Text(text="10115")))) is None


def test_menus_pages_and_words_keep_theirs(asked: Simulator) -> None:
    for token in (MENU, option_token("main", "colour", "red"), option_token("", "commands", "menu"), "made-up", ""):
        assert spent(asked, pressed(token)) is None, token


def test_a_question_that_is_still_open_keeps_its_buttons(talk: Simulator) -> None:
    talk.send(Text(text="hello"))
    before = pressed(SKIP)
    talk.press(MENU)
    assert spent_message(talk.program, before, talk.state) is None


async def test_the_worker_tells_of_it_once_the_turn_is_kept(program: Program) -> None:
    store, clock, told = MemoryStore(), InstantClock(), list[tuple[str, str]]()
    worker = Worker(
        store,
        clock,
        lambda: program,
        lambda address: CAPABILITIES["telegram"],
        name="w",
        spent=lambda address, message: told.append((address.peer, message)),
    )
    for number, token in enumerate((MENU, MENU, SKIP)):
        arrival = Arrival(
            conversation=PERSON,
            address=ADDRESS,
            event_id=f"e{number}",
            event=pressed(token, str(number)),
            at=clock.now(),
        )
        await store.ingest([arrival], clock.now())
        await worker.work_once()
    assert told == [("5", "2")]
