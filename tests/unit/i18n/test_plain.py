"""What `plain` promises, in tables over all languages and as properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i18n.plain import digits, fold, words


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Ёлка", "елка"),
        ("Мой", "мой"),  # the short i is a letter, not an accent
        ("Бъ\u0301лгария", "българия"),
        ("Український ґанок", "український ґанок"),
        ("عَرَبِيّ", "عربي"),
        ("أهلاً إلى آخر", "اهلا الي اخر"),
        ("مدرسة", "مدرسه"),
        ("شـــكرا", "شكرا"),
        ("یک کتاب", "يك كتاب"),
        ("Straße ﬁx", "strasse fix"),
        ("Größe", "grosse"),
        ("İSTANBUL ı", "istanbul i"),
        ("don't", "dont"),
        ("п\u2019ять", "пять"),
        ("  Was?!  Nein...  ", "was nein"),
        ("ja-nein", "ja nein"),
        ("\U0001f44d\U0001f3fdда\ufe0f", "\U0001f44d да"),
        ("1\ufe0f\u20e3", "1"),
        ("٣٫٥ ٪", "3 5"),
        ("a\u200fb\u2066c", "abc"),
        ("x\ud800y", "xy"),
        ("\u00a0\t\n", ""),
        ("", ""),
    ],
)
def test_one_spelling(typed: str, folded: str) -> None:
    assert fold(typed) == folded


@pytest.mark.parametrize(
    ("typed", "ascii_digits"),
    [("٠١٢٣٤٥٦٧٨٩", "0123456789"), ("۰۱۲۳۴۵۶۷۸۹", "0123456789"), ("１２", "12"), ("9a", "9a"), ("م٢²", "م2²")],
)
def test_digits(typed: str, ascii_digits: str) -> None:
    assert digits(typed) == ascii_digits


def test_words_keep_their_order_and_emoji_are_words() -> None:
    assert words("Hello, WORLD\U0001f44d\U0001f44d") == ["hello", "world", "\U0001f44d", "\U0001f44d"]


@given(st.text(max_size=200))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet=st.characters(), max_size=200))
def test_every_character_is_taken(text: str) -> None:
    assert "  " not in fold(text)
    assert len(digits(text)) == len(text)


def test_the_longest_message_is_folded_whole() -> None:
    assert len(fold("é\u0301ш\u200f٣" * 2500).replace(" ", "")) == 7500
