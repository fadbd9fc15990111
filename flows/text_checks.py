"""Texts in the source language: do their values exist, are numbers typed in that belong into the facts?"""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal

from flows.bot_texts import BotText, texts_of
from flows.draft import Draft
from flows.findings import did_you_mean
from flows.names import canned_names, text_names
from flows.texts import TEXTS
from i18n.check import placeholders
from i18n.plain import digits

__all__ = ["check_texts", "typed_number", "typed_period"]

#: What holds digits and is no value that changes: each is cut out before numbers are looked for.
_HARMLESS = re.compile(
    r"""
      \{[^{}\n]*\}                                                             # a value of the bot
    | (?:https?://|www\.)\S+                                                   # an address in the web
    | (?:§{1,2}|\b(?i:sections?|art\.?|article|paragraph|abs\.?|nr\.?|no\.?|form|step)\s)\s*\d+[\w/]*(?:\s?\(\d+\))?
    | \b(?:19|20)\d\d-\d\d-\d\d\b | \b\d{1,2}\.\s?\d{1,2}\.(?:\s?(?:19|20)\d\d)?  # dates
    | \b\d{1,2}\s(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w*(?:\s(?:19|20)\d\d)?
    | \b(?:[01]?\d|2[0-4])[:.][0-5]\d\b | \b\d{1,2}\s?(?:am|pm|Uhr|o'clock)\b         # times
    | (?<![\d.,])(?:\+|0)\d(?:[\s()/\-]{0,2}\d){5,20}                            # phone numbers
    | \b(?:110|112|115|116\s?\d{3}|111\s?0\s?\d{3}|0800[\d\s]+\d)\b              # numbers for help
    | [A-ZÄÖÜ][\w.-]*(?:stra(?:ß|ss)e|str\.|[Pp]latz|[Aa]llee|[Dd]amm|[Uu]fer|[Ww]eg|[Rr]ing|[Gg]asse)\s\d+\s?[a-z]?\b
    | \b\d{5}\s(?=[A-ZÄÖÜ])                                                    # a postcode before its town
    """,
    re.VERBOSE,
)
_YEAR = re.compile(r"(?<![\d.,])(?:19|20)\d\d(?![\d]|[.,]\d|\s?(?:€|EUR|euro|%))", re.IGNORECASE)
_MONEY = re.compile(
    r"(?:€|EUR|euros?)\s?\d[\d.,\s]*\d*|\d[\d.,]*(?:\s\d{3})*\s?(?:€|EUR\b|euros?\b|cents?\b|%|percent\b|per\scent\b)",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"(?<![\w.,-])\d{1,3}(?:[.,\s]\d{3})+(?![\d])|(?<![\w.,-])\d{3,}(?:[.,]\d+)?(?!\w)")
_DIGITS = re.compile(r"\d(?:[\d.,\s]*\d)?")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_NUMBER = re.compile(r"(?<![\w.,-])\d+(?:[.,]\d+)?(?![\w-])")
_WORDS = {
    word: number
    for number, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
        1,
    )
}
#: A length of time that a law could change; "one day" and "a week" are figures of speech.
_PERIOD = re.compile(rf"\b(?:\d+|{'|'.join(list(_WORDS)[1:])})[\s-](?:hour|day|week|month|year)s?\b", re.IGNORECASE)
#: A value of fewer digits says nothing by itself.
_TELLING = 3
#: What people tell each other is wrong whatever the law says; a period in it stands for nothing.
_TOLD = re.compile(r"rumours\.\w+\.(?:title|claim)")
#: Texts whose numbers are promises and examples, not facts of the law.
_EXEMPT = ("queues.", "team.", "commands.", "bot.")


def check_texts(draft: Draft) -> None:
    """Check every text of the bot."""
    everywhere = text_names(draft)
    ready = canned_names(draft)
    by_flow = {flow.id: text_names(draft, flow) for flow in draft.flows.values()}
    for text in texts_of(draft):
        if "{" in text.source or "}" in text.source:
            known = by_flow[text.flow.id] if text.flow else everywhere
            _check_names(draft, text, ready if text.context.startswith("canned.") else known)
        if text.kind in ("body", "staff", "title") and not text.context.startswith(_EXEMPT):
            _check_numbers(draft, text)


