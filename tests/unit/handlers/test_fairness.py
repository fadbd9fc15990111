"""One person who floods the bot holds up nobody: shown by the order of the turns, on both stores of this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.capabilities import CAPABILITIES
from core.events import Received
from core.ids import conversation_id
from core.messages import Address, Inbound, Text
from core.ports import Store
from core.records import Arrival
from flows.program import Program
from handlers.worker import Worker
from store.memory import MemoryStore
from store.seal import KeyRing
from store.sqlite import open_sqlite
from tests.fakes.clock import FakeClock

BATCH = 4
FLOOD = 400
OTHERS = 12


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    found: Store = MemoryStore() if request.param == "memory" else open_sqlite(tmp_path / "s.db", KeyRing.generate())
    yield found
    await found.close()


def arrival(peer: str, number: int, at: int) -> Arrival:
    return Arrival(
        conversation=conversation_id(b"k", bot="talk", channel="telegram", account="1", peer=peer),
        address=Address(bot="talk", channel="telegram", account="1", peer=peer),
        event_id=f"{peer}/{number}",
        event=Received(message=Inbound(content=Text(text=f"message {number}"))),
        at=at,
    )


@pytest.mark.parametrize("batch", [1, BATCH])
async def test_a_flood_of_one_person_takes_one_place_in_each_batch(store: Store, program: Program, batch: int) -> None:
    clock = FakeClock()
    worker = Worker(store, clock, lambda: program, lambda _: CAPABILITIES["telegram"], name="w", batch=batch)
    await store.ingest([arrival("flood", n, clock.now()) for n in range(FLOOD)], clock.now())
    clock.advance(1)
    await store.ingest([arrival(f"other{n}", 0, clock.now()) for n in range(OTHERS)], clock.now())

    rounds = 0
    others = [arrival(f"other{n}", 0, 0).conversation for n in range(OTHERS)]
    while any([(found := await store.snapshot(one)) and found.waiting_events for one in others]):
        clock.advance(1)
        await worker.work_once()
        rounds += 1
        assert rounds <= OTHERS // max(1, batch - 1) + 1, "somebody waits behind the flood"
    flooding = await store.snapshot(arrival("flood", 0, 0).conversation)
    assert flooding is not None
    assert flooding.waiting_events >= FLOOD - rounds, "one event of a conversation at a time"


async def test_what_a_flood_brings_is_answered_a_few_times_and_kept_in_full(store: Store, program: Program) -> None:
    """The promise to the one who floods: every message is handled, in order, and the bot does not flood back."""
    clock = FakeClock()
    worker = Worker(store, clock, lambda: program, lambda _: CAPABILITIES["telegram"], name="w", batch=BATCH)
    await store.ingest([arrival("flood", n, clock.now()) for n in range(100)], clock.now())
    while await worker.work_once():
        clock.advance(1)
    lines = await store.transcript(arrival("flood", 0, 0).conversation, 0, 1000)
    heard = [line.entry.body.message.content.text for line in lines if line.entry.author == "person"]  # type: ignore[union-attr]
    assert heard == [f"message {n}" for n in range(100)]
    assert len([line for line in lines if line.entry.dispatch is not None]) < 40
