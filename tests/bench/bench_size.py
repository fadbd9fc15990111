"""What an operator needs to choose a machine: bytes for a conversation, turns a second for a process, by store.

Real turns of the shipped bot, without network and web: ingest, worker, delivery into nothing. So the rates are what the
store and the turns take; a messenger's requests come on top (`durable` and `latency` measure those).
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from bots.clock import SystemClock
from bots.delivery import Delivery
from core.capabilities import CAPABILITIES
from core.events import Received
from core.ids import conversation_id
from core.messages import Address, Inbound, Start, Text
from core.ports import Store
from core.records import Arrival
from handlers.worker import Worker
from store.redis_open import open_redis
from store.seal import KeyRing
from store.sqlite import open_sqlite
from tests.bench.report import Report, machine, quick, run_async
from tests.bench.walk import bot
from tests.fakes.outbox import ScriptedChannel
from tests.fakes.valkey import Valkey, missing

PEOPLE = 20 if quick() else 500
AT_ONCE = 50
#: Mostly choices, by number; the questions between them are what people type.
WORDS = (None, "English", "2", "menu", "What is a mini-job?", "menu", "4", "1")


def arrival(person: int, step: int) -> Arrival:
    peer, words = str(1_000_000 + person), WORDS[step]
    return Arrival(
        conversation=conversation_id(b"k" * 32, bot="berlin", channel="telegram", account="1", peer=peer),
        address=Address(bot="berlin", channel="telegram", account="1", peer=peer),
        event_id=f"{person}/{step}",
        event=Received(message=Inbound(content=Start() if words is None else Text(text=words))),
        at=int(time.time() * 1000),
    )


async def talk(store: Store) -> float:
    """Let everybody walk through the words; return turns a second from ingest to settled."""
    clock, program = SystemClock(), bot()
    worker = Worker(store, clock, lambda: program, lambda _: CAPABILITIES["telegram"], name="w", batch=64)
    delivery = Delivery(store, clock, {("telegram", "1"): ScriptedChannel()}, limits={}, concurrency=256)
    started = time.perf_counter()
    for step in range(len(WORDS)):
        for first in range(0, PEOPLE, AT_ONCE):
            now = clock.now()
            group = range(first, min(PEOPLE, first + AT_ONCE))
            await asyncio.gather(*(store.ingest([arrival(person, step)], now) for person in group))
            while await worker.work_once():
                pass
            await delivery.deliver_due()
    return PEOPLE * len(WORDS) / (time.perf_counter() - started)


async def on_sqlite(report: Report, folder: Path) -> None:
    store = open_sqlite(folder / "s.db", KeyRing.generate())
    rate = await talk(store)
    await store.close()
    size = sum(file.stat().st_size for file in folder.iterdir())
    report.row("SQLite: bytes on disk a conversation", "none", f"{size // PEOPLE:,} bytes")
    report.row("SQLite: turns a second, one process", "none", f"{rate:,.0f} turns/s")


async def on_redis(report: Report, folder: Path) -> None:
    server = Valkey(folder)
    await asyncio.to_thread(server.start)
    try:
        before = _memory(server)
        store = await asyncio.to_thread(open_redis, server.url, KeyRing.generate())
        rate = await talk(store)
        size = (_memory(server) - before) // PEOPLE
        written = sum(file.stat().st_size for file in folder.rglob("*.aof")) // PEOPLE
        await store.close()
    finally:
        await asyncio.to_thread(server.stop)
    report.row("Valkey: bytes of memory a conversation", "none", f"{size:,} bytes")
    report.row("Valkey: append-only file before its rewriting", "none", f"{written:,} bytes")
    report.row("Valkey: turns a second, one process", "none", f"{rate:,.0f} turns/s")


def _memory(server: Valkey) -> int:
    return int(server.client().info("memory")["used_memory"])


def main() -> None:
    report = Report(name="size")
    report.note(f"{machine()}; {PEOPLE} people, {len(WORDS)} turns each")
    for measure in (on_sqlite, on_redis):
        if measure is on_redis and (why := missing()) is not None:
            report.note(f"Valkey not measured: {why}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            run_async(measure(report, Path(folder)))
    report.finish()


if __name__ == "__main__":
    main()