def _check_names(draft: Draft, text: BotText, known: set[str]) -> None:
    if text.context.startswith("texts."):
        known = known | set(placeholders(TEXTS.get(text.context.removeprefix("texts."), "")))
    for name in placeholders(text.source):
        if name in known or _hidden(draft, text, name):
            continue
        code = "E205" if name.startswith("fact.") else "E213"
        what = f"there is no fact “{name[5:]}”" if code == "E205" else f"nothing here is called “{name}”"
        span = text.doc.inside(text.path, "{" + name + "}")
        near = did_you_mean(name, known)
        text.doc.add(code, span, what, suggestion=near and "{" + near + "}")
    rest = re.sub(r"\{[^{}\n]*\}", "", text.source.replace("{{", "").replace("}}", ""))
    if "{" in rest or "}" in rest:
        text.doc.add("E213", text.span, "a brace in this text is not closed or not opened")


def _hidden(draft: Draft, text: BotText, name: str) -> bool:
    """Return whether the name may exist in a part that could not be read."""
    if name.startswith("fact."):
        return draft.facts_doc.partial
    if name.startswith("contact."):
        return draft.bot is None
    return text.flow is not None and text.flow.hides(name)


def typed_number(source: str, known: Collection[Decimal] = ()) -> str | None:
    """Return a number of ``source`` that should be a fact: money, a share, or an amount of three digits and more.

    Phone numbers, numbers of laws and forms, years, dates, times and addresses are no such numbers. A number of
    ``known``, values of the facts, counts whatever stands beside it.
    """
    plain = _without_harmless(source)
    if plain is None:
        return None
    money = _MONEY.search(plain)
    if money is not None:
        return money[0].strip()
    amount = _AMOUNT.search(_YEAR.sub("·", plain))
    if amount is not None:
        return amount[0].strip()
    return next((found for found in _NUMBER.findall(plain) if _value(found) in known), None)


def typed_period(source: str) -> str | None:
    """Return a length of time of ``source``, such as “3 weeks” or “two months”: laws change them too."""
    plain = _without_harmless(source, digits_only=False)
    found = _PERIOD.search(plain) if plain is not None else None
    return found[0] if found is not None else None


def _without_harmless(source: str, *, digits_only: bool = True) -> str | None:
    plain = digits(source)
    if digits_only and not any(sign.isdigit() for sign in plain):
        return None
    return _HARMLESS.sub(lambda found: " " * 2 + "·", plain)


def _value(number: str) -> Decimal | None:
    """Return the value of a number as people write it: 1,555.50, 1 555 and 13,90; None where there is none."""
    found = _DIGITS.search(number)
    if found is None:
        return None
    plain = re.sub(r"\s", "", found[0])
    plain = plain.replace(",", "") if _THOUSANDS.fullmatch(plain) else plain.replace(",", ".")
    try:
        return Decimal(plain)
    except ArithmeticError:
        return None


def _check_numbers(draft: Draft, text: BotText) -> None:
    values = {
        value.value
        for spec in draft.facts.values()
        for value in spec.values
        if isinstance(value.value, Decimal) and len(value.value.as_tuple().digits) >= _TELLING
    }
    number = typed_number(text.source, values)
    if number is not None:
        span = text.doc.inside(text.path, number)
        near = _fact_of(draft, number, None)
        text.doc.add("W508", span, f"the number “{number}” is typed into this text", suggestion=near)
        return
    period = typed_period(text.source)
    if period is not None and not _TOLD.fullmatch(text.context):
        amount, unit = period.replace("-", " ").split()
        near = _fact_of(draft, str(_WORDS.get(amount.lower(), amount)), unit.lower().rstrip("s") + "s")
        span = text.doc.inside(text.path, period)
        text.doc.add("W508" if near else "H518", span, f"“{period}” is typed into this text", suggestion=near)


def _fact_of(draft: Draft, number: str, unit: str | None) -> str | None:
    """Return the fact, in braces, that has or had this value; one of last year is as good a hint as one of today."""
    wanted = _value(number)
    for name, spec in draft.facts.items():
        if (unit is None or spec.unit == unit) and any(value.value == wanted for value in spec.values):
            return "{fact." + name + "}"
    return None
