"""Hypothesis holds the backends against the reference model: the same random operations, the same answers, always.

Tokens are random, so each side gets its own lease for the same work, and each store names its dead letters in its own
way; everything else must be equal.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from hypothesis import currently_in_test_context
from hypothesis import note as hypothesis_note
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
)
from msgspec.structs import replace

from core.events import CallReturned, Event, Received
from core.ids import CallId, Millis
from core.messages import Inbound, Text, Unsubscribed
from core.ports import Store
from core.records import (
    Arrival,
    CallLease,
    Cursor,
    DeadRecord,
    DeliveryLease,
    Found,
    Receipt,
    ReceiptState,
    TurnLease,
)
from store.memory import MemoryStore
from tests.contract.conftest import open_store
from tests.contract.random_work import random_commit, random_settlement
from tests.contract.words import DAY, HOUR, NOW, address, conv

__all__ = ["StoreMachine", "bare"]

T = TypeVar("T")
Lease = TurnLease | DeliveryLease | CallLease

SEEDS = st.integers(0, 2**32)
PAUSES = (0, 1, 10, 20, 50, 1_000, 6_000, 31_000, HOUR, DAY, 2 * DAY, 31 * DAY)
#: Long pauses end most stories, so they are rare.
PAUSE_WEIGHTS = (4, 4, 8, 8, 8, 6, 6, 6, 3, 1, 1, 1)
#: Some of them turn out to be one person with several names.
PEOPLE = 5


READS = {"snapshot", "transcript", "find", "stats", "counts", "scan", "get", "outcome", "resolve"}


def note_step(text: str) -> None:
    """Have Hypothesis print a step of a failing story."""
    if currently_in_test_context():
        hypothesis_note(text)


def bare(lease: Lease) -> dict[str, Any]:
    """A lease without its token and without the id of a dead letter that its event was."""
    found = {name: getattr(lease, name) for name in lease.__struct_fields__ if name != "token"}
    if isinstance(lease, TurnLease):
        found["event_id"] = unlettered(lease.event_id)
    return found


def unlettered(event_id: str) -> str:
    """An event id without the ids of the dead letters that the event was."""
    return re.sub(r"(/revived/)[^/]+", r"\1*", event_id)


def by_conversation(letter: DeadRecord) -> tuple[Millis, str]:
    return letter.at, letter.conversation


class Pair:
    """The same lease of both sides."""

    def __init__(self, model: Any, real: Any) -> None:
        self.model = model
        self.real = real


class StoreMachine(RuleBasedStateMachine):
    """Drives the model and a backend side by side."""

    backend = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="model-"))
        self.model = MemoryStore()
        self.real: Store = open_store(self.backend, self.folder)
        self.now: Millis = NOW
        self.turns: list[Pair] = []
        self.deliveries: list[Pair] = []
        self.calls: list[Pair] = []
        self.provider_ids: list[str] = ["p-unknown"]
        self.events = 0
        self.cursors: tuple[Cursor, Cursor] | None = None

    def run(self, one: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(one)

    def both(self, operation: str, *args: Any, **named: Any) -> Any:
        """Do the same on both sides; the answers must be equal."""
        if operation not in READS:
            note_step(f"{operation} {args} {named}")
        expected = self.run(getattr(self.model, operation)(*args, **named))
        got = self.run(getattr(self.real, operation)(*args, **named))
        assert got == expected, f"{operation}{args}: {got} instead of {expected}"
        return expected

    def paired(self, operation: str, pair: Pair, *args: Any) -> Any:
        note_step(f"{operation} {pair.model.conversation[:4]} {args}")
        expected = self.run(getattr(self.model, operation)(pair.model, *args))
        got = self.run(getattr(self.real, operation)(pair.real, *args))
        assert got == expected, f"{operation}{args}: {got} instead of {expected}"
        return expected

    def claimed(self, operation: str, lease: Millis, pairs: list[Pair]) -> None:
        expected = self.run(getattr(self.model, operation)("w", self.now, lease, 100))
        got = self.run(getattr(self.real, operation)("w", self.now, lease, 100))

        def by_place(one: Lease) -> tuple[str, str]:
            return one.conversation, one.call.id if isinstance(one, CallLease) else ""

        expected.sort(key=by_place)
        got.sort(key=by_place)
        note_step(f"{operation} at {self.now} for {lease}: {[(x[0][:4], x[1]) for x in map(by_place, expected)]}")
        assert [bare(one) for one in got] == [bare(one) for one in expected]
        pairs += [Pair(model, real) for model, real in zip(expected, got, strict=True)]

    # -- single operations, their details chosen by a seed ---------------------------------------------------

    def do_wait(self, rng: Random) -> None:
        self.now += rng.choices(PAUSES, PAUSE_WEIGHTS)[0]

    def do_ingest(self, rng: Random) -> None:
        repeat = rng.choice((0, 0, 0, 1, 2, 3))
        number = max(0, self.events - repeat)
        self.events += repeat == 0
        event: Event
        match rng.choice(("text", "text", "text", "block", "call")):
            case "call":
                event = CallReturned(call_id=CallId("c"), error="down")
            case "block":
                event = Received(message=Inbound(content=Unsubscribed()))
            case _:
                event = Received(message=Inbound(content=Text(text=f"words {number}")))
        n, *others = rng.sample(range(PEOPLE), rng.choice((1, 1, 1, 2, 3)))
        arrival = Arrival(
            conversation=conv(n),
            aliases=tuple(conv(one) for one in others),
            address=address(n),
            event_id=f"e{number}",
            event=event,
            at=self.now - 3,
        )
        self.both("ingest", [arrival], self.now)

    def do_claim(self, rng: Random) -> None:
        self.claimed("claim", rng.choice((10, 5_000)), self.turns)

    def do_claim_delivery(self, rng: Random) -> None:
        self.claimed("claim_delivery", rng.choice((10, 30_000)), self.deliveries)

    def do_claim_calls(self, rng: Random) -> None:
        self.claimed("claim_calls", rng.choice((10, 5_000)), self.calls)

    def do_commit(self, rng: Random) -> None:
        if not self.turns:
            return
        # Mostly the newest lease, at times one that was lost long ago.
        pair = self.turns[-1] if rng.random() < 0.7 else rng.choice(self.turns)
        self.paired("commit", pair, random_commit(rng, pair.model, self.now), self.now)
        if rng.random() < 0.8:
            self.turns.remove(pair)

    def do_extend_or_release(self, rng: Random) -> None:
        leases = self.turns + self.deliveries + self.calls
        if not leases:
            return
        pair = rng.choice(leases)
        if rng.random() < 0.5:
            self.paired("release", pair, self.now + rng.choice((0, 10, 1_000, HOUR)), self.now)
        else:
            self.paired("extend", pair, self.now + rng.choice((0, 10, 1_000)))

    def do_settle(self, rng: Random) -> None:
        if not self.deliveries:
            return
        pair = self.deliveries[-1] if rng.random() < 0.7 else rng.choice(self.deliveries)
        entry_id = pair.model.entry.id
        ids = (f"p-{entry_id}", "p-shared")[: rng.choice((0, 1, 1, 2))]
        self.provider_ids = [*self.provider_ids[-8:], entry_id, *ids]
        held = self.model.leased_to(pair.model)
        if held is None or held.sending is None:
            # Of a lease that is lost only its own id: no provider gives one id to two messages, and a backend may
            # point an id at its entry before it sees that the lease is lost.
            ids = ids[:1]
        self.paired("settle", pair, random_settlement(rng, ids, self.now), self.now)
        if rng.random() < 0.8:
            self.deliveries.remove(pair)

    def do_receipt(self, rng: Random) -> None:
        provider_id = rng.choice(self.provider_ids)
        if self.deliveries and rng.random() < 0.4:
            provider_id = f"p-{rng.choice(self.deliveries).model.entry.id}"
        states: tuple[ReceiptState, ...] = ("sent", "delivered", "read", "failed", "held", "again")
        receipt = Receipt(
            channel="telegram",
            account="bot1",
            provider_id=provider_id,
            state=rng.choice(states),
            at=self.now - 1,
            reason=rng.choice((None, "spam")),
        )
        self.both("receipt", receipt, self.now)

    def do_end_call(self, rng: Random) -> None:
        if not self.calls:
            return
        pair = self.calls.pop()
        if rng.random() < 0.3:
            self.both("cancel_call", pair.model.conversation, pair.model.call.id, self.now)
        else:
            self.paired("settle_call", pair, self.now)

    def do_revive(self, rng: Random) -> None:
        letters = self.letters()
        if letters:
            model, real = rng.choice(letters)
            assert self.run(self.model.revive(model.id, self.now)) == self.run(self.real.revive(real.id, self.now))

    def letters(self) -> list[tuple[DeadRecord, DeadRecord]]:
        """Return the dead letters of both sides, the same ones side by side."""
        # Within one moment each store has its own order, but for the letters of one conversation.
        model = sorted(self.run(self.model.dead(100)), key=by_conversation)
        real = sorted(self.run(self.real.dead(100)), key=by_conversation)
        for letters in (model, real):
            letters[:] = [replace(one, event_id=unlettered(one.event_id)) for one in letters]
        assert [replace(one, id="") for one in real] == [replace(one, id="") for one in model]
        return list(zip(model, real, strict=True))

    def do_erase(self, rng: Random) -> None:
        if rng.random() < 0.6:
            self.both("sweep", self.now, 1_000)
        else:
            self.both("forget", conv(rng.randrange(PEOPLE)), self.now)

    def do_records(self, rng: Random) -> None:
        key = rng.choice("xy")
        if rng.random() < 0.2:
            self.both("delete", "kind", key)
        life = rng.choice((None, 10, HOUR))
        expires = None if life is None else self.now + life
        expect = rng.choice((None, None, 0, 1, 2))
        self.both("put", "kind", key, b"v%d" % self.now, self.now, expires=expires, expect=expect)
        self.both("increment", "kind", key, self.now, expires=self.now + (life or 5))

    # -- the rules -----------------------------------------------------------------------------------------

    @rule(seed=SEEDS)
    def arrive(self, seed: int) -> None:
        self.do_ingest(Random(seed))

    @rule(seed=SEEDS)
    def handle(self, seed: int) -> None:
        rng = Random(seed)
        self.do_claim(rng)
        self.do_commit(rng)

    @rule(seed=SEEDS)
    def deliver(self, seed: int) -> None:
        rng = Random(seed)
        self.do_claim_delivery(rng)
        self.do_settle(rng)

    @rule(seed=SEEDS)
    def tell(self, seed: int) -> None:
        self.do_receipt(Random(seed))

    @rule(seed=SEEDS)
    def pause(self, seed: int) -> None:
        self.do_wait(Random(seed))

    @rule(seed=SEEDS)
    def tidy(self, seed: int) -> None:
        self.do_erase(Random(seed))

    @rule(seed=SEEDS, steps=st.sampled_from((40, 20, 5)))
    def a_busy_time(self, seed: int, steps: int) -> None:
        """Many operations in a row, so that long stories come up at all."""
        rng = Random(seed)
        for _ in range(steps):
            name = rng.choices(tuple(STEPS), tuple(STEPS.values()))[0]
            getattr(self, name)(rng)
            self.everybody_reads_the_same()

    # -- what must be equal after every step --------------------------------------------------------------

    @invariant()
    def everybody_reads_the_same(self) -> None:
        for n in range(PEOPLE):
            self.both("snapshot", conv(n))
            self.both("resolve", conv(n))
            self.both("transcript", conv(n), 0, 1_000)
            self.both("transcript", conv(n), -2, 1_000)
        for label in ("waiting", "owner:7"):
            found = self.both("find", label, 1_000)
            if found:
                self.both("find", label, 2, Found(conversation=found[0].conversation, rank=found[0].rank))
        self.both("stats", self.now)
        self.both("counts", "2000-01-01")
        self.letters()
        self.both("scan", "kind", self.now, 10)
        self.both("get", "kind", "x", self.now)
        for number in range(max(0, self.events - 3), self.events + 1):
            for n in range(PEOPLE):
                self.both("outcome", conv(n), f"e{number}", self.now)

    @invariant()
    def everybody_sees_the_same_changes(self) -> None:
        cursors = self.cursors or (None, None)
        expected = self.run(self.model.changes(cursors[0], 100))
        got = self.run(self.real.changes(cursors[1], 100))
        assert sorted(got.conversations) == sorted(expected.conversations)
        assert (got.cursor == cursors[1]) == (expected.cursor == cursors[0])
        self.cursors = (expected.cursor, got.cursor)

    def teardown(self) -> None:
        assert self.run(self.real.check()) == []
        self.run(self.real.close())
        self.loop.close()
        shutil.rmtree(self.folder)


#: Operations of a busy time and how often each comes.
STEPS = {
    "do_wait": 7,
    "do_ingest": 8,
    "do_claim": 6,
    "do_commit": 7,
    "do_claim_delivery": 6,
    "do_settle": 6,
    "do_receipt": 3,
    "do_extend_or_release": 2,
    "do_claim_calls": 1,
    "do_end_call": 1,
    "do_revive": 1,
    "do_erase": 1,
    "do_records": 1,
}
