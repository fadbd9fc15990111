"""How soon a webhook is acknowledged: durable in SQLite, then 200; at a steady 500 calls a second, and at most.

For each messenger, beside a bare aiohttp handler in the same process that only parses the JSON of the same bytes. The
server is what ``streetwork web`` is made of (aiohttp, ``bots.webhooks``, the channels, the SQLite store), on a core of
its own; this process makes the calls from another one, over 40 kept connections as providers do, six messages
from each person. The clock of a call starts when it was due, so that a server that falls behind cannot hide it. "At
most" is a closed loop: each connection makes its next call when the last one was answered.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from aiohttp import web

from bots import garbage
from bots.base import WebhookChannel
from bots.clock import SystemClock
from bots.intake import Intake
from bots.telegram import TelegramChannel
from bots.telegram_settings import TelegramAccount
from bots.viber import ViberChannel
from bots.viber_settings import ViberAccount
from bots.webhooks import webhook_routes
from bots.whatsapp import WhatsAppChannel
from bots.whatsapp_settings import WhatsAppAccount
from store.seal import KeyRing
from store.sqlite import open_sqlite
from tests.bench.fake_api import TOKEN
from tests.bench.report import Report, cores, loop_name, machine, median, percentile, pin, quick, run_async, spread
from tests.bench.rig import ACCOUNT, SECRET
from tests.bench.webhook_calls import KINDS, PUBLIC, TWILIO_SENDER, TWILIO_SID, TWILIO_TOKEN, VIBER_TOKEN, request

P99 = 20.0
ROUNDS = 3
CONNECTIONS = 40
#: From each person, the first one included.
MESSAGES = 6


async def bare(call: web.Request) -> web.Response:
    """What every handler has to do at least."""
    json.loads(await call.read())
    return web.Response()


async def serve(folder: Path) -> None:
    """Serve webhooks until the input is closed; print the port."""
    ring, clock = KeyRing.generate(), SystemClock()
    store = open_sqlite(folder / "bench.db", ring)
    twilio = WhatsAppAccount(
        account=TWILIO_SENDER,
        account_sid=TWILIO_SID,
        auth_token=TWILIO_TOKEN,
        public_url=PUBLIC,
        sender=f"whatsapp:+{TWILIO_SENDER}",
    )
    viber = ViberAccount(account="main", token=VIBER_TOKEN)
    channels: dict[tuple[str, str], WebhookChannel] = {
        ("telegram", ACCOUNT): TelegramChannel(TelegramAccount(account=ACCOUNT, token=TOKEN, secret=SECRET)),
        ("viber", "main"): ViberChannel(viber, clock=clock, sender="Bench"),
        ("whatsapp", TWILIO_SENDER): WhatsAppChannel(twilio, clock),
    }
    intake = Intake(store, clock, bot="berlin", id_key=ring.conversations)
    app = web.Application(client_max_size=1 << 20)
    app.add_routes([web.post("/bare", bare), *webhook_routes(channels, intake)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    garbage.set_aside()
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

    async def call(self, whole: bytes) -> None:
        """Make one call; anything but 200 ends the measurement."""
        self._writer.write(whole)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"the webhook was answered with {answer[:30]!r}")
        for line in answer.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                await self._reader.readexactly(int(line.split(b":")[1]))

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


class Load:
    """Calls of one kind; every call is of its own message."""

    def __init__(self, kind: str, port: int, people: int) -> None:
        self._kind = kind
        self._port = port
        self._people = people
        self._numbers = itertools.count(1)
        self._callers: list[Caller] = []

    async def open(self) -> None:
        """Connect, and make one call on each connection."""
        for _ in range(CONNECTIONS):
            self._callers.append(Caller(*await asyncio.open_connection("127.0.0.1", self._port)))
            await self._callers[-1].call(next(self.requests()))

    def close(self) -> None:
        """Close all connections."""
        for caller in self._callers:
            caller.close()

    def requests(self) -> Iterator[bytes]:
        """Return new calls without end."""
        for number in self._numbers:
            yield request(self._kind, number, 6_000_000 + number % self._people)

    async def steady(self, rate: int, seconds: float) -> list[float]:
        """Return the milliseconds of every call at ``rate`` calls a second."""
        free: asyncio.Queue[Caller] = asyncio.Queue()
        for caller in self._callers:
            free.put_nowait(caller)
        clock = time.perf_counter  # uvloop's own time is rounded to milliseconds
        latencies: list[float] = []

        async def one(whole: bytes, due: float) -> None:
            caller = await free.get()
            await caller.call(whole)
            latencies.append((clock() - due) * 1000)
            free.put_nowait(caller)

        ready = list(itertools.islice(self.requests(), int(rate * seconds)))
        tasks = []
        begun = clock() + 0.2
        for number, whole in enumerate(ready):
            due = begun + number / rate
            await asyncio.sleep(max(0.0, due - clock()))
            tasks.append(asyncio.create_task(one(whole, due)))
        await asyncio.gather(*tasks)
        return latencies

    async def most(self, calls: int) -> float:
        """Return how many calls a second are answered when each connection waits for nothing but its answers."""
        ready = list(itertools.islice(self.requests(), calls))

        async def keep_on(caller: Caller) -> None:
            while ready:
                await caller.call(ready.pop())

        begun = time.perf_counter()
        await asyncio.gather(*(keep_on(caller) for caller in self._callers))
        return calls / (time.perf_counter() - begun)


async def one_kind(kind: str, port: int, rate: int, seconds: float) -> tuple[list[float], float]:
    """Return the milliseconds at the steady rate, and the most calls a second."""
    load = Load(kind, port, max(1, int(rate * seconds) // MESSAGES))
    await load.open()
    steady = await load.steady(rate, seconds)
    most = await load.most(int(rate * seconds))
    load.close()
    return steady, most


def one_round(rate: int, seconds: float) -> dict[str, tuple[list[float], float]]:
    """Start a server on a new store and measure every kind with it, one after another."""
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
            return {kind: run_async(one_kind(kind, port, rate, seconds)) for kind in KINDS}
        finally:
            server.stdin.close()
            server.wait(timeout=20)


def measure(rate: int, seconds: float, report: Report) -> None:
    """Measure in rounds and tell ``report``; the round in the middle counts."""
    pin(cores()[1])
    rounds = [one_round(rate, seconds) for _ in range(1 if quick() else ROUNDS)]
    calls = f"{int(rate * seconds):,} calls at {rate}/s, then as many as fast as they are answered"
    report.note(
        f"{len(rounds)} rounds of {calls}; {CONNECTIONS} connections, {MESSAGES} from each person; {loop_name()}"
    )
    floor = median([found["bare"][1] for found in rounds])
    for kind in KINDS:
        for found in rounds:
            report.note(f"{kind}: {spread(found[kind][0])}, {found[kind][1]:,.0f}/s at most")
        p99 = median([percentile(found[kind][0], 0.99) for found in rounds])
        most = median([found[kind][1] for found in rounds])
        name = "bare aiohttp handler" if kind == "bare" else f"{kind} webhook acknowledged"
        goal, met = ("", None) if kind == "bare" else (f"< {P99:.0f} ms", p99 < P99)
        report.row(f"{name}, p99 at {rate}/s on one core", goal, f"{p99:.1f} ms", ratio=f"{p99 / P99:.2f}", met=met)
        report.row(f"{name}, at most", "", f"{most:,.0f}/s", ratio=f"{most / floor:.2f} of bare")


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
