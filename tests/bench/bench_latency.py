"""From a message that comes in to the reply handed to the messenger: p50 and p99 at a steady pace, on one core.

The clock of a message starts when it was due by the pace, not when it was really sent, so that a product that falls
behind cannot hide it; it ends when the messenger has answered the last send of the reply.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.ports import Store
from flows.program import Program
from store.seal import KeyRing
from tests.bench.bench_redis import opener
from tests.bench.fake_api import FakeApi
from tests.bench.report import Report, cores, loop_name, machine, median, percentile, pin, quick, run_async, spread
from tests.bench.rig import Rig, embedded
from tests.bench.walk import TYPED, bot, script_of
from tests.fakes.valkey import Valkey

P50, P99 = 15.0, 60.0
ROUNDS = 3


async def paced(
    program: Program,
    url: str,
    script: list[dict[str, Any]],
    rate: int,
    seconds: float,
    opened: Callable[[Path, KeyRing], Store] = embedded,
) -> list[float]:
    """Return milliseconds of every message, ``rate`` of them a second."""
    total = int(rate * seconds)
    latencies: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        async with Rig(Path(folder), program, url, opened=opened) as rig:
            clock = time.perf_counter  # uvloop's own time is rounded to milliseconds
            turns: dict[int, asyncio.Lock] = {}

            async def one(person: int, step: dict[str, Any], due: float) -> None:
                # Nobody writes again before their reply is there, even when the machine stands still for a while.
                async with turns.setdefault(person, asyncio.Lock()):
                    await rig.turn(rig.person(person), step["say"], len(step["replies"]))
                latencies.append((clock() - due) * 1000)

            # Everybody makes one step in turn, so there is a second or so between two of one person.
            people = max(1, -(-total // len(script)))
            begun = clock() + 0.2
            tasks = []
            for n in range(total):
                due = begun + n / rate
                await asyncio.sleep(max(0.0, due - clock()))
                tasks.append(asyncio.create_task(one(5_000_000 + n % people, script[n // people], due)))
            await asyncio.gather(*tasks)
    return latencies


def measure(rate: int, seconds: float, report: Report) -> None:
    """Measure both stores in turn, each round on a new one, and tell ``report``; the round in the middle counts."""
    program = bot()
    script = script_of(program, TYPED)
    found: dict[str, list[list[float]]] = {"SQLite": [], "Redis": []}
    busy = dict.fromkeys(found, 0.0)
    with FakeApi() as fake, tempfile.TemporaryDirectory() as folder:
        server = Valkey(Path(folder)).start()
        if server.pid is not None and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(server.pid, cores()[1])
        pin(cores()[0])
        try:
            for _ in range(1 if quick() else ROUNDS):
                for name, opened in (("SQLite", embedded), ("Redis", opener(server))):
                    begun = time.process_time()
                    found[name].append(run_async(paced(program, fake.url, script, rate, seconds, opened)))
                    busy[name] += time.process_time() - begun
        finally:
            server.stop()
    goal = f"< {P50:.0f} / {P99:.0f} ms"
    for name, rounds in found.items():
        core = busy[name] / seconds / len(rounds)
        report.note(f"{name}: {len(rounds)} rounds of {len(rounds[0]):,} messages at {rate}/s; core busy {core:.0%}")
        for one in rounds:
            report.note(spread(one))
        p50, p99 = (median([percentile(one, share) for one in rounds]) for share in (0.5, 0.99))
        what = f"message in to reply handed over, p50 / p99 at {rate}/s, {name}"
        report.row(what, goal, f"{p50:.1f} / {p99:.1f} ms", ratio=f"{p99 / P99:.2f}", met=p50 < P50 and p99 < P99)
    report.note(loop_name())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=20 if quick() else 200)
    parser.add_argument("--seconds", type=float, default=0.5 if quick() else 8)
    options = parser.parse_args()
    print(f"  {machine()}")
    cores()
    report = Report(name="latency")
    measure(options.rate, options.seconds, report)
    report.finish()


if __name__ == "__main__":
    main()
