"""A clock that tests set by hand."""

from __future__ import annotations

import asyncio


class FakeClock:
    """Stands still until :meth:`advance`; sleepers wake in the order of their times."""

    def __init__(self, now: int = 1_780_000_000_000) -> None:
        self._now = now
        self._sleepers: list[tuple[int, asyncio.Event]] = []
        #: Seconds of every sleep that was asked for.
        self.slept: list[float] = []

    def now(self) -> int:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        event = asyncio.Event()
        self._sleepers.append((self._now + int(seconds * 1000), event))
        await event.wait()

    @property
    def sleeping(self) -> int:
        """How many wait now."""
        return len(self._sleepers)

    def advance(self, millis: int) -> None:
        """Move the time on and wake those whose time has come."""
        self._now += millis
        due = [sleeper for sleeper in self._sleepers if sleeper[0] <= self._now]
        self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[0] > self._now]
        for _, event in sorted(due, key=lambda sleeper: sleeper[0]):
            event.set()


class InstantClock(FakeClock):
    """A clock on which every sleep is over at once and moves the time."""

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += int(seconds * 1000)
        await asyncio.sleep(0)
