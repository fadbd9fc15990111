"""Buttons in rows: none lost, none moved, never more than two side by side, and long ones alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bots.keyboards import in_rows


@given(st.lists(st.booleans(), max_size=30))
def test_rows_keep_the_order_and_long_ones_stand_alone(short: list[bool]) -> None:
    rows = in_rows(range(len(short)), short)
    assert [n for row in rows for n in row] == list(range(len(short)))
    for row in rows:
        assert 1 <= len(row) <= 2
        assert len(row) == 1 or all(short[n] for n in row)


@given(st.integers(0, 30))
def test_as_few_rows_as_possible_where_all_are_short(count: int) -> None:
    assert len(in_rows(range(count), [True] * count)) == (count + 1) // 2
