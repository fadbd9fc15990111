"""What texts, conditions and assignments of a flow can name, and of which kind it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flows.draft import Draft, FlowDraft, StepDraft
from flows.values import Kind

__all__ = ["EVERYWHERE", "assignments", "canned_names", "contact_types", "declare", "text_names"]

#: Names that a text can use everywhere, beside facts and what is known about the person, and what each stands for.
EVERYWHERE: Mapping[str, str] = {
    "queue.opens": "when somebody is at the desk next; in a handoff that of its queue, elsewhere that of the first",
    "queue.promise": "when somebody reads, as the queue's `promise` says it",
    "queue.wait": "by when most people heard from a human lately, or the promise while too few waited to tell",
    "bot.name": "the bot's name",
    "team.name": "the team's name",
    "team.contact": "another way to reach the team",
    "team.imprint": "address of the imprint",
    "team.privacy": "address of the privacy notice",
}


def contact_types(draft: Draft) -> dict[str, Kind]:
    """Return what is kept about a person, as ``contact.name``; the language is always known."""
    types: dict[str, Kind] = {"contact.language": "language"}
    types |= {f"contact.{name}": "text" for name in draft.written("contact")}
    if draft.bot is not None:
        types |= {f"contact.{name}": var.type for name, var in draft.bot.contact.items()}
    return types


def text_names(draft: Draft, flow: FlowDraft | None = None) -> set[str]:
    """Return every name that a text can put in braces."""
    names = {*EVERYWHERE, *contact_types(draft)}
    written = draft.facts_doc.data if isinstance(draft.facts_doc.data, dict) else {}
    names |= {f"fact.{name}" for name in (*draft.facts, *written)}
    return names | set(flow.types) if flow is not None else names


def canned_names(draft: Draft) -> set[str]:
    """Return every name that a ready reply can put in braces: nothing that the bot asked the person."""
    return {name for name in text_names(draft) if not name.startswith("contact.")} | {"counsellor"}


def declare(draft: Draft) -> None:
    """Fill in what each flow can name: inputs, outputs, variables, answers kept, and outputs of the flows it calls."""
    contact = contact_types(draft)
    languages = frozenset(draft.written("languages", "offered"))
    for flow in draft.flows.values():
        flow.types = {**contact, **flow.inputs, **flow.outputs, **(flow.header.vars if flow.header else {})}
        for step, saved in _saves(flow):
            for name, kind in saved.items():
                declared = flow.types.setdefault(name, kind)
                if _group(declared) != _group(kind):
                    message = f"“{name}” holds {declared} elsewhere in this flow, but {kind} here"
                    flow.doc.add("E701", flow.doc.span((*step.path, "save")), message)
        _called(draft, flow)
        _note_unclear(draft, flow)
        flow.options = _options(flow)
        if languages:
            flow.options["contact.language"] = languages


def _saves(flow: FlowDraft) -> Iterator[tuple[StepDraft, Mapping[str, Kind]]]:
    for step in flow.steps.values():
        if step.verb is not None and step.spec is not None and not step.broken:
            yield step, step.verb.saves(step.spec)


def _group(kind: Kind) -> str:
    """Return the kinds that can stand for each other: all of them texts."""
    return "text" if kind in ("text", "choice", "email", "phone", "postcode_de", "language") else kind


def _called(draft: Draft, flow: FlowDraft) -> None:
    """Add the outputs of called flows, as ``prefix.name``."""
    for step in flow.steps.values():
        if step.verb is None or step.spec is None or step.verb.name != "call" or not step.spec.save:
            continue
        called = draft.flows.get(step.spec.call)
        for name, kind in (called.outputs if called else {}).items():
            flow.types.setdefault(f"{step.spec.save}.{name}", kind)


def _note_unclear(draft: Draft, flow: FlowDraft) -> None:
    """Note the names of broken declarations, of broken steps, and of calls that lead nowhere."""
    data = flow.doc.data if isinstance(flow.doc.data, dict) else {}
    for group in ("inputs", "outputs", "vars"):
        declared = data.get(group)
        if isinstance(declared, dict):
            flow.unclear |= {str(name) for name in declared if name not in flow.types}
    for step in flow.steps.values():
        saved = step.raw.get("save") if isinstance(step.raw, dict) else None
        called = draft.flows.get(step.spec.call) if step.verb and step.verb.name == "call" and step.spec else None
        if step.broken or (step.verb is not None and step.verb.name == "call" and (called is None or called.partial)):
            flow.unclear |= {saved} if isinstance(saved, str) else {str(name) for name in saved or ()}


def _options(flow: FlowDraft) -> dict[str, frozenset[str]]:
    """Return what choices can hold, for those that only steps of this flow write."""
    found: dict[str, set[str]] = {}
    for step, saved in _saves(flow):
        for name, kind in saved.items():
            if kind == "choice" and step.verb is not None:
                found.setdefault(name, set()).update(step.verb.options(step.spec))
    for step in flow.steps.values():
        for name, value in assignments(step):
            if name in found:
                found[name].add(value)
    if flow.partial or any(step.broken for step in flow.steps.values()):
        return {}
    return {name: frozenset(options) for name, options in found.items() if name not in flow.inputs}


def assignments(step: StepDraft) -> Iterator[tuple[str, str]]:
    """Yield (variable, value) of everything a step sets."""
    if step.spec is None or step.verb is None:
        return
    if step.verb.name == "set":
        yield from step.spec.values.items()
    elif step.verb.name == "if":
        for branch in step.spec.branches:
            yield from branch.set.items()
