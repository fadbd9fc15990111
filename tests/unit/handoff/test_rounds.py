"""Nobody waits for a counsellor who is gone, over shift ends, summer time and restarts; and nothing else is touched."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from core.capabilities import CAPABILITIES
from core.events import SYSTEM, Claim, ConsoleActed, Park, Reply
from core.records import Arrival, Commit, Snapshot
from flows.loader import load as load_bot
from flows.program import Program
from handlers.worker import Worker
from handoff.accounts import Account, add_account, disable_account
from handoff.cases import Case, PersonWrote, act, open_case
from handoff.conversation import Conversation, dump, labels, load
from handoff.roster import FRESH, renew, set_presence
from handoff.rounds import GONE_AFTER, Rounds
from store.memory import MemoryStore
from tests.fakes.clock import FakeClock
from tests.fakes.queue import put_case

TALK = Path(__file__).parents[2] / "fixtures" / "bots" / "talk"
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3_600_000


def at(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp() * 1000)


class Team:
    """A store with a worker, a look around, and one counsellor."""

    def __init__(self, program: Program, now: int) -> None:
        self.clock = FakeClock()
        self.clock.advance(now - self.clock.now())
        self.store = MemoryStore()
        self.rounds = Rounds(self.store, self.clock, lambda: program)
        self.worker = Worker(self.store, self.clock, lambda: program, lambda a: CAPABILITIES["webchat"], name="w")
        self.anna: Account

    async def case(self, n: int, case: Case) -> str:
        return str(await put_case(self.store, n, case, self.clock.now()))

    async def look(self) -> int:
        found = await self.rounds.look()
        while await self.worker.work_once():
            pass
        return found

    async def state(self, conversation: str) -> Case:
        snapshot = await self.store.snapshot(conversation)  # type: ignore[arg-type]
        assert snapshot is not None
        case = load(snapshot.state).case
        assert case is not None
        return case

    async def pass_time(self, amount: int) -> None:
        self.clock.advance(amount)


@pytest.fixture(scope="module")
def program() -> Program:
    loaded = load_bot(TALK, today=date(2026, 11, 23))
    assert loaded.program is not None
    return loaded.program


@pytest.fixture
async def team(program: Program) -> AsyncIterator[Team]:
    made = Team(program, at("2026-11-24 10:00"))
    made.anna, _ = await add_account(
        made.store, made.clock.now(), login="anna", name="Anna", languages=["en"], password="correct horse battery"
    )
    yield made
    await made.store.close()


def held(team: Team, *, ours: bool = True) -> Case:
    now = team.clock.now()
    case = open_case(number="K-1", queue="advice", language="en", urgency="normal", note="", now=now - HOUR)
    case = act(case, Claim(), team.anna.id, now)
    return act(case, PersonWrote(), "", now) if ours else replace(case, ours=False, unanswered=0)


async def test_who_closed_the_desk_while_somebody_waits_loses_the_case_after_an_hour_of_opening_time(team: Team):
    await renew(team.store, team.anna.id, team.clock.now())
    one = await team.case(1, held(team))
    await team.pass_time(GONE_AFTER - 1)
    assert await team.look() == 0
    await team.pass_time(1)
    assert await team.look() == 1
    case = await team.state(one)
    assert (case.state, case.owner, case.since, case.back) == ("waiting", None, at("2026-11-24 09:00"), True)
    assert await team.look() == 0


async def test_at_night_nobody_is_missed(team: Team):
    await team.pass_time(at("2026-11-24 16:30") - team.clock.now())
    await renew(team.store, team.anna.id, team.clock.now())
    await team.case(1, held(team))
    await team.pass_time(at("2026-11-25 09:29") - team.clock.now())
    assert await team.look() == 0
    await team.pass_time(60_000)
    assert await team.look() == 1


async def test_over_the_change_to_summer_time_an_hour_is_an_hour(team: Team):
    await team.pass_time(at("2027-03-26 16:30") - team.clock.now())  # a Friday; Good Friday, but no holidays are set
    await renew(team.store, team.anna.id, team.clock.now())
    await team.case(1, held(team))
    await team.pass_time(at("2027-03-29 09:29") - team.clock.now())  # the Monday after; clocks went forward on Sunday
    assert await team.look() == 0
    await team.pass_time(60_000)
    assert await team.look() == 1


async def test_a_shift_that_ended_is_told_as_such(team: Team):
    now = team.clock.now()
    await set_presence(team.store, team.anna.id, now, state="here", shift_until=now + HOUR)
    one = await team.case(1, held(team))
    await team.pass_time(GONE_AFTER)
    await renew(team.store, team.anna.id, team.clock.now())
    await team.look()
    lines = await team.store.transcript(one, 0, 50)  # type: ignore[arg-type]
    bodies = [line.entry.body for line in lines]
    assert "owner_gone" in [getattr(body, "kind", "") for body in bodies]
    assert (await team.state(one)).state == "waiting"


async def test_who_is_there_or_whose_turn_it_is_not_keeps_the_case(team: Team):
    now = team.clock.now()
    await renew(team.store, team.anna.id, now)
    await team.case(1, held(team, ours=False))
    await team.case(2, act(replace(held(team), number="K-2"), Park(reason="document"), team.anna.id, now))
    await team.pass_time(5 * HOUR)
    assert await team.look() == 0
    # At the desk, and slow: that is theirs to settle.
    await team.case(3, replace(held(team), number="K-3", unanswered=now, claimed=now))
    await renew(team.store, team.anna.id, team.clock.now())
    assert await team.look() == 0
    await team.pass_time(FRESH)
    assert await team.look() == 1


async def test_a_locked_account_gives_back_everything_at_once(team: Team):
    now = team.clock.now()
    keys = [
        await team.case(1, held(team)),
        await team.case(2, replace(held(team, ours=False), number="K-2")),
        await team.case(3, act(replace(held(team), number="K-3"), Park(), team.anna.id, now)),
    ]
    await disable_account(team.store, team.anna.id, now)
    assert await team.look() == 3
    assert [(await team.state(key)).state for key in keys] == ["waiting"] * 3


async def test_a_lead_keeps_their_cases(team: Team):
    lead, _ = await add_account(
        team.store, team.clock.now(), login="lead", name="Lea", languages=["en"], password="correct horse battery",
        roles=("lead",),
    )  # fmt: skip
    await team.case(1, replace(held(team), owner=lead.id))
    await renew(team.store, lead.id, team.clock.now())
    assert await team.look() == 0


async def test_somebody_who_answered_in_the_meantime_keeps_the_case(team: Team):
    """The look is old when the turn comes: the turn decides."""
    await renew(team.store, team.anna.id, team.clock.now())
    one = await team.case(1, held(team))
    await team.pass_time(GONE_AFTER)
    snapshot = await team.store.snapshot(one)  # type: ignore[arg-type]
    assert snapshot is not None
    reply = ConsoleActed(actor=team.anna.id, action=Reply(text="I am back"))
    await team.store.ingest([arrival(snapshot, "reply", reply, team.clock.now())], team.clock.now())
    assert await team.look() == 1
    assert (await team.state(one)).owner == team.anna.id


def arrival(snapshot: Snapshot, event_id: str, event: ConsoleActed, now: int) -> Arrival:
    return Arrival(conversation=snapshot.conversation, address=snapshot.address, event_id=event_id, event=event, at=now)


async def test_after_an_upgrade_everybody_who_waits_is_found_by_the_queue(team: Team):
    now = team.clock.now()
    one = await team.case(1, open_case(number="K-1", queue="advice", language="en", urgency="normal", note="", now=now))
    snapshot = await team.store.snapshot(one)  # type: ignore[arg-type]
    assert snapshot is not None
    # As an earlier release left it: the same state, fewer labels.
    act_of = ConsoleActed(actor=SYSTEM, action=Claim())
    await team.store.ingest([arrival(snapshot, "old", act_of, now)], now)
    (lease,) = await team.store.claim("old", now, 5000, 1)
    state = load(lease.state)
    kept = tuple(label for label in labels(state) if label.name in ("waiting", "case:K-1"))
    await team.store.commit(lease, Commit(state=dump(state), epoch=0, labels=kept), now)
    assert await team.store.find("queue:en", 5) == []
    assert await team.rounds.relabel() == 1
    while await team.worker.work_once():
        pass
    assert [found.conversation for found in await team.store.find("queue:en", 5)] == [one]
    assert await team.rounds.relabel() == 0
    assert Conversation().case is None
