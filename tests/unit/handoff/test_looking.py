"""Who else looks and writes: told at once, forgotten soon, and only to those who may see the case."""

from __future__ import annotations

import asyncio

import pytest

from handoff.looking import FRESH, Looking
from store.memory import MemoryStore
from tests.fakes.desk_world import DeskWorld, open_desk
from tests.unit.handoff.test_hub import hear


async def look(socket, number, *, writing=False):
    await socket.send_json({"type": "looking", "case": number, "writing": writing})


def lookers(message):
    return [(one["name"], one["writing"]) for one in message["who"]]


async def told(socket):
    return lookers(await hear(socket, lambda message: message["type"] == "looking"))


async def test_two_who_look_at_one_case_know_of_each_other(world: DeskWorld):
    await world.ask("p", "K-1")
    mariam = await (await world.staff("mariam", name="Mariam")).live()
    boris = await (await world.staff("boris", name="Борис")).live()
    await look(mariam, "K-1")
    await look(boris, "K-1")
    assert await told(mariam) == [("Борис", False)]
    assert await told(boris) == [("Mariam", False)]
    await look(boris, "K-1", writing=True)
    assert await told(mariam) == [("Борис", True)]
    await look(boris, "K-1")
    assert await told(mariam) == [("Борис", False)]
    await look(boris, None)
    assert await told(mariam) == []


async def test_a_desk_that_closes_looks_no_more(world: DeskWorld):
    await world.ask("p", "K-1")
    mariam = await (await world.staff("mariam")).live()
    boris = await (await world.staff("boris")).live()
    await look(mariam, "K-1")
    await look(boris, "K-1")
    assert await told(mariam) == [("Boris", False)]
    await boris.close()
    assert await told(mariam) == []


async def test_ones_own_other_window_is_nobody_else(world: DeskWorld):
    await world.ask("p", "K-1")
    first = await world.staff("mariam")
    one, two = await first.live(), await first.live()
    boris = await (await world.staff("boris")).live()
    await look(one, "K-1")
    await look(two, "K-1")
    await look(boris, "K-1")
    assert await told(one) == [("Boris", False)]
    assert await told(boris) == [("Mariam", False)]
    # One of two windows goes: she still looks.
    await two.close()
    await look(boris, "K-1", writing=True)
    assert await told(one) == [("Boris", True)]
    record = await Looking(world.store).others("K-1", "boris", world.clock.now())
    assert "Mariam" in [one.name for one in record]


async def until(asked):
    async with asyncio.timeout(10):
        while not (found := await asked()):
            await asyncio.sleep(0.01)
    return [one.name for one in found]


async def test_nobody_is_told_of_a_case_they_may_not_read(world: DeskWorld):
    await world.ask("p", "K-1")
    await world.ask("q", "K-2")
    owner = await world.staff("mariam")
    await owner.post("cases/K-1/claim")
    mariam = await owner.live()
    boris = await (await world.staff("boris")).live()
    looking = Looking(world.store)
    await look(mariam, "K-1")
    assert await until(lambda: looking.others("K-1", "nobody", world.clock.now())) == ["Mariam"]
    await look(boris, "K-1")
    for _ in range(25):
        # It would be written within moments, and stay until he looks elsewhere.
        await asyncio.sleep(0.01)
        assert [one.name for one in await looking.others("K-1", "nobody", world.clock.now())] == ["Mariam"]
    await look(boris, "K-404")
    await look(boris, "../x")
    await look(boris, "K-2")
    # What a window says is taken in one after the other: once this is known, so is all before it.
    assert await until(lambda: looking.others("K-2", "nobody", world.clock.now())) == ["Boris"]
    assert await until(lambda: looking.others("K-1", "nobody", world.clock.now())) == ["Mariam"]


@pytest.mark.parametrize("said", ["", "{", "[]", '{"type":"evil"}', '{"type":"looking","case":7}', '"looking"'])
async def test_what_is_no_message_means_nothing(said: str):
    async with open_desk(beat=0.05) as world:
        socket = await (await world.staff("mariam")).live()
        await hear(socket)
        await socket.send_str(said)
        assert (await hear(socket, lambda message: message["type"] == "beat"))["cases"] == []


async def test_whoever_is_not_heard_of_is_forgotten():
    store, looking = MemoryStore(), Looking(MemoryStore())
    looking = Looking(store)
    assert await looking.note("K-1", "a", "Anna", writing=True, now=1000)
    assert not await looking.note("K-1", "a", "Anna", writing=True, now=1500)
    assert [one.writing for one in await looking.others("K-1", "b", 2000)] == [True]
    # A pause in typing is no news to anybody but the reader's clock.
    assert [one.writing for one in await looking.others("K-1", "b", 9000)] == [False]
    assert await looking.others("K-1", "b", 1000 + FRESH) == []
    assert await looking.others("K-10", "b", 2000) == []
