"""Every answer, rumour and centre of the shipped bot is found: by buttons, and by its own words, in every language.

The real conversation is walked, button by button, as a person would; the checker counts the same on the graph.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from functools import lru_cache

import pytest

from core.capabilities import CAPABILITIES
from core.messages import Say, Start, Text
from core.records import Wrote
from flows.program import Program
from flows.taps import MOST_TAPS, MOST_URGENT
from handlers.simulator import Simulator
from tests.fakes.bots import BERLIN, program

NOW = int(datetime(2026, 11, 24, 22, tzinfo=UTC).timestamp() * 1000)
LANGUAGES = ("ar", "bg", "en", "ru")
#: Nobody presses hundreds of buttons in a second; the bot would ask to slow down.
A_WHILE = 10_000
#: An entry whose own words are words of danger: the numbers come first, and say the same.
DANGER = {"no_home_tonight": "crisis.no_shelter"}


@lru_cache(maxsize=1)
def berlin() -> Program:
    return program(BERLIN)


def talk_in(bot: Program, language: str, channel: str = "telegram") -> Simulator:
    talk = Simulator(bot, CAPABILITIES[channel], now=NOW, locale=language)
    talk.send(Start())
    return talk


def things(bot: Program) -> set[str]:
    return {*bot.shelf.entries, *bot.shelf.rumours, *bot.shelf.centres}


def walked(bot: Program, language: str, channel: str) -> dict[str, int]:
    """Return by how many buttons each thing is reached from the main menu, on ways on which no consent is asked."""
    talk = talk_in(bot, language, channel)
    found: dict[str, int] = {}
    first = [option.token for option in talk.options]
    todo = deque((token, 1, talk.state) for token in first)
    seen = set(first)
    while todo:
        token, taps, stood = todo.popleft()
        flow, kind, name = bot.tokens.get(token, ("", "", ""))
        if not flow and kind == "faq":
            found.setdefault(name, taps)
        if taps == MOST_TAPS or (not flow and kind == "commands"):
            continue  # a command such as the menu leads back, and is a way of its own
        talk.state = stood  # what was pressed on another way changes nothing here
        talk.pass_time(A_WHILE)
        entries = talk.press(token)
        if any(isinstance(one.body, Wrote) and one.body.source == "streetwork.consent" for one in entries):
            continue  # what lies behind the question of consent does not count
        for option in talk.options:
            if option.token not in seen and option.url is None:
                seen.add(option.token)
                todo.append((option.token, taps + 1, talk.state))
    return found


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_by_four_buttons_at_most_and_what_cannot_wait_by_three(language: str, channel: str) -> None:
    bot = berlin()
    found = walked(bot, language, channel)
    assert things(bot) - set(found) == set()
    urgent = {name for name, entry in bot.faq_entries.items() if entry.urgent == "yes"}
    assert urgent == {"no_home_tonight", "no_insurance"}
    assert {name for name in urgent if found[name] > MOST_URGENT} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_by_its_own_words(language: str) -> None:
    bot = berlin()
    talk = talk_in(bot, language)
    lost = []
    for name in sorted(things(bot)):
        kind, spec, part = next(
            (kind, shelf[name], part)
            for kind, shelf, part in (
                ("faq", bot.shelf.entries, "question"),
                ("rumours", bot.shelf.rumours, "claim"),
                ("centres", bot.shelf.centres, "name"),
            )
            if name in shelf
        )
        words = bot.translator.text(language, f"{kind}.{name}.{part}", getattr(spec, part)).text
        talk.pass_time(A_WHILE)
        entries = talk.send(Text(text=words))
        messages = [entry.body for entry in entries if isinstance(entry.body, Wrote)]
        sources = {body.source for body in messages}
        offered = {
            bot.tokens[option.token][2]
            for body in messages
            if isinstance(body.message, Say)
            for option in body.message.options
            if option.token in bot.tokens
        }
        if not {f"{kind}.{name}", DANGER.get(name, "")} & sources and name not in offered:
            lost.append((name, words, sorted(source for source in sources if source)))
        if name in DANGER:
            talk = talk_in(bot, language)
    assert lost == []
