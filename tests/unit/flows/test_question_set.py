"""The question set of the project: well formed, about entries that exist, no question twice, none an example."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.question_sets import read_questions
from i18n.plain import fold
from tests.fakes.bots import BERLIN, program

SET = Path(__file__).parents[2] / "data" / "questions"
GOOD = "- {entry: wages, language: bg, kind: latin, text: shefa ne plashta}\n"


def write(folder: Path, text: str, name: str = "work.bg.yaml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_set_is_read_with_its_fingerprint(tmp_path):
    write(tmp_path, GOOD + "- {entry: 'rumour:tax', also: ['centre:x'], language: en, kind: mixed, text: no}\n")
    write(tmp_path, "- {language: en, kind: typos, near: yes, text: wether}\n", "out_of_scope.yaml")
    found = read_questions(tmp_path)
    assert [(one.entry, one.also, one.near) for one in found.questions] == [
        ("", (), "yes"),
        ("wages", (), "no"),
        ("tax", ("x",), "no"),
    ]
    assert found.questions[2].answered_by("x")
    assert not found.questions[2].answered_by("wages")
    before = found.fingerprint
    write(tmp_path, GOOD)
    assert read_questions(tmp_path).fingerprint != before


@pytest.mark.parametrize(
    ("text", "name", "problem"),
    [
        ("- {entry: a, language: bg, kind: latin}\n", "a.yaml", "a.yaml, question 1"),
        ("- {entry: a, language: bg, kind: poem, text: x}\n", "a.yaml", "kind"),
        ("- {entry: a, language: bg, kind: latin, text: ' '}\n", "a.yaml", "empty"),
        ("- {entry: a, language: bg, kind: latin, text: x, more: y}\n", "a.yaml", "more"),
        ("- {language: bg, kind: latin, text: x}\n", "a.yaml", "must name an entry"),
        ("- {entry: a, language: bg, kind: latin, text: x}\n", "out_of_scope_bg.yaml", "must not name"),
        ("entry: a\n", "a.yaml", "list"),
        ("- [\n", "a.yaml", "no YAML"),
        (b"\xff\xfe".decode("latin-1"), "a.yaml", "a.yaml"),
    ],
)
def test_a_broken_set_is_told_with_its_place(tmp_path, text, name, problem):
    with pytest.raises(ValueError, match=problem):
        read_questions(write(tmp_path, text, name))


@pytest.mark.skipif(not any(SET.glob("*.yaml")), reason="there is no question set yet")
def test_the_set_of_the_project():
    bot = program(BERLIN)
    known = {fold(text) for texts in bot.faq.texts.values() for one in texts for text in one.asked[one.own :]}
    found = read_questions(SET)
    problems = [
        f"{one.text!r} names {entry}, which is no entry"
        for one in found.questions
        for entry in ((one.entry, *one.also) if one.entry else ())
        if entry not in bot.faq.topics
    ]
    problems += [f"{one.text!r} is an example" for one in found.questions if fold(one.text) in known]
    asked = [(one.language, fold(one.text)) for one in found.questions]
    problems += [f"{text!r} is there twice" for text in {one for one in asked if asked.count(one) > 1}]
    assert not problems, "\n".join(problems)
