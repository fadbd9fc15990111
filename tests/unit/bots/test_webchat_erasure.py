"""Erasure in the web chat: what is gone from the store is gone from the screen, and the person is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.messages import Say
from core.records import Wrote
from core.sending import Hold, Taken
from tests.fakes.chat_room import Page, Room, line, open_room, visitor

FIRST, SECOND = "client-id-0001", "client-id-0002"


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with open_room() as opened:
        yield opened


async def test_a_forgotten_thread_leaves_the_screen(room: Room) -> None:
    browser, page = await visitor(room)
    await page.tell(type="text", id=FIRST, text="something")
    await page.until(lambda word: word["type"] == "accepted")
    await room.work()
    await page.until_text("echo something")
    thread = page.words[0]["thread"]
    (conversation,) = room.chat._sessions
    assert await room.store.forget(conversation, room.clock.now())
    await page.tell(type="ping")
    word = await page.until(lambda word: word["type"] == "thread")
    assert word["lines"] == []
    assert word["thread"] == thread  # as empty as it was before the first word
    assert await room.work() == 0
    room.clock.advance(120_000)
    back = await room.connect(browser)
    assert (await back.hello())["lines"] == []
    await room.attend()
    await back.until_text("welcome")


async def erase_everything(room: Room, page: Page) -> None:
    await page.tell(type="text", id=FIRST, text="erase everything")
    await page.until(lambda word: word["type"] == "accepted")
    confirmation = line("system", Wrote(message=Say(text="All is erased", language="en")), "notice")
    await room.think(lambda _: [confirmation], erase=True)


async def test_who_asks_for_erasure_sees_the_confirmation_and_nothing_else(room: Room) -> None:
    browser, page = await visitor(room)
    (conversation,) = room.chat._sessions
    await erase_everything(room, page)
    await room.deliver()
    await page.until_text("All is erased")
    assert await room.store.snapshot(conversation) is None
    await page.tell(type="ping")
    empty = page.words[0]["thread"]
    threads = [word for word in page.words[1:] if word.get("thread") == empty]
    word = threads[-1] if threads else await page.until(lambda word: word.get("thread") == empty)
    assert [one["text"] for one in word["lines"]] == ["All is erased"]
    # A page that reconnects is not greeted like a newcomer; what the person writes next begins anew.
    room.clock.advance(120_000)
    back = await room.connect(browser)
    assert (await back.hello(seen=1))["thread"] == word["thread"]
    await back.tell(type="text", id=SECOND, text="hello again")
    await back.until(lambda word: word["type"] == "accepted")
    assert await room.work() == 1
    await back.until_text("echo hello again")
    assert back.texts == ["hello again", "echo hello again"]


async def test_the_confirmation_of_an_erasure_waits_for_an_open_page(room: Room) -> None:
    browser, page = await visitor(room)
    await erase_everything(room, page)
    await page.socket.close()
    (lease,) = await room.store.claim_delivery("w", room.clock.now(), 5000, 1)
    async with asyncio.timeout(10):
        while not isinstance(await room.chat.send(lease.address, lease.message, entry_id=lease.entry.id), Hold):
            # The server notices the closed page in its own time.
            await (await browser.get("/chat")).read()
    page = await room.connect(browser)
    assert (await page.hello(seen=1))["lines"] == []
    assert isinstance(await room.chat.send(lease.address, lease.message, entry_id=lease.entry.id), Taken)
    await page.until_text("All is erased")
