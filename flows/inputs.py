"""Typed answers: from what a person sent to a checked value, or a stable reason why not.

People type their digits and month names in their own script, add a word of politeness, and answer a question for
text with a voice note. Everything here is pure and bounded: the longest messages and the strangest
characters end in a reason, never in an exception.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, assert_never

from core.messages import Choice, Content, Location, Media, MediaKind, SharedContact, Text
from flows.read_dates import read_date
from flows.read_numbers import MAX_DIGITS, read_number
from flows.read_places import phone_shown, read_email, read_phone, read_point, read_postcode
from flows.read_words import read_yes_no, yes_no_shown
from flows.values import Kind, Value
from i18n.bidi import strip_controls
from i18n.formatting import format_date, format_number
from i18n.negotiate import NATIVE_NAMES, base_language, recognise

__all__ = ["Accepted", "Reason", "Rejected", "Rules", "parse"]

#: Why an answer does not fit. Codes are stable: texts, counts and tests name them.
Reason = Literal[
    "need_text",
    "empty",
    "too_short",
    "too_long",
    "not_a_number",
    "not_whole",
    "too_small",
    "too_large",
    "not_a_date",
    "no_such_date",
    "in_future",
    "in_past",
    "too_early",
    "too_late",
    "not_an_email",
    "not_a_phone",
    "not_a_postcode",
    "not_yes_no",
    "not_a_location",
    "not_a_file",
    "wrong_file",
    "file_too_big",
    "not_a_language",
    "choose",
]

#: Longest text read for a value; what is longer is a story.
_LONGEST_VALUE = 2000
#: What counts as a file. Stickers and animations are moods.
_FILES: frozenset[MediaKind] = frozenset({"photo", "voice", "audio", "video", "document"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Limits of one question; those of another kind of input are not looked at."""

    #: Smallest number or earliest day.
    min: Decimal | dt.date | None = None
    max: Decimal | dt.date | None = None
    #: Characters of a text.
    min_length: int = 1
    max_length: int = 2000
    #: Whether a number must be whole.
    integer: bool = True
    #: Only today and before; only today and after.
    past: bool = False
    future: bool = False
    media: frozenset[MediaKind] = _FILES
    #: Bytes, as far as the provider tells; 20 MB is what Telegram lets a bot fetch.
    max_bytes: int = 20_000_000
    #: Country (ISO 3166) of a phone number without a code.
    region: str = "DE"
    #: Languages to choose from; all known ones when empty.
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A value that fits, and how it is said back to the person."""

    value: Value
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Why the answer does not fit."""

    reason: Reason
    #: What came instead of text: a kind of media, "location", "contact", "choice" or "other".
    got: str | None = None
    #: The limit that was missed, as the person reads it.
    limit: str | None = None


def parse(kind: Kind, content: Content, rules: Rules, *, language: str, today: dt.date) -> Accepted | Rejected:
    """Return the value of an answer to a question of ``kind``, or why there is none.

    ``language`` settles what is ambiguous (1.234) and how the value is shown, ``today`` is the person's day. Whole
    numbers become int, others their decimal digits as a string; days are ISO strings, a place is "lat,lon".
    """
    match content:
        case Text(text=text):
            return _typed(kind, _clean(text), rules, language, today)
        case Location(latitude=latitude, longitude=longitude, label=label) if kind == "location":
            return _place(latitude, longitude, label)
        case SharedContact(phone=phone) if kind == "phone":
            return _phone(phone if phone.startswith("+") else f"+{phone}", phone, rules)
        case Media() if kind == "media":
            return _media(content, rules)
        case _:
            return Rejected(reason=_wanted(kind), got=_name(content))


def _wanted(kind: Kind) -> Reason:
    """Return the reason for something that is not even the right sort of message."""
    match kind:
        case "location":
            return "not_a_location"
        case "media":
            return "not_a_file"
        case "choice":
            return "choose"
        case _:
            return "need_text"


def _name(content: Content) -> str:
    match content:
        case Media(kind=kind):
            return kind
        case Location():
            return "location"
        case SharedContact():
            return "contact"
        case Choice():
            return "choice"
        case _:
            return "other"


