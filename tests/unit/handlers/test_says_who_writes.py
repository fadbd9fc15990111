"""The bot says that it is a machine: at the start and at both ends of a handoff, in each language (AI Act Art. 50)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.capabilities import CAPABILITIES
from core.events import Claim, Close, ReturnToBot
from core.messages import Start
from core.records import Entry
from flows.program import Program, option_token
from handlers.simulator import Simulator
from handoff.conversation import dump
from tests.fakes.bots import BERLIN, program
from tests.unit.handlers.conftest import MONDAY

PROGRAM = {"ar": "برنامج", "bg": "програма", "en": "program", "ru": "программ"}
HUMAN = {"ar": "إنسان", "bg": "човек", "en": "human", "ru": "человек"}
Texts = Callable[[list[Entry]], list[str]]


@pytest.fixture(scope="module")
def berlin() -> Program:
    return program(BERLIN)


def test_the_very_first_message_says_it_in_every_language(berlin: Program, texts: Texts) -> None:
    first = texts(Simulator(berlin, CAPABILITIES["telegram"], now=MONDAY).send(Start()))[0].lower()
    for language in PROGRAM:
        assert PROGRAM[language] in first
        assert HUMAN[language][:4] in first


@pytest.mark.parametrize("language", PROGRAM)
@pytest.mark.parametrize("end", [Close(outcome="other"), ReturnToBot()])
def test_both_ends_of_a_handoff_say_who_writes(
    berlin: Program, texts: Texts, language: str, end: Close | ReturnToBot
) -> None:
    talk = Simulator(berlin, CAPABILITIES["telegram"], now=MONDAY)
    state = talk.conversation
    state.flow.language, state.flow.language_chosen = language, True
    talk.state = dump(state)
    welcome = texts(talk.send(Start()))[0].lower()
    assert PROGRAM[language] in welcome
    for token in (("main", "menu", "human"), ("human", "begin", "skip"), ("human", "queue", "yes")):
        talk.press(option_token(*token))
    taken = texts(talk.desk(Claim()))[0].lower()
    assert HUMAN[language] in taken
    assert "anna" in taken
    assert PROGRAM[language] in taken
    given_back = texts(talk.desk(end))[0].lower()
    assert PROGRAM[language] in given_back
