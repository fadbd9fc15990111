"""Two to eight actors, a person and the clock against a small reference model: store, worker and turns are real.

Acts are put into the mailbox in bunches, so they race; the model applies them one after the other in the same order.
After each bunch the outcomes, the case, what went out to the person and the invariants of the store must agree.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.capabilities import CAPABILITIES
from core.events import (
    AcceptTransfer,
    CaseAction,
    Claim,
    Close,
    ConsoleActed,
    DeclineTransfer,
    Park,
    Release,
    Reply,
    ReturnToBot,
    TakeBack,
    Transfer,
    Wake,
    WithdrawTransfer,
    WriteNote,
)
from core.messages import Address, Say
from core.records import Arrival, Outcome, Sent, Wrote
from flows.loader import load as load_bot
from handlers.casework import OFFER_LIVES, TAKE_BACK
from handlers.worker import Worker
from handoff.accounts import add_account
from handoff.conversation import load
from handoff.invariants import violations
from handoff.roster import set_presence
from store.memory import MemoryStore
from tests.fakes.clock import FakeClock
from tests.fakes.queue import send_text

TALK = Path(__file__).parents[2] / "fixtures" / "bots" / "talk"
PROGRAM = load_bot(TALK, today=date(2026, 11, 23)).program
ADDRESS = Address(bot="test", channel="webchat", account="main", peer="p1")
#: Tuesday, ten o'clock in Berlin.
MORNING = int(datetime(2026, 11, 24, 9, 0, tzinfo=UTC).timestamp() * 1000)
T = TypeVar("T")


@dataclass
class Model:
    """What the desk promises, without any of its machinery."""

    state: str = "none"
    owner: str | None = None
    offered: str | None = None
    offered_at: int = 0
    parked_until: int | None = None
    ours: bool = True
    #: (until, actor, text) of replies that can be taken back, and what has gone out.
    pending: list[tuple[int, str, str]] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def pass_to(self, now: int) -> None:
        """Let the clock run: replies go out, offers lapse, parked cases wake with their owner, who is here."""
        moments = [until for until, _, _ in self.pending]
        moments += [self.offered_at + OFFER_LIVES] if self.state == "handing_over" else []
        moments += [self.parked_until] if self.state == "parked" and self.parked_until is not None else []
        for moment in sorted(moment for moment in moments if moment <= now):
            self.sent += [text for until, _, text in self.pending if until <= moment]
            self.pending = [one for one in self.pending if one[0] > moment]
            if self.state == "handing_over" and self.offered_at + OFFER_LIVES <= moment:
                self.state, self.offered = "active", None
            if self.state == "parked" and self.parked_until is not None and self.parked_until <= moment:
                self.state, self.parked_until = "active", None

    def flush(self) -> None:
        self.sent += [text for _, _, text in self.pending]
        self.pending = []

    def person_writes(self) -> None:
        self.ours = True
        if self.state == "parked":
            self.state, self.parked_until = "active", None

    def act(self, action: CaseAction, actor: str, now: int) -> str:
        """Apply one act and return its code."""
        if self.state == "none":
            return "no_case"
        held = self.state in ("active", "parked", "handing_over")
        match action:
            case WriteNote():
                return "ok"
            case Claim():
                if held:
                    return "already_yours" if self.owner == actor else "taken"
                self.state, self.owner = "active", actor
                return "ok"
            case AcceptTransfer() | DeclineTransfer() | WithdrawTransfer():
                return self._offer(action, actor)
            case _:
                pass
        if not held:
            return "not_claimed"
        if self.owner != actor:
            return "not_owner"
        return self._own(action, actor, now)

    def _offer(self, action: CaseAction, actor: str) -> str:
        if self.state != "handing_over":
            return "not_offered"
        if isinstance(action, WithdrawTransfer):
            if actor != self.owner:
                return "not_owner"
        elif actor != self.offered:
            return "not_for_you"
        if isinstance(action, AcceptTransfer):
            self.flush()
            self.owner = actor
        self.state, self.offered = "active", None
        return "ok"

    def _own(self, action: CaseAction, actor: str, now: int) -> str:
        match action:
            case Reply(text=text):
                if not text.strip():
                    return "empty"
                if len(self.pending) >= 5:
                    self.sent.append(self.pending.pop(0)[2])
                self.pending.append((now + TAKE_BACK, actor, text))
                self.ours = False
            case TakeBack():
                return "too_late"  # of a reply that never was
            case Park(until=until):
                if self.state == "handing_over":
                    return "handing_over"
                if until is not None and until <= now:
                    return "past"
                self.flush()
                self.state, self.parked_until = "parked", until
            case Wake():
                if self.state != "parked":
                    return "not_parked"
                self.state, self.parked_until = "active", None
            case Transfer(to=to, note=note):
                if self.state == "handing_over":
                    return "handing_over"
                if not note.strip():
                    return "no_note"
                if to == actor:
                    return "no_such_colleague"
                self.flush()
                self.state, self.offered, self.offered_at, self.parked_until = "handing_over", to, now, None
            case Release():
                self.flush()
                self.state, self.owner, self.offered, self.parked_until = "waiting", None, None, None
            case Close() | ReturnToBot():
                self.flush()
                self.state, self.owner, self.offered, self.parked_until = "none", None, None, None
            case _:
                raise AssertionError(action)
        return "ok"


class Office(RuleBasedStateMachine):
    """The real thing beside the model."""

    @initialize(actors=st.integers(2, 8))
    def open(self, actors: int) -> None:
        assert PROGRAM is not None
        program = PROGRAM
        self.loop = asyncio.new_event_loop()
        self.clock = FakeClock()
        self.clock.advance(MORNING - self.clock.now())
        self.store = MemoryStore()
        self.worker = Worker(self.store, self.clock, lambda: program, lambda address: CAPABILITIES["webchat"], name="w")
        self.model, self.out, self.presses, self.texts = Model(), list[str](), 0, 0
        self.actors: list[str] = []
        for n in range(actors):
            made, _ = self.run(
                add_account(self.store, self.clock.now(), login=f"staff{n}", name=f"N{n}", languages=["en"],
                            password="correct horse battery", passwords=FAST)
            )  # fmt: skip
            self.actors.append(made.id)
        self.say("hello")
        self.person_asks()
        self.press([(self.actors[0], Claim())])

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def say(self, text: str) -> None:
        self.conversation = self.run(send_text(self.store, 1, text, self.clock.now()))
        self.settle()

    def settle(self) -> None:
        """Let the worker do everything that is due, and the channel send it."""

        async def work() -> None:
            while await self.worker.work_once():
                pass
            while leases := await self.store.claim_delivery("d", self.clock.now(), 5000, 10):
                for lease in leases:
                    body = lease.entry.body
                    if lease.entry.author == "counsellor" and isinstance(body, Wrote) and isinstance(body.message, Say):
                        self.out.append(body.message.text)
                    await self.store.settle(lease, Sent(provider_ids=(lease.entry.id,)), self.clock.now())

        self.run(work())

    @rule()
    @precondition(lambda self: self.model.state == "none")
    def person_asks(self) -> None:
        self.here()
        # A case of a short time ago asks first whether it is for the same counsellor; the word for a human is enough.
        self.say("human")
        self.model = Model(state="waiting", sent=self.model.sent)

    @rule()
    def person_writes(self) -> None:
        self.here()
        self.texts += 1
        self.say(f"and another thing {self.texts}")
        if self.model.state != "none":
            self.model.person_writes()

    @rule(data=st.data())
    def staff_acts_at_once(self, data: st.DataObject) -> None:
        """Several presses are in the mailbox before the first is handled."""
        now = self.clock.now()
        presses = data.draw(st.integers(1, 5), label="presses")
        self.press(
            [
                (data.draw(st.sampled_from(self.actors), label="actor"), data.draw(self.actions(now), label="action"))
                for _ in range(presses)
            ]
        )

    @rule(data=st.data())
    @precondition(lambda self: self.model.owner is not None)
    def owner_acts(self, data: st.DataObject) -> None:
        """Whoever has the case works on it; a colleague to whom it is offered answers."""
        now, colleague = self.clock.now(), data.draw(st.sampled_from(self.actors), label="colleague")
        self.texts += 1
        reply = Reply(text=f"reply {self.texts}")
        mine: list[CaseAction] = [reply, reply, reply, Park(until=now + 60_000), Wake(), Release()]
        mine += [Transfer(to=colleague, note="please"), Close(outcome="referral")]
        answers: list[CaseAction] = [AcceptTransfer(), DeclineTransfer()]
        work = [(str(self.model.owner), action) for action in mine]
        if self.model.offered is not None and data.draw(st.booleans(), label="answered"):
            work = [(actor, one) for actor in (self.model.offered, colleague) for one in answers]
        self.press(data.draw(st.lists(st.sampled_from(work), min_size=1, max_size=4), label="work"))

    @rule(pauses=st.lists(st.sampled_from([1, 2, 3, 4]), min_size=2, max_size=4), data=st.data())
    @precondition(lambda self: self.model.owner is not None)
    def owner_writes_and_goes_on(self, pauses: list[int], data: st.DataObject) -> None:
        """Several replies, each on its way for five seconds of its own, and then something that must not lose one."""
        for pause in pauses:
            self.texts += 1
            self.press([(str(self.model.owner), Reply(text=f"reply {self.texts}"))])
            self.time_passes(pause)
            self.what_went_out_is_what_was_sent_in_order_and_once()
        now, colleague = self.clock.now(), data.draw(st.sampled_from(self.actors), label="colleague")
        ends: list[CaseAction] = [Park(until=now + 60_000), Park(), Transfer(to=colleague, note="please"), Release()]
        ends += [ReturnToBot(), Close(outcome="referral")]
        self.press([(str(self.model.owner), data.draw(st.sampled_from(ends), label="end"))])

    @rule(data=st.data())
    @precondition(lambda self: self.model.state == "waiting")
    def somebody_claims(self, data: st.DataObject) -> None:
        """Many at once: one wins."""
        self.press([(actor, Claim()) for actor in data.draw(st.permutations(self.actors), label="order")])

    @rule(data=st.data())
    @precondition(lambda self: bool(self.model.pending))
    def a_reply_is_taken_back(self, data: st.DataObject) -> None:
        """By its id, from the state, as the desk shows it."""
        at = data.draw(st.integers(0, len(self.model.pending) - 1), label="which")
        snapshot = self.run(self.store.snapshot(self.conversation))
        case = load(snapshot.state).case if snapshot is not None else None
        if case is None or self.model.state not in ("active", "parked", "handing_over"):
            return
        actor = case.pending[at].actor
        outcome = self.send([(actor, TakeBack(reply=case.pending[at].id))])[0]
        assert outcome.code == ("ok" if actor == self.model.owner else "not_owner")
        if outcome.ok:
            del self.model.pending[at]
            self.model.ours = self.model.ours or not self.model.pending

    def press(self, bunch: list[tuple[str, CaseAction]]) -> None:
        now = self.clock.now()
        for (actor, action), outcome in zip(bunch, self.send(bunch), strict=True):
            assert outcome.code == self.model.act(action, actor, now), (actor, action)

    def send(self, bunch: list[tuple[str, CaseAction]]) -> list[Outcome]:
        now, ids = self.clock.now(), []
        for actor, action in bunch:
            self.presses += 1
            ids.append(f"press{self.presses}")
            event = ConsoleActed(actor=actor, name="N", action=action)
            arrival = Arrival(conversation=self.conversation, address=ADDRESS, event_id=ids[-1], event=event, at=now)
            for _ in range(2):  # a double click
                self.run(self.store.ingest([arrival], now))
        self.settle()
        found = [self.run(self.store.outcome(self.conversation, one, now)) for one in ids]
        assert None not in found
        return [outcome for outcome in found if outcome is not None]

    def actions(self, now: int) -> st.SearchStrategy[CaseAction]:
        colleague = st.sampled_from(self.actors)
        self.texts += 1
        return st.one_of(
            st.just(Claim()), st.just(Claim()), st.just(Release()), st.just(Wake()), st.just(AcceptTransfer()),
            st.just(DeclineTransfer()), st.just(WithdrawTransfer()), st.just(Close(outcome="referral")),
            st.just(ReturnToBot()), st.just(WriteNote(text="n")), st.just(TakeBack(reply="r0")),
            st.sampled_from([Reply(text=f"reply {self.texts}"), Reply(text=" ")]),
            st.sampled_from([Park(until=now + 60_000), Park(), Park(until=1)]),
            st.builds(lambda to, note: Transfer(to=to, note=note), colleague, st.sampled_from(["please", " "])),
        )  # fmt: skip

    @rule(seconds=st.sampled_from([1, 3, 5, 30, 60, 3600, 86_400]))
    def time_passes(self, seconds: int) -> None:
        until = self.clock.now() + seconds * 1000
        self.here(until)
        self.clock.advance(until - self.clock.now())
        self.settle()
        self.model.pass_to(until)

    def here(self, at: int | None = None) -> None:
        """Everybody is at the desk: who is not, is the business of other tests."""
        for actor in self.actors:
            self.run(set_presence(self.store, actor, at or self.clock.now(), state="here", capacity=50))

    @invariant()
    def the_case_is_as_the_model_says(self) -> None:
        snapshot = self.run(self.store.snapshot(self.conversation))
        assert snapshot is not None
        case = load(snapshot.state).case
        if case is None:
            assert self.model.state == "none"
            return
        assert (case.state, case.owner, case.offered_to) == (self.model.state, self.model.owner, self.model.offered)
        assert case.parked_until == self.model.parked_until
        assert case.ours == self.model.ours or self.model.state == "none"
        assert [one.text for one in case.pending] == [text for _, _, text in self.model.pending]

    @invariant()
    def what_went_out_is_what_was_sent_in_order_and_once(self) -> None:
        assert self.out == self.model.sent

    @invariant()
    def the_store_breaks_no_invariant(self) -> None:
        assert self.run(violations(self.store, self.clock.now())) == []

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            self.loop.close()


class _Fast:
    """No password is looked at here, so none is worth a hash."""

    async def hash(self, secret: str) -> str:
        return "x"


FAST: Any = _Fast()

TestOffice = Office.TestCase
TestOffice.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
