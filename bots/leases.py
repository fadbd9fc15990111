"""One process out of many does a thing: a small lease in the store's records, renewed while the thing is done.

The work is told how to ask whether the lease is still this process's. A process that was paused for longer than the
lease (a suspended machine, a swapped-out container) wakes up in the middle of its work and finds out only there: so
what cannot be taken back, such as telling a messenger to forget messages, asks first. The end of a lease is reckoned
from before it was written, so the holder never believes in it for longer than the others do.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import logging
from collections.abc import Awaitable, Callable

from core.errors import StoreUnavailable
from core.ids import Millis
from core.ports import Clock, Store

__all__ = ["LEASE", "RENEW", "Owned", "alone"]

log = logging.getLogger("streetwork.leases")

#: Milliseconds that a lease lives without being renewed, and seconds between two looks at it: when a holder dies,
#: another process takes over within the sum of both, and at once when it stopped in order.
LEASE: Millis = 15_000
RENEW = 5.0

#: Says whether the lease is still ours.
Owned = Callable[[], bool]


class _Taken(enum.Enum):
    OURS = enum.auto()
    THEIRS = enum.auto()
    #: The store is away, so nobody can take it from us either until it has run out.
    UNKNOWN = enum.auto()


async def alone(
    store: Store,
    clock: Clock,
    what: str,
    who: str,
    work: Callable[[Owned], Awaitable[None]],
    *,
    lost: Callable[[str], None] = lambda what: None,
) -> None:
    """Run ``work`` while this process holds the lease ``what``; wait for the lease while another one does.

    When the lease is lost the work is cancelled and ``lost`` is told, so that two never do it for long.
    """
    lease = _Lease(store, clock, what, who)
    while True:
        if await lease.take() is _Taken.OURS:
            task = asyncio.ensure_future(work(lease.owned))
            try:
                if not await lease.keep(task):
                    log.warning("lease_lost", extra={"code": what})
                    lost(what)
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
                await lease.give_up()
        await clock.sleep(RENEW)


class _Lease:
    """One lease as this process sees it."""

    def __init__(self, store: Store, clock: Clock, what: str, who: str) -> None:
        self._store = store
        self._clock = clock
        self._what = what
        self._who = who.encode()
        self._until: Millis = 0

    def owned(self) -> bool:
        """Say whether the lease is still this process's."""
        return self._clock.now() < self._until

    async def take(self) -> _Taken:
        """Take or renew it."""
        now = self._clock.now()
        try:
            held = await self._store.get("lease", self._what, now)
            if held is not None and held.value != self._who:
                self._until = 0
                return _Taken.THEIRS
            expect = held.version if held is not None else 0
            made = await self._store.put("lease", self._what, self._who, now, expires=now + LEASE, expect=expect)
        except StoreUnavailable:
            return _Taken.UNKNOWN
        if made is None:
            return _Taken.THEIRS
        self._until = now + LEASE
        return _Taken.OURS

    async def keep(self, task: asyncio.Future[None]) -> bool:
        """Renew until the work is over (True) or the lease is lost (False)."""
        while True:
            pause = asyncio.ensure_future(self._clock.sleep(RENEW))
            await asyncio.wait((task, pause), return_when=asyncio.FIRST_COMPLETED)
            pause.cancel()
            if task.done():
                return True
            if await self.take() is _Taken.THEIRS or not self.owned():
                self._until = 0
                return False

    async def give_up(self) -> None:
        """Let another process take it at once."""
        self._until = 0
        with contextlib.suppress(StoreUnavailable):
            held = await self._store.get("lease", self._what, self._clock.now())
            if held is not None and held.value == self._who:
                await self._store.delete("lease", self._what)
