"""Web and worker as two processes on one SQLite file, one of them killed in between: nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from tests.e2e.server import Server
from tests.e2e.visitor import Visitor


async def test_a_conversation_crosses_two_processes_and_survives_a_killed_worker(tmp_path: Path) -> None:
    with Server(tmp_path, command="web") as web:
        worker = Server(tmp_path, command="worker")
        worker.__enter__()
        try:
            async with Visitor(web) as person:
                await person.until("What can I do for you?")
                await person.say("what is the minimum wage")
                await person.until("https://www.bmas.de")
                # The worker dies; what is written meanwhile is durable and answered by the next one.
                worker.stop(signal.SIGKILL)
                await person.say("menu")
                worker = Server(tmp_path, command="worker")
                worker.__enter__()
                await person.until_new("What can I do for you?")
                await person.page.socket.close()
                await person.connect()
                said = [line["id"] for line in person.page.lines]
                assert len(said) == len(set(said))
                assert [line["text"] for line in person.page.lines if line["who"] == "person"] == [
                    "what is the minimum wage",
                    "menu",
                ]
        finally:
            assert await asyncio.to_thread(worker.stop) == 0, worker.log
