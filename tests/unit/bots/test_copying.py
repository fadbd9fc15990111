"""The copy of a person's data: made from the store, sealed under their key, behind an address for half an hour."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bots.copying import COPY_KEPT, MakeCopy
from bots.mydata_page import mydata_routes
from core.blobs import BlobKey
from core.events import CallReturned, Received
from core.ids import CallId
from core.messages import Address, Inbound, Text
from core.records import Arrival, Call, CallLease
from handlers.calls import Caller
from handlers.mydata import COPY, LINK_LIVES
from handoff.conversation import Conversation, dump
from store.memory import MemoryStore
from tests.contract.words import NOW, claim_one, conv, do
from tests.fakes.bots import program
from tests.fakes.clock import FakeClock

PEER = "4711-peer"
CALL = CallId(f"{conv(1)}/1/7/mydata")


class World:
    """A store with one person who asked, and the caller that serves them."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.clock = FakeClock(NOW)
        self.maker = MakeCopy(self.store, self.store.blobs, self.clock, program, lambda channel: "https://bot.example/")
        self.caller = Caller(self.store, self.clock, program, name="w", own={COPY: self.maker})

    async def ask(self) -> None:
        where = Address(bot="b", channel="telegram", account="bot1", peer=PEER)
        message = Inbound(content=Text(text="my own words"))
        event = Received(message=message)
        arrival = Arrival(conversation=conv(1), address=where, event_id="e1", event=event, at=NOW)
        await self.store.ingest([arrival], NOW)
        lease = await claim_one(self.store)
        call = Call(id=CALL, name=COPY, args={"language": "en"}, timeout=60_000)
        await do(self.store, lease, state=dump(Conversation()), calls=(call,))

    async def answer(self) -> CallReturned | None:
        await self.caller.work_once()
        leases = await self.store.claim("w", self.clock.now(), 5_000, 10)
        return next((lease.event for lease in leases if isinstance(lease.event, CallReturned)), None)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    found = World()
    await found.ask()
    yield found
    await found.store.close()


async def test_the_file_holds_the_conversation_and_goes_by_itself(world: World) -> None:
    answer = await world.answer()
    assert answer is not None
    assert answer.error is None
    key = BlobKey(answer.values["ref"])
    page = await world.store.blobs.read(key, 0, NOW)
    assert page is not None
    assert PEER.encode() in page
    assert int(answer.values["size"]) == len(page)
    assert await world.store.blobs.read(key, 0, NOW + COPY_KEPT) is None


async def test_a_second_run_of_the_same_call_makes_no_second_file(world: World) -> None:
    lease = CallLease(
        conversation=conv(1),
        generation=(await world.store.snapshot(conv(1))).generation,  # type: ignore[union-attr]
        token="t",
        until=NOW,
        attempts=1,
        address=Address(bot="b", channel="telegram", account="bot1", peer=PEER),
        call=Call(id=CALL, name=COPY, args={"language": "xx"}, timeout=60_000),
    )
    first, second = await world.maker.make(lease), await world.maker.make(lease)
    assert first is not None
    assert second is not None
    assert first["ref"] == second["ref"]
    assert await world.store.blobs.held(conv(1)) == int(first["size"])


async def test_nothing_is_made_and_nothing_comes_back_for_who_was_erased_meanwhile(world: World) -> None:
    leases = await world.store.claim_calls("w", NOW, 90_000, 1)
    await world.store.forget(conv(1), NOW)
    await world.caller._make(leases[0])
    assert await world.store.snapshot(conv(1)) is None
    assert await world.store.blobs.held(conv(1)) == 0


async def test_a_hook_that_ends_after_the_erasure_brings_nobody_back(world: World, tmp_path: Path) -> None:
    leases = await world.store.claim_calls("w", NOW, 90_000, 1)
    await world.store.forget(conv(1), NOW)
    await world.caller._end(leases[0], {"name": "x"}, None)
    assert await world.store.snapshot(conv(1)) is None


async def test_the_address_shows_a_button_first_and_the_copy_behind_it(world: World) -> None:
    answer = await world.answer()
    assert answer is not None
    link = answer.values["link"]
    assert link.startswith("https://bot.example/mydata/")
    path = link.removeprefix("https://bot.example")
    app = web.Application()
    app.add_routes(mydata_routes(world.store, world.store.blobs, world.clock))
    async with TestClient(TestServer(app)) as client:
        door = await client.get(path)
        assert door.status == 200
        assert PEER not in await door.text(), "a preview must show nothing"
        shown = await client.post(path)
        assert PEER in await shown.text()
        assert "script-src" not in shown.headers["Content-Security-Policy"]
        assert shown.headers["Cache-Control"] == "no-store"
        assert (await client.get(path[:-1] + "x")).status == 404
        assert (await client.get("/mydata/../../etc")).status == 404
        world.clock.advance(LINK_LIVES)
        assert (await client.get(path)).status == 404
        assert (await client.post(path)).status == 404


async def test_the_address_of_an_erased_person_shows_nothing(world: World) -> None:
    answer = await world.answer()
    assert answer is not None
    path = answer.values["link"].removeprefix("https://bot.example")
    await world.store.forget(conv(1), NOW)
    app = web.Application()
    app.add_routes(mydata_routes(world.store, world.store.blobs, world.clock))
    async with TestClient(TestServer(app)) as client:
        assert (await client.post(path)).status == 404
