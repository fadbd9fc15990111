"""Crisis words are looked for only where a message has a word that begins a phrase: that must never hide one."""

from __future__ import annotations

import re
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.crisis import Crisis, pattern
from flows.crisis_rules import PLAIN
from flows.knowledge_spec import CrisisKind
from i18n.plain import fold

PHRASES = {
    "one": ["kill myself", "suicid*", "*icide", "self-harm*", "can't go on", "…", "* end it", "да умра", "اريد ان"],
    "two": ["he * me", "don't want*to live", "- hits", "unalive", "бие ме", "\u00fcber*all hin"],
}
KINDS = {name: CrisisKind.model_validate({"answer": "x", "phrases": {"en": found}}) for name, found in PHRASES.items()}
CRISIS = Crisis(KINDS, PLAIN)
READ_IN_EVERY_WAY = Crisis(KINDS)
WORDS = sorted({word for phrase in chain(*PHRASES.values()) for word in phrase.replace("*", " x").split()})


def by_hand(text: str) -> str | None:
    """Look for every phrase, one after another, without any short cut."""
    folded = fold(text)
    for name, phrases in PHRASES.items():
        for found in filter(None, map(pattern, phrases)):
            if re.search(rf"(?<!\S)(?:{found})(?!\S)", folded):
                return name
    return None


@given(st.lists(st.sampled_from([*WORDS, "suicidal", "homicide", "please", "selfharming", "überall"]), max_size=8))
def test_no_message_is_safe_that_has_a_phrase(words: list[str]) -> None:
    assert CRISIS.match(" ".join(words)) == by_hand(" ".join(words))
    if by_hand(" ".join(words)) is not None:
        assert READ_IN_EVERY_WAY.match(" ".join(words)) is not None


@pytest.mark.parametrize(("name", "phrase"), [(name, phrase) for name, found in PHRASES.items() for phrase in found])
def test_every_phrase_is_found_in_the_middle_of_a_message(name: str, phrase: str) -> None:
    message = f"hello {phrase.replace('*', 'x')} bye"
    assert CRISIS.match(message) == by_hand(message)
    assert CRISIS.match(message) == (name if pattern(phrase) else None)
