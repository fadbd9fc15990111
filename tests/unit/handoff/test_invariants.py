"""What ``streetwork store check`` finds: nothing where all is well, and each breach by its number."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from core.events import Claim, Park, Transfer
from core.ids import ConversationId, EntryId
from core.messages import Say
from core.records import Author, Body, Commit, Committed, Delivery, Dispatch, Entry, Label, Line, Marked, Noted, Wrote
from handoff.accounts import Account, add_account, disable_account
from handoff.cases import Case, Pending, act, open_case
from handoff.conversation import Conversation, dump, labels
from handoff.invariants import LATE, violations
from store.memory import MemoryStore
from tests.fakes.queue import put_case, send_text

NOW = 1_800_000_000_000
DAY = 86_400_000


class Broken:
    """A store, an account, and cases written past every rule."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.anna: Account

    async def put(self, case: Case, n: int = 1, *bodies: Body, wrong: tuple[Label, ...] = (), **commit) -> None:
        await put_case(self.store, n, case, NOW)
        await send_text(self.store, n, f"line {n}", NOW)
        (lease,) = await self.store.claim("test", NOW, 5000, 5)
        state = Conversation(case=case)
        entries = tuple(
            Entry(
                id=EntryId(f"{lease.conversation}/1/{lease.turn}/{k}"),
                at=NOW,
                author=author_of(body),
                body=body,
                dispatch=Dispatch(kind="counsellor", epoch=0) if isinstance(body, Wrote) else None,
            )
            for k, body in enumerate(bodies)
        )
        kept = wrong or labels(state)
        made = Commit(state=dump(state), epoch=0, labels=kept, entries=entries, **commit)
        assert await self.store.commit(lease, made, NOW) == Committed()

    def held(self) -> Case:
        return act(waiting(), Claim(), self.anna.id, NOW)


def author_of(body: Body) -> Author:
    return "system" if isinstance(body, Marked) else "counsellor"


def waiting(number: str = "K-1") -> Case:
    return open_case(number=number, queue="q", language="ar", urgency="normal", note="", now=NOW)


def mark(kind: str, version: int, number: str = "K-1") -> Marked:
    return Marked(kind=kind, detail={"case": number, "version": str(version)})


@pytest.fixture
async def broken() -> AsyncIterator[Broken]:
    made = Broken()
    made.anna, _ = await add_account(
        made.store, NOW, login="anna", name="Anna", languages=["ar"], password="correct horse battery"
    )
    yield made
    await made.store.close()


async def test_where_all_is_well_nothing_is_found(broken: Broken):
    held = broken.held()
    await broken.put(waiting("K-1"), 1, mark("waiting", 1))
    history = [mark(*one, "K-2") for one in (("waiting", 1), ("claimed", 2), ("released", 3), ("claimed", 5))]
    said = (Noted(text="n"), Wrote(message=Say(text="x")), mark("claimed", 1, "K-0"))
    await broken.put(replace(held, number="K-2", version=9), 2, *history, *said)
    await broken.put(replace(act(held, Park(until=NOW + DAY), broken.anna.id, NOW), number="K-3"), 3)
    await broken.put(replace(act(held, Transfer(to="x", note="n"), broken.anna.id, NOW), number="K-4"), 4)
    assert await violations(broken.store, NOW + LATE) == []


async def found(broken: Broken, at: int = NOW) -> str:
    (one,) = await violations(broken.store, at)
    assert "K-" in one
    return one.split(":")[0]


async def test_i1_two_open_cases_of_one_number(broken: Broken):
    await broken.put(waiting(), 1)
    await broken.put(waiting(), 2)
    assert await found(broken) == "I1"


async def test_i1_a_case_that_is_over_is_not_kept_open(broken: Broken):
    closed = replace(waiting(), state="closed", closed=NOW, outcome="left")
    await broken.put(closed, 1, wrong=(Label(name="waiting", rank=1),), expires=None)
    numbers = {one.split(":")[0] for one in await violations(broken.store, NOW)}
    assert "I1" in numbers


async def test_i2_an_owner_exactly_where_somebody_is_responsible(broken: Broken):
    await broken.put(replace(waiting(), owner=broken.anna.id), 1)
    assert await found(broken) == "I2"


async def test_i3_a_case_is_not_claimed_twice(broken: Broken):
    await broken.put(replace(broken.held(), version=9), 1, mark("claimed", 2), mark("claimed", 3))
    assert await found(broken) == "I3"


async def test_i5_the_lists_show_it_where_it_belongs(broken: Broken):
    await broken.put(broken.held(), 1, wrong=(Label(name="active", rank=1),))
    assert await found(broken) == "I5"


async def test_i7_a_reply_is_not_stuck(broken: Broken):
    pending = (Pending(id="r1", text="x", actor=broken.anna.id, at=NOW, until=NOW + 5000),)
    await broken.put(replace(broken.held(), pending=pending), 1)
    assert await violations(broken.store, NOW + 5000) == []
    assert await found(broken, NOW + 5001 + LATE) == "I7"


async def test_i8_a_note_is_never_on_its_way_to_the_person(broken: Broken):
    await broken.put(broken.held(), 1, Noted(text="only for the team"))
    assert await violations(broken.store, NOW) == []
    # No commit can do this; a hand in the data could.
    read = broken.store.transcript

    async def on_its_way(conversation: ConversationId, after: int, limit: int) -> list[Line]:
        lines = await read(conversation, after, limit)
        on_the_way = Delivery(state="pending", attempts=0, at=NOW)
        return [replace(one, delivery=on_the_way) if isinstance(one.entry.body, Noted) else one for one in lines]

    broken.store.transcript = on_its_way  # type: ignore[method-assign]
    (one,) = await violations(broken.store, NOW)
    assert one.startswith("I8")
    assert "only for the team" not in one


async def test_i12_somebody_is_responsible(broken: Broken):
    await broken.put(broken.held(), 1)
    await disable_account(broken.store, broken.anna.id, NOW)
    assert await violations(broken.store, NOW + LATE) == []
    assert await found(broken, NOW + LATE + 1) == "I12"


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "parked", "parked_until": NOW, "park_reason": "date"},
        {"state": "handing_over", "offered_to": "x", "offered": NOW - DAY},
        {"state": "handing_over", "offered": NOW},
    ],
)
async def test_i12_nothing_rests_beyond_its_time_or_with_nobody(broken: Broken, wrong):
    await broken.put(replace(broken.held(), **wrong), 1)
    assert await found(broken, NOW + LATE + 1) == "I12"


async def test_i12_nobody_who_waits_is_erased(broken: Broken):
    await broken.put(waiting(), 1, expires=NOW + DAY)
    assert await found(broken) == "I12"


async def test_i13_each_change_has_a_version_of_its_own(broken: Broken):
    await broken.put(replace(waiting(), version=9), 1, mark("waiting", 2), mark("urgent", 2))
    assert await found(broken) == "I13"
    await broken.put(waiting(), 1, mark("urgent", 12))
    assert "I13" in {one.split(":")[0] for one in await violations(broken.store, NOW)}
