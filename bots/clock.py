"""The real clock. Only the composition root makes one; everything else is handed a :class:`core.ports.Clock`."""

from __future__ import annotations

import asyncio
import time

from core.ids import Millis

__all__ = ["SystemClock"]


class SystemClock:
    """Wall-clock time of this machine."""

    def now(self) -> Millis:
        """Return milliseconds since 1970-01-01 UTC."""
        return time.time_ns() // 1_000_000

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds``."""
        await asyncio.sleep(seconds)
