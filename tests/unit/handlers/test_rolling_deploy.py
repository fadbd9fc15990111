"""Two versions side by side: who has gone on with newer flows, or in a newer program, is left to the newer worker."""

from __future__ import annotations

from collections import Counter
from datetime import date

import msgspec
import pytest

from bots.fleet import Fleet
from core.capabilities import CAPABILITIES
from core.events import Received
from core.ids import ConversationId, conversation_id
from core.messages import Address, Inbound, Start, Text
from core.records import Arrival, Wrote
from flows.loader import load as load_bot
from flows.program import Program
from handlers.worker import LEAVE, STEP_BACK, Worker
from handoff.conversation import FORMAT, load
from store.memory import MemoryStore
from tests.fakes.bots import change, copy_bot
from tests.fakes.clock import InstantClock
from tests.unit.handlers.conftest import FOLDER

ADDRESS = Address(bot="talk", channel="telegram", account="1", peer="5")
PERSON = conversation_id(b"k", bot="talk", channel="telegram", account="1", peer="5")


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Return the small bot after an edit that renames the step in which the test's person will be."""
    bot = copy_bot(FOLDER, tmp_path_factory.mktemp("edited"))
    change(bot, "form.yaml", "  plz:\n    ask:", "  zip:\n    ask:")
    found = load_bot(bot, today=date(2026, 11, 23))
    assert found.program is not None
    return found.program


class Told:
    """The metrics of a worker."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def turn(self, kind: str, seconds: float) -> None:
        self.counts["turn"] += 1

    def fallback_text(self, language: str) -> None:
        self.counts[f"fallback {language}"] += 1

    def lease_lost(self, lane: str) -> None:
        self.counts["lost"] += 1

    def left_to_newer(self, what: str) -> None:
        self.counts[f"left {what}"] += 1

    def dead_letter(self, reason: str) -> None:
        self.counts["dead"] += 1

    def store_away(self, part: str) -> None:
        self.counts["away"] += 1


class Deploy:
    """One store, and workers of several versions on it."""

    def __init__(self) -> None:
        self.store, self.clock = MemoryStore(), InstantClock()
        self._events = 0

    async def worker(self, name: str, program: Program) -> tuple[Worker, Fleet, Told]:
        self.clock.advance(1)
        fleet = Fleet(self.store, self.clock, name=name, roles=("worker",), release=lambda: program.release)
        await fleet.announce()
        told = Told()
        worker = Worker(
            self.store,
            self.clock,
            lambda: program,
            lambda address: CAPABILITIES["telegram"],
            name=name,
            metrics=told,
            newer=fleet.newer,
        )
        return worker, fleet, told

    async def say(self, text: str | None, conversation: ConversationId = PERSON) -> None:
        self._events += 1
        self.clock.advance(1000)
        content = Text(text=text) if text is not None else Start()
        arrival = Arrival(
            conversation=conversation,
            address=ADDRESS,
            event_id=f"e{self._events}",
            event=Received(message=Inbound(content=content)),
            at=self.clock.now(),
        )
        await self.store.ingest([arrival], self.clock.now())

    async def said(self) -> list[str]:
        lines = await self.store.transcript(PERSON, 0, 1000)
        return [line.entry.body.source or "" for line in lines if isinstance(line.entry.body, Wrote)]

    async def release(self) -> str:
        snapshot = await self.store.snapshot(PERSON)
        assert snapshot is not None
        return load(snapshot.state).flow.release


async def test_a_conversation_with_newer_flows_is_left_to_the_newer_worker(program: Program, edited: Program) -> None:
    deploy = Deploy()
    old, old_fleet, told = await deploy.worker("old", program)
    new, new_fleet, _ = await deploy.worker("new", edited)
    await old_fleet.announce()
    for words in (None, "form"):
        await deploy.say(words)
        assert await new.work_once() == 1
    at_question = await deploy.said()
    assert at_question[-1] == "form.zip"

    await deploy.say("01067")
    assert await old.work_once() == 1
    assert told.counts == {"left flows": 1}
    assert await deploy.said() == at_question, "the old worker said nothing, and led nobody away"
    snapshot = await deploy.store.snapshot(PERSON)
    assert snapshot is not None
    assert snapshot.waiting_events == 1
    assert await deploy.store.dead(10) == []

    deploy.clock.advance(LEAVE)
    assert await new.work_once() == 1
    assert (await deploy.said())[-1] != "form.zip"
    assert await deploy.release() == edited.release

    # The newer version is taken back: when its last worker is gone, the old one goes on and loses nobody.
    await deploy.say("menu")
    await new_fleet.leave()
    await old_fleet.announce()
    assert await old.work_once() == 1
    assert told.counts["left flows"] == 1
    assert await deploy.release() == program.release


async def test_being_left_costs_no_attempt(program: Program, edited: Program) -> None:
    deploy = Deploy()
    old, old_fleet, told = await deploy.worker("old", program)
    new, _, _ = await deploy.worker("new", edited)
    await old_fleet.announce()
    await deploy.say(None)
    await new.work_once()
    await deploy.say("menu")
    for _ in range(10):
        assert await old.work_once() == 1
        deploy.clock.advance(LEAVE)
    assert told.counts == {"left flows": 10}
    assert await new.work_once() == 1
    assert await deploy.store.dead(10) == []


async def test_the_newer_worker_takes_over_what_the_old_one_began(program: Program, edited: Program) -> None:
    deploy = Deploy()
    old, old_fleet, told = await deploy.worker("old", program)
    new, _, _ = await deploy.worker("new", edited)
    await old_fleet.announce()
    await deploy.say(None)
    assert await old.work_once() == 1
    assert told.counts["turn"] == 1, "who is new, or still on the old flows, is anybody's"
    await deploy.say("menu")
    assert await new.work_once() == 1
    assert await deploy.release() == edited.release


async def test_a_state_of_a_later_program_is_never_read_as_ours_nor_put_aside(program: Program) -> None:
    deploy = Deploy()
    worker, _, told = await deploy.worker("old", program)
    await deploy.say(None)
    await worker.work_once()
    await deploy.say("menu")
    lease = (await deploy.store.claim("x", deploy.clock.now(), 5000, 1))[0]
    assert lease.state is not None
    later = msgspec.json.decode(lease.state) | {"v": FORMAT + 1, "case": {"of": "another kind"}, "news": 1}
    deploy.store.tables.conversations[PERSON].state = msgspec.json.encode(later)
    await deploy.store.release(lease, deploy.clock.now(), deploy.clock.now())

    for _ in range(5):
        assert await worker.work_once() == 1
        deploy.clock.advance(LEAVE)
    assert told.counts == {"turn": 1, "left program": 5}
    snapshot = await deploy.store.snapshot(PERSON)
    assert snapshot is not None
    assert (snapshot.waiting_events, snapshot.state) == (1, msgspec.json.encode(later))
    assert await deploy.store.dead(10) == []


async def test_a_worker_that_left_something_steps_back(program: Program, edited: Program) -> None:
    deploy = Deploy()
    old, old_fleet, _ = await deploy.worker("old", program)
    new, _, _ = await deploy.worker("new", edited)
    await old_fleet.announce()
    await deploy.say(None)
    await new.work_once()
    await deploy.say("menu")
    deploy.clock.slept.clear()
    claims = 0
    claim = deploy.store.claim

    async def counted(*args, **kwargs):
        nonlocal claims
        claims += 1
        old.stop()
        return await claim(*args, **kwargs)

    deploy.store.claim = counted  # type: ignore[method-assign]
    await old.run()
    assert claims == 1
    assert deploy.clock.slept == [STEP_BACK]
