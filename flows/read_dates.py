"""Reading a day out of what a person typed: numbers, month names of several languages, today and tomorrow.

The order is day, month, year, as everywhere the readers come from; only an English speaker's "12/31/2026" is
turned round, because it can mean nothing else. A day without a year is the next one, or the last one where the
past is asked for.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Sequence
from typing import Literal

from i18n.bidi import strip_controls
from i18n.formatting import babel_locale
from i18n.negotiate import base_language
from i18n.plain import digits, fold, words

__all__ = ["read_date"]

Trouble = Literal["not_a_date", "no_such_date"]

#: Years a life can touch; other calendars (1405, 1448) fall out of it instead of being misread.
_YEARS = range(1900, 2101)
_LONGEST = 60
#: Languages whose month names everybody may use; the regional Arabic ones differ ("آذار", "مارس", "mars").
_MONTH_LOCALES = ("en", "de", "ru", "bg", "ar", "ar_SY", "ar_MA", "ar_DZ", "uk", "fr", "tr", "ro", "pl", "es")

_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b")
_SHIFTS = {
    -2: "позавчера завчера vorgestern",
    -1: "yesterday вчера gestern أمس امبارح مبارح البارحة vchera",
    0: "today сегодня днес heute اليوم segodnya dnes tonight",
    1: "tomorrow завтра утре morgen غدا بكرة بكرا zavtra utre",
    2: "послезавтра вдругиден übermorgen uebermorgen",
}
_RELATIVE = {word: days for days, spellings in _SHIFTS.items() for word in words(spellings)}
_PHRASES = {
    fold("day after tomorrow"): 2, fold("the day after tomorrow"): 2, fold("day before yesterday"): -2,
    fold("بعد غد"): 2, fold("بعد بكرة"): 2, fold("أول أمس"): -2,
}  # fmt: skip
_FILLERS = frozenset(
    words(
        "г год года гг година the of on st nd rd th am den der um vom bis zum на от до с от у م من في يوم شهر سنة عام "
        "ال date дата датата datum تاريخ число uhr час ч"
    )
)
_EXTRA_MONTHS = {"maerz": 3, "sept": 9, "сент": 9, "мая": 5, "maj": 5, "юни": 6, "юли": 7}


@functools.lru_cache(maxsize=64)
def _months(language: str) -> dict[str, int]:
    """Return folded month name -> number: the names of ``language`` first, then those of the others."""
    names: dict[str, int] = {}
    for tag in (language, *_MONTH_LOCALES):
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in babel_locale(tag).months[context][width].items():
                    spelling = fold(name)
                    # Some locales abbreviate to bare numbers or to one letter.
                    if len(spelling) >= 3 and not spelling.isdigit():
                        names.setdefault(spelling, number)
    for spelling, number in _EXTRA_MONTHS.items():
        names.setdefault(spelling, number)
    return names


@functools.lru_cache(maxsize=64)
def _weekdays(language: str) -> frozenset[str]:
    names = []
    for tag in (language, "en", "de", "ru", "bg", "ar"):
        for width in ("wide", "abbreviated"):
            names += [fold(name) for name in babel_locale(tag).days["format"][width].values()]
    return frozenset(part for name in names for part in name.split())


def read_date(
    text: str, language: str, *, today: dt.date, past: bool = False, future: bool = False
) -> dt.date | Trouble:
    """Return the day ``text`` names. ``past`` or ``future`` help to choose a year that was left out or shortened.

    "not_a_date" when it names none or several, "no_such_date" for 31 February.
    """
    plain = digits(strip_controls(text)).strip()
    if not plain or len(plain) > _LONGEST:
        return "not_a_date"
    folded = fold(plain)
    shift = _PHRASES.get(folded)
    if shift is None:
        shifts = [_RELATIVE[word] for word in folded.split() if word in _RELATIVE]
        others = [word for word in folded.split() if word not in _RELATIVE and word not in _FILLERS]
        shift = shifts[0] if len(shifts) == 1 and not others else None
    if shift is not None:
        return today + dt.timedelta(days=shift)
    parts = _parts(_CLOCK.sub(" ", plain), language)
    if parts is None:
        return "not_a_date"
    day, month, year = parts
    return _build(day, month, year, today=today, past=past, future=future)


#: Day, month, and the year as it was written ("" when it was left out).
Parts = tuple[int, int, str]


def _parts(text: str, language: str) -> Parts | None:
    """Split into day, month, year; None when the words and numbers are no date."""
    numbers: list[str] = []
    names: list[str] = []
    for token in _TOKEN.findall(fold(text)):
        (numbers if token.isdigit() else names).append(token)
    months = _months(language)
    month, left = _find_month(names, months)
    strangers = [name for name in left if name not in _FILLERS and name not in _weekdays(language)]
    if strangers or len(numbers) > 3:
        return None
    if month is not None:
        return _with_month(numbers, month)
    return _numeric(numbers, text, language)


def _find_month(names: Sequence[str], months: dict[str, int]) -> tuple[int | None, list[str]]:
    """Return the month among ``names`` and the names left over; two words make one month in Levantine Arabic."""
    for size in (2, 1):
        for start in range(len(names) - size + 1):
            month = months.get(" ".join(names[start : start + size]))
            if month is not None:
                return month, [*names[:start], *names[start + size :]]
    return None, list(names)


def _with_month(numbers: list[str], month: int) -> Parts | None:
    if len(numbers) == 1 and len(numbers[0]) <= 2:
        return int(numbers[0]), month, ""
    if len(numbers) != 2:
        return None
    first, second = numbers
    if len(first) == 4:
        first, second = second, first
    return (int(first), month, second) if len(first) <= 2 and len(second) in {2, 4} else None


def _numeric(numbers: list[str], text: str, language: str) -> Parts | None:
    if len(numbers) == 1 and len(numbers[0]) == 8:
        return _compact(numbers[0])
    if len(numbers) == 2:
        day, month = numbers
        return (int(day), int(month), "") if len(day) <= 2 and len(month) <= 2 and re.search(r"[./-]", text) else None
    if len(numbers) != 3:
        return None
    first, second, third = numbers
    if len(first) == 4:  # 2026-12-31, also with other separators
        return (int(third), int(second), first) if len(second) <= 2 and len(third) <= 2 else None
    if len(first) > 2 or len(second) > 2 or len(third) not in {2, 4}:
        return None
    day_number, month_number = int(first), int(second)
    if base_language(language) == "en" and "/" in text and month_number > 12 >= day_number:
        day_number, month_number = month_number, day_number
    return day_number, month_number, third


def _compact(number: str) -> Parts:
    """Read 20261231 or 31122026. Never both: the year of one would be the month of the other."""
    if int(number[:4]) in _YEARS and 1 <= int(number[4:6]) <= 12:
        return int(number[6:]), int(number[4:6]), number[:4]
    return int(number[:2]), int(number[2:4]), number[4:]


def _build(day: int, month: int, year: str, *, today: dt.date, past: bool, future: bool) -> dt.date | Trouble:
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return "no_such_date"
    if not year:
        return _nearest(day, month, today, past=past)
    full = int(year) if len(year) == 4 else _century(int(year), today, past=past, future=future)
    if full not in _YEARS:
        return "not_a_date"
    return _day(full, month, day) or "no_such_date"


def _century(short: int, today: dt.date, *, past: bool, future: bool) -> int:
    """Return the year a two-digit year means: at most 20 years ahead, else the century before; 85 is 1985."""
    ahead = 0 if past else 80 if future else 20
    year = today.year // 100 * 100 + short
    if year > today.year + ahead:
        return year - 100
    return year + 100 if future and year < today.year else year


def _nearest(day: int, month: int, today: dt.date, *, past: bool) -> dt.date | Trouble:
    """Return the next such day from ``today`` on, or the last one up to it; nine years reach over 29 February 2100."""
    for years in range(9):
        found = _day(today.year + (-years if past else years), month, day)
        if found is not None and (found <= today if past else found >= today):
            return found
    return "no_such_date"


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
