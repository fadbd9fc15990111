"""The crash fuzz in one process, on every backend: every event once and in order, whatever goes wrong."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from store.lua_source import script_source
from store.memory import MemoryStore
from store.seal import KeyRing
from store.sqlite import open_sqlite
from tests.contract.conftest import open_redis_store
from tests.crash.harness import Fuzz, Plan, totals
from tests.fakes.valkey import single

#: A failing soak names its seeds; give the first one here to begin with it again.
FIRST = int(os.environ.get("STREETWORK_SOAK_SEED", "1"))
RUNS = int(os.environ.get("STREETWORK_SOAK_RUNS", "300"))


async def fuzz_sqlite(folder: Path, seed: int, plan: Plan | None = None) -> Counter[str]:
    """Run one seed on a fresh SQLite store."""
    folder.mkdir()
    store = open_sqlite(folder / "store.db", KeyRing.generate())
    run = Fuzz(store, seed, plan)
    try:
        await run.run()
        assert await store.check() == []
    finally:
        await store.close()
    return run.world.counts


async def fuzz_redis(seed: int, plan: Plan | None = None, source: Callable[[str], str] = script_source) -> Counter[str]:
    """Run one seed on a Redis store of its own; ``source`` gives the scripts."""
    store = open_redis_store(single().url, source)
    run = Fuzz(store, seed, plan)
    try:
        await run.run()
    finally:
        await store.close()
    return run.world.counts


@pytest.mark.parametrize("seed", range(10))
async def test_the_model_keeps_its_promises(seed: int) -> None:
    await Fuzz(MemoryStore(), seed).run()


async def test_thirty_seeds_on_sqlite(tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    for seed in range(30):
        counts += await fuzz_sqlite(tmp_path / str(seed), seed)
    # What never happened was not tested.
    for name in ("kills", "lost replies", "fenced commits", "dedupe hits", "pauses", "clock jumps", "sent again"):
        assert counts[name] > 0, name
    print(f"\n30 seeds: {totals(counts)}")


async def test_ten_seeds_on_redis() -> None:
    counts: Counter[str] = Counter()
    for seed in range(10):
        counts += await fuzz_redis(seed)
    for name in ("kills", "lost replies", "fenced commits", "dedupe hits", "pauses", "clock jumps", "sent again"):
        assert counts[name] > 0, name
    print(f"\n10 seeds on Redis: {totals(counts)}")


@pytest.mark.soak
@pytest.mark.timeout(480)
async def test_hundreds_of_seeds_on_sqlite(tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    plan = Plan(people=5, messages=8, workers=4, senders=3)
    for seed in range(FIRST, FIRST + RUNS):
        counts += await fuzz_sqlite(tmp_path / str(seed), seed, plan)
    print(f"\n{RUNS} seeds from {FIRST}: {totals(counts)}")
    assert counts["fenced commits"] > RUNS / 10
    assert counts["dedupe hits"] > RUNS / 10


@pytest.mark.soak
@pytest.mark.timeout(480)
async def test_a_hundred_seeds_on_redis() -> None:
    counts: Counter[str] = Counter()
    plan = Plan(people=5, messages=8, workers=4, senders=3)
    runs = max(RUNS // 3, 1)
    for seed in range(FIRST, FIRST + runs):
        counts += await fuzz_redis(seed, plan)
    print(f"\n{runs} seeds on Redis from {FIRST}: {totals(counts)}")
    assert counts["fenced commits"] > runs / 10
    assert counts["dedupe hits"] > runs / 10
