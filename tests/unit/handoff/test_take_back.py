"""A reply that can be taken back, over a death of the process and a lost connection: never lost, never sent twice."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from core.capabilities import CAPABILITIES
from core.events import CaseAction, Claim, ConsoleActed, Reply, TakeBack
from core.ids import ConversationId
from core.messages import Address, Say
from core.records import Arrival, Sent, Wrote
from flows.loader import load as load_bot
from flows.program import Program
from handlers.casework import TAKE_BACK
from handlers.worker import LEASE, Worker
from store.seal import KeyRing
from store.sqlite import SqliteStore, open_sqlite
from tests.fakes.clock import FakeClock
from tests.fakes.queue import send_text

TALK = Path(__file__).parents[2] / "fixtures" / "bots" / "talk"
MORNING = int(datetime(2026, 11, 24, 9, 0, tzinfo=UTC).timestamp() * 1000)
ADDRESS = Address(bot="test", channel="webchat", account="main", peer="p1")


@pytest.fixture(scope="module")
def program() -> Program:
    found = load_bot(TALK, today=date(2026, 11, 23)).program
    assert found is not None
    return found


class Process:
    """One life of a process on a store that outlives it."""

    def __init__(self, folder: Path, ring: KeyRing, program: Program, clock: FakeClock) -> None:
        self.clock = clock
        self.store: SqliteStore = open_sqlite(folder / "store.db", ring)
        self.worker = Worker(self.store, clock, lambda: program, lambda address: CAPABILITIES["webchat"], name="w")

    async def work(self) -> list[str]:
        """Do what is due and return what a counsellor's words went out."""
        while await self.worker.work_once():
            pass
        out: list[str] = []
        while leases := await self.store.claim_delivery("d", self.clock.now(), 5000, 10):
            for lease in leases:
                body = lease.entry.body
                if lease.entry.author == "counsellor" and isinstance(body, Wrote) and isinstance(body.message, Say):
                    out.append(body.message.text)
                await self.store.settle(lease, Sent(provider_ids=(lease.entry.id,)), self.clock.now())
        return out

    async def press(self, conversation: ConversationId, event_id: str, action: CaseAction) -> None:
        now = self.clock.now()
        event = ConsoleActed(actor="anna", name="Anna", action=action)
        await self.store.ingest(
            [Arrival(conversation=conversation, address=ADDRESS, event_id=event_id, event=event, at=now)], now
        )


class Life:
    """Processes that follow each other."""

    def __init__(self, folder: Path, program: Program) -> None:
        self.folder, self.ring, self.program, self.clock = folder, KeyRing.generate(), program, FakeClock()
        self.clock.advance(MORNING - self.clock.now())

    def start(self) -> Process:
        return Process(self.folder, self.ring, self.program, self.clock)


async def claimed(life: Life) -> tuple[Process, ConversationId]:
    process = life.start()
    await send_text(process.store, 1, "hello", life.clock.now())
    await process.work()
    conversation = await send_text(process.store, 1, "human", life.clock.now())
    await process.work()
    await process.press(conversation, "claim", Claim())
    await process.work()
    return process, conversation


async def test_a_reply_survives_the_process_and_goes_out_once(tmp_path: Path, program: Program):
    life = Life(tmp_path, program)
    process, conversation = await claimed(life)
    await process.press(conversation, "r", Reply(text="hello there"))
    assert await process.work() == []
    await process.store.close()
    life.clock.advance(TAKE_BACK)
    process = life.start()
    # The page never heard an answer and sends the same press again.
    await process.press(conversation, "r", Reply(text="hello there"))
    assert await process.work() == ["hello there"]
    life.clock.advance(10 * TAKE_BACK)
    assert await process.work() == []
    await process.store.close()


async def test_a_reply_can_be_taken_back_after_a_restart(tmp_path: Path, program: Program):
    life = Life(tmp_path, program)
    process, conversation = await claimed(life)
    await process.press(conversation, "r", Reply(text="hello there"))
    await process.work()
    outcome = await process.store.outcome(conversation, "r", life.clock.now())
    assert outcome is not None
    await process.store.close()
    process = life.start()
    await process.press(conversation, "t", TakeBack(reply=outcome.detail["reply"]))
    life.clock.advance(2 * TAKE_BACK)
    assert await process.work() == []
    await process.store.close()


async def test_a_worker_that_dies_between_the_moment_and_the_commit_loses_nothing(tmp_path: Path, program: Program):
    life = Life(tmp_path, program)
    process, conversation = await claimed(life)
    await process.press(conversation, "r", Reply(text="hello there"))
    await process.work()
    life.clock.advance(TAKE_BACK)
    (lease,) = await process.store.claim("dies", life.clock.now(), LEASE, 1)
    assert type(lease.event).__name__ == "TimerFired"
    await process.store.close()  # with the lease in its hands
    process = life.start()
    assert await process.work() == []
    life.clock.advance(LEASE)
    assert await process.work() == ["hello there"]
    await process.store.close()
