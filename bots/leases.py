"""One process out of many does a thing: a small lease in the store's records, renewed while the thing is done."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from core.errors import StoreUnavailable
from core.ids import Millis
from core.ports import Clock, Store

__all__ = ["alone"]

log = logging.getLogger("streetwork.leases")

LEASE: Millis = 15_000
RENEW = 5.0


async def alone(store: Store, clock: Clock, what: str, who: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run ``work`` while this process holds the lease ``what``; wait for the lease while another one does.

    When the lease cannot be renewed in time the work is cancelled, so that two never do it for long.
    """
    while True:
        if await _take(store, clock, what, who):
            task = asyncio.ensure_future(work())
            try:
                await _keep(store, clock, what, who, task)
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
                await _give_up(store, clock, what, who)
        await clock.sleep(RENEW)


async def _take(store: Store, clock: Clock, what: str, who: str) -> bool:
    now = clock.now()
    try:
        held = await store.get("lease", what, now)
        if held is not None and held.value != who.encode():
            return False
        expect = held.version if held is not None else 0
        made = await store.put("lease", what, who.encode(), now, expires=now + LEASE, expect=expect)
    except StoreUnavailable:
        return False
    return made is not None


async def _keep(store: Store, clock: Clock, what: str, who: str, task: asyncio.Future[None]) -> None:
    """Return when the work is over or the lease is lost."""
    until = clock.now() + LEASE
    while not task.done() and clock.now() < until:
        await asyncio.wait([task], timeout=RENEW)
        if not task.done() and await _take(store, clock, what, who):
            until = clock.now() + LEASE
    if not task.done():
        log.warning("lease_lost", extra={"code": what})


async def _give_up(store: Store, clock: Clock, what: str, who: str) -> None:
    with contextlib.suppress(StoreUnavailable):
        held = await store.get("lease", what, clock.now())
        if held is not None and held.value == who.encode():
            await store.delete("lease", what)
