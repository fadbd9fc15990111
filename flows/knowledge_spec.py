"""What an editor writes about the world: answers, rumours, centres, dated facts, words of danger, as types.

Everything here says where it comes from and when somebody last looked: that is what makes it more than a text.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema, model_validator

from flows.spec import Name, Source, Spec, Target, Text

__all__ = [
    "AUDIENCES",
    "DISTRICTS",
    "Centre",
    "Checked",
    "CrisisKind",
    "Examples",
    "FactSpec",
    "FactValue",
    "FaqEntry",
    "FaqFile",
    "Formula",
    "HelpNumber",
    "NextStep",
    "Rumour",
]

Certainty = Literal["A", "B", "C"]
Audience = Literal["eu", "third_country", "ukraine", "refugee", "abroad", "under_27", "over_27"]
AUDIENCES = ("eu", "third_country", "ukraine", "refugee", "abroad", "under_27", "over_27")
District = Literal[
    "charlottenburg_wilmersdorf",
    "friedrichshain_kreuzberg",
    "lichtenberg",
    "marzahn_hellersdorf",
    "mitte",
    "neukoelln",
    "pankow",
    "reinickendorf",
    "spandau",
    "steglitz_zehlendorf",
    "tempelhof_schoeneberg",
    "treptow_koepenick",
]
DISTRICTS = (
    *("charlottenburg_wilmersdorf", "friedrichshain_kreuzberg", "lichtenberg", "marzahn_hellersdorf", "mitte"),
    *("neukoelln", "pankow", "reinickendorf", "spandau", "steglitz_zehlendorf", "tempelhof_schoeneberg"),
    "treptow_koepenick",
)
_PART_OF_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-\d{2})?)?")


def _part_of_date(value: str) -> str:
    if not _PART_OF_DATE.fullmatch(value):
        raise ValueError("is not a date; write 2026-03-01, or 2026-03, or 2026")
    if len(value) == 10:
        try:
            date.fromisoformat(value)
        except ValueError:
            raise ValueError("is not a day of the calendar") from None
    return value


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


#: A day, a month or a year, as exactly as it is known: 2026-03-01, 2026-03 or 2026.
PartOfDate = Annotated[str, AfterValidator(_part_of_date)]
#: One official page, or a list of them.
Sources = Annotated[
    list[Source],
    Field(min_length=1, json_schema_extra={"type": ["string", "array"]}),
    BeforeValidator(_one_or_more),
]


class Checked(Spec):
    """Where something comes from, how sure that is, and who read it when."""

    source: Sources
    """Where the facts are from: one address, or a list. The first is shown with the date of ``checked``."""
    certainty: Certainty
    """A: seen on an official page. B: seen elsewhere. C: not looked up yet, so it stays a draft."""
    status: Literal["draft", "reviewed"] = "draft"
    """Below a draft people read that the team has not checked it yet."""
    checked: date
    """When the facts were last looked up."""
    reviewed: date | None = None
    """When somebody of the team read it, for ``status: reviewed``."""
    reviewed_by: str | None = None
    """Who read it, for ``status: reviewed``."""
    review_by: date
    """When it must be looked up again; a finding reminds you."""
    audience: list[Audience] = []
    """Whom it concerns; empty: everybody."""

    @model_validator(mode="after")
    def _review(self) -> Checked:
        if self.status == "reviewed" and not self.reviewed_by:
            raise ValueError("is reviewed, so it needs reviewed_by: who read it?")
        if self.status == "reviewed" and self.reviewed is None:
            raise ValueError("is reviewed, so it needs reviewed: on which day?")
        if self.certainty == "C" and self.status != "draft":
            raise ValueError("has certainty C, so it must stay a draft until the source was opened")
        return self


# -- answers -----------------------------------------------------------------------------------------------


class NextStep(Spec):
    """A button below an answer that leads into a flow."""

    label: Text
    """What stands on the button."""
    goto: Target
    """Where it leads: a flow, or ``flow.step``."""


class FaqEntry(Checked):
    """One question with its checked answer."""

    question: Text
    """Title of the answer."""
    title: Text | None = None
    """The same as a button: at most 24 signs in every language. Without it the question stands on the button."""
    answer: Text | None = None
    """The answer in one to three sentences."""
    steps: Text | None = None
    """What to do, one step a line; shown as a list below the answer."""
    danger: Name | None = None
    """A kind of ``crisis.yaml`` whose answer is said here too, so that it stands in one place. One of ``answer``,
    ``steps`` and ``danger`` must be there."""
    bring: Text | None = None
    """What to bring along."""
    deadline: Text | None = None
    """Until when; name a number as ``{fact.id}``."""
    help: Text | None = None
    """Who helps, where no centre of ``centres`` says it."""
    centres: list[Name] = Field(default=[], max_length=4)
    """Centres of ``centres.yaml`` that help with this; each is a button below the answer."""
    next: NextStep | None = None
    """A flow that leads on from here, as a button."""
    human: Literal["yes", "no"] = "no"
    """``yes``: this usually needs a person, so a button for one stands below the answer."""
    urgent: Literal["yes", "no"] = "no"
    """``yes``: it is listed first in its topic, and must be three taps away at most."""

    @model_validator(mode="after")
    def _says_something(self) -> FaqEntry:
        if self.answer is None and self.steps is None and self.danger is None:
            raise ValueError("needs an answer, or steps, or both")
        return self


class FaqFile(Spec):
    """A file of ``faq/``: entries of one topic."""

    topic: Name
    """Name by which steps, rumours and centres name this topic."""
    label: Text
    """What the topic is called on a button: at most 24 signs."""
    entries: dict[Name, FaqEntry] = Field(min_length=1)
    """The questions, each under a name of its own that never changes. In menus they stand in this order."""


def _lines(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty; write one question a line, or leave the name out")
    return value


#: ``examples/<language>.yaml``: how people really ask, one question a line, by the id of entry, rumour or centre.
Examples = dict[Name, Annotated[str, AfterValidator(_lines), Field(json_schema_extra={"minLength": 1})]]


# -- rumours and centres -----------------------------------------------------------------------------------


class Rumour(Checked):
    """Something wrong that is told, and what is true."""

    topic: Name
    """A topic of ``faq/``."""
    title: Text
    """On a button: at most 24 signs in every language."""
    claim: Text
    """How it is told."""
    truth: Text
    """What is true instead."""
    since: PartOfDate | None = None
    """Since when what is true holds: 2026-03-01, 2026-03 or 2026."""
    until: PartOfDate | None = None
    """Until when it holds, if that is known."""
    share: Text
    """Two sentences to forward into a group: the claim is wrong, and what is true."""
    entry: Name | None = None
    """The FAQ entry that says more; a button below."""


class Centre(Checked):
    """An advice centre or office people are sent to."""

    name: Text
    """Its name; translators may add what it means in brackets."""
    title: Text | None = None
    """On a button: at most 24 signs. Without it the name stands there."""
    what: Text
    """What they help with, in one sentence."""
    who: Text | None = None
    """Whom they help, where that is not everybody."""
    topics: list[Name] = Field(min_length=1)
    """Topics of ``faq/`` under which it is listed."""
    area: Literal["berlin", "germany", "everywhere"] = "berlin"
    """For people where: ``everywhere`` means also people who are still abroad."""
    visit: Literal["walk_in", "appointment", "remote"] | None = None
    """How one gets in touch: just go there, with an appointment, or only by phone and online."""
    languages: list[Name] = []
    """Languages spoken there, as codes: ``ar``. Empty: not known."""
    languages_note: Text | None = None
    """What else is known about languages, for example ``11 languages``."""
    address: str | None = None
    """Street and number, postcode and town, as on a German letter: it is not translated."""
    district: District | None = None
    """Berlin district it is in, or for which it is responsible."""
    hours: Text | None = None
    """When it is open, only where a source says so."""
    phone: str | None = None
    """Only where a source says so."""
    phone_certainty: Certainty | None = None
    """Of the phone number, where it differs from ``certainty``. With C the number may not be given."""
    url: Source | None = None
    """Its page."""
    valid_until: date | None = None
    """Last day on which it exists (a funded project); from then on ``fallback`` is shown."""
    fallback: Name | None = None
    """The centre to show instead."""

    @model_validator(mode="after")
    def _can_be_reached(self) -> Centre:
        if not (self.address or self.phone or self.url):
            raise ValueError("needs an address, a phone or a url: how does one get there?")
        if self.phone and (self.phone_certainty or self.certainty) == "C":
            raise ValueError("phone was not seen in a source (certainty C), so it must not be given")
        return self


# -- facts -------------------------------------------------------------------------------------------------


def _amount(value: object) -> Decimal | date:
    text = str(value).strip()
    try:
        return date.fromisoformat(text) if len(text) == 10 and text[4] == "-" else _number(text)
    except (ArithmeticError, ValueError):
        raise ValueError("must be a number, for example 12.50, or a day, for example 2027-03-04") from None


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


#: A number, or a day where the unit is ``date``.
Amount = Annotated[
    Decimal | date,
    PlainValidator(_amount),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "minLength": 1}]}),
]


class FactValue(Spec):
    """A value while it holds."""

    value: Amount
    """The number, with a point: ``13.90``. With ``unit: date`` a day: ``2027-03-04``."""
    start: date = Field(alias="from")
    """First day, as 2026-01-01."""
    until: date | None = None
    """Last day; leave it out for the newest value."""
    source: Source
    """Where it was looked up."""
    certainty: Certainty
    """A: seen on an official page. B: seen elsewhere. C: not looked up yet."""
    checked: date
    """When it was looked up."""
    checked_by: str
    """Who looked it up."""
    review_by: date | None = None
    """When it must be looked up again, for a value whose end is not known."""


class Formula(Spec):
    """How a value follows from another: ``of`` times, divided, as a share, then rounded."""

    of: Name
    """The fact it follows from."""
    times: Decimal = Decimal(1)
    """Factor."""
    divided_by: Decimal = Field(default=Decimal(1), gt=0)
    """Divisor."""
    percent: Decimal | None = None
    """Share in percent, for example 45.3."""
    round: Literal["up", "down", "nearest"] = "nearest"
    """Which way a value between two is rounded."""
    to: Decimal = Field(default=Decimal("0.01"), gt=0)
    """Rounded to multiples of this: 1 for whole euros, 0.01 for cents."""


class FactSpec(Spec):
    """A value that changes; stands once, and texts name it as ``{fact.id}``."""

    about: str
    """What it is, for editors."""
    unit: Literal["EUR", "percent", "number", "days", "weeks", "months", "years", "hours", "date"]
    """Decides how it is written in each language."""
    formula: Formula | None = None
    """Where the law derives it from another value: every value is held against it."""
    values: list[FactValue] = Field(min_length=1)
    """One for each time; they switch by the clock. Old ones stay: they are the history."""

    @model_validator(mode="after")
    def _fits_the_unit(self) -> FactSpec:
        for one in self.values:
            if isinstance(one.value, date) != (self.unit == "date"):
                raise ValueError("values must be days with unit: date, and numbers with every other unit")
        return self


# -- danger ------------------------------------------------------------------------------------------------


class HelpNumber(Spec):
    """A number that an answer to danger names, and how sure it is. 112, 110 and 116117 need no entry."""

    number: str
    """As it stands in the answer, for example ``0800 111 0 111``."""
    certainty: Certainty
    """A or B: seen in a source. C: not looked up yet; below the answer people read that."""
    source: str
    """Where it was seen, or where it has to be looked up: an address, or a newspaper with its day."""
    checked: date
    """When it was looked up."""


class CrisisKind(Spec):
    """One kind of danger: phrases that give it away, and what to say at once."""

    answer: Text
    """What is said at once: help numbers first."""
    numbers: list[HelpNumber] = []
    """Every other phone number of the answer, with its source; a number that is missing here is a finding."""
    groups: dict[Name, dict[Name, list[str]]] = {}
    """Per language: words that can stand for each other, such as ``child: [son, daughter, kid*]``."""
    phrases: dict[Name, list[str]]
    """Per language; matched as whole words after folding. ``*`` stands for the rest of a word, ``…`` for up to four
    words, ``{child}`` for any word of the group ``child`` of the same language."""
    unless: dict[Name, list[str]] = {}
    """Phrases that show it is not meant, for example ``I do not want to die``."""
