"""The clock: at midnight in Berlin every answer that names the minimum wage changes, in all languages at once."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from core.capabilities import CAPABILITIES
from core.messages import Choice, Say, Start
from core.records import Wrote
from flows.program import Program, option_token
from handlers.simulator import Simulator
from i18n.bidi import strip_controls
from i18n.check import placeholders
from tests.fakes.bots import BERLIN
from tests.fakes.bots import program as load_program

BERLIN_TIME = ZoneInfo("Europe/Berlin")
MIDNIGHT = int(datetime(2027, 1, 1, tzinfo=BERLIN_TIME).timestamp() * 1000)
#: Fact -> (what it is called in numbers before midnight, and from then on).
NEW_YEAR = {"fact.minimum_wage_hour": ("13.90", "14.60"), "fact.minijob_month": ("603", "633")}


@pytest.fixture(scope="module")
def shipped() -> Program:
    return load_program(BERLIN)


def answer(bot: Program, entry: str, language: str, now: int) -> str:
    """Return an answer as somebody reads it who taps its button at ``now``, with points as decimal signs."""
    talk = Simulator(bot, CAPABILITIES["webchat"], now=now, locale=language)
    talk.send(Start())
    said = talk.send(Choice(token=option_token("", "faq", entry)))
    texts = [e.body.message.text for e in said if isinstance(e.body, Wrote) and isinstance(e.body.message, Say)]
    return strip_controls("\n".join(texts)).replace(",", ".")


def naming(bot: Program, fact: str) -> list[str]:
    return [
        name
        for name, spec in bot.faq_entries.items()
        for text in (spec.answer, spec.steps, spec.deadline, spec.help)
        if text and fact in placeholders(text)
    ]


@pytest.mark.parametrize("language", ["ar", "bg", "en", "ru"])
@pytest.mark.parametrize("fact", list(NEW_YEAR))
def test_every_answer_changes_at_midnight_in_berlin(shipped: Program, fact: str, language: str) -> None:
    before, after = NEW_YEAR[fact]
    entries = naming(shipped, fact)
    assert entries
    for entry in entries:
        old, new = answer(shipped, entry, language, MIDNIGHT - 1), answer(shipped, entry, language, MIDNIGHT)
        assert before in old, entry
        assert after not in old, entry
        assert after in new, entry
        assert before not in new, entry


def test_the_languages_agree_on_the_value(shipped: Program) -> None:
    for now, year in ((MIDNIGHT - 1, 0), (MIDNIGHT, 1)):
        for fact, values in NEW_YEAR.items():
            for entry in naming(shipped, fact):
                assert all(values[year] in answer(shipped, entry, language, now) for language in shipped.languages)


def test_a_question_opened_before_midnight_is_answered_with_the_value_of_the_new_day(shipped: Program) -> None:
    talk = Simulator(shipped, CAPABILITIES["webchat"], now=MIDNIGHT - 60_000, locale="en")
    talk.send(Start())
    talk.pass_time(60_000)
    said = talk.send(Choice(token=option_token("", "faq", "minimum_wage")))
    (text,) = [e.body.message.text for e in said if isinstance(e.body, Wrote) and isinstance(e.body.message, Say)]
    assert "14.60" in text
