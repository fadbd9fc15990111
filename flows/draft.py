"""A bot folder while it is being checked: what could be read, what could not, and where everything stands.

A draft may be full of mistakes; every check works with what is there and stays silent about what an earlier mistake
has hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from flows.findings import Finding
from flows.knowledge_spec import Centre, CrisisKind, FactSpec, FaqEntry, FaqFile, Rumour
from flows.spec import BotSpec, CannedSpec, FlowHeader
from flows.values import Kind
from flows.verbs import Verb
from flows.yaml_nodes import Document, Path

__all__ = ["Draft", "ExamplesDraft", "FaqDraft", "FlowDraft", "Place", "StepDraft"]

#: (flow, step)
Place = tuple[str, str]


@dataclass(slots=True, kw_only=True)
class StepDraft:
    """One step as far as it could be read."""

    flow: str
    id: str
    raw: Any
    #: None: not clear which verb is meant.
    verb: Verb | None = None
    #: What pydantic made of it; None when it could not.
    spec: Any = None
    #: Has mistakes of its own, so no conclusion is drawn from its exits.
    broken: bool = False

    @property
    def path(self) -> Path:
        """Return where the step stands in its file."""
        return ("steps", self.id)


@dataclass(slots=True, kw_only=True)
class FlowDraft:
    """One flow file as far as it could be read."""

    id: str
    doc: Document
    header: FlowHeader | None = None
    steps: dict[str, StepDraft] = field(default_factory=dict)
    #: Words of the editor were lost, so steps may exist that are not listed here.
    partial: bool = False
    #: Everything a text or a condition of this flow can name, apart from ``contact.`` and the like.
    types: dict[str, Kind] = field(default_factory=dict)
    #: Options of choices, where all of them are known.
    options: dict[str, frozenset[str]] = field(default_factory=dict)

    #: Names that are written where something else is wrong, so that nothing can be said about them.
    unclear: set[str] = field(default_factory=set)

    def hides(self, name: str) -> bool:
        """Return whether a name that seems to be missing may exist in a part that could not be read."""
        return self.partial or name in self.unclear or name.partition(".")[0] in self.unclear

    @property
    def inputs(self) -> Mapping[str, Kind]:
        """Return the declared inputs."""
        return self.header.inputs if self.header else {}

    @property
    def outputs(self) -> Mapping[str, Kind]:
        """Return the declared outputs."""
        return self.header.outputs if self.header else {}


@dataclass(slots=True, kw_only=True)
class FaqDraft:
    """One FAQ file as far as it could be read."""

    doc: Document
    spec: FaqFile | None = None


@dataclass(slots=True, kw_only=True)
class ExamplesDraft:
    """How people ask in one language, as far as it could be read: a text with a question a line, by id."""

    doc: Document
    texts: dict[str, str] = field(default_factory=dict)


def _no_file() -> Document:
    return Document(file="")


@dataclass(slots=True, kw_only=True)
class Draft:
    """A whole bot folder as far as it could be read."""

    folder: FilePath
    #: How the folder is named in findings.
    shown: str
    verbs: Mapping[str, Verb]
    bot_doc: Document
    bot: BotSpec | None = None
    flows: dict[str, FlowDraft] = field(default_factory=dict)
    faq: list[FaqDraft] = field(default_factory=list)
    facts_doc: Document = field(default_factory=_no_file)
    facts: dict[str, FactSpec] = field(default_factory=dict)
    crisis_doc: Document = field(default_factory=_no_file)
    crisis: dict[str, CrisisKind] = field(default_factory=dict)
    canned_doc: Document = field(default_factory=_no_file)
    canned: dict[str, CannedSpec] = field(default_factory=dict)
    rumours_doc: Document = field(default_factory=_no_file)
    rumours: dict[str, Rumour] = field(default_factory=dict)
    centres_doc: Document = field(default_factory=_no_file)
    centres: dict[str, Centre] = field(default_factory=dict)
    #: By language.
    examples: dict[str, ExamplesDraft] = field(default_factory=dict)
    hooks: dict[str, Any] = field(default_factory=dict)
    #: hooks.py is there but does not load, so its functions are not known.
    hooks_broken: bool = False
    #: Findings about files that are no YAML.
    findings: list[Finding] = field(default_factory=list)
    #: Every file that was read, for the hash of the release.
    contents: dict[str, bytes] = field(default_factory=dict)
    #: Where a broken reference most likely wanted to lead.
    guesses: dict[Place, set[Place]] = field(default_factory=dict)

    @property
    def docs(self) -> Iterator[Document]:
        """Yield every YAML file."""
        yield self.bot_doc
        yield self.facts_doc
        yield self.crisis_doc
        yield self.canned_doc
        yield self.rumours_doc
        yield self.centres_doc
        for flow in self.flows.values():
            yield flow.doc
        for faq in self.faq:
            yield faq.doc
        for examples in self.examples.values():
            yield examples.doc

    @property
    def faq_entries(self) -> Iterator[tuple[Document, str, str, FaqEntry]]:
        """Yield (file, topic, id, entry) of every FAQ entry."""
        for faq in self.faq:
            if faq.spec is not None:
                for name, entry in faq.spec.entries.items():
                    yield faq.doc, faq.spec.topic, name, entry

    @property
    def topics(self) -> dict[str, str]:
        """Return the topics in the order of their files, and what each is called."""
        return {faq.spec.topic: faq.spec.label for faq in self.faq if faq.spec is not None}

    @property
    def known_ids(self) -> Iterator[tuple[str, Document, Path]]:
        """Yield everything that can be asked for: (id, file, place) of entries, rumours and centres."""
        for doc, _, name, _ in self.faq_entries:
            yield name, doc, ("entries", name)
        for name in self.rumours:
            yield name, self.rumours_doc, (name,)
        for name in self.centres:
            yield name, self.centres_doc, (name,)

    @property
    def hides_knowledge(self) -> bool:
        """Return whether an entry, rumour or centre that seems to be missing may stand in a part nobody could read."""
        docs = [self.rumours_doc, self.centres_doc, *(faq.doc for faq in self.faq)]
        return any(doc.partial or any(one.code < "E2" for one in doc.findings) for doc in docs)

    def written(self, *keys: str) -> list[str]:
        """Return the names that bot.yaml has under these keys, also where their values are wrong."""
        data = self.bot_doc.data
        for key in keys:
            data = data.get(key) if isinstance(data, dict) else None
        if isinstance(data, dict):
            return [str(name) for name in data]
        return [str(name) for name in data] if isinstance(data, list) else []

    def resolve(self, target: str, flow: str) -> Place | None:
        """Return the step that ``target`` names, seen from ``flow``; None when there is none."""
        name, dot, step = target.partition(".")
        if dot:
            found = self.flows.get(name)
            return (name, step) if found is not None and step in found.steps else None
        here = self.flows.get(flow)
        if here is not None and target in here.steps:
            return flow, target
        there = self.flows.get(target)
        if there is not None and there.steps:
            return target, next(iter(there.steps))
        return None

    def hidden(self, target: str, flow: str) -> bool:
        """Return whether ``target`` may exist in a file that could not be read whole."""
        name, dot, _ = target.partition(".")
        if not dot and name in self.flows:
            return True  # a flow without readable steps
        found = self.flows.get(name if dot else flow)
        return found is not None and found.partial
