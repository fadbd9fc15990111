"""Every text of a bot in one list: for translators, for the checks and for the extractor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from flows.draft import Draft, FlowDraft
from flows.knowledge_spec import Centre, CrisisKind, FaqFile, Rumour
from flows.spec import BotSpec, CannedSpec, Spec
from flows.yaml_nodes import Document, Path, Span

__all__ = [
    "BotText",
    "TextKind",
    "bot_texts",
    "canned_texts",
    "centre_texts",
    "crisis_texts",
    "faq_texts",
    "flow_texts",
    "rumour_texts",
    "texts_of",
]

#: ``title`` is a button of an entry, topic, rumour or centre: where it is too long, the whole of it is listed.
TextKind = Literal["body", "label", "words", "staff", "title"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BotText:
    """One text: its context for translators, the source, and where it stands."""

    context: str
    source: str
    kind: TextKind
    doc: Document
    path: Path
    #: The flow whose variables it can name.
    flow: FlowDraft | None = None
    #: For translators.
    comment: str | None = None
    #: Step of a label, for counting the options of one message.
    step: str | None = None

    @property
    def span(self) -> Span:
        """Return where the text begins."""
        return self.doc.inside(self.path, self.source.split("\n", 1)[0])


def texts_of(draft: Draft) -> Iterator[BotText]:
    """Yield every text of the bot."""
    if draft.bot is not None:
        yield from bot_texts(draft.bot_doc, draft.bot)
    for flow in draft.flows.values():
        yield from flow_texts(flow)
    for faq in draft.faq:
        if faq.spec is not None:
            yield from faq_texts(faq.doc, faq.spec)
    for name, rumour in draft.rumours.items():
        yield from rumour_texts(draft.rumours_doc, name, rumour)
    for name, centre in draft.centres.items():
        yield from centre_texts(draft.centres_doc, name, centre)
    for name, kind in draft.crisis.items():
        yield from crisis_texts(draft.crisis_doc, name, kind)
    for name, canned in draft.canned.items():
        yield from canned_texts(draft.canned_doc, name, canned)


def bot_texts(doc: Document, bot: BotSpec) -> Iterator[BotText]:
    """Yield the texts of bot.yaml."""
    yield BotText(context="bot.name", source=bot.name, kind="body", doc=doc, path=("name",))
    yield BotText(context="team.contact", source=bot.team.contact, kind="body", doc=doc, path=("team", "contact"))
    for name, queue in bot.queues.items():
        path: Path = ("queues", name, "promise")
        yield BotText(context=f"queues.{name}.promise", source=queue.promise, kind="body", doc=doc, path=path)
    for name, command in bot.commands.items():
        yield BotText(
            context=f"commands.{name}.words",
            source=command.words,
            kind="words",
            doc=doc,
            path=("commands", name, "words"),
            comment="What people type for this, separated by commas. Write the words of your language.",
        )
    for name, text in bot.texts.items():
        yield BotText(context=f"texts.{name}", source=text, kind="body", doc=doc, path=("texts", name))


def flow_texts(flow: FlowDraft) -> Iterator[BotText]:
    """Yield the texts of one flow."""
    for step in flow.steps.values():
        if step.verb is None or step.spec is None:
            continue
        for text in step.verb.texts(step.spec):
            context = f"{flow.id}.{step.id}.{text.part}" if text.part else f"{flow.id}.{step.id}"
            yield BotText(
                context=context,
                source=text.source,
                kind=text.kind,
                doc=flow.doc,
                path=(*step.path, *text.path),
                flow=flow,
                comment=step.spec.comment,
                step=step.id,
            )


#: Parts of an answer -> what translators are told about them.
_ENTRY_PARTS = {
    "question": None,
    "title": None,
    "answer": None,
    "steps": "One step a line; keep the number of lines.",
    "bring": None,
    "deadline": None,
    "help": None,
}
_RUMOUR_PARTS = {
    "title": None,
    "claim": "How the rumour is told in your language.",
    "truth": None,
    "share": "Two short sentences that people forward into groups.",
}
_CENTRE_PARTS = {
    "name": "Keep the German name; what it means may stand behind it in brackets.",
    "title": None,
    "what": None,
    "who": None,
    "languages_note": None,
    "hours": None,
}


def faq_texts(doc: Document, faq: FaqFile) -> Iterator[BotText]:
    """Yield the texts of one FAQ file."""
    yield BotText(context=f"topics.{faq.topic}", source=faq.label, kind="title", doc=doc, path=("label",))
    for name, entry in faq.entries.items():
        path: Path = ("entries", name)
        yield from _parts(doc, f"faq.{name}", entry, path, _ENTRY_PARTS)
        if entry.next is not None:
            where = (*path, "next", "label")
            yield BotText(context=f"faq.{name}.next", source=entry.next.label, kind="title", doc=doc, path=where)


def rumour_texts(doc: Document, name: str, rumour: Rumour) -> Iterator[BotText]:
    """Yield the texts of one rumour."""
    yield from _parts(doc, f"rumours.{name}", rumour, (name,), _RUMOUR_PARTS)


def centre_texts(doc: Document, name: str, centre: Centre) -> Iterator[BotText]:
    """Yield the texts of one centre."""
    yield from _parts(doc, f"centres.{name}", centre, (name,), _CENTRE_PARTS)


def _parts(doc: Document, context: str, spec: Spec, path: Path, parts: Mapping[str, str | None]) -> Iterator[BotText]:
    """Yield the parts that are written, each with its own context."""
    for part, comment in parts.items():
        source = getattr(spec, part)
        if source:
            yield BotText(
                context=f"{context}.{part}",
                source=source,
                kind="title" if part == "title" else "body",
                doc=doc,
                path=(*path, part),
                comment=comment,
            )


def crisis_texts(doc: Document, name: str, kind: CrisisKind) -> Iterator[BotText]:
    """Yield the answer to one kind of danger."""
    yield BotText(context=f"crisis.{name}", source=kind.answer, kind="body", doc=doc, path=(name, "answer"))


def canned_texts(doc: Document, name: str, canned: CannedSpec) -> Iterator[BotText]:
    """Yield title and text of a ready reply."""
    yield BotText(
        context=f"canned.{name}.title",
        source=canned.title,
        kind="body",
        doc=doc,
        path=(name, "title"),
        comment="Title of a ready reply; only counsellors read it.",
    )
    yield BotText(
        context=f"canned.{name}.text",
        source=canned.text,
        kind="body",
        doc=doc,
        path=(name, "text"),
        comment="A counsellor sends it. Keep every […]: it is a gap that they fill in.",
    )
