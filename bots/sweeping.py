"""Erasing what is over its time, and a report for each night. One process does it, by a lease.

Theory of operation. What is over is erased within a minute, at any hour: a promise of 30 days is not one of 30 days
and a night. Each pass adds its counts to an open record in the same store. Once a day, behind the hour of the report,
a last pass goes on until nothing is left, and the open record becomes the report of the night; after an outage this
happens at once, and one report covers the time since the one before. A crash between a pass and its record loses
counts, never an erasure. Reports hold numbers only.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from core.errors import StoreError
from core.ids import Millis
from core.ports import Clock, Store
from core.sweep_reports import OPEN, Report, read_report, write_report
from core.sweeping import Swept

__all__ = ["Sweeper"]

log = logging.getLogger("streetwork.sweep")

#: Things of each kind that one pass takes at most, seconds between two passes, and between the passes of one look.
PORTION = 500
EVERY = 60.0
BREATH = 0.1
#: Local hour behind which the report of the night is made.
HOUR = 3
#: Name of the day counter of people who were erased on their wish.
_ON_WISH = "erased"


class Sweeper:
    """Sweeps and reports."""

    def __init__(self, store: Store, clock: Clock, zone: Callable[[], ZoneInfo]) -> None:
        """``zone`` says in which zone the hour of the report is meant."""
        self._store = store
        self._clock = clock
        self._zone = zone

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            try:
                await self.look()
            except StoreError as error:
                log.warning("sweep_failed", extra={"error": type(error).__name__})
            await self._clock.sleep(EVERY)

    async def look(self) -> None:
        """Erase what is over, and make the report of the night if it is time for it."""
        swept = await self._sweep()
        now = self._clock.now()
        report = await self._count(swept, now)
        day = self._day(now)
        if day is not None and await read_report(self._store, day, now) is None:
            await self._close(day, report, now)

    async def _sweep(self) -> Swept:
        swept = Swept()
        while True:
            portion = await self._store.sweep(self._clock.now(), PORTION)
            swept += portion
            if max(msgspec.structs.astuple(portion)) < PORTION:
                return swept
            await self._clock.sleep(BREATH)

    def _day(self, now: Millis) -> str | None:
        """Return the local day whose report may be made now; None before the hour."""
        local = datetime.fromtimestamp(now / 1000, self._zone())
        return local.date().isoformat() if local.hour >= HOUR else None

    async def _count(self, swept: Swept, now: Millis) -> Report:
        """Add the counts of a look to the open record and return it."""
        before = await read_report(self._store, OPEN, now)
        after = replace(before or Report(since=now, until=now), until=now)
        after = replace(after, swept=after.swept + swept)
        if before is None or swept.total:
            await write_report(self._store, OPEN, after, now)
        return after

    async def _close(self, day: str, report: Report, now: Millis) -> None:
        report = replace(report, on_wish=await self._wishes(report.since))
        if not await write_report(self._store, day, report, now):
            return
        await write_report(self._store, OPEN, Report(since=now, until=now), now)
        log.info("sweep_report", extra={"count": report.swept.total})

    async def _wishes(self, since: Millis) -> int:
        first = datetime.fromtimestamp(since / 1000, ZoneInfo("UTC")).date().isoformat()
        found = await self._store.counts(first)
        return sum(count for (_, name), count in found.items() if name == _ON_WISH)
