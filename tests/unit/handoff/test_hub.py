"""The live line: changes by number, resuming after a cut, and sessions that end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from handoff.accounts import account_id, disable_account
from handoff.hub import SIGNED_OUT
from handoff.roster import FRESH, get_presence
from store.seal import KeyRing
from store.sqlite import open_sqlite
from tests.fakes.desk_world import DeskWorld, open_desk

Socket = aiohttp.ClientWebSocketResponse


async def hear(socket: Socket, wanted: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while True:
            message: dict[str, Any] = await socket.receive_json()
            if wanted(message):
                return message


async def told(socket: Socket, *numbers: str) -> str:
    """Listen until all these numbers were named; return the newest cursor."""
    missing = set(numbers)
    cursor = ""
    while missing:
        message = await hear(socket, lambda message: message["type"] == "changed")
        missing -= set(message["cases"])
        cursor = message["cursor"]
    return cursor


async def test_a_first_greeting_has_a_cursor_and_missed_nothing(world: DeskWorld):
    await world.ask("p", "K-1")
    socket = await (await world.staff("mariam")).live()
    hello = await hear(socket)
    assert (hello["type"], hello["resumed"], hello["missed"]) == ("hello", False, [])
    assert hello["cursor"]


async def test_changes_are_told_by_number_and_never_by_text(world: DeskWorld):
    socket = await (await world.staff("mariam")).live()
    await hear(socket)
    await world.ask("p", "K-1", said="my secret", note="my secret", name="Amal")
    message = await hear(socket, lambda message: message["type"] == "changed")
    assert message["cases"] == ["K-1"]
    assert set(message) == {"type", "cases", "cursor", "at"}
    assert "secret" not in json.dumps(message)


async def test_what_the_bot_talks_about_with_others_is_not_told(world: DeskWorld):
    socket = await (await world.staff("mariam")).live()
    await hear(socket)
    await world.talk("stranger", "hello", "hi")
    await world.ask("p", "K-1")
    assert (await hear(socket, lambda message: message["type"] == "changed"))["cases"] == ["K-1"]


async def test_after_a_cut_the_page_hears_what_it_missed_once(world: DeskWorld):
    window = await world.staff("mariam")
    await world.ask("p", "K-1")
    await world.ask("q", "K-2")
    socket = await window.live()
    cursor = (await hear(socket))["cursor"]
    await socket.close()
    await window.post("cases/K-1/claim")
    await window.post("cases/K-1/close", {"outcome": "other"})
    await world.ask("r", "K-3")
    socket = await window.live(cursor)
    hello = await hear(socket)
    assert (hello["resumed"], hello["missed"]) == (True, ["K-1", "K-3"])
    await socket.close()
    socket = await window.live(hello["cursor"])
    assert (await hear(socket))["missed"] == []


async def test_a_cut_is_bridged_on_every_store(tmp_path: Path):
    """Stores count changes in their own way: the memory one by partition, SQLite with one counter."""
    async with open_desk(store=open_sqlite(tmp_path / "desk.db", KeyRing.generate())) as world:
        window = await world.staff("mariam")
        socket = await window.live()
        cursor = (await hear(socket))["cursor"]
        await socket.close()
        await world.ask("p", "K-1")
        hello = await hear(await window.live(cursor))
        assert (hello["resumed"], hello["missed"]) == (True, ["K-1"])


async def test_cursors_of_later_messages_resume_too_while_others_listen(world: DeskWorld):
    window, other = await world.staff("mariam"), await world.staff("boris")
    steady = await other.live()
    await hear(steady)
    socket = await window.live()
    await hear(socket)
    await world.ask("p", "K-1")
    cursor = await told(socket, "K-1")
    await socket.close()
    await world.ask("q", "K-2")
    await told(steady, "K-1", "K-2")
    assert (await hear(await window.live(cursor)))["missed"] == ["K-2"]


async def test_a_case_closed_long_before_is_no_news_when_its_person_talks_to_the_bot(world: DeskWorld):
    window = await world.staff("mariam")
    await world.ask("p", "K-1")
    await window.post("cases/K-1/claim")
    await window.post("cases/K-1/close", {"outcome": "other"})
    world.fake.advance(3_600_000)
    socket = await window.live()
    cursor = (await hear(socket))["cursor"]
    await socket.close()
    await world.talk("p", "hello again", "hi")
    assert (await hear(await window.live(cursor)))["missed"] == []


async def test_an_erased_person_is_told_as_a_change(world: DeskWorld):
    socket = await (await world.staff("mariam")).live()
    await hear(socket)
    await world.ask("p", "K-1")
    await told(socket, "K-1")
    await world.erase("p")
    await told(socket, "K-1")


@pytest.mark.parametrize("cursor", ["nonsense", "%00", "W10", "e30", "x" * 5000, "WzEsWzEsMl1d", "WzEsW119"])
async def test_a_cursor_that_is_none_starts_afresh(world: DeskWorld, cursor):
    hello = await hear(await (await world.staff("mariam")).live(cursor))
    assert (hello["resumed"], hello["missed"]) == (False, [])


async def test_signing_out_closes_the_line_at_once(world: DeskWorld):
    window = await world.staff("mariam")
    socket = await window.live()
    await hear(socket)
    await window.post("sign-out")
    assert (await socket.receive()).type == aiohttp.WSMsgType.CLOSE
    assert socket.close_code == SIGNED_OUT


async def test_a_disabled_accounts_line_is_closed_with_the_next_beat():
    async with open_desk(beat=0.02) as world:
        window = await world.staff("mariam")
        socket = await window.live()
        await hear(socket, lambda message: message["type"] == "beat")
        await disable_account(world.store, account_id("mariam"), world.clock.now())
        async with asyncio.timeout(10):
            while (await socket.receive()).type == aiohttp.WSMsgType.TEXT:
                pass
        assert socket.close_code == SIGNED_OUT


async def test_an_account_that_does_not_counsel_has_no_line(world: DeskWorld):
    window = await world.staff("root", roles=("admin",))
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await window.live()
    assert refused.value.status == 404


async def test_one_account_cannot_hold_lines_without_end(world: DeskWorld):
    window = await world.staff("mariam")
    held = [await window.live() for _ in range(20)]
    for socket in held:
        await hear(socket)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await window.live()
    assert refused.value.status == 503
    await held[0].close()
    await hear(await window.live())


async def test_stopping_says_that_it_goes_away():
    async with open_desk() as world:
        socket = await (await world.staff("mariam")).live()
        await hear(socket)
        await world.desk.stop()
        assert (await socket.receive()).type == aiohttp.WSMsgType.CLOSE
        assert socket.close_code == aiohttp.WSCloseCode.GOING_AWAY


async def test_an_open_desk_stays_here_and_one_that_closed_does_not():
    async with open_desk(beat=0.05) as world:
        window = await world.staff("mariam")
        await window.post("presence", {"state": "here"})
        socket = await window.live()
        await hear(socket)

        async def here(after: int) -> bool:
            presence = await get_presence(world.store, account_id("mariam"), world.clock.now())
            return presence.here(world.clock.now() + after)

        world.fake.advance(FRESH - 1)
        async with asyncio.timeout(10):
            while not await here(FRESH - 1):
                await hear(socket)
        await socket.close()
        world.fake.advance(FRESH)
        assert not await here(0)
