"""What an editor may write, as types: the bot file and what all steps share. Knowledge: ``flows.knowledge_spec``.

Validation, the JSON Schema for editors and the reference page all come from these classes and from the step
classes beside their verbs in ``flows/steps``. The loader hands every scalar over as a string: the types here decide
what it means, so ``plz: 01067`` stays 01067 and ``no`` stays "no".
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from core.ids import Millis
from flows.values import Kind

__all__ = [
    "BotSpec",
    "CannedSpec",
    "CommandSpec",
    "ConsentSpec",
    "ContactVar",
    "Duration",
    "FlowHeader",
    "Name",
    "QueueSpec",
    "Source",
    "Spec",
    "Target",
    "Text",
    "parse_duration",
]

_DURATION = re.compile(r"(\d+)\s*(s|m|h|d|w)")
_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TARGET = re.compile(r"[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39})?")


def parse_duration(value: object) -> Millis:
    """Return milliseconds for ``30s``, ``20m``, ``3h``, ``2d`` or ``1w``; raises ValueError otherwise."""
    if isinstance(value, int):
        return value
    found = _DURATION.fullmatch(str(value).strip())
    if found is None:
        raise ValueError("is not a length of time; write a number and s, m, h, d or w, for example 20h")
    return int(found[1]) * _UNITS[found[2]]


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("is not a name; use small letters, digits and _, starting with a letter")
    return value


def _target(value: str) -> str:
    if not _TARGET.fullmatch(value):
        raise ValueError("is not the name of a step; write step or flow.step")
    return value


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty; write the text the person shall read")
    return value.strip()


def _source(value: str) -> str:
    if not value.startswith("https://") or " " in value:
        raise ValueError("is not an address; write https://…")
    return value


#: A length of time, as milliseconds.
Duration = Annotated[
    Millis,
    BeforeValidator(parse_duration),
    Field(json_schema_extra={"type": "string", "pattern": r"^\d+\s*[smhdw]$"}),
]
#: The id of a step, option, variable, flow, queue or fact.
Name = Annotated[str, AfterValidator(_name), Field(json_schema_extra={"pattern": "^[a-z][a-z0-9_]{0,39}$"})]
#: A step to go on at: ``step`` in the same flow or ``flow.step``.
Target = Annotated[str, AfterValidator(_target)]
#: Words a person reads, in the source language; ``{name}`` inserts a value.
Text = Annotated[str, AfterValidator(_text), Field(json_schema_extra={"minLength": 1})]
#: An official page, https only.
Source = Annotated[str, AfterValidator(_source)]


class Spec(BaseModel):
    """Base of everything written in YAML: unknown keys are errors, values are fixed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True)


class Languages(Spec):
    """Which languages the bot speaks."""

    source: Name
    """Language in which the flow files are written."""
    offered: list[Name] = Field(min_length=1)
    """Languages a person can choose."""
    fallback: dict[Name, list[Name]] = {}
    """Languages to try, in order, where a translation is missing; the source language is always last."""
    desk: list[Name] = []
    """Further languages that the counsellors read, so that both sides see the same: `canned.yaml` must be translated
    into them, and everything that people read should be."""


class ContactVar(Spec):
    """Something kept about a person across flows."""

    type: Kind = "text"
    """What it holds."""
    personal: bool = False
    """``yes`` for anything that could point at the person; then ``keep`` must say for how long."""
    keep: Duration | None = None
    """How long it may be kept. For the record: it is erased with everything else, see ``defaults``."""

    @model_validator(mode="after")
    def _personal_needs_keep(self) -> ContactVar:
        if self.personal and self.keep is None:
            raise ValueError("is personal, so it needs keep: how long is it kept?")
        return self


class LanguageHours(Spec):
    """When somebody reads who speaks one of the queue's languages, where that differs from the others."""

    hours: str | None = None
    """Opening hours for this language, for example ``We 14:00-18:00``; without them, those of the queue."""
    closed: list[str] = []
    """Days off beside those of the queue, written as there."""


class QueueSpec(Spec):
    """A queue of people who wait for a human."""

    hours: str
    """Opening hours, for example ``Mo-Fr 09:00-17:00``."""
    zone: str = "Europe/Berlin"
    """Time zone of the hours. That of the first queue is also the bot's own: it decides which day it is."""
    holidays: str | None = None
    """A German state whose public holidays are closed days, for example ``DE-BE``."""
    closed: list[str] = []
    """Days off: ``2026-12-28``, ``24.12.`` (every year) or ``2026-12-28/2027-01-02`` (a range)."""
    languages: list[Name] = Field(min_length=1)
    """Languages in which a human can answer."""
    by_language: dict[Name, LanguageHours] = {}
    """Other hours and days off for some of the languages."""
    promise: Text
    """What people are told about when somebody reads, for example ``within one working day``."""
    within: Duration = parse_duration("8h")
    """The same in opening time; who waits longer ranks with those a clock runs on. Eight hours are a working day."""


