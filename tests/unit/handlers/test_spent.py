"""Buttons of a question that was answered are taken away; those that still lead somewhere stay."""

from __future__ import annotations

import pytest

from core.capabilities import CAPABILITIES
from core.events import Received
from core.ids import conversation_id
from core.messages import Address, Choice, Inbound, Start, Text
from core.records import Arrival, Commit, Committed
from flows.program import Program, option_token
from handlers.simulator import Simulator
from handlers.spent import spent_message
from handlers.worker import Worker
from store.memory import MemoryStore
from tests.fakes.bots import BERLIN
from tests.fakes.bots import program as bot
from tests.fakes.clock import InstantClock
from tests.unit.handlers.conftest import MONDAY

ADDRESS = Address(bot="talk", channel="telegram", account="1", peer="5")
PERSON = conversation_id(b"k", bot="talk", channel="telegram", account="1", peer="5")
MENU, SKIP = option_token("main", "menu", "form"), option_token("form", "plz", "skip")


def pressed(token: str, of: str | None = "17") -> Received:
    return Received(message=Inbound(content=Choice(token=token, of=of)))


def spent(talk: Simulator, event: Received) -> str | None:
    before = talk.state
    talk.handle(event)
    return spent_message(talk.program, event, before, talk.state)


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
    talk.press(MENU)
    state = talk.state
    talk.send(Text(text="no postcode"))
    assert spent_message(talk.program, pressed(SKIP), state, talk.state) is None


@pytest.mark.parametrize("option", ["yes", "no"])
def test_the_question_of_consent_loses_its_buttons_though_the_handoff_still_waits(option: str) -> None:
    talk = Simulator(bot(BERLIN), CAPABILITIES["telegram"], now=MONDAY, channel="telegram")
    for flow, step, chosen in (("main", "menu", "human"), ("human", "begin", "skip")):
        talk.send(Start())
        assert spent(talk, pressed(option_token(flow, step, chosen))) is None, "menus of yesterday still work"
    state = talk.state
    talk.send(Text(text="perhaps"))
    answer = pressed(option_token("human", "queue", option))
    assert spent_message(talk.program, answer, state, talk.state) is None
    assert spent(talk, answer) == "17"


async def test_a_state_that_cannot_be_read_stops_no_worker(program: Program) -> None:
    store, clock, told = MemoryStore(), InstantClock(), list[str]()
    capabilities = CAPABILITIES["telegram"]
    worker = Worker(
        store, clock, lambda: program, lambda address: capabilities, name="w", spent=lambda _, of: told.append(of)
    )
    for number in range(2):
        event = pressed(SKIP, str(number))
        arrival = Arrival(conversation=PERSON, address=ADDRESS, event_id=f"e{number}", event=event, at=clock.now())
        await store.ingest([arrival], clock.now())
        if number == 0:
            (lease,) = await store.claim("x", clock.now(), 5000, 1)
            assert isinstance(await store.commit(lease, Commit(state=b"broken", epoch=0), clock.now()), Committed)
    assert await worker.work_once() == 1
    assert told == []
    assert len(await store.dead(10)) == 1


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
