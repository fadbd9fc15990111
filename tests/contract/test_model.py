"""Hypothesis holds SQLite against the reference model: the same random operations, the same answers, always.

Tokens are random, so each side gets its own lease for the same work; everything else must be equal.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core.events import CallReturned, Event, Received
from core.ids import CallId, Millis
from core.messages import Inbound, Text, Unsubscribed
from core.ports import Store
from core.records import (
    Arrival,
    Call,
    CallLease,
    Commit,
    Cursor,
    DeadLetter,
    DeliveryLease,
    DispatchKind,
    Entry,
    Failed,
    Found,
    Held,
    Label,
    Outcome,
    Receipt,
    RetryAt,
    Sent,
    Settlement,
    Timer,
    TurnLease,
    Uncertain,
)
from store.memory import MemoryStore
from store.seal import KeyRing
from store.sqlite import open_sqlite
from tests.contract.words import DAY, HOUR, NOW, address, conv, entry, note

T = TypeVar("T")
Lease = TurnLease | DeliveryLease | CallLease

PEOPLE = st.integers(0, 3)
PAUSES = st.sampled_from([0, 1, 50, 1_000, 6_000, HOUR, DAY, 2 * DAY, 31 * DAY])
KINDS: st.SearchStrategy[DispatchKind | None] = st.sampled_from(
    [None, "bot", "bot", "bot", "crisis", "notice", "counsellor"]
)
SETTLEMENTS = st.sampled_from(["sent", "sent", "retry", "uncertain", "uncertain-again", "held", "failed"])
TIMER_NAMES = st.sampled_from(["a", "b", "*"])
LABELS = st.lists(st.builds(Label, name=st.sampled_from(["waiting", "owner:7"]), rank=st.integers(0, 2)), max_size=2)


def bare(lease: Lease) -> dict[str, Any]:
    """A lease without its token."""
    return {name: getattr(lease, name) for name in lease.__struct_fields__ if name != "token"}


class Pair:
    """The same lease of both sides."""

    def __init__(self, model: Any, real: Any) -> None:
        self.model = model
        self.real = real


class StoreMachine(RuleBasedStateMachine):
    """Drives the model and a backend side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="model-"))
        self.model = MemoryStore()
        self.real: Store = open_sqlite(self.folder / "store.db", KeyRing.generate())
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
        expected = self.run(getattr(self.model, operation)(*args, **named))
        got = self.run(getattr(self.real, operation)(*args, **named))
        assert got == expected, f"{operation}{args}"
        return expected

    def paired(self, operation: str, pair: Pair, *args: Any) -> Any:
        expected = self.run(getattr(self.model, operation)(pair.model, *args))
        got = self.run(getattr(self.real, operation)(pair.real, *args))
        assert got == expected, f"{operation}{args}"
        return expected

    def claimed(self, operation: str, lease: Millis, pairs: list[Pair]) -> None:
        expected = self.run(getattr(self.model, operation)("w", self.now, lease, 100))
        got = self.run(getattr(self.real, operation)("w", self.now, lease, 100))

        def by_place(one: Lease) -> tuple[str, str]:
            return one.conversation, one.call.id if isinstance(one, CallLease) else ""

        expected.sort(key=by_place)
        got.sort(key=by_place)
        assert [bare(one) for one in got] == [bare(one) for one in expected]
        pairs += [Pair(model, real) for model, real in zip(expected, got, strict=True)]

    # -- time and arrivals -------------------------------------------------------------------------------

    @rule(pause=PAUSES)
    def time_passes(self, pause: Millis) -> None:
        self.now += pause

    @rule(n=PEOPLE, repeat=st.integers(0, 3), kind=st.sampled_from(["text", "text", "block", "call"]))
    def ingest(self, n: int, repeat: int, kind: str) -> None:
        number = max(0, self.events - repeat + 1) if repeat else self.events
        self.events += repeat == 0
        event: Event
        if kind == "call":
            event = CallReturned(call_id=CallId("c"), error="down")
        else:
            content = Text(text=f"words {number}") if kind == "text" else Unsubscribed()
            event = Received(message=Inbound(content=content))
        arrival = Arrival(conversation=conv(n), address=address(n), event_id=f"e{number}", event=event, at=self.now - 3)
        self.both("ingest", [arrival], self.now)

    # -- turns -------------------------------------------------------------------------------------------

    @rule(lease=st.sampled_from([10, 5_000]))
    def claim(self, lease: Millis) -> None:
        self.claimed("claim", lease, self.turns)

    @precondition(lambda self: self.turns)
    @rule(
        data=st.data(),
        kinds=st.lists(KINDS, max_size=3),
        labels=LABELS,
        timers=st.lists(st.tuples(TIMER_NAMES.filter("*".__ne__), st.sampled_from([1, 500, HOUR])), max_size=2),
        cancel=st.lists(TIMER_NAMES, max_size=2),
        epoch=st.integers(0, 1),
        expiry=st.sampled_from([None, None, 100, DAY]),
        entry_life=st.sampled_from([None, 1_000, HOUR]),
        extras=st.sets(st.sampled_from(["call", "outcome", "dead", "count"])),
        erase=st.sampled_from([False, False, False, True]),
        keep=st.booleans(),
    )
    def commit(
        self,
        data: st.DataObject,
        kinds: list[DispatchKind | None],
        labels: list[Label],
        timers: list[tuple[str, Millis]],
        cancel: list[str],
        epoch: int,
        expiry: Millis | None,
        entry_life: Millis | None,
        extras: set[str],
        erase: bool,
        keep: bool,
    ) -> None:
        pair = data.draw(st.sampled_from(self.turns))
        lease = pair.model
        entries: list[Entry] = []
        for n, kind in enumerate(kinds):
            expires = None if entry_life is None else self.now + entry_life
            made = note(lease, n) if kind is None else entry(
                lease, n, kind=kind, epoch=lease.epoch + epoch, expires=expires
            )  # fmt: skip
            entries.append(made)
        commit = Commit(
            state=b"state %d" % lease.turn,
            epoch=lease.epoch + epoch,
            labels=tuple({label.name: label for label in labels}.values()),
            entries=tuple(entries),
            set_timers=tuple(Timer(name=name, at=self.now + pause, data=name) for name, pause in timers),
            cancel_timers=tuple(cancel),
            calls=(Call(id=CallId(f"{lease.conversation}/{lease.generation}/{lease.turn}/c"), name="n", args={},
                        timeout=self.now),) if "call" in extras else (),
            counts=("turns",) if "count" in extras else (),
            outcome=Outcome(ok=True, code=lease.event_id) if "outcome" in extras else None,
            dead=DeadLetter(reason="error") if "dead" in extras else None,
            expires=None if expiry is None else self.now + expiry,
            erase=erase,
        )  # fmt: skip
        self.paired("commit", pair, commit, self.now)
        if not keep:
            self.turns.remove(pair)

    @precondition(lambda self: self.turns or self.deliveries or self.calls)
    @rule(data=st.data(), pause=st.sampled_from([0, 10, 1_000, HOUR]), give_back=st.booleans())
    def extend_or_release(self, data: st.DataObject, pause: Millis, give_back: bool) -> None:
        pair = data.draw(st.sampled_from(self.turns + self.deliveries + self.calls))
        if give_back:
            self.paired("release", pair, self.now + pause, self.now)
        else:
            self.paired("extend", pair, self.now + pause)

    # -- deliveries --------------------------------------------------------------------------------------

    @rule(lease=st.sampled_from([10, 30_000]))
    def claim_delivery(self, lease: Millis) -> None:
        self.claimed("claim_delivery", lease, self.deliveries)

    @precondition(lambda self: self.deliveries)
    @rule(data=st.data(), how=SETTLEMENTS, pause=st.sampled_from([0, 10, HOUR]), keep=st.booleans())
    def settle(self, data: st.DataObject, how: str, pause: Millis, keep: bool) -> None:
        pair = data.draw(st.sampled_from(self.deliveries))
        entry_id = pair.model.entry.id
        ids = (f"p-{entry_id}", "p-shared")
        self.provider_ids += [entry_id, *ids]
        ways: dict[str, Settlement] = {
            "sent": Sent(provider_ids=ids[: 1 + pause % 2]),
            "retry": RetryAt(at=self.now + pause, reason="no connection"),
            "uncertain": Uncertain(reason="timeout"),
            "uncertain-again": Uncertain(reason="timeout", retry_at=self.now + pause),
            "held": Held(until=self.now + pause, reason="closed"),
            "failed": Failed(reason="gone", blocked=pause > 0),
        }
        self.paired("settle", pair, ways[how], self.now)
        if not keep:
            self.deliveries.remove(pair)

    @rule(
        data=st.data(),
        state=st.sampled_from(["sent", "delivered", "read", "failed"]),
        reason=st.sampled_from([None, "spam"]),
        early=st.booleans(),
    )
    def receipt(
        self,
        data: st.DataObject,
        state: Literal["sent", "delivered", "read", "failed"],
        reason: str | None,
        early: bool,
    ) -> None:
        provider_id = data.draw(st.sampled_from(self.provider_ids))
        if early and self.deliveries:
            provider_id = f"p-{data.draw(st.sampled_from(self.deliveries)).model.entry.id}"
        receipt = Receipt(
            channel="telegram", account="bot1", provider_id=provider_id, state=state, at=self.now - 1, reason=reason
        )
        self.both("receipt", receipt, self.now)

    # -- calls, trouble, records -------------------------------------------------------------------------

    @rule(lease=st.sampled_from([10, 5_000]))
    def claim_calls(self, lease: Millis) -> None:
        self.claimed("claim_calls", lease, self.calls)

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), cancel=st.booleans())
    def end_call(self, data: st.DataObject, cancel: bool) -> None:
        pair = data.draw(st.sampled_from(self.calls))
        if cancel:
            self.both("cancel_call", pair.model.conversation, pair.model.call.id, self.now)
        else:
            self.paired("settle_call", pair, self.now)

    @rule(data=st.data())
    def revive(self, data: st.DataObject) -> None:
        letters = self.both("dead", 100)
        if letters:
            self.both("revive", data.draw(st.sampled_from(letters)).id, self.now)

    @rule(n=PEOPLE)
    def forget(self, n: int) -> None:
        self.both("forget", conv(n), self.now)

    @rule()
    def sweep(self) -> None:
        self.both("sweep", self.now, 1_000)

    @rule(
        key=st.sampled_from(["x", "y"]),
        life=st.sampled_from([None, 10, HOUR]),
        expect=st.sampled_from([None, None, 0, 1, 2]),
    )
    def put(self, key: str, life: Millis | None, expect: int | None) -> None:
        expires = None if life is None else self.now + life
        self.both("put", "kind", key, b"v%d" % self.now, self.now, expires=expires, expect=expect)
        self.both("increment", "kind", key, self.now, expires=self.now + (life or 5))

    @rule(key=st.sampled_from(["x", "y"]))
    def delete(self, key: str) -> None:
        self.both("delete", "kind", key)

    # -- what must be equal after every step --------------------------------------------------------------

    @invariant()
    def everybody_reads_the_same(self) -> None:
        for n in range(4):
            self.both("snapshot", conv(n))
            self.both("transcript", conv(n), 0, 1_000)
            self.both("transcript", conv(n), -2, 1_000)
        for label in ("waiting", "owner:7"):
            found = self.both("find", label, 1_000)
            if found:
                self.both("find", label, 2, Found(conversation=found[0].conversation, rank=found[0].rank))
        self.both("stats", self.now)
        self.both("counts", "2000-01-01")
        self.both("dead", 100)
        self.both("scan", "kind", self.now, 10)
        self.both("get", "kind", "x", self.now)
        for number in range(max(0, self.events - 3), self.events + 1):
            for n in range(4):
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


COUNT = int(os.environ.get("STREETWORK_MODEL_RUNS", "25"))

TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(
    max_examples=COUNT,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize="STREETWORK_MODEL_RUNS" not in os.environ,
)


@pytest.mark.soak
@pytest.mark.timeout(480)
def test_the_same_for_longer_and_with_fresh_randomness() -> None:
    run_state_machine_as_test(
        StoreMachine,
        settings=settings(
            max_examples=120,
            stateful_step_count=100,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=False,
        ),
    )


def test_bare_leaves_out_the_token_alone() -> None:
    lease = TurnLease(
        conversation=conv(), generation=1, turn=1, token="secret", until=1, attempts=1, address=address(), state=None,
        epoch=0, event_id="e", event=CallReturned(call_id=CallId("c")), at=1,
    )  # fmt: skip
    assert set(bare(lease)) == set(lease.__struct_fields__) - {"token"}
    assert msgspec.structs.replace(lease, token="other") != lease
