"""Words of danger: found in all languages at once, not found where they are not meant, and never slow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.crisis import Crisis, pattern
from flows.knowledge_spec import CrisisKind

CRISIS = Crisis(
    {
        "suicide": CrisisKind.model_validate(
            {
                "answer": "Call 112.",
                "phrases": {
                    "en": ["kill myself", "want to die", "suicid*", "can't go on"],
                    "ru": ["хочу умереть"],
                    "ar": ["اريد ان اموت"],
                },
                "unless": {"en": ["do not want to die", "don't want to die"]},
            }
        ),
        "violence": CrisisKind.model_validate(
            {"answer": "Call 110.", "phrases": {"en": ["he * me"], "bg": ["бие ме"]}}
        ),
    }
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I want to KILL, myself!", "suicide"),
        ("thinking about suicidal things", "suicide"),
        ("i cant go on", "suicide"),
        ("Я ХОЧУ УМЕРЕТЬ", "suicide"),
        ("أُريدُ أَن أموت", "suicide"),
        ("he hits me", "violence"),
        ("той бие ме", "violence"),
        ("I do not want to die", None),
        ("I don't want to die, but I will kill myself", "suicide"),
        ("I want to diet", None),
        ("skill myself", None),
        ("", None),
        ("\ud800", None),
    ],
)
def test_matches(text, kind):
    assert CRISIS.match(text) == kind


def test_the_first_kind_wins():
    assert CRISIS.match("he hits me and I want to die") == "suicide"


def test_the_answer_has_its_context_for_translators():
    assert CRISIS.answer("violence") == ("crisis.violence", "Call 110.")


def test_phrases_without_letters_are_told_apart():
    assert pattern("!!!") is None
    assert pattern("*") is None
    assert pattern("kill") is not None


@pytest.mark.parametrize("text", ["a" * 10_000, "suicid" * 2_000, "he " * 5_000, "h e " * 2_500, "*" * 10_000])
def test_long_messages_are_bounded(text):
    greedy = Crisis({"x": CrisisKind.model_validate({"answer": "x", "phrases": {"en": ["*a*b*c*d*e"]}})})
    assert greedy.match(text) is None
    assert CRISIS.match(text) in (None, "suicide", "violence")


@given(st.text(max_size=400))
def test_nothing_raises(text):
    assert CRISIS.match(text) in (None, "suicide", "violence")