def _clean(text: str) -> str:
    """Return typed text without control characters, halves of surrogates and direction marks, trimmed."""
    kept = (sign for sign in strip_controls(text) if sign in "\n\t" or unicodedata.category(sign) not in {"Cc", "Cs"})
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def _typed(kind: Kind, text: str, rules: Rules, language: str, today: dt.date) -> Accepted | Rejected:
    if kind == "text":
        return _text(text, rules)
    short = text if len(text) <= _LONGEST_VALUE else ""
    match kind:
        case "number":
            return _number(short, rules, language)
        case "date":
            return _date(short, rules, language, today)
        case "email":
            return _as_read(read_email(short), "not_an_email")
        case "postcode_de":
            return _as_read(read_postcode(short), "not_a_postcode")
        case "phone":
            return _phone(short, short, rules)
        case "yes_no":
            return _yes_no(short, language)
        case "location":
            point = read_point(short)
            return Rejected(reason="not_a_location") if point is None else _place(*point, None)
        case "language":
            return _language(short, rules)
        case "media" | "choice":
            return Rejected(reason=_wanted(kind), got="text")
        case _:
            assert_never(kind)


def _as_read(value: str | None, reason: Reason) -> Accepted | Rejected:
    return Rejected(reason=reason) if value is None else Accepted(value=value, shown=value)


def _yes_no(text: str, language: str) -> Accepted | Rejected:
    answer = read_yes_no(text)
    if answer is None:
        return Rejected(reason="not_yes_no")
    return Accepted(value=answer, shown=yes_no_shown(answer, language))


def _language(text: str, rules: Rules) -> Accepted | Rejected:
    found = recognise(text, rules.languages or tuple(NATIVE_NAMES))
    if found is None:
        return Rejected(reason="not_a_language")
    return Accepted(value=found, shown=NATIVE_NAMES.get(found, NATIVE_NAMES.get(base_language(found), found)))


def _text(text: str, rules: Rules) -> Accepted | Rejected:
    if not text:
        return Rejected(reason="empty")
    if len(text) < rules.min_length:
        return Rejected(reason="too_short", limit=str(rules.min_length))
    if len(text) > rules.max_length:
        return Rejected(reason="too_long", limit=str(rules.max_length))
    return Accepted(value=text, shown=text)


def _number(text: str, rules: Rules, language: str) -> Accepted | Rejected:
    number = read_number(text, language, whole=rules.integer)
    if number is None:
        return Rejected(reason="not_a_number")
    if abs(number) >= Decimal(10) ** MAX_DIGITS:
        return Rejected(reason="too_large" if number > 0 else "too_small")
    whole = number == number.to_integral_value()
    if rules.integer and not whole:
        return Rejected(reason="not_whole")
    if isinstance(rules.min, Decimal) and number < rules.min:
        return Rejected(reason="too_small", limit=format_number(rules.min, language))
    if isinstance(rules.max, Decimal) and number > rules.max:
        return Rejected(reason="too_large", limit=format_number(rules.max, language))
    value: Value = int(number) if whole else f"{number.normalize():f}"
    return Accepted(value=value, shown=format_number(number, language))


def _date(text: str, rules: Rules, language: str, today: dt.date) -> Accepted | Rejected:
    day = read_date(text, language, today=today, past=rules.past, future=rules.future)
    if not isinstance(day, dt.date):
        return Rejected(reason=day)
    if rules.past and day > today:
        return Rejected(reason="in_future")
    if rules.future and day < today:
        return Rejected(reason="in_past")
    if isinstance(rules.min, dt.date) and day < rules.min:
        return Rejected(reason="too_early", limit=format_date(rules.min, language))
    if isinstance(rules.max, dt.date) and day > rules.max:
        return Rejected(reason="too_late", limit=format_date(rules.max, language))
    return Accepted(value=day.isoformat(), shown=format_date(day, language))


def _phone(text: str, alternative: str, rules: Rules) -> Accepted | Rejected:
    """Read a number; ``alternative`` is the same number as a contact card of this country may have it."""
    number = read_phone(text, rules.region) or read_phone(alternative, rules.region)
    return Rejected(reason="not_a_phone") if number is None else Accepted(value=number, shown=phone_shown(number))


def _place(latitude: float, longitude: float, label: str | None) -> Accepted | Rejected:
    # The comparison is false for NaN too.
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return Rejected(reason="not_a_location")
    point = f"{latitude:.5f},{longitude:.5f}"
    return Accepted(value=point, shown=_clean(label or "")[:200] or point.replace(",", ", "))


def _media(file: Media, rules: Rules) -> Accepted | Rejected:
    if file.kind not in _FILES | rules.media:
        return Rejected(reason="not_a_file", got=file.kind)
    if file.kind not in rules.media:
        return Rejected(reason="wrong_file", got=file.kind)
    if file.size is not None and file.size > rules.max_bytes:
        return Rejected(reason="file_too_big", got=file.kind, limit=f"{rules.max_bytes // 1_000_000} MB")
    return Accepted(value=file.ref, shown=_clean(file.name or "")[:200] or file.kind)
