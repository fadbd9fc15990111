"""Texts: values in braces exist, and numbers that change are not typed in."""

from __future__ import annotations

import pytest

from flows.text_checks import typed_number, typed_period
from tests.fakes.bots import codes, lines, loaded, mini


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("It costs 255 EUR.", "255 EUR"),
        ("You get 12.82 € an hour.", "12.82 €"),
        ("The rent may rise by 10 %.", "10 %"),
        ("about 10 percent more", "10 percent"),
        ("EUR 30 for a copy", "EUR 30"),
        ("1,500 people wait", "1,500"),
        ("You need 500 hours.", "500"),
        ("يمكنك كسب ٥٥٠ يورو و ٢٠ ٪", "550"),
        ("In 2025 it was 556 euros.", "556 euros"),
        ("2000 € a month", "2000 €"),
    ],
)
def test_numbers_that_change_are_found(text, number):
    assert typed_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "Call 110, 112, 115 or 116117 (or 116 117).",
        "Call +49 30 90269 4444 or 030 1234567.",
        "In 2025 and 2026, since 2017",
        "§ 81 (4), §§ 123, section 104 and Art. 116",
        "open from 9:00 to 17:30, at 09.15 and at 10 am",
        "Friedrichstraße 219, 10969 Berlin",
        "until 4 March 2027 or 31.12.2026 or 2026-12-31",
        "within 2 weeks, after 21 months",
        "https://service.berlin.de/dienstleistung/326233/",
        "It is {fact.minimum_wage}.",
        "Form 12345",
        "no number at all",
    ],
)
def test_other_numbers_are_left_alone(text):
    assert typed_number(text) is None


def test_a_typed_number_is_a_warning_at_its_place(tmp_path):
    bot = mini(tmp_path, {("faq/work.yaml", "answer: A spoken contract counts too."): "answer: It costs 255 EUR."})
    result = loaded(bot)
    (found,) = [one for one in result.findings if one.code == "W508"]
    line = (bot / "faq/work.yaml").read_text().splitlines()[found.line - 1]
    assert line[found.column - 1 :].startswith("255 EUR")


FACT = """
claim_deadline:
  about: x
  unit: weeks
  values:
    - value: 3
      from: 2026-01-01
      source: https://example.org/x
      certainty: A
      checked: 2026-06-01
      checked_by: x
"""


@pytest.mark.parametrize(
    ("text", "code", "suggestion"),
    [
        ("It is 13.90 an hour.", "W508", "{fact.minimum_wage}"),
        ("It is 13,90 an hour.", "W508", "{fact.minimum_wage}"),
        ("It is EUR 14.60 next year.", "W508", "{fact.minimum_wage}"),
        ("Within 3 weeks.", "W508", "{fact.claim_deadline}"),
        ("Within three weeks.", "W508", "{fact.claim_deadline}"),
        ("Within a 3-week period.", "W508", "{fact.claim_deadline}"),
        ("Within 4 weeks.", "H518", None),
        ("After six months.", "H518", None),
    ],
)
def test_a_number_that_is_a_fact_or_looks_like_one(tmp_path, text, code, suggestion):
    bot = mini(tmp_path, {("faq/work.yaml", "answer: A spoken contract counts too."): f"answer: {text}"})
    with (bot / "facts.yaml").open("a") as file:
        file.write(FACT)
    found = [(one.code, one.suggestion) for one in loaded(bot).findings if one.code in {"W508", "H518"}]
    assert found == [(code, suggestion)]


@pytest.mark.parametrize("text", ["One day somebody may ask.", "A week later.", "3 of 5 people", "room 13"])
def test_figures_of_speech_are_no_periods(text):
    assert typed_period(text) is None
    assert typed_number(text) is None


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("faq/work.yaml", "counts too.", "counts {to}.", "E213"),
        ("faq/work.yaml", "counts too.", "counts {too.", "E213"),
        ("faq/work.yaml", "counts too.", "counts, {topic}.", "E213"),
        ("faq/work.yaml", "counts too.", "counts, {fact.nothing}.", "E205"),
        ("crisis.yaml", "call 112 now", "call {number} now", "E213"),
        ("start.yaml", 'note: "{topic}"', 'note: "{topik}"', "E213"),
    ],
)
def test_values_that_do_not_exist(tmp_path, file, old, new, code):
    bot = mini(tmp_path, {(file, old): new})
    assert codes(loaded(bot), levels="E") == [code]


def test_values_that_exist_everywhere(tmp_path):
    text = (
        "{bot.name} {team.contact} {team.privacy} {queue.opens} {contact.language} {contact.city} {fact.minimum_wage}"
    )
    bot = mini(tmp_path, {("faq/work.yaml", "answer: A spoken contract counts too."): f'answer: "{text}"'})
    assert codes(loaded(bot), levels="E") == []


def test_own_wordings_of_the_framework_may_use_its_values(tmp_path):
    bot = mini(tmp_path)
    with (bot / "bot.yaml").open("a") as file:
        file.write('texts:\n  group: "Only there: {link}"\n  closed: "{link}"\n  no_such: x\n')
    result = loaded(bot)
    assert codes(result, levels="E") == ["E213", "E216"]
    written = (bot / "bot.yaml").read_text().splitlines()
    assert lines(result, "E216") == [("bot.yaml", written.index("  no_such: x") + 1)]
