"""Who is named to whom: the nearest first, nothing that has ended, nothing for others, nothing to visit from abroad."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.knowledge_spec import AUDIENCES, DISTRICTS, Centre
from flows.nearness import Seeker, fits, for_abroad, nearest
from flows.places import ELSEWHERE, hops
from flows.program import Program
from flows.shelf import Shelf
from tests.fakes.bots import BERLIN, program

DAY = date(2026, 11, 24)
BASE: dict[str, Any] = {
    "source": "https://x.org",
    "url": "https://x.org",
    "certainty": "B",
    "checked": "2026-01-01",
    "review_by": "2027-01-01",
    "name": "n",
    "what": "w",
    "topics": ["a"],
}


@lru_cache(maxsize=1)
def berlin() -> Program:
    return program(BERLIN)


def centre(**more: Any) -> Centre:
    return Centre.model_validate({**BASE, **more})


def named(centres: dict[str, Centre], *, language: str = "ar", today: date = DAY, **more: Any) -> list[str]:
    shelf = Shelf(topics={"a": "A"}, entries={}, topic_of={}, centres=centres)
    return list(nearest(shelf, ("a",), Seeker(language=language, **more), today))


CITY = {
    "far": centre(district="spandau"),
    "country": centre(area="germany"),
    "city": centre(),
    "beside": centre(district="mitte"),
    "here": centre(district="pankow"),
}


def test_the_own_district_comes_first_and_the_country_last():
    assert named(CITY, place="pankow") == ["here", "city", "beside", "far", "country"]
    assert named(CITY) == ["far", "city", "beside", "here", "country"]


def test_in_another_town_an_office_of_berlin_is_of_no_use():
    assert named(CITY, place=ELSEWHERE) == ["country"]


def test_from_abroad_nothing_is_named_that_must_be_visited():
    world = centre(area="everywhere")
    assert named({**CITY, "world": world}, abroad=True) == ["world"]
    assert not for_abroad(centre(area="everywhere", visit="walk_in"))
    assert not for_abroad(centre(area="everywhere", address="Weg 1, 10115 Berlin"))
    assert for_abroad(centre(area="germany", audience=["abroad", "third_country"]))


@given(
    area=st.sampled_from(["berlin", "germany", "everywhere"]),
    visit=st.sampled_from(["walk_in", "appointment", "remote", None]),
    address=st.sampled_from(["Weg 1, 10115 Berlin", None]),
    audience=st.lists(st.sampled_from(AUDIENCES), unique=True),
    known=st.frozensets(st.sampled_from(AUDIENCES)),
    place=st.sampled_from([*DISTRICTS, ELSEWHERE, None]),
)
def test_whatever_is_known_nobody_abroad_is_sent_to_a_door(area, visit, address, audience, known, place):
    one = centre(area=area, visit=visit, address=address, audience=audience)
    seeker = Seeker(language="ar", abroad=True, place=place, audience=known)
    if fits(one, seeker):
        assert visit not in ("walk_in", "appointment")
        assert address is None
        assert area == "everywhere" or "abroad" in audience


def test_who_is_known_to_be_somebody_else_is_not_sent_there():
    centres = {
        "eu": centre(audience=["eu"]),
        "third": centre(audience=["third_country", "abroad"]),
        "ukraine": centre(audience=["ukraine"]),
        "young": centre(audience=["under_27"]),
        "all": centre(),
    }
    assert named(centres) == list(centres)
    assert named(centres, audience=frozenset({"eu"})) == ["eu", "young", "all"]
    assert named(centres, audience=frozenset({"third_country"})) == ["third", "ukraine", "young", "all"]
    assert named(centres, audience=frozenset({"ukraine"})) == ["third", "ukraine", "young", "all"]
    assert named(centres, audience=frozenset({"refugee"})) == ["third", "young", "all"]
    assert named(centres, audience=frozenset({"over_27"})) == ["eu", "third", "ukraine", "all"]


def test_a_centre_that_speaks_only_other_languages_is_the_last_resort():
    centres = {
        "russian": centre(languages=["ru"]),
        "many": centre(languages=["ru"], languages_note="and more"),
        "arabic": centre(languages=["ar"]),
        "unknown": centre(),
    }
    assert named(centres) == ["arabic", "many", "unknown"]
    assert named({"russian": centres["russian"]}) == ["russian"]


def test_what_has_ended_is_replaced_or_left_out():
    centres = {
        "old": centre(valid_until="2026-11-23", fallback="new"),
        "gone": centre(valid_until="2026-11-23"),
        "new": centre(),
    }
    assert named(centres) == ["new"]
    assert named(centres, today=date(2026, 11, 23)) == ["old", "gone", "new"]


# -- the shipped bot ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ar", "bg", "en", "ru"])
def test_the_shipped_bot_names_somebody_for_every_topic_in_every_district(language):
    shelf = berlin().shelf
    for topic in shelf.topics:
        for district in DISTRICTS:
            found = nearest(shelf, (topic,), Seeker(language=language, place=district), DAY)
            assert found, (topic, district)
            placed = [one for name in found if (one := shelf.centres[name].district) is not None]
            assert [hops(district, one) for one in placed] == sorted(hops(district, one) for one in placed)


@pytest.mark.parametrize("language", ["ar", "bg", "en", "ru"])
def test_the_shipped_bot_sends_nobody_abroad_to_a_door_in_berlin(language):
    shelf = berlin().shelf
    named = nearest(shelf, (), Seeker(language=language, abroad=True), DAY)
    assert {"jmd", "zsba", "faire_integration"} <= set(named)
    for name in named:
        assert shelf.centres[name].area != "berlin"
        assert shelf.centres[name].address is None
