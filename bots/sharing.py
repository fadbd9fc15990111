"""The limits of an account, shared by all workers that send for it.

Theory of operation. Each process keeps its own buckets (:mod:`bots.rate`), which are exact while it is alone; then
nothing is asked of the store. With several workers

- the *account's* rate is cut into windows of one second and slices of a few messages. A counter in the store hands the
  slices out, so one question to the store pays for a slice, not for a message. When the counter is past the last slice
  of its window, the account rests until the next one;
- a *chat's* pace is one number, the moment at which its bucket will be full, kept in a record. The entries of a chat
  leave one at a time under a lease, so nobody else writes it meanwhile.

A store that is slow or away must not stop the sending: after :data:`PATIENCE` the process keeps to its own buckets and
to its part of the account's rate, and asks again a while later. Where that is too fast after all, the messenger's 429
sets the pace, as it does for everybody who sends by the same account elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from bots.counting import Metrics, NoMetrics
from bots.rate import LIMITS, Limits, Rate
from core.errors import StoreError
from core.ids import ConversationId, Millis
from core.ports import Clock, Store

__all__ = ["PATIENCE", "SLICES", "Shares"]

#: Seconds that a send waits for the store's answer, and milliseconds for which a store that did not give it is spared.
PATIENCE: Final = 0.25
_SPARED: Final[Millis] = 5_000
#: Length of a window, and slices in it: as many processes can send in one second without a slice for each.
WINDOW: Final[Millis] = 1_000
SLICES: Final = 6
_KIND: Final = "rate"


class _Window:
    """What this process may still send by one account in the present second."""

    def __init__(self) -> None:
        self.number = -1
        self.left = 0
        self.used = 0
        self.lock = asyncio.Lock()


class Shares:
    """Asks before each message whether all workers together may send it now. One for each process."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        workers: Callable[[], int],
        *,
        limits: Mapping[str, Limits] = LIMITS,
        metrics: Metrics | None = None,
    ) -> None:
        """``workers`` says how many workers there are now, this one included."""
        self._store = store
        self._clock = clock
        self._workers = workers
        self._limits = limits
        self._metrics = metrics or NoMetrics()
        self._windows: dict[tuple[str, str], _Window] = {}
        self._spared_until: Millis = 0

    async def chat_at(self, channel: str, conversation: ConversationId, peer: str, now: Millis) -> Millis:
        """Return ``now`` and count one message to this chat, or the later moment at which it may go."""
        limits = self._limits.get(channel)
        if limits is None or self._workers() < 2 or now < self._spared_until:
            return now
        rate = limits.group if peer.startswith("-") else limits.chat
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._pace(conversation, rate, now)
        except (StoreError, TimeoutError):
            self._spare(now)
            return now

    async def account_at(self, channel: str, account: str, now: Millis) -> Millis:
        """Return ``now`` and count one message of the account, or the moment at which the next may go."""
        limits = self._limits.get(channel)
        workers = self._workers()
        if limits is None or workers < 2:
            return now
        window = self._windows.setdefault((channel, account), _Window())
        async with window.lock:
            number = now // WINDOW
            if window.number != number:
                window.number, window.left, window.used = number, 0, 0
            most = max(1, round(WINDOW / limits.account.every))
            if now < self._spared_until:
                open_ = window.used < max(1, most // workers)
            else:
                open_ = window.left > 0 or await self._another_slice(f"{channel}/{account}", window, most, now)
            if not open_:
                return (number + 1) * WINDOW
            window.left -= 1
            window.used += 1
            return now

    async def _another_slice(self, account: str, window: _Window, most: int, now: Millis) -> bool:
        size = max(1, most // SLICES)
        key = f"{account}/{window.number}"
        try:
            async with asyncio.timeout(PATIENCE):
                taken = await self._store.increment(_KIND, key, now, expires=(window.number + 10) * WINDOW)
        except (StoreError, TimeoutError):
            self._spare(now)
            return window.used < max(1, most // self._workers())
        window.left = max(0, min(size, most - (taken - 1) * size))
        return window.left > 0

    async def _pace(self, conversation: ConversationId, rate: Rate, now: Millis) -> Millis:
        """Keep the chat's bucket: full again at the moment that the record names."""
        key = f"chat/{conversation}"
        record = await self._store.get(_KIND, key, now)
        full_at = max(now, int(record.value) if record is not None else 0)
        wait = full_at - now - int(rate.every * (rate.burst - 1))
        if wait > 0:
            return now + wait
        full_at += int(rate.every)
        await self._store.put(_KIND, key, b"%d" % full_at, now, expires=full_at)
        return now

    def _spare(self, now: Millis) -> None:
        self._metrics.count("limits_unshared")
        self._spared_until = now + _SPARED
