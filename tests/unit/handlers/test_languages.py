"""A question in another language: answered in it when it is one of ours, with an offer; else the choice of ours."""

from __future__ import annotations

from datetime import date

import pytest

from core.capabilities import CAPABILITIES
from core.messages import Say, Text
from core.records import Wrote
from flows.program import Program, option_token
from handlers.simulator import Simulator
from tests.fakes.bots import BERLIN, program
from tests.unit.handlers.conftest import MONDAY


@pytest.fixture(scope="module")
def berlin() -> Program:
    return program(BERLIN, date(2026, 3, 2))


@pytest.fixture
def person(berlin) -> Simulator:
    talk = Simulator(berlin, CAPABILITIES["telegram"], now=MONDAY, locale="bg")
    talk.send(Text(text="menu"))
    return talk


def say(talk: Simulator, text: str) -> list[tuple[str | None, Say]]:
    return [
        (one.body.source, one.body.message)
        for one in talk.send(Text(text=text))
        if isinstance(one.body, Wrote) and isinstance(one.body.message, Say)
    ]


def test_a_question_in_another_of_our_languages_is_answered_in_it_and_a_change_is_offered(person):
    said = say(person, "начальник не платит мне зарплату уже два месяца, что делать")
    assert {message.language for _, message in said} == {"ru"}
    source, offer = said[-1]
    assert source == "streetwork.language_offer"
    assert "по-русски" in offer.text
    assert person.conversation.flow.language == "bg", "never changed silently"
    (token,) = [option.token for option in offer.options if option.label == "Русский"]
    person.press(token)
    assert person.conversation.flow.language == "ru"
    assert person.conversation.flow.language_chosen


def test_the_next_question_in_the_own_language_is_answered_in_it(person):
    say(person, "начальник не платит мне зарплату уже два месяца, что делать")
    assert {message.language for _, message in say(person, "шефът не ми плаща заплатата от два месеца")} == {"bg"}


@pytest.mark.parametrize(
    "text",
    [
        "merhaba evim icin yardim arıyorum nasıl başvuru yapabilirim",
        "szukam pracy i mieszkania dla rodziny, proszę o pomoc",
        "bonjour je cherche un logement pour ma famille et mes enfants",
    ],
)
def test_a_language_that_is_none_of_ours_is_never_taken_for_one(person, text):
    said = say(person, text)
    assert {message.language for _, message in said} == {"bg"}
    if said[-1][0] == "streetwork.language_foreign":
        labels = {option.label for option in said[-1][1].options}
        assert {"English", "Русский", "العربية", "Български"} <= labels
    assert person.conversation.flow.language == "bg"


@pytest.mark.parametrize("text", ["ok", "да", "\U0001f62d", "12345", "паспорт", "zzzz qqqq", "A1 A2 B1"])
def test_a_short_or_strange_text_changes_no_language(person, text):
    said = say(person, text)
    assert "streetwork.language_offer" not in [source for source, _ in said]
    assert {message.language for _, message in said} <= {"bg"}


def test_letters_that_look_alike_hide_neither_language_nor_danger(person, berlin):
    mixed = "\u0438\u0441\u043aa\u043c \u0434a y\u043cpa"
    assert berlin.crisis.match(mixed) == "suicide"
    assert berlin.tongues.detect("получих писмо, което не paзбиpaм".replace("x", "х")).script == "Cyrl"


def test_one_word_changes_the_language_at_any_time_and_it_is_kept(person):
    say(person, "english")
    assert person.conversation.flow.language == "en"
    assert {message.language for _, message in say(person, "menu")} == {"en"}
    assert option_token("", "commands", "menu")


@pytest.mark.parametrize(
    ("language", "hello", "thanks"),
    [("ar", "مرحبا", "شكرا"), ("bg", "Здравейте", "благодаря"), ("en", "hi", "thanks"), ("ru", "привет", "спасибо")],
)
def test_a_greeting_is_greeted_and_not_searched(berlin, language, hello, thanks):
    talk = Simulator(berlin, CAPABILITIES["telegram"], now=MONDAY, locale=language)

    def sources(text):
        return [entry.body.source for entry in talk.send(Text(text=text)) if isinstance(entry.body, Wrote)]

    assert sources(hello) == ["welcome.hello", "main.menu"]  # the welcome greets already
    assert sources(hello) == ["streetwork.greeting"]
    assert sources(thanks) == ["streetwork.thanks"]
    assert sources("99") == ["streetwork.not_understood", "main.menu"]
