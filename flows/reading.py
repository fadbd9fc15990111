"""Reading a bot folder into a draft: every file once, every mistake of form a finding; it never raises for content."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

from flows.draft import Draft, ExamplesDraft, FaqDraft, FlowDraft, StepDraft
from flows.findings import did_you_mean, finding
from flows.knowledge_spec import FaqFile
from flows.spec import BotSpec, FlowHeader
from flows.structure import CANNED, CENTRES, CRISIS, EXAMPLES, FACTS, RUMOURS, fields_at, validate
from flows.verbs import Verb
from flows.yaml_nodes import Document, read_yaml

__all__ = ["NOT_FLOWS", "flow_of", "read_folder", "verb_of"]

#: Files of a bot folder that are no flows.
NOT_FLOWS = frozenset({"bot.yaml", "facts.yaml", "crisis.yaml", "rumours.yaml", "centres.yaml", "canned.yaml"})
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def read_folder(folder: FilePath, verbs: Mapping[str, Verb]) -> Draft:
    """Read everything that belongs to a bot. The tests, and files that are no YAML, are left to others."""
    shown = folder.as_posix()
    draft = Draft(
        folder=folder,
        shown=shown,
        verbs=verbs,
        bot_doc=Document(file=f"{shown}/bot.yaml"),
    )
    if (folder / "bot.yaml").is_file():
        draft.bot_doc = _read(draft, folder / "bot.yaml")
        draft.bot = _mapping(BotSpec, draft.bot_doc)
    else:
        draft.findings.append(finding("E109", f"{shown}/bot.yaml", 1, 1, "there is no bot.yaml in this folder"))
    for path in _files(folder):
        if path.name not in NOT_FLOWS:
            flow = flow_of(_read(draft, path), path.stem, verbs)
            draft.flows[flow.id] = flow
    for path in _files(folder / "faq"):
        doc = _read(draft, path)
        draft.faq.append(FaqDraft(doc=doc, spec=_mapping(FaqFile, doc)))
    draft.facts_doc, draft.facts = _table(draft, "facts.yaml", FACTS)
    draft.crisis_doc, draft.crisis = _table(draft, "crisis.yaml", CRISIS)
    draft.rumours_doc, draft.rumours = _table(draft, "rumours.yaml", RUMOURS)
    draft.centres_doc, draft.centres = _table(draft, "centres.yaml", CENTRES)
    draft.canned_doc, draft.canned = _table(draft, "canned.yaml", CANNED)
    for path in _files(folder / "examples"):
        doc = _read(draft, path)
        draft.examples[path.stem] = ExamplesDraft(doc=doc, texts=_mapping(EXAMPLES, doc) or {})
    return draft


def _table(draft: Draft, name: str, model: Any) -> tuple[Document, dict[str, Any]]:
    """Read one of the files that hold things by their id; none is there: nothing is in it."""
    path = draft.folder / name
    if not path.is_file():
        return Document(file=f"{draft.shown}/{name}"), {}
    doc = _read(draft, path)
    return doc, _mapping(model, doc) or {}


def _files(folder: FilePath) -> Iterator[FilePath]:
    """Yield the YAML files of a folder by name, hidden ones left out."""
    if folder.is_dir():
        yield from sorted(
            path
            for path in folder.iterdir()
            if path.suffix in (".yaml", ".yml") and not path.name.startswith(".") and path.is_file()
        )


def _read(draft: Draft, path: FilePath) -> Document:
    name = path.relative_to(draft.folder).as_posix()
    try:
        raw = path.read_bytes()
    except OSError as error:
        doc = Document(file=f"{draft.shown}/{name}", partial=True)
        doc.add("E112", doc.span(()), f"this file cannot be opened: {error.strerror or 'unknown reason'}")
        return doc
    draft.contents[name] = raw
    return read_yaml(raw, f"{draft.shown}/{name}")


def _mapping(model: Any, doc: Document) -> Any:
    """Read a whole file as ``model``; an empty file or a bare text is a finding."""
    if not isinstance(doc.data, dict):
        if not doc.findings:
            what = "is empty" if doc.data in (None, "") else "must hold keys with values"
            doc.add("E105", doc.span(()), f"this file {what}")
        doc.partial = True
        return None
    return validate(model, doc.data, doc)[0]


# -- flows -------------------------------------------------------------------------------------------------


def flow_of(doc: Document, name: str, verbs: Mapping[str, Verb]) -> FlowDraft:
    """Read the flow of one file; ``name`` is that of the file without its ending."""
    flow = FlowDraft(id=name, doc=doc, partial=doc.partial)
    data = doc.data
    if not isinstance(data, dict):
        flow.partial = True
        if not doc.findings:
            doc.add("E110", doc.span(()), "this file holds no flow")
        return flow
    _read_header(flow, data)
    steps = data.get("steps")
    if not isinstance(steps, dict) or not steps:
        if "steps" in data or not any(found.code in ("E104", "E014") for found in doc.findings):
            doc.add("E110", doc.span(("steps",), key=True), "this flow has no steps")
        flow.partial = True
        return flow
    for step, raw in steps.items():
        flow.steps[str(step)] = _read_step(flow, str(step), raw, verbs)
    return flow


def _read_header(flow: FlowDraft, data: dict[str, Any]) -> None:
    header = {key: value for key, value in data.items() if key != "steps"}
    known = (*fields_at(FlowHeader, ()), "steps")
    if "steps" not in data:
        for key in list(header):
            if key not in known and did_you_mean(key, known) == "steps":
                flow.doc.add("E104", flow.doc.span((key,), key=True), f"“{key}” is no key here", suggestion="steps")
                del header[key]
    flow.header, _ = validate(FlowHeader, header, flow.doc)
    if flow.header is not None and flow.header.flow != flow.id:
        span = flow.doc.span(("flow",))
        flow.doc.add("E108", span, f"this file is {flow.id}.yaml, but the flow is called {flow.header.flow}")


def _read_step(flow: FlowDraft, step: str, raw: Any, verbs: Mapping[str, Verb]) -> StepDraft:
    found = StepDraft(flow=flow.id, id=step, raw=raw)
    path = found.path
    doc = flow.doc
    if not _NAME.fullmatch(step):
        doc.add("E107", doc.span(path, key=True), f"“{step[:40]}” is not a name of a step")
        found.broken = True
    if not isinstance(raw, dict):
        near = did_you_mean(step, verbs)
        hint = "; a step has a name and below it a verb, indented" if near else ""
        doc.add("E103", doc.span(path, key=True), f"the step “{step[:40]}” has no verb{hint}")
        found.broken = True
        return found
    before = len(doc.findings)
    found.verb = verb_of(doc, path, raw, verbs)
    if found.verb is not None:
        found.spec, _ = validate(found.verb.spec, raw, doc, path)
    found.broken |= found.spec is None or len(doc.findings) > before
    return found


def verb_of(doc: Document, path: tuple[str | int, ...], raw: dict[str, Any], verbs: Mapping[str, Verb]) -> Verb | None:
    """Return the one verb of a step. A key such as ``say`` beside a verb that has such a field belongs to that verb."""
    named = [key for key in raw if key in verbs]
    taken = {field for key in named for field in fields_at(verbs[key].spec, ()) if field != key}
    left = [key for key in named if key not in taken] or named
    if len(left) == 1:
        return verbs[left[0]]
    if left:
        span = doc.span((*path, left[1]), key=True)
        doc.add("E102", span, f"this step has two verbs: {' and '.join(left)}")
        return None
    for key in raw:
        near = did_you_mean(key, verbs)
        if near is not None:
            doc.add("E103", doc.span((*path, key), key=True), f"“{key}” is no verb", suggestion=near)
            return None
    known = ", ".join(verbs)
    doc.add("E103", doc.span(path, key=True), f"the step “{path[-1]}” has no verb; known are {known}")
    return None
