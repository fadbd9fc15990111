"""What `input numbers` promises, in tables over all languages and as properties."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.messages import Text
from flows.inputs import Rejected, Rules, parse
from flows.values import Value
from tests.fakes.answers import TODAY, answer


@pytest.mark.parametrize(
    ("typed", "language", "value"),
    [
        ("3", "en", 3),
        (" 03 ", "en", 3),
        ("-5", "en", -5),
        ("\u22125", "en", -5),
        ("+5", "en", 5),
        ("١٢٣", "ar", 123),
        ("۱۲۳", "fa", 123),
        ("１２", "en", 12),
        ("3\ufe0f\u20e3", "en", 3),
        ("12 000", "ru", 12000),
        ("12\u00a0000", "bg", 12000),
        ("12'000", "de", 12000),
        ("1.234", "de", 1234),
        ("1.234", "en", 1234),
        ("1,234", "ru", 1234),
        ("1.234.567", "de", 1234567),
        ("1,234,567", "en", 1234567),
        ("١٬٢٣٤", "ar", 1234),
        ("12,0", "de", 12),
        ("€ 1.500,00", "de", 1500),
        ("500 EUR", "en", 500),
        ("3 человека", "ru", 3),
        ("I am 34 years old", "en", 34),
        ("5kg", "en", 5),
        ("2 тысячи", "ru", 2000),
        ("15 хил.", "bg", 15000),
        ("5k", "en", 5000),
        ("ثلاثة آلاف", "ar", 3000),
        ("!", "en", "!not_a_number"),
        ("", "en", "!not_a_number"),
        ("none of your business, my friend, really", "en", "!not_a_number"),
        ("3 or 4", "en", "!not_a_number"),
        ("2 or three", "en", "!not_a_number"),
        ("2-3", "en", "!not_a_number"),
        ("1/2", "en", "!not_a_number"),
        ("1e5", "en", "!not_a_number"),
        ("a1", "en", "!not_a_number"),
        ("1.2.3", "en", "!not_a_number"),
        ("1.23.456", "de", "!not_a_number"),
        ("1.234,567,8", "de", "!not_a_number"),
        ("12 34", "ru", "!not_a_number"),
        ("two and a half", "en", "!not_a_number"),
        ("5 с половиной", "ru", "!not_a_number"),
        ("five hundred", "en", "!not_a_number"),
        ("3.5", "en", "!not_whole"),
        ("٣٫٥", "ar", "!not_whole"),
        ("9" * 15, "en", 999_999_999_999_999),
        ("9" * 16, "en", "!too_large"),
        ("-" + "9" * 16, "en", "!too_small"),
        ("9" * 9000, "en", "!not_a_number"),
    ],
)
def test_whole_numbers(typed: str, language: str, value: Value) -> None:
    assert answer("number", typed, language) == value


@pytest.mark.parametrize(
    ("typed", "language", "value"),
    [
        ("1.234,56", "de", "1234.56"),
        ("1,234.56", "en", "1234.56"),
        ("1 234,56", "ru", "1234.56"),
        ("13,90", "de", "13.9"),
        ("13.90", "de", "13.9"),
        ("13,90", "en", "13.9"),
        ("٣٫٥", "ar", "3.5"),
        ("0.125", "de", "0.125"),
        ("1.234", "en", "1.234"),
        ("1.234", "de", 1234),
        ("1,234", "en", 1234),
        ("1,234", "ru", "1.234"),
        ("12", "en", 12),
        ("12.00", "en", 12),
    ],
)
def test_fractions_where_they_are_allowed(typed: str, language: str, value: Value) -> None:
    assert answer("number", typed, language, integer=False) == value


ONE_TO_TEN = {
    "ar": "واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة",
    "bg": "един две три четири пет шест седем осем девет десет",
    "en": "one two three four five six seven eight nine ten",
    "ru": "один два три четыре пять шесть семь восемь девять десять",
    "de": "eins zwei drei vier fünf sechs sieben acht neun zehn",
}


@pytest.mark.parametrize("language", sorted(ONE_TO_TEN))
def test_number_words(language: str) -> None:
    spelt = ONE_TO_TEN[language].split()
    assert [answer("number", word, language) for word in spelt] == list(range(1, 11))
    assert [answer("number", word.upper() + "!", language) for word in spelt] == list(range(1, 11))


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("twenty five", 25),
        ("двадесет и пет", 25),
        ("خمسة وعشرين", 25),
        ("أحد عشر", 11),
        ("one child", 1),
        ("два ребёнка", 2),
        ("zero", 0),
        ("one or two", "!not_a_number"),
        ("ثلاثة عشر", "!not_a_number"),
        ("pet", "!not_a_number"),
    ],
)
def test_number_words_in_company(typed: str, value: Value) -> None:
    assert answer("number", typed) == value


def test_number_limits() -> None:
    limits: dict[str, Any] = {"min": Decimal(1), "max": Decimal(1000)}
    assert answer("number", "1", **limits) == 1
    assert answer("number", "1000", **limits) == 1000
    assert answer("number", "0", **limits) == "!too_small"
    found = parse("number", Text(text="1.001"), Rules(max=Decimal(1000)), language="de", today=TODAY)
    assert found == Rejected(reason="too_large", limit="1.000")
