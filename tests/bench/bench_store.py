"""How fast the store is: full cycles a second (ingest, claim, commit, claim_delivery, settle), and what a cycle costs
when the store holds many conversations. Run: ``python -m tests.bench.bench_store [stored conversations ...]``."""

from __future__ import annotations

import asyncio
import gc
import itertools
import random
import sys
import tempfile
import time
from pathlib import Path

from core.events import Received
from core.ids import ConversationId, Millis, conversation_id, derived_id
from core.messages import Address, Inbound, Say, Text
from core.ports import Store
from core.records import Arrival, Commit, Dispatch, Entry, Heard, Sent, Timer, TurnLease, Wrote
from store.seal import KeyRing
from store.sqlite import open_sqlite

__all__ = ["cycles_per_second", "fill"]

START: Millis = 1_700_000_000_000
#: Bytes of state, near the median that the flow engine aims at.
STATE = bytes(range(256)) * 4


def address_of(n: int) -> Address:
    return Address(bot="bench", channel="telegram", account="1", peer=str(100_000 + n))


def id_of(n: int) -> ConversationId:
    return conversation_id(b"k" * 32, bot="bench", channel="telegram", account="1", peer=str(100_000 + n))


def arrival(n: int, k: int, now: Millis) -> Arrival:
    message = Inbound(content=Text(text=f"message {k}, what is the minimum wage?"), message_id=str(k))
    return Arrival(
        conversation=id_of(n), address=address_of(n), event_id=f"tg:1:{n}:{k}", event=Received(message=message), at=now
    )


def reply(lease: TurnLease, now: Millis) -> Commit:
    """What a usual turn stores: what was heard, one answer, one timer."""
    assert isinstance(lease.event, Received)
    ids = [derived_id(lease.conversation, lease.generation, lease.turn, n) for n in range(2)]
    return Commit(
        state=STATE,
        epoch=0,
        entries=(
            Entry(id=ids[0], at=now, author="person", body=Heard(message=lease.event.message)),  # type: ignore[arg-type]
            Entry(
                id=ids[1],  # type: ignore[arg-type]
                at=now,
                author="bot",
                body=Wrote(message=Say(text="The minimum wage is 12.82 euros an hour."), source="faq.wage"),
                dispatch=Dispatch(kind="bot", epoch=0, expires=now + 86_400_000),
            ),
        ),
        cancel_timers=("*",),
        set_timers=(Timer(name="remind", at=now + 86_400_000),),
        counts=("answered",),
        expires=now + 90 * 86_400_000,
    )


#: Every message of the process is another one, also across runs on one store.
_sent = itertools.count(1)


class Run:
    """Many people write at once; one worker and one sender serve them, as in the real process."""

    def __init__(self, store: Store, people: list[int], messages: int) -> None:
        self.store = store
        self.people = people
        self.messages = messages
        self.now = START
        self.delivered: dict[ConversationId, asyncio.Event] = {id_of(n): asyncio.Event() for n in people}

    async def run(self) -> float:
        """Return full cycles per second."""
        begun = time.perf_counter()
        loops = [asyncio.create_task(self.work()), asyncio.create_task(self.deliver())]
        await asyncio.gather(*(self.write(n) for n in self.people))
        seconds = time.perf_counter() - begun
        for task in loops:
            task.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        return len(self.people) * self.messages / seconds

    async def write(self, n: int) -> None:
        done = self.delivered[id_of(n)]
        for _ in range(self.messages):
            k = next(_sent)
            self.now = START + k
            done.clear()
            await self.store.ingest([arrival(n, k, self.now)], self.now)
            await done.wait()

    async def work(self) -> None:
        under_way: set[asyncio.Task[None]] = set()
        while True:
            leases = await self.store.claim("w", self.now, 5_000, 64)
            for lease in leases:
                task = asyncio.create_task(self.turn(lease))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            if not leases:
                await self.store.wait("turn", 0.5)

    async def turn(self, lease: TurnLease) -> None:
        await self.store.commit(lease, reply(lease, self.now), self.now)

    async def deliver(self) -> None:
        under_way: set[asyncio.Task[None]] = set()
        while True:
            leases = await self.store.claim_delivery("d", self.now, 30_000, 64)
            for lease in leases:
                task = asyncio.create_task(self.send(lease))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            if not leases:
                await self.store.wait("delivery", 0.5)

    async def send(self, lease) -> None:
        await self.store.settle(lease, Sent(provider_ids=(lease.entry.id[-12:] + lease.conversation[:8],)), self.now)
        self.delivered[lease.conversation].set()


async def cycles_per_second(store: Store, people: list[int], messages: int) -> float:
    """Return cycles per second with ``len(people)`` conversations in flight, each ``messages`` long."""
    return await Run(store, people, messages).run()


async def fill(store: Store, first: int, last: int) -> None:
    """Store conversations ``first`` to ``last``, each with one finished turn and a delivered answer."""
    for begin in range(first, last, 2_000):
        people = list(range(begin, min(last, begin + 2_000)))
        await cycles_per_second(store, people, 1)


async def main(sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = open_sqlite(Path(folder) / "bench.db", KeyRing.generate())
        rng = random.Random(1)
        stored = 0
        for size in sizes:
            begun = time.perf_counter()
            await fill(store, stored, size)
            print(f"filled to {size:,} conversations in {time.perf_counter() - begun:.1f} s")
            stored = size
            gc.collect()
            rates = []
            for _ in range(3):
                people = rng.sample(range(size), min(400, size))
                rates.append(await cycles_per_second(store, people, 10))
            best = max(rates)
            each = f"{1e6 / best:,.0f} us a cycle, {2e5 / best:,.0f} us an operation"
            print(f"{size:>10,} stored: {best:,.0f} cycles/s, {each}  ({[int(rate) for rate in rates]})")
        await store.close()


if __name__ == "__main__":
    asyncio.run(main([int(one) for one in sys.argv[1:]] or [1_000]))
