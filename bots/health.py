"""Is it alive, and is it ready? Answers for a supervisor and a load balancer, without anything secret in them.

*Live* means that the event loop answers: restart what is not live. *Ready* means that messages would be taken and
handled: the store is well, every part that should run gave a sign of life lately, and the last poll of each provider
went well. A process that is draining is live and not ready.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from core.errors import StoreError
from core.ids import Millis
from core.ports import Clock, Store
from handoff.outages import outages

__all__ = ["HEARTBEAT", "Answer", "Health"]

_log = logging.getLogger(__name__)

#: Milliseconds after which a part without a sign of life counts as gone. A worker beats every few seconds.
HEARTBEAT: Final[Millis] = 30_000
#: Seconds the store has to answer its check.
_CHECK_TIMEOUT = 2.0
#: Milliseconds for which the answer of a check is used again, so that nobody can keep the store busy from outside.
_CHECK_AGE: Final[Millis] = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP status and what goes into the JSON body."""

    status: int
    body: dict[str, Any]


class Health:
    """Signs of life of one process.

    ``parts`` are the names that must beat (``worker``, ``delivery``); a process that only serves the web has none.
    """

    def __init__(self, store: Store, clock: Clock, *, parts: Iterable[str] = ()) -> None:
        self._store = store
        self._clock = clock
        self._beats: dict[str, Millis | None] = dict.fromkeys(parts)
        self._polls: dict[str, bool] = {}
        self._stopping = False
        self._checked: tuple[Millis, str] | None = None

    def beat(self, part: str) -> None:
        """Note a sign of life of a part."""
        self._beats[part] = self._clock.now()

    def polled(self, channel: str, *, ok: bool) -> None:
        """Note how the last poll of a channel ended."""
        self._polls[channel] = ok

    def stopping(self) -> None:
        """Note that the process drains: it stays live, and is not ready any more."""
        self._stopping = True

    def live(self) -> Answer:
        """Answer ``/health/live``: being able to answer is the answer."""
        return Answer(status=200, body={"status": "live"})

    async def ready(self) -> Answer:
        """Answer ``/health/ready``: 200 when messages are taken and handled, else 503 and what is missing."""
        now = self._clock.now()
        found = {"store": await self._store_state(now)}
        found |= {part: self._part_state(beat, now) for part, beat in self._beats.items()}
        found |= {f"poll:{channel}": "ok" if ok else "failing" for channel, ok in self._polls.items()}
        if self._stopping:
            found["process"] = "stopping"
        ok = all(state == "ok" for state in found.values())
        body: dict[str, Any] = {"status": "ready" if ok else "not ready", "parts": found}
        # An account that does not work is told and makes nothing less ready: another process could not use it either.
        if found["store"] != "unavailable" and (down := await self._down(now)):
            body["down"] = down
        return Answer(status=200 if ok else 503, body=body)

    async def _down(self, now: Millis) -> list[str]:
        """Return the channels of which an account does not work; which one and why is for the log and the desk."""
        try:
            async with asyncio.timeout(_CHECK_TIMEOUT):
                return sorted({outage.channel for outage in await outages(self._store, now)})
        except (StoreError, TimeoutError):
            return []

    @staticmethod
    def _part_state(beat: Millis | None, now: Millis) -> str:
        if beat is None:
            return "starting"
        return "ok" if now - beat < HEARTBEAT else "silent"

    async def _store_state(self, now: Millis) -> str:
        if self._checked is not None and 0 <= now - self._checked[0] < _CHECK_AGE:
            return self._checked[1]
        try:
            async with asyncio.timeout(_CHECK_TIMEOUT):
                problems = await self._store.check()
        except (StoreError, TimeoutError) as error:
            _log.warning("the store does not answer its check (%s)", type(error))
            state = "unavailable"
        else:
            # The sentences name files; they are for `streetwork store check`, not for the public.
            state = "ok" if not problems else "needs attention"
        self._checked = (now, state)
        return state
