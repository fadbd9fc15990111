"""Whoever never types a word finds everything: real conversations, tap by tap, in every language."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from core.capabilities import CAPABILITIES
from core.messages import Choice, Start
from core.records import Wrote
from flows.program import Program
from flows.taps import MOST_TAPS, MOST_URGENT, taps
from flows.ways import Ways
from handlers.simulator import Simulator
from tests.fakes.bots import BERLIN
from tests.fakes.bots import program as load_program
from tests.unit.flows.test_taps import with_entries

NOW = int(datetime(2026, 11, 24, 22, tzinfo=UTC).timestamp() * 1000)
KINDS = {"faq", "rumours", "centres"}


@pytest.fixture(scope="module")
def shipped() -> Program:
    return load_program(BERLIN)


class Place(NamedTuple):
    """A conversation to go on from."""

    taps: int
    state: bytes
    tokens: tuple[str, ...]


def said_and_shown(talk: Simulator, token: str | None) -> tuple[list[str], tuple[str, ...]]:
    """Press a button and return the ids of what was said, and the buttons of the last message."""
    entries = talk.send(Start()) if token is None else talk.send(Choice(token=token))
    wrote = [entry.body for entry in entries if isinstance(entry.body, Wrote)]
    return [body.source or "" for body in wrote], tuple(talk.conversation.shown)


def nearest(bot: Program, language: str, channel: str) -> dict[str, int]:
    """Return the taps from the main menu to every id that taps alone lead to; a handoff is never entered."""
    talk = Simulator(bot, CAPABILITIES[channel], now=NOW, channel=channel, locale=language)
    _, shown = said_and_shown(talk, None)
    found: dict[str, int] = {}
    seen: set[str] = set()
    todo = deque([Place(0, talk.state, shown)])
    while todo:
        place = todo.popleft()
        for token in place.tokens if place.taps < MOST_TAPS else ():
            talk.state = place.state
            said, shown = said_and_shown(talk, token)
            for source in said:
                kind, _, name = source.partition(".")
                if kind in KINDS:
                    found.setdefault(name.removesuffix(".share"), place.taps + 1)
            if said and said[-1] not in seen and talk.conversation.case is None:
                seen.add(said[-1])
                todo.append(Place(place.taps + 1, talk.state, shown))
    return found


@pytest.mark.parametrize("channel", ["whatsapp", "telegram"])
@pytest.mark.parametrize("language", ["ar", "bg", "en", "ru"])
def test_everything_is_within_four_taps_and_nobody_is_asked_for_consent(
    shipped: Program, language: str, channel: str
) -> None:
    found = nearest(shipped, language, channel)
    shelf = shipped.shelf
    far = {name: found.get(name) for name in (*shelf.entries, *shelf.rumours, *shelf.centres)}
    assert {name: taps for name, taps in far.items() if taps is None or taps > MOST_TAPS} == {}
    urgent = [name for name, entry in shelf.entries.items() if entry.urgent == "yes"]
    assert {"no_insurance", "no_home_tonight"} <= set(urgent)
    assert {name: found[name] for name in urgent if found[name] > MOST_URGENT} == {}


def counted(bot: Program) -> dict[str, int]:
    ways = Ways.of(bot.flows, bot.commands, home=bot.spec.home, start=bot.spec.start)
    return taps(ways, bot.shelf)


def test_the_checker_counts_what_people_tap(shipped: Program) -> None:
    real = nearest(shipped, "ru", "whatsapp")
    assert {name: real[name] for name in counted(shipped)} == counted(shipped)


def test_more_leads_to_every_page(tmp_path: Path) -> None:
    """Some thirty entries in one topic: each is on one of the pages, as many taps away as the checker says."""
    bot = load_program(with_entries(tmp_path, 25))
    told, real = counted(bot), nearest(bot, "en", "telegram")
    assert len(told) == 27
    assert max(told.values()) == 4
    assert {name: real.get(name) for name in told} == told
