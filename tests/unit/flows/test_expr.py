"""Conditions: what they mean, what is refused when a bot is loaded, and that no value makes them fail later."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.expr import ConditionError, parse_condition
from flows.values import Kind

TYPES: dict[str, Kind] = {
    "age": "number",
    "name": "text",
    "due": "date",
    "urgent": "yes_no",
    "housing": "choice",
    "place": "location",
    "contact.language": "language",
    "case.children": "number",
    "mail": "email",
}
OPTIONS = {"housing": frozenset({"flat", "camp", "none"})}


def holds(text, **values):
    values = {key.replace("__", "."): value for key, value in values.items()}
    return parse_condition(text, TYPES, options=OPTIONS).holds(values.get)


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("age < 18", {"age": 17}, True),
        ("age < 18", {"age": 18}, False),
        ("age <= 18", {"age": "18"}, True),
        ("age >= 2.5", {"age": "2.50"}, True),
        ("age > -1", {"age": 0}, True),
        ("age is 3", {"age": "3.0"}, True),
        ("age < case.children", {"age": 1, "case__children": 2}, True),
        ("due <= 2026-12-31", {"due": "2026-12-31"}, True),
        ("due < 2026-12-31", {"due": "2027-01-01"}, False),
        ('name is "Berlin"', {"name": "BERLIN "}, True),
        ('name contains "straße"', {"name": "Hauptstrasse 5"}, True),
        ('name starts with "ber"', {"name": "Berlin"}, True),
        ('housing is "none"', {"housing": "none"}, True),
        ('housing is not "none"', {"housing": "flat"}, True),
        ('housing in ("none", "camp")', {"housing": "camp"}, True),
        ('contact.language in ("ar", "bg")', {"contact__language": "ru"}, False),
        ("urgent", {"urgent": True}, True),
        ("urgent is no", {"urgent": False}, True),
        ("not urgent", {"urgent": False}, True),
        ("place is set", {"place": "52.5,13.4"}, True),
        ("age < 18 and urgent or age > 60", {"age": 70, "urgent": False}, True),
        ("age < 18 and (urgent or age > 60)", {"age": 70, "urgent": False}, False),
        ('not (housing is "flat")', {"housing": "camp"}, True),
        ("age in (1, 2, 3)", {"age": 2}, True),
        ("name is “Berlin”", {"name": "berlin"}, True),
    ],
)
def test_meaning(text, values, expected):
    assert holds(text, **values) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("age < 18", False),
        ("age >= 0", False),
        ('housing is "none"', False),
        ('housing is not "none"', True),
        ("age is missing", True),
        ("age is not missing", False),
        ("age is set", False),
        ("age is not set", True),
        ('name contains "x"', False),
        ('housing in ("none")', False),
        ("urgent", False),
        ("not urgent", True),
    ],
)
def test_missing_values_make_comparisons_false(text, expected):
    assert holds(text) is expected


@pytest.mark.parametrize(
    ("text", "code", "offset", "suggestion"),
    [
        ("agee < 18", "E204", 0, "age"),
        ("age < nam", "E204", 6, "name"),
        ("age < due", "E701", 6, None),
        ('age is "three"', "E701", 7, None),
        ("name < 3", "E701", 7, None),
        ('name < "b"', "E701", 5, None),
        ('age contains "1"', "E701", 0, None),
        ('housing is "nome"', "E701", 11, "none"),
        ('housing in ("flat", "caamp")', "E701", 20, "camp"),
        ("housing is none", "E214", 11, '"none"'),
        ("age = 3", "E214", 4, "is"),
        ("age != 3", "E214", 4, "is not"),
        ("age", "E214", 3, None),
        ("age <", "E214", 5, None),
        ("(age < 3", "E214", 8, None),
        ("age < 3 urgent", "E214", 8, None),
        ('name is "x', "E214", 8, None),
        ("due < 2026-02-30", "E214", 6, None),
        ("3 < age", "E214", 0, None),
        ("place is urgent", "E701", 0, None),
        ("age & 3", "E214", 4, None),
        ("", "E214", 0, None),
        ("not " * 50 + "urgent", "E214", None, None),
        ("(" * 100 + "urgent", "E214", None, None),
        ("x" * 2000, "E214", 0, None),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_place(text, code, offset, suggestion):
    with pytest.raises(ConditionError) as caught:
        parse_condition(text, TYPES, options=OPTIONS)
    assert caught.value.code == code
    if offset is not None:
        assert caught.value.offset == offset
    assert caught.value.suggestion == suggestion


def test_the_names_that_are_read_are_known():
    assert parse_condition("age < 3 or urgent", TYPES).names == {"age", "urgent"}


_VALUES = st.one_of(st.none(), st.text(max_size=8), st.integers(), st.floats(), st.booleans(), st.just("2026-13-45"))
_CONDITIONS = [
    'age < 3 and due > 2026-01-01 or name contains "x"',
    'not (mail starts with "a") and age in (1, 2)',
    "age is case.children or due <= due",
    'housing is not "none" and urgent',
]


@given(st.sampled_from(_CONDITIONS), st.dictionaries(st.sampled_from(sorted(TYPES)), _VALUES))
def test_no_value_makes_a_condition_fail(text, values):
    assert parse_condition(text, TYPES).holds(values.get) in (True, False)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    offset = 0
    try:
        parse_condition(text, TYPES)
    except ConditionError as error:
        offset = error.offset
    assert 0 <= offset <= len(text)
