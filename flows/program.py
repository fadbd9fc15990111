"""A bot, compiled: what the loader makes of a checked folder and all the engine ever reads. Never changed in place."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

from msgspec import Struct

from core.messages import Option
from flows.crisis import Crisis
from flows.expr import Condition
from flows.facts import Facts
from flows.faq import Faq
from flows.hours import OpeningHours
from flows.knowledge_spec import FaqEntry
from flows.nearness import for_abroad
from flows.shelf import Shelf
from flows.spec import BotSpec, CannedSpec, QueueSpec
from flows.understanding import Tongues
from flows.values import Kind
from flows.verbs import Timeout, Verb
from i18n.catalog import Translator

__all__ = ["Command", "Flow", "Place", "Program", "Queue", "Step", "option_token"]


@lru_cache(maxsize=16_384)
def option_token(flow: str, step: str, option: str) -> str:
    """Return what a button carries: 14 characters that name (flow, step, option) and nothing else.

    It holds no release, so a button of last week still works while its option exists.
    """
    digest = hashlib.sha256("\x1f".join((flow, step, option)).encode()).digest()
    return "o:" + base64.urlsafe_b64encode(digest[:9]).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step, ready to run."""

    flow: str
    id: str
    verb: Verb
    spec: Any
    #: Step to go on at when nothing else is said; None: the flow ends.
    next: str | None
    condition: Condition | None = None
    #: Conditions inside the step, by their path.
    conditions: Mapping[tuple[str | int, ...], Condition] = field(default_factory=dict)
    #: Texts by part, in the source language.
    texts: Mapping[str, str] = field(default_factory=dict)
    #: What can be chosen here, and the reminders, as the verb gives them.
    options: Mapping[str, str] = field(init=False)
    timeouts: Sequence[Timeout] = field(init=False)

    def __post_init__(self) -> None:
        """Ask the verb once for what never changes."""
        object.__setattr__(self, "options", self.verb.options(self.spec))
        object.__setattr__(self, "timeouts", self.verb.timeouts(self.spec))

    def text_id(self, part: str = "") -> str:
        """Return the id of a text of this step, which is also its context for translators."""
        return f"{self.flow}.{self.id}.{part}" if part else f"{self.flow}.{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One flow: its steps in order and what goes in and out."""

    id: str
    steps: Mapping[str, Step]
    first: str
    inputs: Mapping[str, Kind]
    outputs: Mapping[str, Kind]
    vars: Mapping[str, Kind]
    #: Earlier step names -> present ones.
    renamed: Mapping[str, str]
    on_update: str | None = None
    #: Queue for which this flow asks a few things before its handoff.
    intake: str | None = None


