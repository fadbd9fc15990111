"""Copying a whole store to another one, as the command does it: nobody works, and nobody starts to.

A lock in both stores keeps processes from starting; it is renewed while the copy runs and runs out by itself when that
dies. Whoever runs already shows by its signs of life and its leases. Should somebody start all the same, what changed
while the copy ran is looked for at its end and carried again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from bots.fleet import processes
from bots.stores import Kept
from core.errors import StoreMismatch, StoreUnavailable
from core.ids import Millis
from core.ports import Clock, Store
from store.transfer_run import Copied, carry, carry_over, end_of

__all__ = ["copy_store", "refuse_while_copied"]

_KIND, _LOCK = "copy", "lock"
#: Milliseconds that a lock lives, and seconds until it is renewed.
LOCKED_FOR: Millis = 60_000
RENEW = 15.0
#: How often what changed meanwhile is carried again.
_ROUNDS = 3


async def refuse_while_copied(store: Store, now: Millis) -> None:
    """Raise StoreMismatch while a store is being copied."""
    if await store.get(_KIND, _LOCK, now) is not None:
        raise StoreMismatch("this store is being copied: start when that is done (a minute after it, if it broke off)")


async def copy_store(
    source: Kept, target: Kept, clock: Clock, progress: Callable[[int, int], None] = lambda done, of: None
) -> Copied:
    """Copy everything and compare it. Raises StoreMismatch when somebody works on either store, or the target is not
    empty; StoreError when something does not come out as it went in.
    """
    for store, what in ((source, "source"), (target, "target")):
        await _refuse_while_running(store, clock.now(), what)
    keeping = asyncio.ensure_future(_keep_locked((source, target), clock))
    try:
        await _lock((source, target), clock.now())
        cursor = (await source.changes(None, 1)).cursor
        copied = await carry_over(end_of(source), end_of(target), progress)
        for _ in range(_ROUNDS):
            changed = await source.changes(cursor, 100_000)
            if not changed.conversations:
                return copied
            cursor = changed.cursor
            for conversation in changed.conversations:
                await carry(end_of(source), end_of(target), conversation)
        raise StoreMismatch("somebody works on the source while it is copied: stop all its processes and copy again")
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping
        for store in (source, target):
            with contextlib.suppress(StoreUnavailable):
                await store.delete(_KIND, _LOCK)


async def _refuse_while_running(store: Store, now: Millis, what: str) -> None:
    roles = sorted({role for one in await processes(store, now) for role in one.roles})
    if roles or await store.scan("lease", now, 1):
        who = ", ".join(roles) or "a worker"
        raise StoreMismatch(f"somebody works on the {what} ({who}): stop all processes, wait 16 seconds, copy again")
    await refuse_while_copied(store, now)


async def _lock(stores: tuple[Store, ...], now: Millis) -> None:
    for store in stores:
        await store.put(_KIND, _LOCK, b"", now, expires=now + LOCKED_FOR)


async def _keep_locked(stores: tuple[Store, ...], clock: Clock) -> None:
    while True:
        await clock.sleep(RENEW)
        with contextlib.suppress(StoreUnavailable):
            await _lock(stores, clock.now())
