"""Search: one's own cases only, folded across scripts, bounded, and deaf to tricks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.search import match
from i18n.plain import fold, words
from tests.fakes.desk_window import Window
from tests.fakes.desk_world import DeskWorld


async def search(window: Window, query: str):
    status, found = await window.post("search", {"q": query})
    assert status == 200, found
    return found


def shown(hit) -> str:
    return "".join(f"[{part['text']}]" if part["hit"] else part["text"] for part in hit["parts"])


async def mine(world: DeskWorld, window: Window, peer: str, number: str, *said: str) -> None:
    for text in said:
        await world.talk(peer, text, "I am a machine")
    await world.ask(peer, number)
    await window.post(f"cases/{number}/claim")


async def test_words_are_found_however_they_are_spelled(world: DeskWorld):
    window = await world.staff("mariam")
    await mine(world, window, "p", "K-1", "وصلتني رسالةٌ من Jobcenter في 12 آذار", "Ещё вопрос: §§ 22")
    await window.post("cases/K-1/note", {"text": "Müller vom Wohnungsamt anrufen"})
    for query, line in (
        ("رساله", "[رسالةٌ]"),
        ("JOBCENTER", "[Jobcenter]"),
        ("١٢", "[12]"),
        ("еще", "[Ещё]"),
        ("muller amt", "[Müller]"),
        ("wohnungs", "[Wohnungsamt]"),
    ):
        found = await search(window, query)
        assert len(found["hits"]) == 1, query
        assert line in shown(found["hits"][0])
        assert found["hits"][0]["number"] == "K-1"


async def test_all_words_must_stand_in_one_line(world: DeskWorld):
    window = await world.staff("mariam")
    await mine(world, window, "p", "K-1", "rent rise", "letter from the landlord")
    assert (await search(window, "rent landlord"))["hits"] == []
    assert len((await search(window, "landlord letter"))["hits"]) == 1


async def test_only_ones_own_cases_are_searched(world: DeskWorld):
    mariam, boris = await world.staff("mariam"), await world.staff("boris")
    await mine(world, mariam, "p", "K-1", "the secret word")
    await world.talk("q", "the secret word")
    await world.ask("q", "K-2")
    assert [hit["number"] for hit in (await search(mariam, "secret"))["hits"]] == ["K-1"]
    assert (await search(boris, "secret"))["hits"] == []
    admin = await world.staff("ada", roles=("admin",))
    assert await admin.post("search", {"q": "secret"}) == (404, {"code": "absent"})


async def test_there_is_an_end_to_the_hits(world: DeskWorld):
    window = await world.staff("mariam")
    for number in range(12):
        world.fake.advance(1000)
        await mine(world, window, f"p{number}", f"K-{number}", *[f"needle {n}" for n in range(7)])
    found = await search(window, "needle")
    assert (len(found["hits"]), found["more"]) == (50, True)
    # The latest case first, and of each case the latest lines.
    assert (found["hits"][0]["number"], shown(found["hits"][0])) == ("K-11", "[needle] 6")


@pytest.mark.parametrize("query", ["", " ", "x", "…", "\u202e", "§", "%", "'", "\x00"])
async def test_a_query_without_words_finds_nothing(world: DeskWorld, query: str):
    window = await world.staff("mariam")
    await mine(world, window, "p", "K-1", "anything at all % ' § x")
    assert await search(window, query) == {"hits": [], "cases": 0, "more": False}


@pytest.mark.parametrize(
    "query", ["'; drop table entry; --", "<script>alert(1)</script>", "(((((a+)+)+)+$", "a" * 10_000, "\u202e\u2066ab"]
)
async def test_hostile_queries_are_only_words(world: DeskWorld, query: str):
    window = await world.staff("mariam")
    await mine(world, window, "p", "K-1", query[:3000], "a" * 10_000)
    found = await search(window, query)
    assert all(len(shown(hit)) < 400 for hit in found["hits"])


async def test_a_stranger_gets_nothing(world: DeskWorld):
    window = world.window()
    assert await window.post("search", {"q": "secret"}) == (401, {"code": "signed_out"})


@pytest.mark.parametrize("body", [{}, {"q": 7}, {"q": ["a"]}])
async def test_a_search_for_no_text_is_refused(world: DeskWorld, body):
    window = await world.staff("mariam")
    assert await window.post("search", body) == (422, {"code": "malformed", "detail": {}})


@given(st.text(max_size=400), st.text(max_size=20))
def test_what_is_shown_is_a_piece_of_the_text(text: str, query: str):
    wanted = words(query)
    parts = match(text, wanted)
    if not parts:
        assert not wanted or not all(word in fold(text) for word in wanted)
        return
    inside = [part.text for part in parts if part.text not in ("… ", " …")]
    place = 0
    for piece in inside:
        place = text.index(piece, place)
    assert all(any(word in fold(part.text) for word in wanted) for part in parts if part.hit and len(part.text) < 60)
