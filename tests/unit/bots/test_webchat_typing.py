"""The web chat's sign of typing: on every open page of the one person, and on nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bots.hinting import Hinter
from core.messages import Address, RemoveOptions, Typing
from tests.fakes.chat_room import Page, Room, open_room, visitor


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with open_room() as opened:
        yield opened


async def address(room: Room) -> Address:
    """Return where the only person on the page lives."""
    (conversation,) = room.chat._sessions
    snapshot = await room.store.snapshot(conversation)
    assert snapshot is not None
    return snapshot.address


async def heard(page: Page) -> list[dict[str, Any]]:
    """Return what a page is told until it is answered a ping."""
    before = len(page.words)
    await page.tell(type="ping")
    await page.until(lambda word: word["type"] == "pong")
    return page.words[before:-1]


async def test_it_is_shown_on_all_pages_of_the_one_who_waits(room: Room) -> None:
    browser, page = await visitor(room)
    where = await address(room)
    second = await room.connect(browser)
    await second.hello()
    _, other = await visitor(room)
    hinter = Hinter({(room.chat.name, room.chat.account): room.chat}, room.clock)
    hinter.typing(where)
    hinter.remove_options(where, "1")
    await asyncio.gather(*hinter._tasks)
    for one in (page, second):
        assert await heard(one) == [{"type": "typing"}]
    assert await heard(other) == []
    assert page.texts == ["welcome"], "a sign of typing is no line"


async def test_a_page_that_has_not_greeted_or_is_gone_is_left_alone(room: Room) -> None:
    browser, page = await visitor(room)
    where = await address(room)
    silent = await room.connect(browser)
    await room.chat.hint(where, Typing())
    await page.until(lambda word: word["type"] == "typing")
    assert (await silent.hello())["type"] == "thread"
    assert [word["type"] for word in silent.words] == ["thread"]
    await page.socket.close()
    await silent.socket.close()
    await room.chat.hint(where, Typing())
    await room.chat.hint(where, RemoveOptions(of="1"))
