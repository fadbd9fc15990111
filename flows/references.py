"""Do all names lead somewhere? Steps, flows, queues, topics, variables, hooks, inputs, and the values inside texts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from flows.draft import Draft, FlowDraft, StepDraft
from flows.expr import Condition, ConditionError, parse_condition
from flows.findings import did_you_mean
from flows.intake_checks import check_intake
from flows.names import assignments, text_names
from flows.nearness import DISTRICT, STAGE
from flows.values import Kind
from flows.yaml_nodes import Document, Path, Span

__all__ = ["Conditions", "check_flows", "check_target"]

#: (flow, step) -> path inside the step -> condition
Conditions = dict[tuple[str, str], dict[Path, Condition]]


def check_target(
    draft: Draft, doc: Document, path: Path, target: str, flow: str, where: tuple[str, str] | None
) -> None:
    """Report a target that leads nowhere; ``where`` is the step it stands in."""
    if draft.resolve(target, flow) is not None or draft.hidden(target, flow):
        return
    name, dot, step = target.partition(".")
    if dot and name not in draft.flows:
        near = did_you_mean(name, draft.flows)
        guess = f"{near}.{step}" if near else None
        _missing(draft, doc, path, target, flow, where, code="E202", message=f"there is no flow “{name}”", guess=guess)
        return
    there = draft.flows.get(name if dot else flow)
    steps = [f"{name}.{one}" for one in there.steps] if dot and there else list(there.steps) if there else []
    guess = did_you_mean(target, steps) or did_you_mean(target, [] if dot else draft.flows)
    inside = f" in flow {name if dot else flow}" if there is not None else ""
    message = f"there is no step “{step if dot else target}”{inside}"
    _missing(draft, doc, path, target, flow, where, code="E201", message=message, guess=guess)


def _missing(
    draft: Draft,
    doc: Document,
    path: Path,
    target: str,
    flow: str,
    where: tuple[str, str] | None,
    *,
    code: str,
    message: str,
    guess: str | None,
) -> None:
    doc.add(code, doc.inside(path, target), message, suggestion=guess)
    meant = draft.resolve(guess, flow) if guess else None
    if meant is not None:
        draft.guesses.setdefault(where or ("", ""), set()).add(meant)


def check_flows(draft: Draft) -> Conditions:
    """Check every step of every flow and return the conditions that could be read."""
    conditions: Conditions = {}
    for flow in draft.flows.values():
        names = text_names(draft, flow)
        _check_renames(flow)
        _check_written(flow)
        check_intake(draft, flow)
        if flow.header is not None and flow.header.on_update:
            check_target(draft, flow.doc, ("on_update",), flow.header.on_update, flow.id, None)
        for step in flow.steps.values():
            if step.spec is None or step.verb is None:
                continue
            checker = _StepChecker(draft, flow, step, names)
            checker.targets()
            checker.conditions()
            checker.variables()
            checker.people_and_places()
            conditions[flow.id, step.id] = checker.found
    return conditions


def _check_renames(flow: FlowDraft) -> None:
    """An old name must lead to one step only."""
    seen: dict[str, str] = {}
    for step in flow.steps.values():
        for index, old in enumerate(step.spec.was if step.spec is not None else ()):
            span = flow.doc.span((*step.path, "was", index))
            if old in flow.steps:
                flow.doc.add("E215", span, f"“{old}” is the name of another step of this flow")
            elif old in seen:
                flow.doc.add("E215", span, f"“{old}” leads to {seen[old]} already")
            seen.setdefault(old, step.id)


def _check_written(flow: FlowDraft) -> None:
    """What is declared should be written somewhere; else it is always empty."""
    if flow.header is None or flow.partial or any(step.broken for step in flow.steps.values()):
        return
    written: set[str] = set(flow.inputs)
    for step in flow.steps.values():
        if step.verb is not None:
            written |= set(step.verb.saves(step.spec)) | {name for name, _ in assignments(step)}
    for group, declared in (("vars", flow.header.vars), ("outputs", flow.outputs)):
        for name in declared:
            if name not in written:
                flow.doc.add("W705", flow.doc.span((group, name), key=True), f"no step writes “{name}”")


@dataclass(slots=True)
class _StepChecker:
    """Everything one step refers to."""

    draft: Draft
    flow: FlowDraft
    step: StepDraft
    names: set[str]
    found: dict[Path, Condition]

    def __init__(self, draft: Draft, flow: FlowDraft, step: StepDraft, names: set[str]) -> None:
        self.draft, self.flow, self.step, self.names = draft, flow, step, names
        self.found = {}

    def path(self, *rest: str | int) -> Path:
        return (*self.step.path, *rest)

    def add(self, code: str, path: Path, text: str, message: str, known: Collection[str]) -> None:
        doc = self.flow.doc
        doc.add(code, doc.inside(path, text), message, suggestion=did_you_mean(text, known))

    def targets(self) -> None:
        """Check where the step leads."""
        spec, here = self.step.spec, (self.flow.id, self.step.id)
        if spec.then:
            check_target(self.draft, self.flow.doc, self.path("then"), spec.then, self.flow.id, here)
        for way in self.step.verb.exits(spec) if self.step.verb else ():
            if way.target is None:
                continue
            if way.kind == "call":
                self.call(way.target, way.path)
            else:
                check_target(self.draft, self.flow.doc, self.path(*way.path), way.target, self.flow.id, here)

    def call(self, target: str, path: Path) -> None:
        """Check the called flow and its inputs."""
        called = self.draft.flows.get(target)
        if called is None:
            self.add("E202", self.path(*path), target, f"there is no flow “{target}”", self.draft.flows)
            return
        for name in getattr(self.step.spec, "inputs", {}) if called.header is not None else ():
            if name not in called.inputs:
                span = self.flow.doc.span(self.path("with", name), key=True)
                near = did_you_mean(name, called.inputs)
                self.flow.doc.add("E212", span, f"the flow {target} has no input “{name}”", suggestion=near)

    def conditions(self) -> None:
        """Read the conditions."""
        spec = self.step.spec
        if spec.when:
            self.condition(("when",), spec.when)
        for path, text in self.step.verb.conditions(spec) if self.step.verb else ():
            self.condition(path, text)

    def condition(self, path: Path, text: str) -> None:
        flow = self.flow
        try:
            self.found[path] = parse_condition(text, flow.types, options=flow.options)
        except ConditionError as error:
            if error.code == "E204" and self.lenient(text[error.offset : error.offset + error.length]):
                return
            whole = flow.doc.inside(self.path(*path), text)
            start = whole.column + error.offset
            span = Span(whole.line, start, whole.line, start + error.length)
            flow.doc.add(error.code, span, error.message, suggestion=error.suggestion)

    def variables(self) -> None:
        """Check what is set and what is passed on."""
        verb, spec = self.step.verb, self.step.spec
        if verb is None:
            return
        if verb.name == "set":
            self.assigned(("set",), spec.values)
        elif verb.name == "if":
            for index, branch in enumerate(spec.branches):
                self.assigned(("if", index, "set"), branch.set)
        for name, value in getattr(spec, "inputs", {}).items():
            self.copied(("with", name), value)

    def assigned(self, path: Path, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            kind = self.flow.types.get(name)
            if kind is None:
                if self.lenient(name):
                    continue
                span = self.flow.doc.span(self.path(*path, name), key=True)
                near = did_you_mean(name, self.flow.types)
                self.flow.doc.add("E204", span, f"there is no variable “{name}” in this flow", suggestion=near)
            elif not self.copied((*path, name), value) and not _fits(kind, value):
                span = self.flow.doc.span(self.path(*path, name))
                self.flow.doc.add("E701", span, f"“{value}” does not fit “{name}”, which holds {kind}")

    def copied(self, path: Path, value: str) -> bool:
        """Check a value that copies a variable; False when it is a plain value."""
        if not (value.startswith("{") and value.endswith("}")):
            return False
        name = value[1:-1]
        if name not in self.flow.types and not self.lenient(name):
            self.add("E204", self.path(*path), name, f"there is no variable “{name}” in this flow", self.flow.types)
        return True

    def lenient(self, name: str) -> bool:
        return self.flow.hides(name) or (name.startswith("contact.") and self.draft.bot is None)

    def people_and_places(self) -> None:
        """Check queues, topics and hooks."""
        verb, spec = self.step.verb, self.step.spec
        if verb is None:
            return
        if verb.name == "handoff":
            queues = self.draft.written("queues")
            if spec.handoff not in queues and self.draft.bot_doc.data is not None:
                self.add("E203", self.path("handoff"), spec.handoff, f"there is no queue “{spec.handoff}”", queues)
        elif verb.name in ("faq", "referral"):
            topics = _topics(self.draft)
            key = "topics" if verb.name == "faq" else "referral"
            for index, topic in enumerate(getattr(spec, key)):
                if topics is not None and topic not in topics:
                    self.add("E206", self.path(key, index), topic, f"there is no FAQ topic “{topic}”", topics)
            if verb.name == "referral":
                for name in (DISTRICT, STAGE):
                    if name not in self.flow.types and not self.lenient(name):
                        message = f"“referral” keeps {name}; declare it in bot.yaml as type: choice"
                        self.add("E204", self.path("referral"), name, message, self.flow.types)
        elif verb.name == "hook":
            hooks = self.draft.hooks
            if spec.hook.startswith("https://") or spec.hook in hooks or self.draft.hooks_broken:
                return
            self.add("E210", self.path("hook"), spec.hook, f"hooks.py has no coroutine “{spec.hook}”", hooks)


def _topics(draft: Draft) -> set[str] | None:
    """Return all FAQ topics, or None when a file of the FAQ could not be read."""
    found: set[str] = set()
    for faq in draft.faq:
        data = faq.doc.data
        if not isinstance(data, dict) or not isinstance(data.get("topic"), str):
            return None
        found.add(data["topic"])
    return found


def _is_number(value: str) -> bool:
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value) is not None
    except ValueError:
        return False


_FITS: Mapping[Kind, Callable[[str], bool]] = {
    "number": _is_number,
    "date": _is_date,
    "yes_no": lambda value: value.lower() in {"yes", "no", "true", "false"},
}


def _fits(kind: Kind, value: str) -> bool:
    check = _FITS.get(kind)
    return check is None or check(value)
