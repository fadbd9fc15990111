"""Words typed half in one script and half in another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i18n.lookalikes import one_script


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("p\u0430\u0431\u043e\u0442\u0430", "работа"),
        ("\u0445\u043e\u0447\u0443 y\u043c\u0435p\u0435\u0442\u044c", "хочу умереть"),
        ("p\u0430ssport", "passport"),
        ("моят Arbeitgeber не плаща Lohn", "моят Arbeitgeber не плаща Lohn"),
        ("iPhone\u0438", "iPhone\u0438"),
        ("hello", "hello"),
        ("", ""),
    ],
)
def test_only_words_that_mix_are_mended(text, whole):
    assert one_script(text) == whole


@given(st.text(alphabet="abcxyзжорсух 1!", max_size=60))
def test_mending_once_is_enough_and_keeps_the_length(text):
    assert one_script(one_script(text)) == one_script(text)
    assert len(one_script(text)) == len(text)
