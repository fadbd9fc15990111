"""Wake-up hints inside one process: a commit marks the lanes it gave work to, and those who wait in them go on.

A mark that comes while nobody waits is kept until the next look for work, so no hint is lost between a look that found
nothing and the wait after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterable

from core.records import Lane

__all__ = ["Wakeups"]


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class Wakeups:
    """Lanes and who waits in them. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._marked: set[Lane] = set()
        self._waiting: dict[Lane, list[asyncio.Future[None]]] = {}

    def mark(self, lanes: Iterable[Lane]) -> None:
        """Say that there may be work in these lanes."""
        woken: list[asyncio.Future[None]] = []
        with self._lock:
            for lane in lanes:
                self._marked.add(lane)
                woken += self._waiting.pop(lane, ())
        for future in woken:
            with contextlib.suppress(RuntimeError):  # its loop is closed: nobody waits there any more
                future.get_loop().call_soon_threadsafe(_wake, future)

    def clear(self, lane: Lane) -> None:
        """Forget the mark of a lane: somebody looks for its work right now."""
        with self._lock:
            self._marked.discard(lane)

    async def wait(self, lane: Lane, timeout: float) -> None:
        """Return at once for a marked lane, else at its next mark or after ``timeout`` seconds."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._lock:
            if lane in self._marked:
                return
            self._waiting.setdefault(lane, []).append(future)
        try:
            await asyncio.wait((future,), timeout=timeout)
        finally:
            future.cancel()
            with self._lock:
                waiting = self._waiting.get(lane, [])
                if future in waiting:
                    waiting.remove(future)
