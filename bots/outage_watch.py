"""What happens when an account at a messenger stops working: a log line, a metric, a record for the desk, and alerts.

The delivery loop and the start of a channel tell; they must not wait, so everything here runs in the background. Who
wants to be told (by e-mail, in a messenger) adds a listener: it gets each outage once, when it begins.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from bots.metrics import Metrics
from core.errors import StoreError
from core.ports import Clock, Store
from core.reasons import in_english
from handoff.outages import Outage, over, report

__all__ = ["Listener", "OutageWatch"]

log = logging.getLogger("streetwork.outages")

#: Told of each outage that begins. What it raises is logged.
Listener = Callable[[Outage], Awaitable[None]]


class OutageWatch:
    """Takes news of accounts. One for each process; the record in the store makes one outage of what all report."""

    def __init__(self, store: Store, clock: Clock, metrics: Metrics, show: Callable[[str], None]) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._show = show
        self._tasks: set[asyncio.Task[None]] = set()
        self.listeners: list[Listener] = []

    def down(self, channel: str, account: str, reason: str) -> None:
        """Note that an account does not work, and why."""
        log.error("channel_down", extra={"channel": channel, "account": account, "code": reason})
        self._show(f"{channel} {account} does not work: {in_english(reason)}")
        self._metrics.account(channel, account, works=False)
        self._start(self._down(channel, account, reason))

    def up(self, channel: str, account: str) -> None:
        """Note that an account works again."""
        log.info("channel_up", extra={"channel": channel, "account": account})
        self._metrics.account(channel, account, works=True)
        self._start(self._up(channel, account))

    async def settle(self) -> None:
        """Return when all news so far is noted."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _down(self, channel: str, account: str, reason: str) -> None:
        try:
            outage = await report(self._store, channel, account, reason, self._clock.now())
        except StoreError as error:
            log.error("outage_not_noted", extra={"code": error.code})
            return
        for listener in self.listeners if outage is not None else ():
            try:
                await listener(outage)  # type: ignore[arg-type]
            except Exception as error:  # an alert that fails must not keep the others from being told
                log.error("alert_failed", extra={"error": type(error).__name__})

    async def _up(self, channel: str, account: str) -> None:
        try:
            await over(self._store, channel, account)
        except StoreError as error:
            log.error("outage_not_noted", extra={"code": error.code})
