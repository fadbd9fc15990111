"""What will be said on a day: every fact with its value, as each language writes it, and where texts name it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from flows.fact_checks import Task, tasks
from flows.knowledge_spec import FactSpec, FactValue
from flows.program import Program
from i18n.check import placeholders

__all__ = ["FactLine", "fact_lines", "fact_tasks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactLine:
    """One fact on one day."""

    fact: str
    spec: FactSpec
    #: What holds on that day; None: nothing, so people are told to look at the official page.
    value: FactValue | None
    #: Language -> what people read there.
    said: dict[str, str]
    #: Texts that name it.
    named_in: tuple[str, ...]


def fact_lines(program: Program, day: date, languages: Sequence[str]) -> Iterator[FactLine]:
    """Yield every fact of a bot as of ``day``, in the order of the file."""
    named = _named(program)
    context, source = program.texts["fact_unknown"]
    for name in program.facts.names:
        said = {
            language: program.facts.text(name, day, language) or program.translator.text(language, context, source).text
            for language in languages
        }
        yield FactLine(
            fact=name,
            spec=program.facts.spec(name),
            value=program.facts.value(name, day),
            said=said,
            named_in=tuple(named.get(name, ())),
        )


def fact_tasks(program: Program, day: date) -> tuple[Task, ...]:
    """Return what has to be looked up as of ``day``."""
    return tasks({name: program.facts.spec(name) for name in program.facts.names}, day)


def _named(program: Program) -> dict[str, list[str]]:
    """Return for each fact the texts that name it."""
    found: dict[str, list[str]] = {}
    for context, source in program.sources:
        for name in placeholders(source):
            if name.startswith("fact."):
                found.setdefault(name.removeprefix("fact."), []).append(context)
    return found
