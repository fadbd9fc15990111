"""Running scripts where servers change their roles: nothing acknowledged is lost, and nothing is done twice."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from core.errors import StoreUnavailable
from core.redis_url import redis_url
from store.redis_runs import slot_of
from store.redis_scripts import Scripts
from tests.fakes.valkey import needed
from tests.fakes.valkey_groups import Cluster, Trio, cluster, sentinel
from tests.unit.store.redis_words import SOURCES, opened


class Load:
    """Raises counters all the time and remembers what was answered and what is in doubt."""

    def __init__(self, scripts: Scripts, names: list[str]) -> None:
        self._scripts = scripts
        self.sure = dict.fromkeys(names, 0)
        self.doubt = dict.fromkeys(names, 0)
        self._stop = False

    async def one(self, name: str) -> None:
        while not self._stop:
            try:
                await self._scripts.run("add_durable", [name], [1])
                self.sure[name] += 1
            except StoreUnavailable:
                self.doubt[name] += 1
                await asyncio.sleep(0)  # a refusal at once must not keep everything else from running

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self.one(name)) for name in self.sure]
        try:
            await self.grown()
            yield
            await self.grown()
        finally:  # a load that went on would hide what failed
            self._stop = True
            await asyncio.gather(*tasks)

    async def grown(self) -> None:
        """Wait until every counter has gone up by some."""
        before = dict(self.sure)
        while any(self.sure[name] < before[name] + 20 for name in before):
            await asyncio.sleep(0.01)

    async def judged(self) -> None:
        for name in self.sure:
            value = int(await self._scripts.run("get", [name]))
            assert self.sure[name] <= value <= self.sure[name] + self.doubt[name], name


async def in_thread(work: Callable[[], object]) -> None:
    await asyncio.get_running_loop().run_in_executor(None, work)


@pytest.mark.parametrize("group", [sentinel, cluster])
async def test_scripts_run_on_groups(group: Callable[[], Trio | Cluster]) -> None:
    async with opened(group().url) as scripts:
        keys = [f"{{t:{number}}}g" for number in range(12)]
        for key in keys:
            await scripts.run("put_safe", [key], [key])
        assert await scripts.each("get", [([key], ()) for key in keys]) == [key.encode() for key in keys]
        async with scripts.client.pubsub() as listening:
            await listening.subscribe("t:hints")
            found = None
            while found is None:
                await scripts.client.publish("t:hints", b"turn")
                found = await listening.get_message(ignore_subscribe_messages=True, timeout=0.1)
            assert found["data"] == b"turn"


async def test_a_failover_by_sentinels_under_load_loses_nothing(tmp_path: Path) -> None:
    needed()
    trio = Trio(tmp_path)
    await in_thread(trio.start)
    async with opened(trio.url + "?timeout=1&patience=10") as scripts:
        load = Load(scripts, [f"{{t:{number}}}n" for number in range(8)])
        async with load.running():
            await in_thread(trio.failover)
        await load.judged()
    trio.close()


async def test_a_failover_of_a_cluster_under_load_loses_nothing(tmp_path: Path) -> None:
    needed()
    nodes = Cluster(tmp_path)
    await in_thread(nodes.start)
    async with opened(nodes.url + "?timeout=1&patience=10") as scripts:
        load = Load(scripts, [f"{{t:{number}}}n" for number in range(12)])
        async with load.running():
            await in_thread(lambda: nodes.failover(nodes.primaries[0]))
        await load.judged()
        assert len({scripts.routes.of(slot_of(name)) for name in load.sure}) == 3
    nodes.close()


async def test_a_slot_moves_under_load() -> None:
    nodes = cluster()
    async with opened(nodes.url) as scripts:
        load = Load(scripts, [f"{{t:moving}}n{number}" for number in range(12)])
        slot = slot_of("{t:moving}")
        source = nodes.owner(slot)
        target = next(node for node in nodes.primaries if node is not source)
        async with load.running():
            await in_thread(lambda: nodes.move_slot(slot, target))
            await load.grown()
            await in_thread(lambda: nodes.move_slot(slot, source))
        await load.judged()
        assert not any(load.doubt.values()), "a slot that moves refuses; nobody is left in doubt"


async def test_a_key_on_its_way_is_asked_for_at_its_new_place() -> None:
    nodes = cluster()
    async with opened(nodes.url) as scripts:
        for number in range(10):
            await scripts.run("put_safe", [f"{{t:asked}}n{number}"], [number])
        slot = slot_of("{t:asked}")
        source = nodes.owner(slot)
        target = next(node for node in nodes.primaries if node is not source)
        loop, found = asyncio.get_running_loop(), []

        def between() -> None:
            asking = scripts.each("get", [([f"{{t:asked}}n{number}"], ()) for number in range(10)])
            found.extend(asyncio.run_coroutine_threadsafe(asking, loop).result())

        await in_thread(lambda: nodes.move_slot(slot, target, between=between))
        assert found == [b"%d" % number for number in range(10)]


async def test_without_a_replica_in_step_the_write_is_not_acknowledged(tmp_path: Path) -> None:
    needed()
    trio = Trio(tmp_path)
    await in_thread(trio.start)
    at = redis_url(trio.servers[0].url + "?replicas=1&timeout=1")
    scripts = Scripts(at, source=SOURCES.__getitem__)
    assert await scripts.run("add_durable", ["{t:1}n"], [1]) == 1
    assert scripts.replicas_missing == 0
    # Silent, but still counted as there: the primary alone may be the one that is about to be replaced.
    trio.servers[1].pause()
    with pytest.raises(StoreUnavailable, match="did not follow"):
        await scripts.run("add_durable", ["{t:1}n"], [1])
    trio.servers[1].kill()
    while True:  # until the primary notices that it has none
        try:
            await scripts.run("add_durable", ["{t:1}n"], [1])
            break
        except StoreUnavailable:
            await asyncio.sleep(0.05)
    assert scripts.replicas_missing == 1
    await scripts.close()
    trio.close()
