"""Dated facts: a value that changes stands once, with its dates, and switches by the clock.

``{fact.minimum_wage}`` shows the value of the day on which the text is sent, as the reader's language writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from babel.units import format_unit

from flows.knowledge_spec import FactSpec, FactValue
from i18n.bidi import strip_controls
from i18n.formatting import babel_locale, format_date, format_money, format_number, format_percent

__all__ = ["Facts", "check_facts"]

#: The units of time a fact can have, as Babel calls them.
_TIMES = {"days": "duration-day", "weeks": "duration-week", "months": "duration-month"}
#: (code, fact, index of the value or None, sentence)
Report = Callable[[str, str, int | None, str], None]


class Facts:
    """All facts of a bot; never changed after loading."""

    __slots__ = ("_specs", "_values")

    def __init__(self, specs: Mapping[str, FactSpec]) -> None:
        self._specs = dict(specs)
        self._values = {
            name: sorted(spec.values, key=lambda value: value.start, reverse=True) for name, spec in specs.items()
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Return the ids of all facts."""
        return tuple(self._specs)

    def value(self, name: str, on: date) -> FactValue | None:
        """Return what holds on a day, or None for an unknown fact and for a day without a value."""
        for value in self._values.get(name, ()):
            if value.start <= on:
                return value if value.until is None or on <= value.until else None
        return None

    def text(self, name: str, on: date, language: str) -> str:
        """Return the value of a day as ``language`` writes it, "" when there is none."""
        found = self.value(name, on)
        return "" if found is None else show(found.value, self._specs[name].unit, language)


@lru_cache(maxsize=4096)
def show(amount: Decimal, unit: str, language: str) -> str:
    """Return an amount with its unit as ``language`` writes it."""
    if unit == "EUR":
        return format_money(amount, "EUR", language)
    if unit == "percent":
        return format_percent(amount / 100, language)
    if unit in _TIMES:
        return strip_controls(format_unit(amount, _TIMES[unit], locale=babel_locale(language)))
    return format_number(amount, language)


def check_facts(specs: Mapping[str, FactSpec], today: date, report: Report) -> None:
    """Report values that overlap, days without a value, and values that end without a successor.

    From 1 October on a value that ends this year raises a hint, so that the new one is looked up in time.
    """
    for name, spec in specs.items():
        order = sorted(range(len(spec.values)), key=lambda n: spec.values[n].start)
        for before, after in pairwise(order):
            _check_pair(name, spec, before, after, report)
        _check_values(name, spec, report)
        last = spec.values[order[-1]]
        if last.until is None:
            continue
        until = format_date(last.until, "en")
        if last.until < today:
            report("W703", name, order[-1], f"the fact “{name}” has no value since {until}")
        elif today >= date(last.until.year, 10, 1) and last.until.year == today.year:
            report("H704", name, order[-1], f"the fact “{name}” has no value after {until}")


def _check_values(name: str, spec: FactSpec, report: Report) -> None:
    for index, value in enumerate(spec.values):
        if value.until is not None and value.until < value.start:
            report("E106", name, index, f"this value of “{name}” ends before it begins")


def _check_pair(name: str, spec: FactSpec, before: int, after: int, report: Report) -> None:
    one, two = spec.values[before], spec.values[after]
    if one.until is None or one.until >= two.start:
        if one.until is None and one.start < two.start:
            day = format_date(two.start - timedelta(days=1), "en")
            report("E702", name, before, f"this value of “{name}” has no end; write until for {day}")
        else:
            report("E702", name, after, f"two values of “{name}” hold on {format_date(two.start, 'en')}")
    elif one.until + timedelta(days=1) < two.start:
        first, last = one.until + timedelta(days=1), two.start - timedelta(days=1)
        report(
            "W703", name, after, f"“{name}” has no value from {format_date(first, 'en')} to {format_date(last, 'en')}"
        )
