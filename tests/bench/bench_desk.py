"""The desk under its usual load: 20 counsellors with open pages, 200 active chats, SQLite, the real worker.

Three clocks, each beside its goal of the handoff reference (5.7): a claim from the press to the answer; a message from
the moment it is durable to the answer that carries its text to the page of the case's owner, over the live line; and a
page that comes back after a cut in which every case changed, from the connection to the greeting and the lists.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import time
from datetime import date
from pathlib import Path
from random import Random

from core.capabilities import CAPABILITIES
from flows.loader import load as load_bot
from handlers.worker import Worker
from handoff.cases import open_case
from store.seal import KeyRing
from store.sqlite import open_sqlite
from tests.bench.report import Report, machine, percentile, quick, run_async
from tests.fakes.desk_window import Window
from tests.fakes.desk_world import DeskWorld, RealClock, open_desk
from tests.fakes.queue import put_case, send_text

TALK = Path(__file__).parents[1] / "fixtures" / "bots" / "talk"
COUNSELLORS, CHATS = 20, 200
#: Messages of people a second while it is measured, over all chats.
RATE = 20
#: Claims a second: each counsellor takes a case every two seconds, far more than people can read.
CLAIMS = 10
GOALS = {"claim": 150.0, "message": 1_000.0, "resync": 2_000.0}


class Shift:
    """Everybody at work."""

    def __init__(self, world: DeskWorld, windows: list[Window]) -> None:
        self.world = world
        self.windows = windows
        self.owners: dict[str, Window] = {}
        self.claims: list[float] = []
        self.messages: list[float] = []
        #: What each page waits to see, by case.
        self.waiting: dict[Window, dict[str, tuple[str, asyncio.Future[None]]]] = {}

    async def claim(self, window: Window, number: str) -> None:
        begun = time.perf_counter()
        status, body = await window.post(f"cases/{number}/claim")
        assert status == 200, body
        self.claims.append((time.perf_counter() - begun) * 1000)
        self.owners[number] = window

    async def write(self, n: int) -> None:
        """Let a person write, and wait until their words are on the owner's page."""
        number, text = f"K-{n}", secrets.token_hex(8)
        window = self.owners[number]
        seen = asyncio.get_running_loop().create_future()
        waits = self.waiting.setdefault(window, {})
        waits[number] = (text, seen)
        await send_text(self.world.store, n, text, self.world.clock.now())
        begun = time.perf_counter()
        await asyncio.wait_for(seen, 30)
        self.messages.append((time.perf_counter() - begun) * 1000)
        waits.pop(number, None)

    async def watch(self, window: Window) -> None:
        """Do what the page does: read a case that changed and is looked at."""
        socket = await window.live()
        async for message in socket:
            for number in message.json().get("cases", ()):
                looked = self.waiting.get(window, {}).get(number)
                if looked is None:
                    continue
                _, view = await window.get(f"cases/{number}")
                if any(line.get("text") == looked[0] for line in view["lines"]) and not looked[1].done():
                    looked[1].set_result(None)


async def measured(counsellors: int, chats: int, messages: int) -> tuple[Shift, float, int]:
    """Return the clocks, and the milliseconds and number of cases of the page that comes back."""
    program = load_bot(TALK, today=date(2026, 11, 23)).program
    assert program is not None
    with tempfile.TemporaryDirectory() as folder:
        store = open_sqlite(Path(folder) / "store.db", KeyRing.generate())
        async with open_desk(RealClock(), store=store) as world:
            world.working.clear()
            await world.idle()
            worker = Worker(store, world.clock, lambda: program, lambda address: CAPABILITIES["webchat"], name="w")
            shift = Shift(world, [await world.staff(f"staff{n}", "en") for n in range(counsellors)])
            for n in range(chats):
                now = world.clock.now()
                await put_case(store, n, open_case(number=f"K-{n}", queue="advice", language="en", urgency="normal",
                                                   note="", now=now), now)  # fmt: skip
            tasks = [asyncio.create_task(worker.run())]
            tasks += [asyncio.create_task(shift.watch(window)) for window in shift.windows]
            away = await shift.windows[0].live()
            cursor = (await away.receive_json())["cursor"]
            await away.close()
            begun, claiming = time.perf_counter(), []
            for n in range(chats):
                await asyncio.sleep(max(0.0, begun + n / CLAIMS - time.perf_counter()))
                window = shift.windows[n % counsellors]
                claiming.append(asyncio.create_task(shift.claim(window, f"K-{n}")))
            await asyncio.gather(*claiming)
            await paced(shift, chats, messages)
            begun = time.perf_counter()
            back = await shift.windows[0].live(cursor)
            hello = await back.receive_json()
            assert hello["resumed"], hello
            status, _ = await shift.windows[0].get("board")
            assert status == 200
            resync = (time.perf_counter() - begun) * 1000
            worker.stop()
            await tasks[0]
            for task in tasks[1:]:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            return shift, resync, len(hello["missed"])


async def paced(shift: Shift, chats: int, messages: int) -> None:
    """Let people write at a steady pace, none of them again before their words were read."""
    order = [n for _ in range(-(-messages // chats)) for n in Random(1).sample(range(chats), chats)][:messages]
    begun, running = time.perf_counter(), []
    for place, n in enumerate(order):
        await asyncio.sleep(max(0.0, begun + place / RATE - time.perf_counter()))
        running.append(asyncio.create_task(shift.write(n)))
    await asyncio.gather(*running)


def main() -> None:
    """Measure and print."""
    print(f"  {machine()}")
    report = Report(name="desk")
    counsellors, chats, messages = (3, 6, 6) if quick() else (COUNSELLORS, CHATS, 400)
    shift, resync, missed = run_async(measured(counsellors, chats, messages))
    claim, message = percentile(shift.claims, 0.95), percentile(shift.messages, 0.95)
    report.note(f"{counsellors} counsellors, {chats} active chats, {len(shift.messages)} messages at {RATE}/s, SQLite")
    load = f"{counsellors} counsellors, {chats} chats"
    for name, what, found in (
        ("claim", f"claim answered, p95, {load}", claim),
        ("message", f"new message on the screen, p95, {load}", message),
        ("resync", f"a page back after a cut, {missed} cases changed", resync),
    ):
        goal = GOALS[name]
        report.row(what, f"< {goal:,.0f} ms", f"{found:.0f} ms", ratio=f"{found / goal:.2f}", met=found < goal)
    report.finish()


if __name__ == "__main__":
    main()
