"""Numbers, money, dates and times as each language writes them, on top of Babel.

Digits are Latin in every language, also in Arabic and Persian: forms, letters and price tags in Germany carry
them. Babel's direction marks are removed, because :func:`i18n.bidi.isolate` does that work once, for the whole value.
English is written the European way (day before month), and times run to 24 everywhere.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date as babel_date
from babel.dates import format_skeleton
from babel.lists import format_list as babel_list
from babel.numbers import format_currency, format_decimal
from babel.numbers import format_percent as babel_percent
from babel.units import format_unit

from i18n.bidi import strip_controls
from i18n.negotiate import base_language

__all__ = [
    "babel_locale",
    "format_date",
    "format_datetime",
    "format_day_time",
    "format_list",
    "format_money",
    "format_number",
    "format_part_of_date",
    "format_percent",
    "format_period",
    "format_time",
    "language_name",
]

#: The variety that readers in Germany expect; the bare code would mean the United States.
_VARIETY = {"en": "en_GB"}


@functools.lru_cache(maxsize=128)
def babel_locale(language: str) -> Locale:
    """Return Babel's data for ``language``: its variety, else its base language, else English."""
    tag = language.replace("-", "_")
    for candidate in (_VARIETY.get(tag, tag), base_language(tag), "en_GB"):
        try:
            return Locale.parse(candidate)
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError("Babel always has English")


def format_number(value: float | Decimal, language: str) -> str:
    """Return ``value`` with the separators of ``language``, at most three places after the point."""
    return strip_controls(format_decimal(value, locale=babel_locale(language)))


#: Babel 2.18 has lost the Arabic words for days, weeks and months; these are CLDR's, by plural form.
_ARABIC = {
    "hour": {
        "one": "ساعة",
        "two": "ساعتان",
        "few": "{} ساعات",
        "many": "{} ساعة",
        "other": "{} ساعة",
        "zero": "{} ساعة",
    },
    "day": {"one": "يوم", "two": "يومان", "few": "{} أيام", "many": "{} يومًا", "other": "{} يوم", "zero": "{} يوم"},
    "week": {
        "one": "أسبوع",
        "two": "أسبوعان",
        "few": "{} أسابيع",
        "many": "{} أسبوعًا",
        "other": "{} أسبوع",
        "zero": "{} أسبوع",
    },
    "month": {"one": "شهر", "two": "شهران", "few": "{} أشهر", "many": "{} شهرًا", "other": "{} شهر", "zero": "{} شهر"},
    "year": {"one": "سنة", "two": "سنتان", "few": "{} سنوات", "many": "{} سنة", "other": "{} سنة", "zero": "{} سنة"},
}


def format_period(value: float | Decimal, unit: str, language: str) -> str:
    """Return a length of time with its unit in its plural; ``unit``: hour, day, week, month or year."""
    locale = babel_locale(language)
    if locale.language == "ar":
        return _ARABIC[unit][locale.plural_form(value)].format(format_number(value, language))
    text = format_unit(value, f"duration-{unit}", locale=locale)
    if "duration-" in text:  # no word in this language: one in English rather than the name of the unit
        text = format_unit(value, f"duration-{unit}", locale=babel_locale("en"))
    return strip_controls(text)


def format_money(amount: Decimal, currency: str, language: str) -> str:
    """Return an amount of ``currency`` (ISO 4217) with its symbol and its usual number of places."""
    return strip_controls(format_currency(amount, currency, locale=babel_locale(language)))


def format_percent(value: float | Decimal, language: str) -> str:
    """Return a share (0.125) as a percentage (12.5 %), at most two places after the point."""
    locale = babel_locale(language)
    pattern = locale.percent_formats[None].pattern.replace("0%", "0.##%").replace("0\xa0%", "0.##\xa0%")
    return strip_controls(babel_percent(value, format=pattern, locale=locale))


def format_date(date: dt.date, language: str) -> str:
    """Return a day with its month as a word, so that day and month cannot be mixed up: "12 March 2027"."""
    return strip_controls(babel_date(date, format="long", locale=babel_locale(language)))


def format_time(moment: dt.datetime | dt.time, language: str) -> str:
    """Return hours and minutes of the moment's own zone, "09:00"; the same in every language."""
    return f"{moment.hour:02d}:{moment.minute:02d}"


def format_datetime(moment: dt.datetime, language: str) -> str:
    """Return day and time of the moment's own zone: "12 March 2027, 09:00"."""
    comma = "،" if base_language(language) in {"ar", "fa", "ur", "ps"} else ","
    return f"{format_date(moment.date(), language)}{comma} {format_time(moment, language)}"


def format_day_time(moment: dt.datetime, language: str) -> str:
    """Return weekday and time of the moment's own zone: "Monday 09:00"."""
    # A plain day, not the moment: Babel would carry a moment without a zone over to UTC.
    day = strip_controls(babel_date(moment.date(), format="EEEE", locale=babel_locale(language)))
    return f"{day} {format_time(moment, language)}"


def format_part_of_date(written: str, language: str) -> str:
    """Return 2026-03-01, 2026-03 or 2026 as a day, a month or a year; raises ValueError for anything else."""
    if len(written) == 10:
        return format_date(dt.date.fromisoformat(written), language)
    if len(written) == 4:
        return str(int(written))
    month = dt.date.fromisoformat(f"{written}-01")
    return strip_controls(format_skeleton("yMMMM", month, locale=babel_locale(language)))


def format_list(items: Sequence[str], language: str) -> str:
    """Return several things as one phrase: "Arabic, Bulgarian and English"."""
    return babel_list(list(items), locale=babel_locale(language))


def language_name(code: str, language: str) -> str:
    """Return what ``language`` calls the language ``code``; the code itself where nobody knows."""
    try:
        name = Locale.parse(code.replace("-", "_")).get_display_name(babel_locale(language))
    except (UnknownLocaleError, ValueError):
        return code
    return strip_controls(name) if name else code
