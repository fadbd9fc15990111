"""A flow edit never breaks a running conversation: people move over, or land safely with one sentence."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from core.capabilities import CAPABILITIES
from core.events import Claim
from core.messages import Start, Text
from flows.loader import load
from flows.program import Program, option_token
from handlers.simulator import Simulator
from tests.unit.handlers.conftest import FOLDER, HOUR, MONDAY


@pytest.fixture
def bot(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "talk"))


def loaded(bot: Path) -> Program:
    found = load(bot, today=date(2026, 11, 23))
    assert found.program is not None, [f.message for f in found.findings if f.level == "error"]
    return found.program


def edit(bot: Path, file: str, *changes: tuple[str, str]) -> Program:
    path = bot / file
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return loaded(bot)


@pytest.fixture
def person(bot: Path) -> Simulator:
    talk = Simulator(loaded(bot), CAPABILITIES["webchat"], now=MONDAY)
    talk.send(Start())
    return talk


def test_a_changed_text_reaches_everybody_at_once_and_moves_nobody(person, bot, texts):
    person.send(Text(text="form"))
    person.program = edit(bot, "form.yaml", ("Five digits, please.", "Five digits!"))
    assert texts(person.send(Text(text="99"))) == ["Five digits!"]


def test_people_follow_a_renamed_step_and_old_buttons_too(person, bot, sources):
    person.send(Text(text="colour"))
    old = option_token("main", "colour", "red")
    person.program = edit(
        bot,
        "main.yaml",
        ("  colour:\n    menu:", "  paint:\n    was: [colour]\n    menu:"),
        ("goto: colour\n", "goto: paint\n"),
    )
    assert sources(person.press(old)) == ["main.red", "main.menu"]


def test_people_in_a_removed_step_hear_one_sentence_and_keep_their_values(person, bot, sources):
    person.send(Text(text="colour"))
    person.send(Text(text="red"))
    person.send(Text(text="colour"))
    assert person.conversation.flow.frames[0].vars == {"colour": "red"}
    person.program = edit(
        bot, "main.yaml", ("  colour:\n    menu:", "  paint:\n    menu:"), ("goto: colour\n", "goto: paint\n")
    )
    assert sources(person.send(Text(text="1"))) == ["streetwork.moved", "main.menu"]
    assert person.conversation.flow.frames[0].vars == {"colour": "red"}
    # The "1" was an answer to the removed question; it must not choose the first option of the menu.
    assert person.conversation.flow.top.step == "menu"
    assert sources(person.send(Text(text="2"))) == ["form.plz"]


def test_danger_is_heard_even_by_somebody_whose_step_is_gone(person, bot, sources):
    person.send(Text(text="colour"))
    person.program = edit(
        bot, "main.yaml", ("  colour:\n    menu:", "  paint:\n    menu:"), ("goto: colour\n", "goto: paint\n")
    )
    assert "crisis.suicide" in sources(person.send(Text(text="I want to kill myself")))


def test_a_timer_of_a_removed_step_says_nothing_of_it(person, bot, sources):
    person.send(Text(text="form"))
    person.program = edit(bot, "form.yaml", ("  plz:\n", "  zip:\n"))
    said = sources(person.pass_time(21 * HOUR))
    assert "form.plz.timeout.1" not in said
    assert "form.zip.timeout.1" not in said


def test_a_running_conversation_with_a_human_is_never_touched(person, bot, sources):
    person.send(Text(text="human"))
    person.desk(Claim())
    person.program = edit(bot, "main.yaml", ("done: menu", "done: question"))
    assert sources(person.send(Text(text="hello"))) == []
