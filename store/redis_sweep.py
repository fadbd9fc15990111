"""Sweeping on Redis: what is over goes, partition by partition, in small steps.

Nothing here relies on the server's clock or on its own way of letting keys expire: both would make `now` a lie. First
all partitions are asked at once how much is over; then each kind is taken by itself, one partition that has something
after another, until its limit is reached.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from core.ids import ConversationId, Millis
from core.sweeping import Swept
from store import rules
from store.redis_base import Runner
from store.redis_blobs import RedisBlobs
from store.redis_keys import Keys, Part
from store.redis_records import RedisRecords

__all__ = ["Erasing", "RedisSweep"]

#: Things that one step takes, so that none holds a server up for long.
_AT_ONCE = 500
#: Length of an event's key in hexadecimal digits, at the end of a member of the index of outcomes.
_HEX = 32


class Erasing(Protocol):
    """The part of the store that erases conversations."""

    async def expired(self, part: Part, now: Millis, limit: int) -> int:
        """Erase conversations of a partition whose time is over; return how many."""

    async def rests(self, part: Part, now: Millis, limit: int) -> int:
        """End what remains of erased people; return how many."""


class RedisSweep:
    """Sweeps all partitions."""

    def __init__(self, scripts: Runner, keys: Keys, records: RedisRecords, blobs: RedisBlobs, erasing: Erasing) -> None:
        self._scripts = scripts
        self._keys = keys
        self._records = records
        self._blobs = blobs
        self._erasing = erasing

    async def sweep(self, now: Millis, limit: int) -> Swept:
        """See :meth:`core.ports.Store.sweep`."""
        over = await self._overdue(now)
        conversations = await self._each(over, 0, lambda part, left: self._erasing.expired(part, now, left), limit)
        rests = await self._each(over, 1, lambda part, left: self._erasing.rests(part, now, left), limit)
        if conversations or rests:
            over = await self._overdue(now)  # files of theirs are left over now
        ids, outcomes, receipts, letters, counters, files, records = await asyncio.gather(
            self._each(over, 2, lambda part, left: self._members(part.seen, now - rules.SEEN_FOR, left), limit),
            self._each(over, 3, lambda part, left: self._outcomes(part, now - rules.OUTCOME_FOR, left), limit),
            self._each(
                over, 4, lambda part, left: self._fields(part.stray, part.strayat, now - rules.STRAY_FOR, left), limit
            ),
            self._each(over, 5, lambda part, left: self._letters(part, now - rules.DEAD_FOR, left), limit),
            self._each(over, 6, lambda part, left: self._fields(part.counters, part.counterends, now, left), limit),
            self._each(over, 7, lambda part, left: self._blobs.sweep(part, now, left), limit),
            self._records.sweep(now, limit),
        )
        return Swept(
            conversations=conversations, rests=rests, ids=ids, outcomes=outcomes, receipts=receipts,
            letters=letters, records=records, counters=counters, files=files,
        )  # fmt: skip

    async def _overdue(self, now: Millis) -> list[list[int]]:
        """Return how much of each kind is over in each partition; all of them are asked at once."""
        moments = (
            now, now - rules.REST_FOR, now - rules.SEEN_FOR, now - rules.OUTCOME_FOR, now - rules.STRAY_FOR,
            now - rules.DEAD_FOR, now, now,
        )  # fmt: skip

        async def counts(part: Part) -> list[int]:
            indexes = (
                part.exp, part.rest, part.seen, part.outs, part.strayat, part.dead, part.counterends, part.fileends,
            )  # fmt: skip
            *found, gone = await self._scripts.run("overdue", (*indexes, part.blobgone), moments)
            return [*found[:-1], found[-1] + gone]

        return await asyncio.gather(*(counts(part) for part in self._keys.parts))

    async def _each(
        self, over: list[list[int]], kind: int, step: Callable[[Part, int], Awaitable[int]], limit: int
    ) -> int:
        """Take the partitions that have something one after another, until ``limit`` things went."""
        gone = 0
        for part, counts in zip(self._keys.parts, over, strict=True):
            if gone >= limit:
                break
            if counts[kind]:
                gone += await step(part, min(limit - gone, _AT_ONCE))
        return gone

    async def _members(self, index: str, until: Millis, limit: int) -> int:
        return int(await self._scripts.run("aged_members", (index,), (until, limit)))

    async def _fields(self, table: str, index: str, until: Millis, limit: int) -> int:
        return int(await self._scripts.run("aged", (table, index), (until, limit)))

    async def _strays(self, part: Part, until: Millis, limit: int) -> int:
        return await self._fields(part.stray, part.strayat, until, limit)

    async def _outcomes(self, part: Part, until: Millis, limit: int) -> int:
        def fields(member: str) -> tuple[str, str, str]:
            return member[:-_HEX], member[-_HEX:], ""

        return await self._own(part, part.outs, ":outs", until, limit, fields)

    async def _letters(self, part: Part, until: Millis, limit: int) -> int:
        def fields(member: str) -> tuple[str, str, str]:
            number, _, conversation = member.partition("/")
            return conversation, f"c{number}", f"b{number}"

        return await self._own(part, part.dead, ":dead", until, limit, fields)

    async def _own(
        self,
        part: Part,
        index: str,
        table: str,
        until: Millis,
        limit: int,
        fields: Callable[[str], tuple[str, str, str]],
    ) -> int:
        """Remove old members of an index together with their fields in their conversations' tables."""
        found: dict[str, list[str]] = {}
        for member in await self._scripts.run("upto", (index,), (until, limit)):
            conversation, one, two = fields(member.decode())
            found.setdefault(conversation, []).extend((member.decode(), one, two))
        runs = (
            self._scripts.run("aged_own", (part.head(ConversationId(one)) + table, index), (until, *names))
            for one, names in found.items()
        )
        return sum(await asyncio.gather(*runs))
