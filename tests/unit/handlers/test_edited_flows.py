"""The flows are edited while somebody is in them: what they told stays, what they ask for is heard first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from core.events import Claim, Close, WriteNote
from core.messages import Start, Text
from flows.loader import load
from flows.program import Program
from handlers.simulator import Simulator
from tests.fakes.bots import change, copy_bot
from tests.unit.handlers.conftest import FOLDER, HOUR

Edit = Callable[..., Program]


@pytest.fixture
def edit(tmp_path: Path) -> Edit:
    """Return the small bot with (file, old, new) changed."""

    def changed(*changes: tuple[str, str, str]) -> Program:
        bot = copy_bot(FOLDER, tmp_path)
        for file, old, new in changes:
            change(bot, file, old, new)
        found = load(bot, today=date(2026, 11, 23))
        assert found.program is not None, [one.message for one in found.findings if one.level == "error"]
        return found.program

    return changed


NO_POSTCODE = ("form.yaml", "  plz:\n    ask:", "  zip:\n    ask:")


def say(talk: Simulator, text: str):
    return talk.send(Text(text=text))


def at(talk: Simulator, *words: str) -> Simulator:
    talk.send(Start())
    for word in words:
        say(talk, word)
    return talk


def test_the_answer_to_a_question_that_is_gone_is_not_taken_for_another(talk, sources, edit):
    at(talk, "form")
    talk.program = edit(NO_POSTCODE)
    assert sources(say(talk, "1")) == ["streetwork.moved", "main.menu"]
    assert sources(say(talk, "colour")) == ["main.colour"]


def test_values_stay_when_a_step_is_gone(talk, sources, edit):
    at(talk, "form", "01067")
    talk.program = edit(
        ("form.yaml", "  children:\n    ask:", "  kids:\n    ask:"),
        ("form.yaml", "flow: form", "flow: form\non_update: kids"),
        ("form.yaml", "give_up: children", "give_up: kids"),
    )
    assert sources(say(talk, "what is this")) == ["streetwork.moved", "form.kids"]
    said = say(talk, "3")
    assert sources(said) == ["main.formed", "main.menu"]
    assert "01067" in said[1].body.message.text


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("I want to kill myself", ["crisis.suicide", "streetwork.crisis_human"]),
        ("stop", ["streetwork.stopped"]),
        ("human", ["streetwork.moved", "main.menu", "main.human"]),
        ("menu", ["streetwork.moved", "main.menu", "main.menu"]),
        ("What is the minimum wage?", ["streetwork.moved", "main.menu", "faq.wage"]),
        ("русский", ["streetwork.moved", "main.menu", "main.menu"]),
    ],
)
def test_what_somebody_asks_for_is_done_also_where_their_step_is_gone(talk, sources, edit, words, answer):
    at(talk, "form")
    talk.program = edit(NO_POSTCODE)
    assert sources(say(talk, words)) == answer


def test_the_move_is_told_after_a_message_of_danger(talk, sources, edit):
    at(talk, "form")
    talk.program = edit(NO_POSTCODE)
    say(talk, "I want to kill myself")
    assert sources(say(talk, "ok")) == ["streetwork.moved", "main.menu"]


def test_a_reminder_of_a_question_that_is_gone_tells_the_move(talk, sources, edit):
    at(talk, "form")
    talk.program = edit(NO_POSTCODE)
    assert sources(talk.pass_time(21 * HOUR)) == ["streetwork.moved", "main.menu"]
    assert sources(talk.pass_time(100 * HOUR)) == []


def test_a_call_that_comes_back_to_a_step_that_is_gone_tells_the_move(talk, sources, edit):
    at(talk, "lookup")
    talk.program = edit(("main.yaml", "  lookup:\n    hook: lookup\n", "  search:\n    hook: lookup\n"),
                        ("main.yaml", "Look up -> lookup", "Look up -> search"))  # fmt: skip
    assert sources(talk.give_back(talk.calls[0].id, {"answer": "x"})) == ["streetwork.moved", "main.menu"]


def test_the_desk_and_a_human_who_writes_hear_nothing_of_it(talk, sources, edit):
    at(talk, "human", "form")
    talk.press("o:none")
    at(talk, "form")
    talk.program = edit(NO_POSTCODE)
    assert sources(talk.desk(Claim())) == ["streetwork.claimed"]
    assert sources(talk.desk(WriteNote(text="n"))) == []
    assert sources(say(talk, "hello")) == []
    assert sources(talk.desk(Close())) == ["streetwork.closed", "main.menu"]


def test_reminders_that_are_gone_say_nothing(talk, sources, edit):
    at(talk, "form")
    reminders = "    timeout:\n      - after: 20h\n        say: Are you there?\n      - after: 3d\n        goto: late\n"
    talk.program = edit(("form.yaml", reminders, "    skip_to: late\n"))
    assert sources(talk.pass_time(100 * HOUR)) == []
    assert sources(say(talk, "01067")) == ["form.children"]


def test_words_of_patience_that_are_gone_say_nothing(talk, sources, edit):
    at(talk, "human")
    talk.program = edit(
        ("main.yaml", "    no_answer:\n      after: 20h\n      say: Still waiting.\n      repeat: 2\n", "")
    )
    assert sources(talk.pass_time(100 * HOUR)) == []


def test_a_question_that_became_a_handoff_does_not_make_people_wait_for_nobody(talk, sources, edit):
    at(talk, "colour")
    options = "    save: colour\n    options:\n      red: Red\n      stop: Stop sign\n"
    talk.program = edit(
        (
            "main.yaml",
            "    menu: Which colour?\n" + options,
            "    handoff: advice\n    say: Soon.\n    done: coloured\n",
        ),
        ("main.yaml", "vars:\n  colour: choice", "vars:\n  colour: text"),
    )
    assert sources(say(talk, "red")) == ["streetwork.moved", "main.menu"]
    assert talk.conversation.case is None


def test_a_language_that_is_not_offered_any_more_falls_back(talk, sources, edit):
    at(talk, "русский")
    talk.program = edit(
        ("bot.yaml", "  offered: [en, ru]", "  offered: [en]"),
        ("bot.yaml", "[en, ru]\n    promise", "[en]\n    promise"),
    )
    assert sources(say(talk, "menu")) == ["main.menu"]
