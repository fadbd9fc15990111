"""Dated facts: a value that changes stands once, with its dates, and switches by the clock.

``{fact.minimum_wage}`` shows the value of the day on which the text is sent, as the reader's language writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from flows.knowledge_spec import FactSpec, FactValue, Formula
from i18n.formatting import format_date, format_money, format_number, format_percent, format_period

__all__ = ["Facts", "derive", "show"]

#: The units of time a fact can have.
_TIMES = {"hours": "hour", "days": "day", "weeks": "week", "months": "month", "years": "year"}


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

    def history(self, name: str) -> tuple[FactValue, ...]:
        """Return every value of a fact, the newest first."""
        return tuple(self._values.get(name, ()))

    def spec(self, name: str) -> FactSpec:
        """Return what a fact is; raises KeyError for an unknown one."""
        return self._specs[name]

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
def show(amount: Decimal | date, unit: str, language: str) -> str:
    """Return an amount with its unit, or a day, as ``language`` writes it."""
    if isinstance(amount, date):
        return format_date(amount, language)
    if unit == "EUR":
        return format_money(amount, "EUR", language)
    if unit == "percent":
        return format_percent(amount / 100, language)
    if unit in _TIMES:
        return format_period(amount, _TIMES[unit], language)
    return format_number(amount, language)


def derive(formula: Formula, base: Decimal) -> Decimal:
    """Return what follows from ``base``, computed exactly and rounded at the end only."""
    exact = Fraction(base) * Fraction(formula.times) / Fraction(formula.divided_by)
    if formula.percent is not None:
        exact *= Fraction(formula.percent) / 100
    steps = exact / Fraction(formula.to)
    match formula.round:
        case "up":
            whole = -(-steps.numerator // steps.denominator)
        case "down":
            whole = steps.numerator // steps.denominator
        case _:
            whole = (2 * steps.numerator + steps.denominator) // (2 * steps.denominator)  # a half goes up
    return whole * formula.to
