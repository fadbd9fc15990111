"""Durable turns a second on SQLite against python-telegram-bot's ConversationHandler in memory, same fake, same run.

Ours: webhook body parsed, event ingested, claimed, turned, committed, claimed for delivery, sent through the Telegram
channel, settled; every step of it synced to disk. The peer: the same body parsed, its handler run, the same number of
messages of the same texts sent through its own Bot; nothing is stored. Equal people, equal messages; a person writes on
when the replies have arrived. Each side has one core, the fake another one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.ports import Store
from flows.program import Program
from store.seal import KeyRing
from tests.bench.fake_api import FakeApi
from tests.bench.report import Report, cores, loop_name, machine, median, pin, quick, run_async, versions
from tests.bench.rig import Rig, embedded
from tests.bench.walk import TYPED, bot, script_of

__all__ = ["ours", "theirs"]

ROUNDS = 3
#: Configurations of the peer: name and how many updates it handles at once (0: one after another, its default).
PEERS = (("default, one update after another", 0), ("concurrent_updates(256)", 256))


async def ours(
    program: Program,
    url: str,
    script: list[dict[str, Any]],
    people: int,
    first: int,
    opened: Callable[[Path, KeyRing], Store] = embedded,
) -> tuple[float, float]:
    """Return turns per second, from the first message in to the last delivery settled, and a turn's CPU time in us."""
    with tempfile.TemporaryDirectory() as folder:
        async with Rig(Path(folder), program, url, opened=opened) as rig:
            everybody = [rig.person(first + n) for n in range(people)]
            begun, busy = time.perf_counter(), time.process_time()
            await asyncio.gather(*(_walk(rig, person, script) for person in everybody))
            await rig.settled()
            turns = people * len(script)
            return turns / (time.perf_counter() - begun), (time.process_time() - busy) / turns * 1e6


async def _walk(rig: Rig, person: Any, script: list[dict[str, Any]]) -> None:
    for step in script:
        await rig.turn(person, step["say"], len(step["replies"]))


def theirs(url: str, script: list[dict[str, Any]], people: int, at_once: int, first: int) -> dict[str, Any]:
    """Run the peer in a process of its own and return what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "script.json"
        file.write_text(json.dumps(script), encoding="utf-8")
        command = [sys.executable, "-m", "tests.bench.peer_ptb", str(file), url, str(people), str(at_once), str(first)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def measure(people: int, report: Report) -> None:
    """Measure both sides in turn and tell ``report``."""
    program = bot()
    script = script_of(program, TYPED)
    messages = sum(len(step["replies"]) for step in script)
    own: list[float] = []
    busy: dict[str, list[float]] = {"": [], **{name: [] for name, _ in PEERS}}
    peers: dict[str, list[float]] = {name: [] for name, _ in PEERS}
    said: dict[str, str] = {}
    wanted = 0
    with FakeApi() as fake:
        pin(cores()[0])
        for round_ in range(1 if quick() else ROUNDS):
            rate, spent = run_async(ours(program, fake.url, script, people, 1_000_000 + round_ * 100_000))
            own.append(rate)
            busy[""].append(spent)
            wanted += people * messages
            for number, (name, at_once) in enumerate(PEERS, 1):
                done = theirs(fake.url, script, people, at_once, (1 + number) * 10_000_000 + round_ * 100_000)
                peers[name].append(done["turns_per_second"])
                busy[name].append(done["cpu_us"])
                said[name] = done["configuration"]
                wanted += people * messages
        arrived = fake.sent()
        if arrived != wanted:
            raise SystemExit(f"{arrived} messages reached the fake, {wanted} were expected")
    report.note(f"{people} people at once, {len(script)} typed messages each, {messages} replies each; {loop_name()}")
    report.note(f"all {wanted:,} replies reached the fake, no more and no fewer")
    report.note(f"streetwork: SQLite, synchronous=FULL, sealed, {versions('aiohttp', 'cryptography', 'msgspec')}")
    report.note(f"streetwork rounds: {[round(one) for one in own]} turns/s, {median(busy['']):.0f} us of CPU a turn")
    for name, rates in peers.items():
        report.note(f"python-telegram-bot, {name}: {said[name]}")
        report.note(
            f"python-telegram-bot, {name}, rounds: {[round(one) for one in rates]} turns/s, "
            f"{median(busy[name]):.0f} us of CPU a turn"
        )
        ratio = median(own) / median(rates)
        report.row(
            f"durable turns on SQLite against PTB in memory, {name}",
            ">= 1 x",
            f"{median(own):,.0f} / {median(rates):,.0f} turns/s",
            ratio=f"{ratio:.2f} x",
            met=ratio >= 1,
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=4 if quick() else 250)
    options = parser.parse_args()
    print(f"  {machine()}")
    cores()
    report = Report(name="durable")
    measure(options.people, report)
    report.finish()


if __name__ == "__main__":
    main()
