"""What `formatting` promises, in tables over all languages and as properties."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from i18n.bidi import BIDI_CONTROLS
from i18n.formatting import (
    format_date,
    format_datetime,
    format_day_time,
    format_money,
    format_number,
    format_percent,
    format_period,
    format_time,
)
from i18n.negotiate import NATIVE_NAMES
from i18n.plain import digits

MOMENT = dt.datetime(2027, 3, 15, 9, 5, tzinfo=dt.timezone(dt.timedelta(hours=1)))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("language", "number", "money", "percent", "date", "day_time"),
    [
        ("ar", "1,234,567.5", "13.90 €", "12.5%", "15 مارس 2027", "الاثنين 09:05"),
        ("bg", "1 234 567,5", "13,90 €", "12,5%", "15 март 2027 г.", "понеделник 09:05"),
        ("en", "1,234,567.5", "€13.90", "12.5%", "15 March 2027", "Monday 09:05"),
        ("ru", "1 234 567,5", "13,90 €", "12,5 %", "15 марта 2027 г.", "понедельник 09:05"),
        ("de", "1.234.567,5", "13,90 €", "12,5 %", "15. März 2027", "Montag 09:05"),
    ],
)
def test_each_language_has_its_own_way(
    language: str, number: str, money: str, percent: str, date: str, day_time: str
) -> None:
    assert plain(format_number(Decimal("1234567.5"), language)) == number
    assert plain(format_money(Decimal("13.9"), "EUR", language)) == money
    assert plain(format_percent(0.125, language)) == percent
    assert plain(format_date(MOMENT.date(), language)) == date
    assert plain(format_day_time(MOMENT, language)) == day_time


def test_a_moment_is_shown_in_its_own_zone() -> None:
    assert format_datetime(MOMENT, "en") == "15 March 2027, 09:05"
    assert format_datetime(MOMENT, "ar") == "15 مارس 2027، 09:05"
    assert format_time(dt.time(7, 0), "bg") == "07:00"


@pytest.mark.parametrize("language", ["ar", "fa", "ur", "he"])
def test_no_direction_marks_and_latin_digits(language: str) -> None:
    for text in (
        format_number(-12345.5, language),
        format_money(Decimal(-3), "EUR", language),
        format_date(MOMENT.date(), language),
        format_percent(0.5, language),
    ):
        assert not BIDI_CONTROLS & set(text)
        assert all(sign.isascii() for sign in text if sign.isdigit())


def test_an_unknown_language_reads_english() -> None:
    assert format_date(MOMENT.date(), "tlh-x") == "15 March 2027"
    assert format_date(MOMENT.date(), "") == "15 March 2027"


@pytest.mark.parametrize("language", sorted(NATIVE_NAMES))
@pytest.mark.parametrize("unit", ["hour", "day", "week", "month", "year"])
def test_a_period_is_words_in_every_language(language: str, unit: str) -> None:
    for count in (0, 1, 2, 3, 6, 11, 14, 21, 100, 101, 102):
        text = format_period(count, unit, language)
        assert "duration" not in text
        assert any(sign.isalpha() for sign in text)
        assert str(count) in digits(text) or (language == "ar" and count in (1, 2))
