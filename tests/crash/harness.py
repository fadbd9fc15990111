"""Crash fuzz: a seeded scheduler drives workers, senders and providers against a store and checks the promises.

The people of a run write numbered messages; a turn appends what it handled to the state, answers with one or two
entries, and sets, moves or cancels a timer. Everything that can go wrong goes wrong at random: a worker dies with its
lease, pauses beyond it and comes back, an operation is applied and its answer lost, a provider repeats a webhook, the
clock jumps, a send is retried, stays uncertain or is told twice. In the end:

- the state of every conversation holds each message exactly once, in order (and each timer that fired was one that
  was set and not cancelled);
- the provider got exactly the entries of the transcript, first deliveries in order, and again only what was in doubt.

The scheduler decides everything from its seed, so a failing seed can be run again. Nothing here waits for real time.
What the world outside knows (what was acknowledged, what the provider got) is kept in a :class:`World`, which can be
written to a file, so the same checks hold across real kills of the process.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable
from dataclasses import dataclass
from typing import Any, TypeVar

from core.errors import StoreError
from core.events import Received, TimerFired
from core.ids import ConversationId, EntryId, Millis, conversation_id, derived_id
from core.messages import Address, Inbound, Say, Text
from core.ports import Store
from core.records import (
    Accepted,
    Arrival,
    Commit,
    Committed,
    DeliveryLease,
    Dispatch,
    Duplicate,
    Entry,
    LeaseLost,
    RetryAt,
    Sent,
    Timer,
    TurnLease,
    Uncertain,
    Wrote,
)
from tests.crash.world import Violation, World

__all__ = ["LEASE", "Fuzz", "LostReplyError", "Plan", "Violation", "World", "totals"]

T = TypeVar("T")

LEASE: Millis = 1_000


class LostReplyError(Exception):
    """The operation was applied and its answer got lost on the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How big a run is and how often what goes wrong."""

    people: int = 4
    messages: int = 6
    workers: int = 3
    senders: int = 2
    kill: float = 0.04
    lost: float = 0.06
    pause: float = 0.05
    repeat: float = 0.12
    jump: float = 0.02
    resend: float = 0.12
    #: Steps after which a run that does not end counts as stuck.
    steps: int = 6_000


class Fuzz:
    """One run. ``await run()`` raises Violation when a promise is broken."""

    def __init__(
        self, store: Store, seed: int, plan: Plan | None = None, world: World | None = None, again: int = 0
    ) -> None:
        self.store = store
        self.plan = plan or Plan()
        #: ``again`` counts the lives of the process: each goes its own way.
        self.rng = random.Random(f"{seed}/{again}")
        self.seed = seed
        self.world = world or World()
        self.ended: set[int] = set()

    # -- the outside -------------------------------------------------------------------------------------

    def conversation(self, person: int) -> ConversationId:
        return conversation_id(b"fuzz" * 8, bot="b", channel="c", account="a", peer=f"{self.seed}/{person}")

    def arrival(self, person: int, message: int) -> Arrival:
        return Arrival(
            conversation=self.conversation(person),
            address=Address(bot="b", channel="c", account="a", peer=f"{self.seed}/{person}"),
            event_id=f"m{message}",
            event=Received(message=Inbound(content=Text(text=str(message)))),
            at=self.world.now,
        )

    async def call(self, operation: Awaitable[T]) -> T:
        """Await an operation of the store; sometimes its answer gets lost."""
        result = await operation
        if self.rng.random() < self.plan.lost:
            self.world.count("lost replies")
            raise LostReplyError
        return result

    async def writer(self, person: int) -> AsyncGenerator[None, None]:
        """A person: sends the next message until it is acknowledged; the provider repeats older ones."""
        for message in range(self.world.accepted.get(person, 0) + 1, self.plan.messages + 1):
            while True:
                try:
                    results = await self.call(self.store.ingest([self.arrival(person, message)], self.world.now))
                except (LostReplyError, StoreError):
                    yield
                    continue
                self.heard(results)
                break
            self.world.note("accepted", person, message)
            yield
            while self.rng.random() < self.plan.repeat:
                older = self.rng.randint(1, message)
                try:
                    results = await self.call(self.store.ingest([self.arrival(person, older)], self.world.now))
                except (LostReplyError, StoreError):
                    continue
                self.heard(results)
                yield
        self.ended.add(person)

    def heard(self, results: list[Accepted | Duplicate]) -> None:
        for result in results:
            self.world.count("dedupe hits" if isinstance(result, Duplicate) else "accepted")

    # -- workers -----------------------------------------------------------------------------------------

    async def worker(self) -> AsyncGenerator[None, None]:
        """Claims and commits; dies, pauses or loses answers on the way."""
        while True:
            try:
                leases = await self.call(self.store.claim("w", self.world.now, LEASE, self.rng.choice((1, 3))))
            except (LostReplyError, StoreError):
                yield
                continue
            yield
            for lease in leases:
                if self.rng.random() < self.plan.kill:
                    self.world.count("kills")
                    break
                async for _ in self.maybe_pause():
                    yield
                async for _ in self.commit(lease):
                    yield

    async def commit(self, lease: TurnLease) -> AsyncGenerator[None, None]:
        commit = self.turn(lease)
        while True:
            try:
                result = await self.call(self.store.commit(lease, commit, self.world.now))
            except (LostReplyError, StoreError):
                yield
                continue
            if isinstance(result, LeaseLost):
                self.world.count("fenced commits")
            assert isinstance(result, LeaseLost | Committed)
            yield
            return

    def turn(self, lease: TurnLease) -> Commit:
        """The pure turn: appends the event to the state and decides by it."""
        state: dict[str, Any] = {"log": [], "timer": None} if lease.state is None else json.loads(lease.state)
        timers: tuple[Timer, ...] = ()
        cancel: tuple[str, ...] = ()
        match lease.event:
            case TimerFired(name=name, data=data):
                if data != state["timer"] or name != "t":
                    self.fail(f"timer {data} fired, but {state['timer']} is set", lease.conversation)
                state["log"].append(f"t{data}")
                state["timer"] = None
                wanted = 1
            case Received(message=Inbound(content=Text(text=text))):
                state["log"].append(text)
                number = int(text)
                wanted = 1 + number % 2
                # Every third message sets a timer (or moves it), every third cancels it, the others leave it alone.
                if number % 3 == 1:
                    state["timer"] = f"{number}/{lease.turn}"
                    timers = (Timer(name="t", at=lease.at + 300 + 400 * (number % 4), data=state["timer"]),)
                elif number % 3 == 2:
                    state["timer"] = None
                    cancel = ("t",)
            case _:
                self.fail("an event nobody sent", lease.conversation)
                wanted = 0
        entries = tuple(self.entry(lease, n) for n in range(wanted))
        return Commit(
            state=json.dumps(state).encode(), epoch=0, entries=entries, set_timers=timers, cancel_timers=cancel
        )

    def entry(self, lease: TurnLease, n: int) -> Entry:
        entry_id = EntryId(derived_id(lease.conversation, lease.generation, lease.turn, n))
        return Entry(
            id=entry_id,
            at=lease.at,
            author="bot",
            body=Wrote(message=Say(text=entry_id)),
            dispatch=Dispatch(kind="bot", epoch=0),
        )

    async def maybe_pause(self) -> AsyncGenerator[None, None]:
        """Sometimes sleep far beyond the lease while the others go on."""
        if self.rng.random() < self.plan.pause:
            self.world.count("pauses")
            waited = self.world.now + 2 * LEASE
            for _ in range(40):
                if self.world.now >= waited:
                    break
                yield

    # -- senders -----------------------------------------------------------------------------------------

    async def sender(self) -> AsyncGenerator[None, None]:
        """Claims deliveries and hands them to the provider."""
        while True:
            try:
                leases = await self.call(
                    self.store.claim_delivery("s", self.world.now, LEASE, self.rng.choice((1, 3)), [("c", "a")])
                )
            except (LostReplyError, StoreError):
                yield
                continue
            for lease in leases:
                if lease.entry.id in self.world.settled:
                    self.fail(f"{lease.entry.id} is to be sent again though it was settled", lease.conversation)
            yield
            for lease in leases:
                if self.rng.random() < self.plan.kill:
                    self.world.count("kills")
                    break
                async for _ in self.maybe_pause():
                    yield
                # A sender looks at its deadline just before it sends; what it begins in time may end late.
                if self.world.now >= lease.until:
                    continue
                if self.rng.random() < self.plan.resend / 2:
                    await self.settle(lease, RetryAt(at=self.world.now + 50, reason="no connection"))
                    yield
                    continue
                # From here on the provider has it while the store does not know.
                self.world.note("delivered", lease.conversation, lease.entry.id)
                yield
                if self.rng.random() < self.plan.kill:
                    self.world.count("kills")
                    break
                if self.rng.random() < self.plan.resend / 2:
                    await self.settle(lease, Uncertain(reason="timeout", retry_at=self.world.now + 50))
                else:
                    await self.settle(lease, Sent(provider_ids=(f"p/{lease.entry.id}",)))
                yield

    async def settle(self, lease: DeliveryLease, settlement: Sent | RetryAt | Uncertain) -> None:
        """Settle; a lost answer is asked for again, which must not do it twice."""
        for _ in range(3):
            try:
                if not await self.call(self.store.settle(lease, settlement, self.world.now)):
                    self.world.count("fenced settlements")
                elif isinstance(settlement, Sent):
                    self.world.note("settled", lease.entry.id)
            except (LostReplyError, StoreError):
                continue
            return

    # -- the scheduler -----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Run everybody until all is written, handled and delivered, then check."""
        actors = [self.writer(person) for person in range(self.plan.people)]
        actors += [self.worker() for _ in range(self.plan.workers)]
        actors += [self.sender() for _ in range(self.plan.senders)]
        idle = 0
        for _ in range(self.plan.steps):
            chosen = self.rng.sample(actors, min(len(actors), self.rng.randint(1, 4)))
            for actor, over in zip(chosen, await asyncio.gather(*(self.step(one) for one in chosen)), strict=True):
                if over:
                    actors.remove(actor)
            self.tick()
            if len(self.ended) == self.plan.people and self.rng.random() < 0.1:
                idle = idle + 1 if await self.quiet() else 0
                if idle >= 2:
                    break
        else:
            self.fail("something was never handled or delivered", None)
        for actor in actors:
            await actor.aclose()
        await self.check()

    @staticmethod
    async def step(actor: AsyncGenerator[None, None]) -> bool:
        """Let an actor do one operation; True when it is through."""
        try:
            await anext(actor)
        except StopAsyncIteration:
            return True
        return False

    def tick(self) -> None:
        """Let time pass; at times it jumps, once in a while backwards."""
        now = self.world.now + self.rng.randint(0, 40)
        if self.rng.random() < self.plan.jump:
            self.world.count("clock jumps")
            now += self.rng.choice((3 * LEASE, 10 * LEASE, -LEASE))
        self.world.note("clock", now)

    async def quiet(self) -> bool:
        """Say whether nothing is left to do, timers included."""
        for person in range(self.plan.people):
            found = await self.store.snapshot(self.conversation(person))
            if found is None or found.waiting_events or found.undelivered:
                return False
            if found.state is None or json.loads(found.state)["timer"] is not None:
                return False
        return True

    # -- the promises ------------------------------------------------------------------------------------

    def fail(self, what: str, conversation: str | None) -> None:
        raise Violation(f"seed {self.seed}: {what} (conversation {conversation})")

    async def check(self) -> None:
        for person in range(self.plan.people):
            conversation = self.conversation(person)
            found = await self.store.snapshot(conversation)
            if found is None or found.state is None:
                self.fail("a conversation is gone", conversation)
                return
            handled = [one for one in json.loads(found.state)["log"] if not one.startswith("t")]
            expected = [str(message) for message in range(1, self.plan.messages + 1)]
            if handled != expected:
                self.fail(f"handled {handled} instead of {expected}", conversation)
            lines = await self.store.transcript(conversation, 0, 100_000)
            written = [line.entry.id for line in lines]
            wanted = len(json.loads(found.state)["log"]) + sum(int(one) % 2 for one in handled)
            if len(written) != wanted or len(set(written)) != wanted:
                self.fail(f"{len(written)} entries instead of {wanted}", conversation)
            self.check_deliveries(conversation, written)
            if found.turn != len(json.loads(found.state)["log"]):
                self.fail(f"{found.turn} turns counted", conversation)

    def check_deliveries(self, conversation: str, written: list[EntryId]) -> None:
        got = self.world.delivered.get(conversation, [])
        first = list(dict.fromkeys(got))
        if first != written:
            self.fail(f"delivered {first} instead of {written}", conversation)
        self.world.counts["deliveries"] += len(got)
        self.world.counts["sent again"] += len(got) - len(first)


def totals(counts: Counter[str]) -> str:
    """Return the totals of many runs as one line."""
    return ", ".join(f"{name} {counts[name]:,}" for name in sorted(counts))