class Place(Struct, frozen=True):
    """A step by name."""

    flow: str
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue with its opening hours."""

    id: str
    spec: QueueSpec
    hours: OpeningHours
    #: For languages whose hours differ.
    by_language: Mapping[str, OpeningHours] = field(default_factory=dict)

    @classmethod
    def open(cls, name: str, spec: QueueSpec) -> Queue:
        """Read the hours of a queue; raises ValueError with a plain sentence."""
        return cls(
            id=name,
            spec=spec,
            hours=OpeningHours.parse(spec.hours, spec.zone, spec.holidays, spec.closed),
            by_language={
                language: OpeningHours.parse(
                    other.hours or spec.hours, spec.zone, spec.holidays, [*spec.closed, *other.closed]
                )
                for language, other in spec.by_language.items()
            },
        )

    def hours_for(self, language: str) -> OpeningHours:
        """Return when somebody reads who speaks this language."""
        return self.by_language.get(language, self.hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A word that works everywhere."""

    id: str
    goto: str | None
    call: str | None
    action: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A whole bot."""

    #: Id of the bot: the name of its folder.
    bot: str
    spec: BotSpec
    flows: Mapping[str, Flow]
    home: Place
    #: Hash of everything that was loaded; told in the logs and to the desk.
    release: str
    translator: Translator
    #: The framework's own texts and the bot's wordings of them, by id: (context for translators, source).
    texts: Mapping[str, tuple[str, str]]
    commands: Mapping[str, Command]
    #: Per language: folded word -> command id. Words of the source language work everywhere.
    words: Mapping[str, Mapping[str, str]]
    #: Button token -> where it belongs: (flow, step, option).
    tokens: Mapping[str, tuple[str, str, str]]
    #: Every text of the bot that people or counsellors read: (context for translators, source).
    sources: Sequence[tuple[str, str]]
    facts: Facts
    faq: Faq
    #: Tells the offered languages apart.
    tongues: Tongues
    #: Entry, rumour or centre -> language -> its own words there and how people ask; what ``faq`` was built from.
    questions: Mapping[str, Mapping[str, Sequence[str]]]
    faq_entries: Mapping[str, FaqEntry]
    #: Entry, rumour or centre -> its topic, or the first of them.
    faq_topics: Mapping[str, str]
    #: Everything that people can leaf through, entries included.
    shelf: Shelf
    crisis: Crisis
    #: Ready replies of the desk, in the order of the file.
    canned: Mapping[str, CannedSpec]
    queues: Mapping[str, Queue]
    #: Hook name -> coroutine of the bot's hooks.py; taken by the caller of hooks, never by the engine.
    hooks: Mapping[str, Any] = field(default_factory=dict)
    #: Buttons in each language, ready to show; filled when they are first shown. As large as the content at most.
    buttons: dict[Hashable, tuple[Option, ...]] = field(default_factory=dict, compare=False, repr=False)
    #: Texts with the values of a day filled in, by (text, its language, the person's language, day).
    filled: dict[tuple[str, str, str, date], str] = field(default_factory=dict, compare=False, repr=False)
    #: What people may type for a step's options, folded, and the token of each: by (flow, step, language).
    typed: dict[tuple[str, str, str], dict[str, str]] = field(default_factory=dict, compare=False, repr=False)
    #: Folded labels of buttons that belong to no step: by (kind, name, language).
    labels: dict[tuple[str, str, str], str] = field(default_factory=dict, compare=False, repr=False)
    #: Every word of every language that means a command, so that most texts are seen at once to be none.
    all_words: frozenset[str] = field(init=False, compare=False, repr=False)
    #: The same as ``shelf``, with only the centres that are of use to people who are still abroad.
    shelf_abroad: Shelf = field(init=False, compare=False, repr=False)
    #: What a case can be about: the topics of the FAQ.
    topics: frozenset[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Gather the words and the topics, and the centres for people abroad."""
        object.__setattr__(self, "all_words", frozenset(word for known in self.words.values() for word in known))
        object.__setattr__(self, "topics", frozenset(self.faq_topics.values()))
        abroad = {name: centre for name, centre in self.shelf.centres.items() if for_abroad(centre)}
        object.__setattr__(self, "shelf_abroad", replace(self.shelf, centres=abroad))

    def warm(self) -> None:
        """Build what the first typed text would wait for. Takes seconds: for a thread."""
        self.faq.warm()
        self.tongues.detect("")

    @property
    def language_step(self) -> Step | None:
        """Return the first step that lets people choose a language; its buttons work everywhere."""
        steps = (step for flow in self.flows.values() for step in flow.steps.values())
        return next((step for step in steps if step.verb.name == "language"), None)

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the languages a person can choose."""
        return tuple(self.spec.languages.offered)

    def place(self, target: str, flow: str) -> Place:
        """Return where ``target`` leads, seen from ``flow``; a flow's name leads to its first step."""
        if "." in target:
            name, step = target.split(".", 1)
            return Place(name, step)
        if target in self.flows[flow].steps if flow in self.flows else False:
            return Place(flow, target)
        return Place(target, self.flows[target].first)

    def step(self, flow: str, step: str) -> Step | None:
        """Return a step, also under an earlier name of it; None when it is gone."""
        found = self.flows.get(flow)
        if found is None:
            return None
        return found.steps.get(step) or found.steps.get(found.renamed.get(step, ""))
