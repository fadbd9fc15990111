"""Which processes of this installation are alive, and which flows each of them uses.

Theory of operation. Every process writes a small record about itself every few seconds and reads those of the others;
a record that is not renewed ends by itself. From that come two answers, both from memory, so that asking costs nothing:

- *How many workers are there?* They share the limits of the messengers (:mod:`bots.sharing`).
- *Does a newer worker use the flows of this conversation?* During a rolling deploy two versions of the flows work side
  by side. A conversation that a worker with newer flows has taken on must not be led back to the old ones by a worker
  that does not know them, and then forth again. "Newer" is who began to use its flows later, not a number in them; so
  the way back to earlier flows is an ordinary deploy, and when nobody with the other flows is left, everybody may take
  the conversation over.

When the store is away, what was last known counts.
"""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

import msgspec
from msgspec import Struct

from core.errors import StoreUnavailable
from core.ids import Millis
from core.ports import Clock, Store

__all__ = ["BEAT", "LIVES", "Fleet", "Process", "processes"]

log = logging.getLogger("streetwork.fleet")

_KIND: Final = "process"
#: Seconds between two signs of life, and milliseconds after which a silent process counts as dead.
BEAT: Final = 5.0
LIVES: Final[Millis] = 16_000
#: More processes than one installation has.
_MOST: Final = 1000


class Process(Struct, frozen=True, kw_only=True):
    """One living process."""

    name: str
    roles: tuple[str, ...]
    #: Of the flows it uses, and since when it does.
    release: str
    since: Millis


_decode = msgspec.json.Decoder(Process).decode


async def processes(store: Store, now: Millis) -> list[Process]:
    """Return all that are alive. A record of a later version that cannot be read counts as none."""
    found = []
    for record in await store.scan(_KIND, now, _MOST):
        with contextlib.suppress(msgspec.DecodeError):
            found.append(_decode(record.value))
    return found


class Fleet:
    """The processes beside this one."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        name: str,
        roles: Iterable[str],
        release: Callable[[], str],
        told: Callable[[dict[tuple[str, str], int]], None] = lambda counted: None,
    ) -> None:
        """``told`` hears after each look how many processes there are, by role and release."""
        self._told = told
        self._store = store
        self._clock = clock
        self._name = name
        self._roles = tuple(sorted(roles))
        self._release = release
        self._mine: Process | None = None
        self._others: list[Process] = []

    async def run(self) -> None:
        """Give signs of life until cancelled."""
        while True:
            try:
                await self.announce()
            except StoreUnavailable as error:
                log.warning("fleet_unknown", extra={"code": error.code})
            await self._clock.sleep(BEAT)

    async def announce(self) -> None:
        """Give one sign of life and look who else does."""
        now = self._clock.now()
        mine = self._present(now)
        await self._store.put(_KIND, self._name, msgspec.json.encode(mine), now, expires=now + LIVES)
        self._others = [one for one in await processes(self._store, now) if one.name != self._name]
        self._told(self._counted(mine))

    async def leave(self) -> None:
        """Take the sign of life away, so that nobody waits for this process."""
        with contextlib.suppress(StoreUnavailable):
            await self._store.delete(_KIND, self._name)

    def workers(self) -> int:
        """Return how many workers there are, this process included if it is one."""
        return sum("worker" in one.roles for one in self._others) + ("worker" in self._roles)

    def _counted(self, mine: Process) -> dict[tuple[str, str], int]:
        return dict(Counter((role, one.release) for one in (mine, *self._others) for role in one.roles))

    def newer(self, release: str) -> bool:
        """Say whether a worker that began later than this process uses ``release``, which is not ours."""
        if not release or release == self._release():
            return False
        mine = self._present(self._clock.now())
        return any(
            one.release == release and "worker" in one.roles and (one.since, one.name) > (mine.since, mine.name)
            for one in self._others
        )

    def _present(self, now: Millis) -> Process:
        release = self._release()
        if self._mine is None or self._mine.release != release:
            self._mine = Process(name=self._name, roles=self._roles, release=release, since=now)
        return self._mine
