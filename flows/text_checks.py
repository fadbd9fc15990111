"""Texts in the source language: do their values exist, are numbers typed in that belong into the facts?"""

from __future__ import annotations

import re

from flows.bot_texts import BotText, texts_of
from flows.draft import Draft
from flows.findings import did_you_mean
from flows.names import canned_names, text_names
from flows.texts import TEXTS
from i18n.check import placeholders
from i18n.plain import digits

__all__ = ["check_texts", "typed_number"]

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
        if text.kind in ("body", "staff") and not text.context.startswith(_EXEMPT):
            _check_numbers(text)


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


def typed_number(source: str) -> str | None:
    """Return a number of ``source`` that should be a fact: money, a share, or an amount of three digits and more.

    Phone numbers, numbers of laws and forms, years, dates, times and addresses are no such numbers.
    """
    plain = digits(source)
    if not any(sign.isdigit() for sign in plain):
        return None
    plain = _HARMLESS.sub(lambda found: " " * 2 + "·", plain)
    money = _MONEY.search(plain)
    if money is not None:
        return money[0].strip()
    amount = _AMOUNT.search(_YEAR.sub("·", plain))
    return amount[0].strip() if amount is not None else None


def _check_numbers(text: BotText) -> None:
    number = typed_number(text.source)
    if number is not None:
        span = text.doc.inside(text.path, number)
        text.doc.add("W508", span, f"the number “{number}” is typed into this text")
