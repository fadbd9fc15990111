"""Ready replies at the desk: in the reader's language and the person's, for those who may read the case."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fakes.bots import BERLIN, program
from tests.fakes.desk_world import DeskWorld, open_desk


@pytest.fixture
async def world() -> AsyncIterator[DeskWorld]:
    bot = program(BERLIN)
    async with open_desk(program=lambda: bot) as running:
        yield running


async def test_the_counsellor_reads_german_and_the_person_gets_arabic(world: DeskWorld):
    window = await world.staff("mariam", name="Mariam")
    await world.ask("p", "K-1", language="ar")
    status, found = await window.get("canned?case=K-1&lang=de")
    assert status == 200
    assert found["gap"] == "[…]"
    replies = {reply["id"]: reply for reply in found["replies"]}
    hello = replies["hello"]
    assert (hello["language"], hello["shown_language"], hello["title"]) == ("ar", "de", "Begrüßen")
    assert "ich heiße Mariam" in hello["shown"]
    assert "\u2068Mariam\u2069" in hello["text"]
    assert "[…]" in replies["read_it"]["text"]


async def test_a_language_without_translations_is_said(world: DeskWorld):
    window = await world.staff("mariam")
    await world.ask("p", "K-1", language="so")
    _, found = await window.get("canned?case=K-1")
    assert {reply["language"] for reply in found["replies"]} == {"en"}


async def test_a_case_that_is_not_mine_to_read_is_absent(world: DeskWorld):
    mariam, boris = await world.staff("mariam"), await world.staff("boris")
    await world.ask("p", "K-1")
    await mariam.post("cases/K-1/claim")
    assert await boris.get("canned?case=K-1") == (404, {"code": "absent"})
    assert await boris.get("canned") == (404, {"code": "absent"})
    assert await boris.get("canned?case=" + "x" * 5000) == (404, {"code": "absent"})


async def test_a_bot_without_ready_replies_has_none():
    async with open_desk() as world:
        window = await world.staff("mariam")
        await world.ask("p", "K-1")
        assert await window.get("canned?case=K-1") == (200, {"gap": "[…]", "replies": []})
