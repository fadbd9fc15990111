"""Where work may be: what this process knows of the indexes of due times, and what processes tell each other.

A claim has to find the oldest due of 64 partitions. So that it does not read all 64 each time, a table per lane keeps
the earliest moment at which each partition can have work that was not seen yet: learned by looking, lowered by the
hints of others over pub/sub. What this process made due itself it knows by name, without a look. A hint may be lost, so
from time to time everything counts as unknown and is looked at again: hints are for speed, looking is the truth, and a
name that turns out to be due no more costs one refused claim.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable
from typing import Any, Protocol

import msgspec

from core.ids import PARTITIONS, Millis
from core.records import Lane
from store.wakeups import Wakeups

__all__ = ["Hints", "Messages"]

log = logging.getLogger(__name__)

#: Seconds after which a table counts as unknown, without and with a subscription. So long a lost hint may delay what it
#: told of, at most.
LOOK_AGAIN = 0.5
LOOK_AGAIN_LISTENING = 2.0
#: Seconds before a lost subscription is tried again.
_RECONNECT = 1.0
#: Seconds that the last hints may take at the end.
_FAREWELL = 1.0

#: Names are kept of what is due within so many milliseconds, and at most so many of them; a table does for the rest.
_SOON: Millis = 2_000
_NAMES = 4_096

_NEVER: Millis = 1 << 62
#: Lane, partition, route, due.
_Told = tuple[str, int, str, Millis]
_decode = msgspec.msgpack.Decoder(tuple[str, list[_Told]]).decode


class Messages(Protocol):
    """What is needed of a client: ``redis.asyncio.Redis`` has it."""

    def publish(self, channel: str, message: bytes) -> Awaitable[Any]:
        """Send to all who listen."""

    def pubsub(self) -> Any:
        """Return a subscription."""


class Hints:
    """Wake-ups and tables of due times of one process."""

    def __init__(self, channel: str, client: Messages | None = None) -> None:
        self.wakeups = Wakeups()
        self._channel = channel
        self._client = client
        self._origin = secrets.token_hex(8)
        self._tables: dict[tuple[str, str], list[Millis]] = {}
        self._unknown_at: dict[tuple[str, str], float] = {}
        #: Members of the indexes that this process made due: when, and in which partition.
        self._names: dict[tuple[str, str], dict[str, tuple[Millis, int]]] = {}
        self._now: Millis = 0
        self._pending: dict[tuple[str, int, str], Millis] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening = False
        self._listener: asyncio.Task[None] | None = None
        #: The subscription stands.
        self._subscribed = False
        self._closed = False

    # -- the tables --------------------------------------------------------------------------------------

    def begin(self, lane: Lane, now: Millis, route: str = "") -> list[int]:
        """Return the partitions to look at, and forget what was known of them: :meth:`found` says it anew."""
        clock = asyncio.get_running_loop().time()
        key = (lane, route)
        table = self._tables.setdefault(key, [0] * PARTITIONS)
        if clock >= self._unknown_at.get(key, 0.0):
            self._unknown_at[key] = clock + (LOOK_AGAIN_LISTENING if self._subscribed else LOOK_AGAIN)
            table[:] = [0] * PARTITIONS
        self._now = now
        parts = [n for n, at in enumerate(table) if at <= now]
        for n in parts:
            table[n] = _NEVER
        names = self._names.get(key)
        if names and parts:
            looked = set(parts)
            for name in [name for name, (_, part) in names.items() if part in looked]:
                del names[name]
        return parts

    def named(self, lane: Lane, now: Millis, route: str = "") -> list[tuple[Millis, str, int]]:
        """Return what this process knows to be due: when, member and partition."""
        names = self._names.get((lane, route), {})
        return [(at, name, part) for name, (at, part) in names.items() if at <= now]

    def unname(self, lane: Lane, member: str, route: str = "") -> None:
        """Forget a member: it is claimed, or due no more."""
        self._names.get((lane, route), {}).pop(member, None)

    def found(self, lane: Lane, part: int, at: Millis | None, route: str = "") -> None:
        """Note when a partition has work next, as far as a look showed; None for never."""
        table = self._tables.setdefault((lane, route), [0] * PARTITIONS)
        # Lower than what was written meanwhile: no hint that came during the look is lost.
        table[part] = min(table[part], _NEVER if at is None else at)

    def due(self, lane: Lane, part: int, at: Millis, route: str = "", member: str | None = None) -> None:
        """Note that this process made work due, and tell the others."""
        if member is None or not self._named(lane, part, at, route, member):
            self._lower(lane, part, at, route)
        self._pending[lane, part, route] = min(at, self._pending.get((lane, part, route), _NEVER))
        if len(self._pending) == 1 and self._client is not None:
            asyncio.get_running_loop().call_soon(self._flush)

    def doubt(self) -> None:
        """Look at everything again: something may have been written without an answer."""
        self._unknown_at.clear()

    def changed(self) -> None:
        """Tell the live views."""
        self.due("change", 0, 0)

    def _named(self, lane: Lane, part: int, at: Millis, route: str, member: str) -> bool:
        names = self._names.setdefault((lane, route), {})
        names.pop(member, None)
        if at > self._now + _SOON or len(names) >= _NAMES:
            return False
        names[member] = (at, part)
        self.wakeups.mark((lane,))
        return True

    def _lower(self, lane: str, part: int, at: Millis, route: str) -> None:
        table = self._tables.get((lane, route))
        if table is not None and 0 <= part < PARTITIONS:
            table[part] = min(table[part], at)
        if lane in ("turn", "delivery", "call", "change"):
            self.wakeups.mark((lane,))  # type: ignore[arg-type]

    # -- other processes ---------------------------------------------------------------------------------

    def listen(self) -> None:
        """Begin to listen to the others, once."""
        if self._client is not None and not self._listening and not self._closed:
            self._listening = True
            self._listener = asyncio.get_running_loop().create_task(self._listen(self._client))
            self._keep(self._listener)

    async def close(self) -> None:
        """Stop listening. What is being told to the others gets a moment: no connection is left half made."""
        self._closed = True
        if self._listener is not None:
            self._listener.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_FAREWELL)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _flush(self) -> None:
        told = [(lane, part, route, at) for (lane, part, route), at in self._pending.items()]
        self._pending.clear()
        if self._client is not None and not self._closed:
            message = msgspec.msgpack.encode((self._origin, told))
            self._keep(asyncio.get_running_loop().create_task(self._publish(self._client, message)))

    async def _publish(self, client: Messages, message: bytes) -> None:
        try:
            await client.publish(self._channel, message)
        except Exception as error:  # a hint that cannot be given is no error: the others look by themselves
            log.debug("hint not given: %s", type(error).__name__)

    async def _listen(self, client: Messages) -> None:
        while not self._closed:
            try:
                async with client.pubsub() as subscription:
                    await subscription.subscribe(self._channel)
                    # What happened while nobody listened is unknown.
                    self._unknown_at.clear()
                    self._subscribed = True
                    async for message in subscription.listen():
                        if message["type"] == "message":
                            self._heard(message["data"])
            except Exception as error:
                log.debug("hints not heard: %s", type(error).__name__)
            finally:
                self._subscribed = False
            if not self._closed:
                await asyncio.sleep(_RECONNECT)

    def _heard(self, data: bytes) -> None:
        with contextlib.suppress(msgspec.MsgspecError):
            origin, told = _decode(data)
            if origin != self._origin:
                for lane, part, route, at in told:
                    self._lower(lane, part, at, route)
