"""How soon a webhook is acknowledged: durable in SQLite, then 200, at a steady 500 calls a second on one core.

The server is what ``streetwork web`` is made of (aiohttp, ``bots.webhooks``, the SQLite store), on a core of its own;
this process makes the calls from another one, over 40 kept connections as Telegram would, six messages
from each person. The clock of a call starts when it was due, so that a server that falls behind cannot hide it.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from aiohttp import web

from bots.clock import SystemClock
from bots.intake import Intake
from bots.telegram import TelegramChannel
from bots.telegram_settings import TelegramAccount
from bots.webhooks import webhook_routes
from store.seal import KeyRing
from store.sqlite import open_sqlite
from tests.bench.fake_api import TOKEN
from tests.bench.report import Report, cores, loop_name, machine, median, percentile, pin, quick, run_async, spread
from tests.bench.rig import ACCOUNT, SECRET, update

P99 = 20.0
ROUNDS = 3
CONNECTIONS = 40
#: From each person, the first one included.
MESSAGES = 6


async def serve(folder: Path) -> None:
    """Serve webhooks until the input is closed; print the port."""
    ring = KeyRing.generate()
    store = open_sqlite(folder / "bench.db", ring)
    channel = TelegramChannel(TelegramAccount(account=ACCOUNT, token=TOKEN, secret=SECRET))
    intake = Intake(store, SystemClock(), bot="berlin", id_key=ring.conversations)
    app = web.Application(client_max_size=1 << 20)
    app.add_routes(webhook_routes({("telegram", ACCOUNT): channel}, intake))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)), daemon=True).start()
    await ended.wait()
    await runner.cleanup()
    await store.close()


class Caller:
    """One kept connection that makes one call after another."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def call(self, body: bytes) -> None:
        """Make one call; anything but 200 ends the measurement."""
        head = (
            f"POST /webhook/telegram/{ACCOUNT} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"the webhook was answered with {answer[:30]!r}")
        for line in answer.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                await self._reader.readexactly(int(line.split(b":")[1]))

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


async def load(port: int, rate: int, seconds: float) -> list[float]:
    """Return the milliseconds of every call."""
    free: asyncio.Queue[Caller] = asyncio.Queue()
    callers = [Caller(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    for caller in callers:
        free.put_nowait(caller)
    clock = time.perf_counter  # uvloop's own time is rounded to milliseconds
    people = max(1, int(rate * seconds) // MESSAGES)
    latencies: list[float] = []

    async def one(number: int, due: float) -> None:
        caller = await free.get()
        await caller.call(update(number + 1, 6_000_000 + number % people, "What is a mini-job?"))
        latencies.append((clock() - due) * 1000)
        free.put_nowait(caller)

    for number in range(CONNECTIONS):
        await one(1_000_000 + number, clock())
    latencies.clear()
    tasks = []
    begun = clock() + 0.2
    for number in range(int(rate * seconds)):
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - clock()))
        tasks.append(asyncio.create_task(one(number, due)))
    await asyncio.gather(*tasks)
    for caller in callers:
        caller.close()
    return latencies


def one_round(rate: int, seconds: float) -> list[float]:
    """Start a server on a new store, call it and return the milliseconds of every call."""
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.bench_webhook", "--serve", folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            port = int(server.stdout.readline())
            latencies: list[float] = run_async(load(port, rate, seconds))
        finally:
            server.stdin.close()
            server.wait(timeout=20)
        return latencies


def measure(rate: int, seconds: float, report: Report) -> None:
    """Measure in rounds and tell ``report``; the round in the middle counts."""
    pin(cores()[1])
    rounds = [one_round(rate, seconds) for _ in range(1 if quick() else ROUNDS)]
    calls = f"{len(rounds[0]):,} calls at {rate}/s, {MESSAGES} from each person, {CONNECTIONS} connections"
    report.note(f"{len(rounds)} rounds of {calls}; {loop_name()}")
    for found in rounds:
        report.note(spread(found))
    p99 = median([percentile(found, 0.99) for found in rounds])
    report.row(
        f"webhook acknowledged, p99 at {rate}/s on one core",
        f"< {P99:.0f} ms",
        f"{p99:.1f} ms",
        ratio=f"{p99 / P99:.2f}",
        met=p99 < P99,
    )


def main() -> None:
    """Measure and print; with ``--serve`` be the server."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=50 if quick() else 500)
    parser.add_argument("--seconds", type=float, default=0.5 if quick() else 8)
    parser.add_argument("--serve", type=Path)
    options = parser.parse_args()
    if options.serve is not None:
        pin(cores()[0])
        run_async(serve(options.serve))
        return
    print(f"  {machine()}")
    cores()
    report = Report(name="webhook")
    measure(options.rate, options.seconds, report)
    report.finish()


if __name__ == "__main__":
    main()
