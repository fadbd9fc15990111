"""Midnight before 2027 in Berlin: what a law changes is changed in every language at once, and nothing old is said."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest

from core.capabilities import CAPABILITIES
from core.messages import Say, Start
from core.records import Wrote
from flows.canned import ready_replies
from flows.facts import derive, show
from flows.program import Program, option_token
from handlers.simulator import Simulator
from i18n.bidi import strip_controls
from i18n.check import placeholders
from tests.fakes.bots import BERLIN, program

LANGUAGES = ("ar", "bg", "en", "ru")
MIDNIGHT = int(datetime(2027, 1, 1, tzinfo=ZoneInfo("Europe/Berlin")).timestamp() * 1000)
#: Fact -> value before and after.
CHANGES = {
    "minimum_wage_hour": (Decimal("13.90"), Decimal("14.60")),
    "minijob_month": (Decimal(603), Decimal(633)),
}
#: Known for 2026 only: after midnight people read that it is not known yet, never the old amount.
ENDS = ("bluecard_general", "bluecard_reduced", "experienced_worker_salary", "over45_salary", "child_benefit")


@lru_cache(maxsize=1)
def berlin() -> Program:
    return program(BERLIN)


def naming(bot: Program, fact: str) -> list[str]:
    """Return the contexts of all texts that name a fact."""
    return [context for context, source in bot.sources if f"fact.{fact}" in placeholders(source)]


def said(bot: Program, context: str, language: str, now: int) -> str:
    """Return a text as people read it at a moment: an answer, a rumour with its share text, or a ready reply."""
    kind, name, *_ = context.split(".")
    if kind == "canned":
        replies = ready_replies(bot, person=language, reader="de", counsellor="A", queue="advice", now=now)
        found = next(reply for reply in replies if reply.id == name)
        return strip_controls(f"{found.text}\n{found.shown}")
    assert kind in ("faq", "rumours"), f"{context}: this test does not know how people come to it"
    talk = Simulator(bot, CAPABILITIES["webchat"], now=now, locale=language)
    talk.send(Start())
    entries = talk.press(option_token("", "faq", name))
    texts = [e.body.message.text for e in entries if isinstance(e.body, Wrote) and isinstance(e.body.message, Say)]
    return strip_controls("\n".join(texts))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("fact", CHANGES)
def test_the_new_value_is_said_from_midnight_on(fact: str, language: str) -> None:
    bot = berlin()
    contexts = naming(bot, fact)
    assert contexts
    before, after = (show(amount, "EUR", language) for amount in CHANGES[fact])
    for context in contexts:
        old, new = (said(bot, context, language, now) for now in (MIDNIGHT - 1, MIDNIGHT))
        assert before in old, context
        assert after not in old, context
        assert after in new, context
        assert before not in new, context


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("fact", ENDS)
def test_what_is_not_known_for_the_new_year_is_not_said(fact: str, language: str) -> None:
    bot = berlin()
    value = bot.facts.value(fact, date(2026, 12, 31))
    assert value is not None
    assert bot.facts.value(fact, date(2027, 1, 1)) is None
    amount = show(value.value, "EUR", language)
    unknown = bot.translator.text(language, *bot.texts["fact_unknown"]).text
    contexts = naming(bot, fact)
    assert contexts
    for context in contexts:
        old, new = (said(bot, context, language, now) for now in (MIDNIGHT - 1, MIDNIGHT))
        assert amount in old, context
        assert amount not in new, context
        assert unknown in new, context


def test_no_text_says_such_a_number_by_hand() -> None:
    """In no language stands a value of these facts typed into a text, whatever separators it has."""
    bot = berlin()
    values = {amount for pair in CHANGES.values() for amount in pair}
    values |= {v.value for fact in ENDS for v in bot.facts.spec(fact).values if isinstance(v.value, Decimal)}
    told = [("en", context, source) for context, source in bot.sources]
    for language in (*LANGUAGES, "de"):
        told += [(language, c, bot.translator.text(language, c, source).text) for c, source in bot.sources]
    typed = [
        (language, context, number)
        for language, context, text in told
        for number in re.findall(r"\d[\d.,\u00a0 ]*\d", text)
        if not context.endswith((".claim", ".title", ".words"))
        and Decimal(re.sub(r"[^\d]", "", number)) in {v * scale for v in values for scale in (1, 100)}
    ]
    assert typed == []


def test_derived_values_agree_on_every_day() -> None:
    """Half, 45.3, 45 and 55 percent of the pension ceiling; wage x 130 / 3 rounded up."""
    facts = berlin().facts
    derived = {name: facts.spec(name).formula for name in facts.names if facts.spec(name).formula is not None}
    shares = {name: formula.percent for name, formula in derived.items() if formula and formula.percent}
    assert shares == {
        "bluecard_general": Decimal(50),
        "bluecard_reduced": Decimal("45.3"),
        "experienced_worker_salary": Decimal(45),
        "over45_salary": Decimal(55),
    }
    day, agreed = date(2025, 1, 1), 0
    while day < date(2028, 1, 1):
        for name, formula in derived.items():
            value, base = facts.value(name, day), facts.value(formula.of, day) if formula else None
            if value is not None and base is not None and formula and isinstance(base.value, Decimal):
                assert value.value == derive(formula, base.value), (name, day)
                agreed += 1
        day += timedelta(days=1)
    assert agreed > 1_500
