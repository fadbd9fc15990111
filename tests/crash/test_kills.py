"""Real SIGKILLs at random statements of the store: the files are opened again and the work goes on.

A child process works on a SQLite store and is killed in the middle of a statement chosen by the seed; the next child
opens the files and continues. What the world outside saw is in a log that survives the kills.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from core.ids import ConversationId
from store.keyfile import load_or_create_key_file
from store.sqlite import open_sqlite
from tests.crash.harness import World, totals

ROOT = Path(__file__).resolve().parents[2]
FIRST = int(os.environ.get("STREETWORK_SOAK_SEED", "1"))
KILLS = int(os.environ.get("STREETWORK_SOAK_KILLS", "100"))
#: Statements of one life; a run of the child has some 2,500.
REACH = 1_200


def live(mode: str, folder: Path, seed: int, life: int, statement: int) -> bool:
    """Start one child; True when it was killed, False when it came to its end with all promises kept."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.child", mode, str(folder), str(seed), str(life), str(statement)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


def survive(mode: str, folder: Path, seed: int, kills: int) -> int:
    """Kill up to ``kills`` children of one store one after another, then let the last one finish; return the kills."""
    folder.mkdir()
    rng = random.Random(f"{mode}/{seed}")
    done = 0
    for life in range(kills):
        if not live(mode, folder, seed, life, rng.randint(1, REACH)):
            return done
        done += 1
    assert not live(mode, folder, seed, kills, 0)
    return done


def seeds_until(kills: int, folder: Path, first: int, each: int) -> tuple[int, int, Counter[str]]:
    """Run seeds of the fuzz until so many children were killed; return kills, seeds and what happened."""
    killed = seed = 0
    counts: Counter[str] = Counter()
    while killed < kills:
        place = folder / str(first + seed)
        killed += survive("fuzz", place, first + seed, each)
        counts += World.load(place / "world.log").counts
        seed += 1
    return killed, seed, counts


def test_killed_children_lose_and_double_nothing(tmp_path: Path) -> None:
    killed, seeds, counts = seeds_until(8, tmp_path, 1, 4)
    print(f"\n{killed} real kills in {seeds} stores: {totals(counts)}")


@pytest.mark.soak
@pytest.mark.timeout(480)
def test_a_hundred_kills(tmp_path: Path) -> None:
    killed, seeds, counts = seeds_until(KILLS, tmp_path, FIRST, 6)
    print(f"\n{killed} real kills in {seeds} stores from seed {FIRST}: {totals(counts)}")


async def erasures_hold(folder: Path) -> None:
    """After any crash: who was erased is gone for good, everybody else can be read, the files agree."""
    world = World.load(folder / "world.log")
    store = open_sqlite(folder / "store.db", load_or_create_key_file(folder / "keys.txt"))
    try:
        findings = await store.check()
        # A key that was made for somebody whose first message never became durable seals nothing.
        assert [one for one in findings if "keys belong to no conversation" not in one] == []
        for conversation, marks in world.delivered.items():
            erased = max(int(mark.removeprefix("gone ")) for mark in marks)
            found = await store.snapshot(ConversationId(conversation))
            if found is not None:
                assert found.generation >= erased
            for line in await store.transcript(ConversationId(conversation), 0, 1_000):
                assert line.entry.at >= erased
    finally:
        await store.close()


async def erasures_survive(folder: Path, seed: int, kills: int) -> int:
    folder.mkdir()
    rng = random.Random(f"erase/{seed}")
    killed = 0
    for life in range(kills):
        killed += live("erase", folder, seed, life, rng.randint(40, 700))
        if (folder / "keys.txt").exists():
            await erasures_hold(folder)
    return killed


async def test_erasures_survive_kills(tmp_path: Path) -> None:
    assert await erasures_survive(tmp_path / "a", 1, 6) > 0


@pytest.mark.soak
@pytest.mark.timeout(480)
async def test_erasures_survive_many_kills(tmp_path: Path) -> None:
    killed = 0
    for seed in range(FIRST, FIRST + 10):
        killed += await erasures_survive(tmp_path / str(seed), seed, 6)
    print(f"\n{killed} real kills during erasures")
    assert killed >= 30
