"""Claim races against the running desk: HTTP, the real worker, SQLite. Nobody claims twice; losers learn who won."""

from __future__ import annotations

import asyncio
import os
from datetime import date
from pathlib import Path

import pytest

from core.capabilities import CAPABILITIES
from core.records import Marked
from flows.loader import load as load_bot
from handlers.worker import Worker
from handoff.cases import open_case
from handoff.invariants import violations
from store.seal import KeyRing
from store.sqlite import open_sqlite
from tests.fakes.desk_window import Window
from tests.fakes.desk_world import DeskWorld, open_desk
from tests.fakes.queue import put_case

TALK = Path(__file__).parents[2] / "fixtures" / "bots" / "talk"
CLAIMANTS = 4
RACES = 300
SOAKED = int(os.environ.get("STREETWORK_SOAK_RACES", "10000"))


async def race(world: DeskWorld, windows: list[Window], number: str) -> None:
    """Let everybody claim one case at once; half of them press twice."""
    found = await asyncio.gather(
        *(window.post(f"cases/{number}/claim", {"request": f"{number}-{n:02d}-0000000000"})
          for n, window in enumerate(windows) for _ in range(1 + n % 2))
    )  # fmt: skip
    presses = [n for n in range(len(windows)) for _ in range(1 + n % 2)]
    winners = {n for n, (status, _) in zip(presses, found, strict=True) if status == 200}
    assert len(winners) == 1, found
    (winner,) = winners
    for n, (status, body) in zip(presses, found, strict=True):
        if n != winner:
            assert (status, body["code"]) == (409, "taken"), body
            assert body["detail"]["name"] == f"Name {winner}", "the loser is told who won"


async def many(folder: Path, races: int) -> None:
    program = load_bot(TALK, today=date(2026, 11, 23)).program
    assert program is not None
    store = open_sqlite(folder / "store.db", KeyRing.generate())
    async with open_desk(store=store) as world:
        world.working.clear()  # the real worker, not the small one
        await world.idle()
        worker = Worker(store, world.clock, lambda: program, lambda address: CAPABILITIES["webchat"], name="w")
        windows = [await world.staff(f"staff{n}", "en", name=f"Name {n}") for n in range(CLAIMANTS)]
        now = world.clock.now()
        keys = {}
        for n in range(races):
            case = open_case(number=f"K-{n}", queue="advice", language="en", urgency="normal", note="", now=now + n)
            keys[case.number] = await put_case(store, n, case, now)
        working = asyncio.create_task(worker.run())
        try:
            for number in keys:
                await race(world, windows, number)
        finally:
            worker.stop()
            await working
        for key in keys.values():
            lines = await store.transcript(key, 0, 50)
            claims = [
                line for line in lines if isinstance(line.entry.body, Marked) and line.entry.body.kind == "claimed"
            ]
            assert len(claims) == 1
        assert await violations(store, world.clock.now()) == []


@pytest.mark.timeout(120)
async def test_nobody_claims_twice(tmp_path: Path) -> None:
    await many(tmp_path, RACES)


@pytest.mark.soak
async def test_nobody_claims_twice_in_ten_thousand_races(tmp_path: Path) -> None:
    await many(tmp_path, SOAKED)
