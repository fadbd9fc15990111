"""What `bidi` promises, in tables over all languages and as properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i18n.bidi import BIDI_CONTROLS, FSI, PDI, first_strong, isolate, strip_controls


@pytest.mark.parametrize(
    ("value", "language", "isolated"),
    [
        ("+49 30 123", "ar", True),
        ("Anna", "ar", True),
        ("أحمد", "ar", True),
        ("Anna", "de", False),
        ("Жанна", "ru", False),
        ("אבג", "en", True),
        ("Tel. أحمد", "bg", True),
        ("10115", "fa", True),
        ("10115", "en", False),
    ],
)
def test_values_are_isolated_where_directions_can_differ(value: str, language: str, isolated: bool) -> None:
    assert isolate(value, language) == (f"{FSI}{value}{PDI}" if isolated else value)


def test_an_empty_value_stays_empty() -> None:
    assert isolate("", "ar") == ""
    assert isolate("\u202e", "ar") == ""


@given(st.text(alphabet=st.sampled_from(["a", "ا", "1", " ", *sorted(BIDI_CONTROLS)]), max_size=30))
def test_a_value_cannot_turn_the_sentence_around_it(value: str) -> None:
    for language in ("ar", "en"):
        inside = isolate(value, language)
        if inside.startswith(FSI):
            inside = inside[1:-1]
        assert not BIDI_CONTROLS & set(inside)
        assert strip_controls(isolate(value, language)) == strip_controls(value)


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("Hello", "ltr"),
        ("123 مرحبا hello", "rtl"),
        (f"{FSI}Hello{PDI} مرحبا", "rtl"),
        ("12:30", None),
        ("", None),
        (f"{FSI}abc", None),
        (f"{PDI}abc", "ltr"),
    ],
)
def test_first_strong(text: str, way: str | None) -> None:
    assert first_strong(text) == way
