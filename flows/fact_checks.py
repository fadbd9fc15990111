"""Facts held against each other and against the calendar: gaps, overlaps, formulas, and what must be looked up when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from flows.facts import Facts, derive
from flows.findings import did_you_mean
from flows.knowledge_spec import FactSpec, FactValue, Formula
from flows.yaml_nodes import Document, Span
from i18n.formatting import format_date

__all__ = ["Task", "check_facts", "due", "tasks"]

#: A value without a successor raises a task so long before its end: for the end of a year that is 1 October.
NOTICE = timedelta(days=91)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something about a fact that somebody has to look up."""

    fact: str
    #: Place of the value in the file.
    index: int
    #: Code of the finding.
    code: str
    since: date
    message: str
    #: Where it was looked up the last time.
    source: str


def due(until: date) -> date:
    """Return the day from which a value that ends must have a successor."""
    return until - NOTICE


def tasks(specs: Mapping[str, FactSpec], today: date) -> tuple[Task, ...]:
    """Return what is to be looked up as of a day, the longest waiting first."""
    found = [task for name, spec in specs.items() for task in _of_fact(name, spec, today)]
    found += [task for name, spec in specs.items() if spec.formula for task in _next_value(name, spec, specs)]
    return tuple(sorted(found, key=lambda task: (task.since, task.fact)))


def _of_fact(name: str, spec: FactSpec, today: date) -> Iterator[Task]:
    order = sorted(range(len(spec.values)), key=lambda n: spec.values[n].start)
    last = spec.values[order[-1]]
    for index, value in enumerate(spec.values):
        over = value.until is not None and value.until < today
        if value.review_by is not None and value.review_by < today and not over:
            message = f"the value of “{name}” was to be looked up again by {format_date(value.review_by, 'en')}"
            yield _task(name, index, "W711", value.review_by, message, value)
    if last.until is None or today < due(last.until):
        return
    until = format_date(last.until, "en")
    if last.until < today:
        message = f"the fact “{name}” has no value since {until}"
        yield _task(name, order[-1], "W703", last.until + timedelta(days=1), message, last)
    else:
        yield _task(name, order[-1], "H704", due(last.until), f"the fact “{name}” has no value after {until}", last)


def _task(name: str, index: int, code: str, since: date, message: str, value: FactValue) -> Task:
    return Task(fact=name, index=index, code=code, since=since, message=message, source=value.source)


def _next_value(name: str, spec: FactSpec, specs: Mapping[str, FactSpec]) -> Iterator[Task]:
    """Yield values that follow already: what they follow from has a value for a time that this one lacks."""
    formula = spec.formula
    base = specs.get(formula.of) if formula is not None else None
    if formula is None or base is None:
        return
    own = Facts({name: spec})
    order = sorted(range(len(spec.values)), key=lambda n: spec.values[n].start)
    newest = spec.values[order[-1]].start
    for value in base.values:
        if value.start <= newest or own.value(name, value.start) is not None or not isinstance(value.value, Decimal):
            continue
        amount, day = derive(formula, value.value), format_date(value.start, "en")
        message = f"from {day} on “{name}” would be {amount}: it follows from “{formula.of}”"
        yield _task(name, order[-1], "H710", value.start, message, value)


# -- checks ------------------------------------------------------------------------------------------------


def check_facts(specs: Mapping[str, FactSpec], today: date, doc: Document) -> None:
    """Report everything that is wrong with the facts, and what has to be looked up, at its line."""
    for name, spec in specs.items():
        order = sorted(range(len(spec.values)), key=lambda n: spec.values[n].start)
        for before, after in pairwise(order):
            _check_pair(name, spec, before, after, doc)
        for index, value in enumerate(spec.values):
            if value.until is not None and value.until < value.start:
                doc.add("E106", _at(doc, name, index), f"this value of “{name}” ends before it begins")
    doubled = {name for name, spec in specs.items() if _doubled(spec)}  # told already; which value is right is open
    for name, spec in specs.items():
        if spec.formula is not None and not doubled & {name, spec.formula.of}:
            _check_formula(name, spec, spec.formula, specs, doc)
    for task in tasks(specs, today):
        key = {"W711": "review_by", "W703": "from", "H704": "until", "H710": "value"}[task.code]
        doc.add(task.code, doc.span((task.fact, "values", task.index, key)), task.message)


def _at(doc: Document, name: str, index: int) -> Span:
    return doc.span((name, "values", index, "from"))


def _check_pair(name: str, spec: FactSpec, before: int, after: int, doc: Document) -> None:
    one, two = spec.values[before], spec.values[after]
    if one.until is None or one.until >= two.start:
        if one.until is None and one.start < two.start:
            day = format_date(two.start - timedelta(days=1), "en")
            doc.add("E702", _at(doc, name, before), f"this value of “{name}” has no end; write until for {day}")
        else:
            message = f"two values of “{name}” hold on {format_date(two.start, 'en')}"
            doc.add("E702", _at(doc, name, after), message)
    elif one.until + timedelta(days=1) < two.start:
        first, last = one.until + timedelta(days=1), two.start - timedelta(days=1)
        days = f"from {format_date(first, 'en')} to {format_date(last, 'en')}"
        doc.add("W703", _at(doc, name, after), f"“{name}” has no value {days}")


def _doubled(spec: FactSpec) -> bool:
    order = sorted(spec.values, key=lambda value: value.start)
    return any(one.until is None or one.until >= two.start for one, two in pairwise(order))


def _check_formula(name: str, spec: FactSpec, formula: Formula, specs: Mapping[str, FactSpec], doc: Document) -> None:
    """Hold every value against every value of its base that holds at the same time."""
    span = doc.span((name, "formula", "of"))
    base = specs.get(formula.of)
    if base is None:
        if not doc.partial and formula.of not in (doc.data or {}):
            near = did_you_mean(formula.of, specs)
            doc.add("E709", span, f"there is no fact “{formula.of}” to follow from", suggestion=near)
        return
    if base.unit == "date" or spec.unit == "date":
        doc.add("E709", span, "a day does not follow from a formula")
        return
    if name in _followed(formula.of, specs):
        doc.add("E709", span, f"“{name}” and “{formula.of}” follow from each other in a circle")
        return
    for index, value in enumerate(spec.values):
        for one in base.values:
            if not _together(one, value) or not isinstance(one.value, Decimal):
                continue
            wanted = derive(formula, one.value)
            if wanted != value.value:
                message = f"this value of “{name}” does not follow from “{formula.of}” {one.value}: that gives {wanted}"
                doc.add("E708", doc.span((name, "values", index, "value")), message)


def _followed(name: str, specs: Mapping[str, FactSpec]) -> set[str]:
    """Return every fact that a fact follows from, directly or through others, itself included."""
    found: set[str] = set()
    at: str | None = name
    while at is not None and at in specs and at not in found:
        found.add(at)
        formula = specs[at].formula
        at = formula.of if formula is not None else None
    return found


def _together(one: FactValue, two: FactValue) -> bool:
    """Return whether two values hold on a common day."""
    return (one.until is None or two.start <= one.until) and (two.until is None or one.start <= two.until)
