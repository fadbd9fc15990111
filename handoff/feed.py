"""The live feed: one reader of the store's change counters that tells every open page which conversations moved.

One task reads ``store.changes`` for the whole process; each page (a desk window, a web chat) has a subscription that
keeps the set of conversations changed since it last asked. A slow page therefore costs one set, never a queue, and
never holds up the others. The store's wake-up is a hint, the poll is the truth.
"""

from __future__ import annotations

import asyncio
import random
from typing import Self

from core.errors import StoreUnavailable
from core.ids import ConversationId
from core.ports import Store
from core.records import Cursor

__all__ = ["ChangeFeed", "Subscription"]

#: Conversations read at once; more than this are read in the next round, at once.
BATCH = 500
#: Seconds before the first retry when the store takes no work, and at most.
BACKOFF_FIRST = 0.1
BACKOFF_MOST = 5.0


class Subscription:
    """What one page has yet to hear of. For a single reader; use it as a context manager or call :meth:`close`."""

    def __init__(self, feed: ChangeFeed) -> None:
        self._feed = feed
        self._changed: set[ConversationId] = set()
        self._some = asyncio.Event()
        self._closed = False

    async def next(self) -> frozenset[ConversationId]:
        """Return what changed since the last call, waiting until something did; empty only once it is closed."""
        await self._some.wait()
        if self._closed:
            return frozenset()
        self._some.clear()
        changed, self._changed = self._changed, set()
        return frozenset(changed)

    def close(self) -> None:
        """Stop listening; a waiting :meth:`next` returns empty."""
        self._closed = True
        self._changed.clear()
        self._some.set()
        self._feed._forget(self)

    @property
    def closed(self) -> bool:
        """Return whether :meth:`close` was called."""
        return self._closed

    def _tell(self, conversations: tuple[ConversationId, ...]) -> None:
        self._changed.update(conversations)
        self._some.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


class ChangeFeed:
    """Reads the store's changes once for all pages of this process."""

    def __init__(self, store: Store, *, poll: float = 0.5) -> None:
        """``poll`` is how many seconds a change may go unseen when the store gives no wake-up."""
        self._store = store
        self._poll = poll
        self._cursor: Cursor | None = None
        self._ready = asyncio.Event()
        self._subscriptions: set[Subscription] = set()

    def subscribe(self) -> Subscription:
        """Return a new subscription. Subscribe first, await :meth:`ready`, then read: so no change falls between."""
        subscription = Subscription(self)
        self._subscriptions.add(subscription)
        return subscription

    async def ready(self) -> None:
        """Return once the feed knows where it stands; every change from then on reaches all subscriptions."""
        await self._ready.wait()

    async def run(self) -> None:
        """Feed the subscriptions until cancelled. A store that is away is asked again, more and more slowly."""
        backoff = BACKOFF_FIRST
        while True:
            try:
                full = await self._read()
                if not full:
                    await self._store.wait("change", self._poll)
                backoff = BACKOFF_FIRST
            except StoreUnavailable:
                # Nothing is missed meanwhile: the cursor stands where it stood.
                await asyncio.sleep(backoff * random.uniform(0.5, 1.0))
                backoff = min(backoff * 2, BACKOFF_MOST)

    async def _read(self) -> bool:
        """Read one batch and hand it on; return whether there may be more at once."""
        changes = await self._store.changes(self._cursor, BATCH)
        self._cursor = changes.cursor
        self._ready.set()
        if changes.conversations:
            for subscription in tuple(self._subscriptions):
                subscription._tell(changes.conversations)
        return len(changes.conversations) >= BATCH

    def _forget(self, subscription: Subscription) -> None:
        self._subscriptions.discard(subscription)
