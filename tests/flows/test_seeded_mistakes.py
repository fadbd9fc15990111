"""A copy of the shipped bot with more than twenty mistakes at once: each is told on its line, nothing else is."""

from __future__ import annotations

from datetime import date

from flows.findings import render
from tests.fakes.bots import BERLIN, copy_bot, loaded

#: The day on which the shipped content was checked; later nothing of it is newly due.
TODAY = date(2026, 11, 23)

#: (file, what stands there, the mistake, code, lines below the first line of it)
MISTAKES = [
    ("bot.yaml", "channels: [telegram, viber, whatsapp, webchat]", "channels: [telegramm, webchat]", "E209", 0),
    ("bot.yaml", "hours: Mo-Fr 09:00-17:00", "hours: Mo-Fr nine to five", "E706", 0),
    ("bot.yaml", "    call: help", "    call: halp", "E202", 0),
    ("bot.yaml", "  retries: 2", "  retrys: 2", "E104", 0),
    ("main.yaml", "human: Talk to a human -> human.begin", "human: Talk to a human -> human.begim", "E201", 0),
    ("main.yaml", "goto: housing.questions", "goto: hausing.questions", "E202", 0),
    ("welcome.yaml", "when: contact.language is missing", "when: contact.langage is missing", "E204", 0),
    ("welcome.yaml", "    goto: main.menu", "\tgoto: main.menu", "E002", 0),
    ("human.yaml", "handoff: advice", "handoff: advise", "E203", 0),
    ("human.yaml", "    type: postcode_de", "    type: postcode", "E106", 0),
    ("human.yaml", "retries: 1", "retries: one", "E106", 0),
    ("work.yaml", "topics: [work]", "topics: [wrk]", "E206", 0),
    ("goodbye.yaml", "finish: No, that is all -> bye", "human: No, that is all -> bye", "E003", 0),
    ("languages.yaml", "    end: done", "    end: done\n    goto: main.menu", "E102", 1),
    ("help.yaml", "on: Go on -> done", "on: {label: Go on, goto: done}", "E008", 0),
    ("faq/work.yaml", "{fact.minimum_wage_hour}", "{fact.minimum_wage_our}", "E205", 0),
    ("faq/health.yaml", "certainty:", "certanty:", "E104", 0),
    ("faq/housing.yaml", "review_by: ", "review_by: soon, ", "E106", 0),
    ("facts.yaml", "from: 2026-01-01", "from: 2025-12-01", "E702", 0),
    ("crisis.yaml", "  answer: |", "  anwser: |", "E104", 0),
    ("benefits.yaml", "    helped: goodbye.more", "   helped: goodbye.more", "E011", 0),
    ("health.yaml", "flow: health", "flow: healt", "E108", 0),
    ("wages.yaml", "no_contract: No written contract", "no_contract: Contract #1", "E007", 0),
    ("residence.yaml", "not_helped: human.begin", "not_helped:human.begin", "E014", 0),
    ("first_steps.yaml", "    faq: |", "    fak: |", "E103", 0),
    ("housing.yaml", "    not_helped: human.begin", "    not_helped: human.begin\n    say: Call us: 030", "E009", 1),
]


def seed(bot, file, old, new):
    """Put one mistake at the first place where ``old`` stands and return its line."""
    path = bot / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} has no {old!r} any more; choose another place for this mistake"
    at = text.index(old)
    path.write_text(text[:at] + new + text[at + len(old) :], encoding="utf-8")
    return text[:at].count("\n") + 1


def test_every_mistake_is_reported_on_its_line(tmp_path):
    bot = copy_bot(BERLIN, tmp_path)
    expected = set()
    for file, old, new, code, below in MISTAKES:
        expected.add((file, seed(bot, file, old, new) + below, code))
    assert len(expected) >= 20
    result = loaded(bot, TODAY)
    assert result.program is None
    found = {
        (one.file.removeprefix(f"{bot.as_posix()}/"), one.line, one.code)
        for one in result.findings
        if one.level == "error"
    }
    assert expected - found == set(), render(result.findings, result.sources)
    follow_ups = {place for place in found - expected if (place[0], place[1]) not in {(f, n) for f, n, _ in expected}}
    assert follow_ups == set(), render(result.findings, result.sources)


def test_the_shipped_bot_has_none():
    result = loaded(BERLIN, TODAY)
    assert [one for one in result.findings if one.level == "error"] == []
    assert result.program is not None
