"""More options than the messenger shows: pages with "More", which works from any message and across edits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.capabilities import CAPABILITIES
from core.messages import Choice, Say, Start, Text
from core.pages import MORE
from core.records import Entry, Wrote
from flows.loader import load
from flows.program import Program
from handlers.simulator import Simulator
from tests.fakes.bots import change, copy_bot
from tests.unit.handlers.conftest import FOLDER, MONDAY

#: The small bot's menu has six options: two and "More", two and "More", two.
SMALL = replace(CAPABILITIES["whatsapp"], buttons=3)


@pytest.fixture
def talk(program: Program) -> Simulator:
    talk = Simulator(program, SMALL, now=MONDAY)
    talk.send(Start())
    return talk


def last(entries: list[Entry]) -> Say:
    message = next(entry.body.message for entry in reversed(entries) if isinstance(entry.body, Wrote))
    assert isinstance(message, Say)
    return message


def labels(entries: list[Entry]) -> list[str]:
    return [option.label for option in last(entries).options]


def press(talk: Simulator, token: str) -> list[Entry]:
    return talk.send(Choice(token=token))


def first_more(program: Program) -> str:
    fresh = Simulator(program, SMALL, now=MONDAY)
    return last(fresh.send(Start())).options[-1].token


def test_more_leads_through_all_pages(talk: Simulator, program: Program) -> None:
    fresh = Simulator(program, SMALL, now=MONDAY)
    said = fresh.send(Start())
    assert labels(said) == ["Ask", "Fill in", "More …"]
    said = press(fresh, last(said).options[-1].token)
    assert labels(said) == ["A colour", "Look up", "More …"]
    said = press(fresh, last(said).options[-1].token)
    assert labels(said) == ["Pause", "A human"]


@pytest.mark.parametrize("typed", ["2", "Fill in", "form", "٢"])
@pytest.mark.parametrize("turns", [0, 1, 2])
def test_number_label_and_id_of_any_page_are_taken_on_every_page(
    talk: Simulator, program: Program, sources: Callable[[list[Entry]], list[str]], typed: str, turns: int
) -> None:
    more = first_more(program)
    for _ in range(turns):
        more = next((o.token for o in last(press(talk, more)).options if o.token.startswith(MORE)), more)
    assert sources(talk.send(Text(text=typed))) == ["form.plz"]


def test_options_of_later_pages_are_taken_at_once(talk: Simulator, sources: Callable[[list[Entry]], list[str]]) -> None:
    assert sources(talk.send(Text(text="3"))) == ["main.colour"]


@pytest.mark.parametrize("typed", ["more", "More …", "Ещё", "المزيد"])
def test_more_can_be_typed_in_any_language(talk: Simulator, typed: str) -> None:
    assert labels(talk.send(Text(text=typed))) == ["A colour", "Look up", "More …"]


def test_an_old_more_opens_its_menu_again(talk: Simulator, program: Program) -> None:
    talk.send(Text(text="form"))
    assert labels(press(talk, first_more(program))) == ["A colour", "Look up", "More …"]


def test_more_works_across_an_edit_and_is_explained_when_its_option_is_gone(
    talk: Simulator, program: Program, sources: Callable[[list[Entry]], list[str]], tmp_path: Path
) -> None:
    more = first_more(program)
    bot = copy_bot(FOLDER, tmp_path)
    change(bot, "main.yaml", "      ask: Ask -> question\n", "      ask: Ask us -> question\n      new: New -> pause\n")
    edited = load(bot, today=date(2026, 11, 23)).program
    assert edited is not None
    talk.program = edited
    assert labels(press(talk, more)) == ["A colour", "Look up", "More …"]
    change(bot, "main.yaml", "      colour:\n        label: A colour", "      paint:\n        label: A colour")
    gone = load(bot, today=date(2026, 11, 23)).program
    assert gone is not None
    talk.program = gone
    assert sources(press(talk, more)) == ["streetwork.stale_choice", "main.menu"]
    assert sources(press(talk, MORE + "o:nobody-knows")) == ["streetwork.stale_choice", "main.menu"]
