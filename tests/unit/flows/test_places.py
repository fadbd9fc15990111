"""Reading where in Berlin somebody lives: never a wrong district, in every script; otherwise the person is asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.knowledge_spec import DISTRICTS
from flows.places import ELSEWHERE, UNCLEAR, districts, hops, place_of_postcode, read_place

WORDS = 8


def test_borders_lie_between_two_districts_and_join_all_of_them():
    table = districts()
    assert set(table) == set(DISTRICTS)
    for name, beside in table.items():
        assert name not in beside
        assert all(name in table[other] for other in beside), name
        assert all(0 <= hops(name, other) <= 4 for other in table)


@given(one=st.sampled_from(DISTRICTS), two=st.sampled_from(DISTRICTS), three=st.sampled_from(DISTRICTS))
def test_borders_count_like_a_distance(one, two, three):
    assert hops(one, two) == hops(two, one)
    assert (hops(one, two) == 0) == (one == two)
    assert hops(one, three) <= hops(one, two) + hops(two, three)


def test_the_distance_to_no_district_is_an_error():
    with pytest.raises(KeyError):
        hops("mitte", ELSEWHERE)


@given(st.integers(1_001, 99_998))
def test_a_postcode_names_one_district_at_most_and_none_outside_of_berlin(code):
    place = place_of_postcode(f"{code:05}")
    assert place in (*DISTRICTS, UNCLEAR, ELSEWHERE)
    assert (place == ELSEWHERE) == (code == 12529 or not 10115 <= code <= 14199)


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        # Addresses of offices that the bot names.
        ("10589", "charlottenburg_wilmersdorf"),
        ("12099", "tempelhof_schoeneberg"),
        ("D-12055 Berlin", "neukoelln"),
        ("١٣٥٨٥", "spandau"),
        ("10435", UNCLEAR),  # in Pankow and in Mitte
        ("14467", ELSEWHERE),  # Potsdam
        ("Neukölln", "neukoelln"),
        ("neukoelln", "neukoelln"),
        ("ich wohne in Berlin-Kreuzberg", "friedrichshain_kreuzberg"),
        ("near Köpenick", "treptow_koepenick"),
        ("Weißensee", "pankow"),
        ("живу в Нойкёльне", "neukoelln"),
        ("живу в районе Шёнеберга", "tempelhof_schoeneberg"),
        ("Живея в Лихтенберг", "lichtenberg"),
        ("Щеглиц", "steglitz_zehlendorf"),
        ("أسكن في نويكولن", "neukoelln"),
        ("بنويكولن", "neukoelln"),
        ("ميته", "mitte"),
        ("Spandau or Moabit", UNCLEAR),
        ("Berlin", None),
        ("What is the minimum wage?", None),
        ("", None),
    ],
)
def test_what_people_write(typed, place):
    assert read_place(typed, WORDS) == place


def test_a_long_text_is_a_question():
    assert read_place("my landlord in Spandau does not give me the deposit back", WORDS) is None
