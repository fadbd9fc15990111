"""What `input dates` promises, in tables over all languages and as properties."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.messages import Text
from flows.inputs import Accepted, Rules, parse
from tests.fakes.answers import TODAY, answer


@pytest.mark.parametrize(
    ("typed", "language", "value"),
    [
        ("2026-12-31", "en", "2026-12-31"),
        ("2026/12/31", "ar", "2026-12-31"),
        ("31.12.2026", "de", "2026-12-31"),
        ("31/12/2026", "en", "2026-12-31"),
        ("31-12-2026", "bg", "2026-12-31"),
        ("31 12 2026", "ru", "2026-12-31"),
        ("٣١/١٢/٢٠٢٦", "ar", "2026-12-31"),
        ("۳۱.۱۲.۲۰۲۶", "fa", "2026-12-31"),
        ("\u200f31\u200f/12\u200f/2026", "ar", "2026-12-31"),
        ("31.12.26", "de", "2026-12-31"),
        ("1.1.85", "de", "1985-01-01"),
        ("31122026", "de", "2026-12-31"),
        ("20261231", "de", "2026-12-31"),
        ("31.12.", "de", "2026-12-31"),
        ("1.3.", "de", "2027-03-01"),
        ("29.02.", "de", "2028-02-29"),
        ("12/31/2026", "en", "2026-12-31"),
        ("12/31/2026", "de", "!no_such_date"),
        ("03/04/2027", "en", "2027-04-03"),
        ("12 March 2027", "en", "2027-03-12"),
        ("March 12, 2027", "en", "2027-03-12"),
        ("12th of March 2027", "en", "2027-03-12"),
        ("Friday, 12 Mar 2027", "en", "2027-03-12"),
        ("2027 March 12", "en", "2027-03-12"),
        ("12. März 2027", "de", "2027-03-12"),
        ("12. Maerz", "de", "2027-03-12"),
        ("am 3. Okt 2026", "de", "2026-10-03"),
        ("12 марта 2027 г.", "ru", "2027-03-12"),
        ("12 марта 2027 года", "ru", "2027-03-12"),
        ("понедельник 5 мая", "ru", "2027-05-05"),
        ("12 март 2027", "bg", "2027-03-12"),
        ("5 юни", "bg", "2027-06-05"),
        ("١٢ مارس ٢٠٢٧", "ar", "2027-03-12"),
        ("12 آذار 2027", "ar", "2027-03-12"),
        ("5 تشرين الثاني 2027", "ar", "2027-11-05"),
        ("5 تشرين الأول 2027", "ar", "2027-10-05"),
        ("12 марта 2027", "en", "2027-03-12"),
        ("12.03.2027 10:00", "de", "2027-03-12"),
        ("today", "en", "2026-11-22"),
        ("Tomorrow!", "en", "2026-11-23"),
        ("yesterday", "en", "2026-11-21"),
        ("day after tomorrow", "en", "2026-11-24"),
        ("сегодня", "ru", "2026-11-22"),
        ("завтра", "ru", "2026-11-23"),
        ("днес", "bg", "2026-11-22"),
        ("утре", "bg", "2026-11-23"),
        ("вчера", "bg", "2026-11-21"),
        ("heute", "de", "2026-11-22"),
        ("übermorgen", "de", "2026-11-24"),
        ("اليوم", "ar", "2026-11-22"),
        ("غداً", "ar", "2026-11-23"),
        ("أمس", "ar", "2026-11-21"),
        ("31.02.2026", "de", "!no_such_date"),
        ("29.02.2027", "de", "!no_such_date"),
        ("32.01.2026", "de", "!no_such_date"),
        ("13.13.2026", "en", "!no_such_date"),
        ("0.1.2026", "en", "!no_such_date"),
        ("1404/01/05", "fa", "!not_a_date"),
        ("15.05.1448", "ar", "!not_a_date"),
        ("12.2026", "de", "!not_a_date"),
        ("March 2027", "en", "!not_a_date"),
        ("5", "en", "!not_a_date"),
        ("1.2.3.4", "en", "!not_a_date"),
        ("next year maybe", "en", "!not_a_date"),
        ("12 March 2027 or 13 March 2027", "en", "!not_a_date"),
        ("today or tomorrow", "en", "!not_a_date"),
        ("", "en", "!not_a_date"),
        ("1" * 10_000, "en", "!not_a_date"),
    ],
)
def test_dates(typed: str, language: str, value: str) -> None:
    assert answer("date", typed, language) == value


@pytest.mark.parametrize(
    ("typed", "rules", "value"),
    [
        ("23.11.2026", {"past": True}, "!in_future"),
        ("22.11.2026", {"past": True}, "2026-11-22"),
        ("21.11.2026", {"future": True}, "!in_past"),
        ("22.11.2026", {"future": True}, "2026-11-22"),
        ("31.12.", {"past": True}, "2025-12-31"),
        ("12.03.30", {"past": True}, "1930-03-12"),
        ("12.03.30", {}, "2030-03-12"),
        ("12.03.60", {}, "1960-03-12"),
        ("12.03.60", {"future": True}, "2060-03-12"),
        ("1.1.2020", {"min": dt.date(2021, 1, 1)}, "!too_early"),
        ("1.1.2028", {"max": dt.date(2027, 12, 31)}, "!too_late"),
        ("31.12.2027", {"max": dt.date(2027, 12, 31)}, "2027-12-31"),
    ],
)
def test_date_limits(typed: str, rules: dict[str, Any], value: str) -> None:
    assert answer("date", typed, "de", **rules) == value


@settings(deadline=None)
@given(
    st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2100, 12, 31)),
    st.sampled_from(["ar", "bg", "en", "ru", "de"]),
)
def test_what_is_shown_is_read_again(day: dt.date, language: str) -> None:
    found = parse("date", Text(text=day.isoformat()), Rules(), language=language, today=TODAY)
    assert isinstance(found, Accepted)
    assert found.value == day.isoformat()
    assert answer("date", found.shown, language) == day.isoformat()