class CommandSpec(Spec):
    """A word that works everywhere: exactly one of goto, call and action."""

    words: Text
    """What people type, separated by commas; translators write their own words."""
    goto: Target | None = None
    """A step to go on at; every open flow is left."""
    call: Name | None = None
    """A flow to run in between; the open question is asked again afterwards."""
    action: (
        Literal["back", "stop", "erase", "privacy", "restart", "how_long", "stop_waiting", "withdraw", "mydata"] | None
    ) = None
    """Something the framework does itself."""

    @model_validator(mode="after")
    def _one_effect(self) -> CommandSpec:
        if sum(part is not None for part in (self.goto, self.call, self.action)) != 1:
            raise ValueError("needs exactly one of goto, call and action")
        return self


class Defaults(Spec):
    """What holds where a step says nothing."""

    retries: int = Field(default=2, ge=0, le=10)
    """How often a question is asked again before the bot gives up on it."""
    keep_without_case: Duration = parse_duration("30d")
    """Everything about a person without a case is erased so long after they last wrote."""
    keep_after_case: Duration = parse_duration("90d")
    """Everything is erased so long after a case was closed."""
    keep_media: Duration = parse_duration("14d")
    """Photos, recordings and other files are erased so long after they came, and earlier with everything else."""


class Team(Spec):
    """Who runs the bot; shown to people before they entrust it with anything."""

    name: Text
    """Of the team; also the title of the web chat."""
    imprint: Source
    """Address of the imprint."""
    privacy: Source
    """Address of the privacy notice."""
    contact: Text
    """Another way to reach the team (an address, opening times, a phone number that is checked)."""


class ConsentSpec(Spec):
    """Whether people are asked before a human of the team may read what they wrote."""

    ask: Literal["yes", "no"] = "yes"
    """``yes``: every handoff asks once, by itself. ``no`` needs ``because``."""
    because: Text | None = None
    """With ``ask: no``: on which other legal ground the team reads along. For the record; nobody is shown this."""

    @model_validator(mode="after")
    def _ground(self) -> ConsentSpec:
        if self.ask == "no" and self.because is None:
            raise ValueError("does not ask, so it needs because: on which legal ground does the team read along?")
        return self


class BotSpec(Spec):
    """``bot.yaml``: what holds for the whole bot."""

    format: Literal["1"]
    """Version of this language; write ``"1"``."""
    name: Text
    """Of the bot, as people read it in ``{bot.name}``."""
    languages: Languages
    """Which languages it speaks."""
    channels: list[Name] = Field(min_length=1)
    """Channels whose limits the texts must fit."""
    start: Name
    """Flow that a new person enters."""
    home: Target
    """The main menu: where ``menu`` leads and where people land when their step is gone."""
    team: Team
    """Who runs it."""
    contact: dict[Name, ContactVar] = {}
    """What is kept about a person across flows, as ``contact.name``. The language needs no entry."""
    queues: dict[Name, QueueSpec] = Field(min_length=1)
    """Where people wait for a human; the first one also takes crises and failures."""
    commands: dict[Name, CommandSpec] = {}
    """Words that work everywhere. ``human``, ``menu`` and one with ``action: stop`` must be there; so must one with
    ``action: withdraw``, unless ``consent`` says that nobody is asked."""
    consent: ConsentSpec = ConsentSpec()
    """Whether people are asked before a human reads along."""
    defaults: Defaults = Defaults()
    """What holds where a step says nothing."""
    texts: dict[Name, Text] = {}
    """Own wording of the framework's texts (``not_understood`` and so on)."""
    unanswered: Literal["count", "keep"] = "count"
    """Questions without an answer are counted, without their words. ``keep`` also keeps the words, sealed, without
    numbers and addresses, for a month at most, so that editors can read them; say so in the privacy notice."""


class FlowHeader(Spec):
    """A flow file without its steps."""

    flow: Name
    """Must be the name of the file."""
    about: str | None = None
    """For editors; nobody is shown this."""
    inputs: dict[Name, Kind] = {}
    """Variables that a ``call`` can fill with ``with:``."""
    outputs: dict[Name, Kind] = {}
    """Variables that the caller gets back when the flow ends."""
    vars: dict[Name, Kind] = {}
    """Further variables. One that a step saves needs no entry."""
    on_update: Target | None = None
    """Where people land whose step was removed; without it, at ``home``."""
    intake: Name | None = None
    """The flow asks a few things before its ``handoff`` to this queue. Whoever enters it has asked for a human: their
    waiting counts from then on, and they come to the handoff even if they say nothing more. At most three questions,
    each of which can be skipped."""


class CannedSpec(Spec):
    """A ready reply: counsellors find it by its title, read it in their language and send it in the person's."""

    title: Text
    """What counsellors search for; nobody else reads it."""
    text: Text
    """What is put into the reply. ``{counsellor}`` is the name of whoever answers; ``[…]`` is a gap to fill in."""
