"""Who is alive, and whose flows are newer: told by who began later, known until the record ends."""

from __future__ import annotations

import pytest

from bots.fleet import BEAT, LIVES, Fleet, processes
from core.errors import StoreUnavailable
from store.memory import MemoryStore
from tests.fakes.clock import FakeClock


class Town:
    """Processes on one store and one clock."""

    def __init__(self) -> None:
        self.store, self.clock = MemoryStore(), FakeClock()
        self.told: dict[tuple[str, str], int] = {}

    async def start(self, name: str, release: str, *roles: str) -> Fleet:
        self.clock.advance(1)
        fleet = Fleet(
            self.store,
            self.clock,
            name=name,
            roles=roles or ("worker",),
            release=lambda: release,
            told=lambda counted: setattr(self, "told", counted),
        )
        await fleet.announce()
        return fleet


async def test_workers_are_counted_while_they_live() -> None:
    town = Town()
    first = await town.start("a", "r1")
    await town.start("b", "r1")
    await town.start("c", "r1", "web", "desk")
    await first.announce()
    assert first.workers() == 2
    assert town.told == {("worker", "r1"): 2, ("web", "r1"): 1, ("desk", "r1"): 1}
    town.clock.advance(LIVES)
    await first.announce()
    assert first.workers() == 1, "the others gave no sign of life"


async def test_who_leaves_is_gone_at_once() -> None:
    town = Town()
    first, second = await town.start("a", "r1"), await town.start("b", "r1")
    await second.leave()
    await first.announce()
    assert first.workers() == 1
    assert [one.name for one in await processes(town.store, town.clock.now())] == ["a"]


async def test_who_began_later_has_the_newer_flows() -> None:
    town = Town()
    old, new = await town.start("a", "r1"), await town.start("b", "r2")
    await old.announce()
    assert old.newer("r2")
    assert not new.newer("r1"), "the new worker takes what the old one left"
    assert not old.newer("r1")
    assert not old.newer("r9"), "nobody uses these flows any more"
    assert not old.newer(""), "a new conversation is everybody's"


async def test_the_way_back_to_earlier_flows_is_a_deploy_like_any_other() -> None:
    town = Town()
    second = await town.start("b", "r2")
    back = await town.start("c", "r1")
    await second.announce()
    assert second.newer("r1")
    assert not back.newer("r2")


async def test_only_workers_are_waited_for() -> None:
    town = Town()
    old = await town.start("a", "r1")
    await town.start("b", "r2", "web")
    await old.announce()
    assert not old.newer("r2"), "a process without turns will never go on with it"


async def test_when_the_newer_worker_dies_everybody_may_go_on() -> None:
    town = Town()
    old = await town.start("a", "r1")
    await town.start("b", "r2")
    await old.announce()
    town.clock.advance(LIVES)
    await old.announce()
    assert not old.newer("r2")


async def test_a_store_that_is_away_changes_nothing_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town()
    old = await town.start("a", "r1")
    await town.start("b", "r2")
    await old.announce()

    async def refuse(*_: object, **__: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(town.store, "put", refuse)
    with pytest.raises(StoreUnavailable):
        await old.announce()
    assert old.newer("r2")
    assert LIVES > 3 * BEAT * 1000, "two signs of life may fail"


async def test_a_record_that_nobody_can_read_is_no_process() -> None:
    town = Town()
    first = await town.start("a", "r1")
    await town.store.put("process", "z", b"\xff", town.clock.now(), expires=town.clock.now() + LIVES)
    await first.announce()
    assert first.workers() == 1
