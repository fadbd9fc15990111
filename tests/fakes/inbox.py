"""The way into a store and nothing else: keeps arrivals, drops repeats, and can be out of order for a while."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.errors import StoreUnavailable
from core.ids import Millis
from core.messages import Content
from core.records import Accepted, Arrival, Duplicate, Receipt


class Inbox:
    """What intake, webhooks and polling need of a store."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.receipts: list[Receipt] = []
        #: So many calls fail before the next one works.
        self.failures = 0
        self.calls = 0

    async def ingest(self, arrivals: Sequence[Arrival], now: Millis) -> list[Accepted | Duplicate]:
        self._work()
        results: list[Accepted | Duplicate] = []
        for arrival in arrivals:
            known = any(one.event_id == arrival.event_id for one in self.arrivals)
            results.append(Duplicate(event_id=arrival.event_id) if known else Accepted(event_id=arrival.event_id))
            if not known:
                self.arrivals.append(arrival)
        return results

    async def receipt(self, receipt: Receipt, now: Millis) -> None:
        self._work()
        self.receipts.append(receipt)

    @property
    def contents(self) -> list[Content]:
        """What people did, in order."""
        events: list[Any] = [arrival.event for arrival in self.arrivals]
        return [event.message.content for event in events]

    def _work(self) -> None:
        self.calls += 1
        if self.failures > 0:
            self.failures -= 1
            raise StoreUnavailable("the disk is full")
