"""Dated facts: the value of the day, written for the reader, and warnings in time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from flows.facts import Facts, check_facts
from flows.knowledge_spec import FactSpec


def value(amount, start, until=None):
    return {
        "value": amount,
        "from": start,
        "until": until,
        "source": "https://example.org",
        "certainty": "A",
        "checked": "2026-01-01",
        "checked_by": "x",
    }


def fact(*values, unit="EUR"):
    return FactSpec.model_validate({"about": "x", "unit": unit, "values": list(values)})


def amount(facts, name, on):
    found = facts.value(name, on)
    return found and found.value


WAGE = fact(value("12.82", "2025-01-01", "2025-12-31"), value("13.90", "2026-01-01", "2026-12-31"))


def test_the_value_switches_by_the_clock():
    facts = Facts({"wage": WAGE})
    assert amount(facts, "wage", date(2025, 12, 31)) == Decimal("12.82")
    assert amount(facts, "wage", date(2026, 1, 1)) == Decimal("13.90")
    assert facts.value("wage", date(2024, 12, 31)) is None
    assert facts.value("wage", date(2027, 1, 1)) is None
    assert facts.value("other", date(2026, 1, 1)) is None


def test_the_order_in_the_file_does_not_matter():
    facts = Facts({"x": fact(value("2", "2026-01-01"), value("1", "2025-01-01", "2025-12-31"))})
    assert amount(facts, "x", date(2025, 6, 1)) == 1


@pytest.mark.parametrize(
    ("unit", "amount", "language", "shown"),
    [
        ("EUR", "13.90", "en", "€13.90"),
        ("EUR", "13.90", "ru", "13,90 €"),
        ("percent", "2.5", "en", "2.5%"),
        ("number", "1500", "en", "1,500"),
        ("weeks", "3", "en", "3 weeks"),
        ("weeks", "1", "en", "1 week"),
        ("months", "3", "ru", "3 месяца"),
        ("days", "2", "bg", "2 дни"),
    ],
)
def test_values_are_written_as_the_reader_writes_them(unit, amount, language, shown):
    facts = Facts({"x": fact(value(amount, "2026-01-01"), unit=unit)})
    assert facts.text("x", date(2026, 1, 1), language).replace("\xa0", " ") == shown


def test_a_day_without_a_value_shows_nothing():
    assert Facts({"wage": WAGE}).text("wage", date(2030, 1, 1), "en") == ""


def reports(specs, today):
    found = []
    check_facts(specs, today, lambda code, name, index, message: found.append((code, name, index)))
    return found


def test_gaps_and_overlaps_are_told():
    gap = fact(value("1", "2025-01-01", "2025-06-30"), value("2", "2026-01-01"))
    overlap = fact(value("1", "2025-01-01", "2026-01-01"), value("2", "2026-01-01"))
    endless = fact(value("1", "2025-01-01"), value("2", "2026-01-01"))
    backwards = fact(value("1", "2025-01-01", "2024-01-01"))
    today = date(2026, 5, 1)
    assert reports({"gap": gap}, today) == [("W703", "gap", 1)]
    assert reports({"overlap": overlap}, today) == [("E702", "overlap", 1)]
    assert reports({"endless": endless}, today) == [("E702", "endless", 0)]
    assert ("E106", "backwards", 0) in reports({"backwards": backwards}, today)


def test_a_value_without_a_successor_is_told_from_october_on():
    assert reports({"wage": WAGE}, date(2026, 9, 30)) == []
    assert reports({"wage": WAGE}, date(2026, 10, 1)) == [("H704", "wage", 1)]
    assert reports({"wage": WAGE}, date(2027, 1, 1)) == [("W703", "wage", 1)]
