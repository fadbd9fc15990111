"""What a new person writes first: it is answered, whatever it is, and nobody has to say it twice."""

from __future__ import annotations

from datetime import date

import pytest

from core.capabilities import CAPABILITIES
from core.messages import Choice, Media, Start, Text, Unknown
from flows.loader import load
from flows.program import Program, option_token
from handlers.simulator import Simulator
from tests.fakes.bots import BERLIN
from tests.unit.handlers.conftest import MONDAY

WELCOME = ["welcome.hello", "main.menu"]


@pytest.fixture(scope="module")
def berlin() -> Program:
    found = load(BERLIN, today=date(2026, 11, 23))
    assert found.program is not None
    return found.program


@pytest.fixture
def stranger(berlin: Program) -> Simulator:
    """Somebody whose messenger does not tell a language, so that the bot begins with asking for one."""
    return Simulator(berlin, CAPABILITIES["telegram"], now=MONDAY)


def say(talk: Simulator, text: str):
    return talk.send(Text(text=text))


def test_a_first_message_that_surely_shows_its_language_needs_no_choice(stranger, sources):
    said = say(stranger, "Колко е минималната заплата?")
    assert sources(said)[:3] == [*WELCOME, "faq.minimum_wage"]
    assert stranger.conversation.flow.language == "bg"
    assert not stranger.conversation.flow.language_chosen


def test_the_first_message_counts_more_than_the_messenger(berlin, sources):
    somebody = Simulator(berlin, CAPABILITIES["telegram"], now=MONDAY, locale="ru")
    say(somebody, "Уволниха ме и не ми плащат последната заплата")
    assert somebody.conversation.flow.language == "bg"
    unsure = Simulator(berlin, CAPABILITIES["telegram"], now=MONDAY, locale="ru")
    say(unsure, "паспорт")
    assert unsure.conversation.flow.language == "ru"


def test_a_question_before_the_language_is_answered_after_it(stranger, sources):
    assert sources(say(stranger, "заплата")) == ["welcome.language"]
    assert stranger.conversation.asked == "заплата"
    assert sources(say(stranger, "Български"))[:2] == WELCOME


def test_a_long_question_at_the_choice_of_language_is_answered_after_it(stranger, sources):
    stranger.send(Start())
    assert sources(say(stranger, "Колко е минималната заплата?")) == ["welcome.language"]
    said = sources(say(stranger, "Български"))
    assert said[:2] == WELCOME
    assert said[2] == "faq.minimum_wage"
    assert stranger.conversation.asked == ""
    assert sources(say(stranger, "menu")) == ["main.menu"]


def test_a_question_typed_at_the_choice_of_language_is_answered_after_it(stranger, sources):
    stranger.send(Start())
    assert sources(say(stranger, "What is the minimum wage?")) == ["welcome.language"]
    assert sources(stranger.press(option_token("welcome", "language", "en")))[2:] == ["faq.minimum_wage"]


def test_a_kept_question_is_short_and_goes_with_stop(stranger):
    say(stranger, "x" * 4000)
    assert len(stranger.conversation.asked) == 500
    say(stranger, "stop")
    assert stranger.conversation.asked == ""


@pytest.mark.parametrize(("word", "language"), [("Русский", "ru"), ("عربي", "ar"), ("bg", "bg")])
def test_the_name_of_a_language_as_first_word_is_the_choice(stranger, sources, word, language):
    assert sources(say(stranger, word)) == WELCOME
    assert stranger.conversation.flow.language == language


def test_a_language_button_from_before_is_the_choice(stranger, sources):
    assert sources(stranger.press(option_token("welcome", "language", "ar"))) == WELCOME
    assert stranger.conversation.flow.language == "ar"


def test_who_asks_for_a_human_first_gets_one(talk, sources):
    assert sources(say(talk, "human")) == [*WELCOME, "main.human"]
    assert talk.conversation.case is not None


def test_who_asks_for_the_menu_first_sees_it_once(talk, sources):
    assert sources(say(talk, "menu")) == WELCOME


def test_a_button_of_an_earlier_life_is_followed_after_the_welcome(talk, sources):
    assert sources(talk.send(Choice(token=option_token("main", "menu", "colour")))) == [*WELCOME, "main.colour"]
    assert sources(Simulator(talk.program, talk.capabilities, now=MONDAY).press("o:gone")) == WELCOME


@pytest.mark.parametrize("content", [Media(kind="photo", ref="x"), Unknown(kind="poll")])
def test_a_picture_first_is_welcomed_and_kept(talk, sources, content):
    said = talk.send(content)
    assert sources(said) == WELCOME
    assert said[0].author == "person"


def test_what_no_channel_understands_is_answered_and_kept(talk, sources):
    talk.send(Start())
    said = talk.send(Unknown(kind="poll"))
    assert sources(said) == ["streetwork.cannot_read", "main.menu"]
    assert said[0].author == "person"


def test_who_waits_for_a_human_since_their_first_word_is_welcomed_and_heard(talk, sources):
    say(talk, "I want to kill myself")
    talk.pass_time(60_000)
    assert sources(say(talk, "are you there")) == WELCOME
    assert talk.conversation.case.touched == talk.now


def test_the_case_speaks_the_language_that_is_chosen_later(stranger):
    say(stranger, "I want to kill myself")
    assert stranger.conversation.case.language == "en"
    stranger.send(Start())
    stranger.press(option_token("welcome", "language", "ar"))
    assert stranger.conversation.case.language == "ar"
