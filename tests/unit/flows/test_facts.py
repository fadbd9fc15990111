"""Dated facts: the value of the day, written for the reader, and warnings in time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.fact_checks import check_facts, due, tasks
from flows.facts import Facts, derive
from flows.knowledge_spec import FactSpec, Formula
from flows.yaml_nodes import Document, read_yaml


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
        ("weeks", "2", "ru", "2 недели"),
        ("years", "5", "ru", "5 лет"),
        ("hours", "8", "ar", "8 ساعات"),
        ("days", "3", "ar", "3 أيام"),
        ("days", "14", "ar", "14 يومًا"),
        ("weeks", "2", "ar", "أسبوعان"),
        ("weeks", "3", "ar", "3 أسابيع"),
        ("months", "1", "ar", "شهر"),
        ("months", "6", "ar", "6 أشهر"),
        ("months", "12", "ar", "12 شهرًا"),
        ("years", "100", "ar", "100 سنة"),
    ],
)
def test_values_are_written_as_the_reader_writes_them(unit, amount, language, shown):
    facts = Facts({"x": fact(value(amount, "2026-01-01"), unit=unit)})
    assert facts.text("x", date(2026, 1, 1), language).replace("\xa0", " ") == shown


def test_a_day_without_a_value_shows_nothing():
    assert Facts({"wage": WAGE}).text("wage", date(2030, 1, 1), "en") == ""


def written(specs):
    """Return a file with nothing but the places of the values: fact n begins in line 100 * n."""
    doc = Document(file="facts.yaml", data=dict(specs))
    for n, (name, spec) in enumerate(specs.items()):
        for index in range(len(spec.values)):
            line = 100 * (n + 1) + index
            doc.values[name, "values", index] = read_yaml(b"a: 1", "x").span(("a",))._replace(line=line)
    return doc


def reports(specs, today):
    doc = written(specs)
    check_facts(specs, today, doc)
    names = list(specs)
    return [(one.code, names[one.line // 100 - 1], one.line % 100) for one in doc.findings]


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


# -- values that follow from others ------------------------------------------------------------------------


def formula(**keys):
    return Formula.model_validate({"of": "base", **keys})


@pytest.mark.parametrize(
    ("keys", "base", "wanted"),
    [
        ({"times": "130", "divided_by": "3", "round": "up", "to": "1"}, "12.82", "556"),
        ({"times": "130", "divided_by": "3", "round": "up", "to": "1"}, "13.90", "603"),
        ({"times": "130", "divided_by": "3", "round": "up", "to": "1"}, "14.60", "633"),
        ({"percent": "50"}, "101400", "50700"),
        ({"percent": "45.3"}, "101400", "45934.20"),
        ({"percent": "45"}, "101400", "45630"),
        ({"percent": "55"}, "101400", "55770"),
        ({"divided_by": "3", "round": "down", "to": "1"}, "10", "3"),
        ({"divided_by": "2", "to": "1"}, "5", "3"),
        ({"divided_by": "3", "round": "up", "to": "0.05"}, "1", "0.35"),
        ({"round": "up", "to": "1"}, "3", "3"),
    ],
)
def test_what_follows_is_computed_exactly_and_rounded_once(keys, base, wanted):
    assert derive(formula(**keys), Decimal(base)) == Decimal(wanted)


@given(
    base=st.decimals("0", "200000", places=2),
    times=st.decimals("0.01", "500", places=2),
    by=st.decimals("0.01", "500", places=2),
    to=st.sampled_from(["0.01", "0.05", "1", "10"]),
)
def test_rounding_stays_within_one_step_and_on_the_steps(base, times, by, to):
    step = Decimal(to)
    exact = Fraction(base) * Fraction(times) / Fraction(by)
    up, down, near = (
        Fraction(derive(formula(times=str(times), divided_by=str(by), round=how, to=to), base))
        for how in ("up", "down", "nearest")
    )
    assert down <= exact <= up < down + 2 * Fraction(step)
    assert near in {up, down}
    assert abs(near - exact) * 2 <= Fraction(step)
    assert all(one % Fraction(step) == 0 for one in (up, down, near))


BASE = fact(value("100", "2026-01-01", "2026-12-31"), value("120", "2027-01-01"))


def half(*values):
    return FactSpec.model_validate(
        {"about": "x", "unit": "EUR", "formula": {"of": "base", "percent": "50"}, "values": list(values)}
    )


def test_a_value_that_does_not_follow_is_told_at_its_line():
    today = date(2026, 5, 1)
    good = half(value("50", "2026-01-01", "2026-12-31"), value("60", "2027-01-01"))
    assert reports({"base": BASE, "half": good}, today) == []
    wrong = half(value("50", "2026-01-01", "2026-12-31"), value("61", "2027-01-01"))
    assert reports({"base": BASE, "half": wrong}, today) == [("E708", "half", 1)]


def test_a_value_that_outlives_what_it_follows_from_is_told():
    assert reports({"base": BASE, "half": half(value("50", "2026-01-01"))}, date(2026, 5, 1)) == [("E708", "half", 0)]


def test_the_next_value_is_computed_as_soon_as_it_is_known():
    short = half(value("50", "2026-01-01", "2026-12-31"))
    found = tasks({"base": BASE, "half": short}, date(2026, 5, 1))
    assert [(task.code, task.fact, task.since) for task in found] == [("H710", "half", date(2027, 1, 1))]
    assert "would be 60" in found[0].message


@pytest.mark.parametrize("of", ["nothing", "half"])
def test_a_formula_must_lead_to_another_fact(of):
    spec = half(value("50", "2026-01-01"))
    spec = spec.model_copy(update={"formula": Formula.model_validate({"of": of})})
    doc = written({"half": spec})
    check_facts({"half": spec}, date(2026, 5, 1), doc)
    assert [one.code for one in doc.findings] == ["E709"]


def test_a_task_is_raised_a_quarter_before_the_end():
    assert due(date(2026, 12, 31)) == date(2026, 10, 1)
    assert due(date(2027, 3, 4)) == date(2026, 12, 3)


def test_a_value_whose_end_is_not_known_is_looked_up_again():
    stays = fact({**value("1", "2026-01-01"), "review_by": "2026-06-30"})
    assert tasks({"x": stays}, date(2026, 6, 30)) == ()
    assert [task.code for task in tasks({"x": stays}, date(2026, 7, 1))] == ["W711"]


def test_a_day_is_a_value_too():
    until = FactSpec.model_validate({"about": "x", "unit": "date", "values": [value("2027-03-04", "2026-01-01")]})
    facts = Facts({"until": until})
    assert facts.text("until", date(2026, 1, 1), "en") == "4 March 2027"
    assert facts.text("until", date(2026, 1, 1), "bg").startswith("4 март 2027")


@pytest.mark.parametrize(("unit", "amount"), [("date", "12"), ("EUR", "2027-03-04"), ("EUR", "NaN"), ("EUR", "many")])
def test_a_value_that_does_not_fit_its_unit_is_refused(unit, amount):
    with pytest.raises(ValueError, match="must be"):
        FactSpec.model_validate({"about": "x", "unit": unit, "values": [value(amount, "2026-01-01")]})
