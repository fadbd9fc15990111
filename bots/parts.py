"""The tasks of one process, how they are watched, and how long everything may take to stop.

A platform that stops a process (systemd, Docker, Heroku) sends SIGTERM and kills what is still there 30 seconds later.
So the times below must stay under that together: open pages and uploads first, then what is leased, then connections.
What is cut off then is claimed by another process when its lease ends; a message that was being sent may come twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, Final, Literal

__all__ = ["CLOSING", "DRAINING", "PAGES_CLOSING", "STOP_WITHIN", "Parts", "Role", "bounded"]

log = logging.getLogger("streetwork.app")

#: ``web`` serves webhooks, the chat and what people fetch; ``desk`` the counsellors' pages; ``worker`` runs turns,
#: deliveries and calls. ``run`` is all of them.
Role = Literal["web", "desk", "worker"]

#: Seconds that the platforms give a process to stop.
STOP_WITHIN: Final = 30.0
#: Seconds for requests under way; for turns, sends and calls under way; and for whatever else has to close, three
#: times: the live lines at the beginning, the tasks that were cut off, and the connections at the end.
PAGES_CLOSING: Final = 5.0
DRAINING: Final = 12.0
CLOSING: Final = 3.0


class Parts:
    """Runs the parts of a process. One that ends by itself is a defect: the process stops, to be started anew."""

    def __init__(self) -> None:
        self.failed = False
        self.ending = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` as the part ``name``."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    async def finish(self, names: Iterable[str]) -> None:
        """Wait for the named parts, which were told to stop; then cut off whatever still runs."""
        self.ending.set()
        wanted = set(names)
        graceful = [task for task in self._tasks if task.get_name() in wanted]
        if graceful:
            _, late = await asyncio.wait(graceful, timeout=DRAINING)
            for task in late:
                log.warning("cut_off", extra={"code": task.get_name()})
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSING)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self.ending.is_set():
            return
        error = task.exception()
        log.error("part_ended", extra={"code": task.get_name(), "error": type(error).__name__}, exc_info=error)
        self.failed = True
        self.ending.set()


async def bounded(what: str, closing: Callable[[], Awaitable[None]]) -> None:
    """Close something, in :data:`CLOSING` seconds or not at all: nothing that hangs may hold up the end."""
    try:
        async with asyncio.timeout(CLOSING):
            await closing()
    except TimeoutError:
        log.warning("cut_off", extra={"code": what})
