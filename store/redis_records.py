"""Small keyed records and counters on Redis.

All records of a kind lie in one partition of their own (by the kind's name), so that they can be read in order and
written over an expected version in one step. A record is `version:expires:` and its sealed value. Counters are spread
over the partitions by their key, since there may be one for each person.
"""

from __future__ import annotations

import asyncio
from zlib import crc32

from core.errors import StoreCorrupt
from core.ids import PARTITIONS, Millis
from core.records import Record
from store.redis_base import Runner
from store.redis_keys import Keys
from store.seal import RecordSealer

__all__ = ["RedisRecords"]

#: Fields that one step of a sweep deletes, so that no step takes long.
_AT_ONCE = 500


class RedisRecords:
    """The records and counters of a store."""

    def __init__(self, scripts: Runner, keys: Keys, namespace: str, sealer: RecordSealer) -> None:
        self._scripts = scripts
        self._keys = keys
        self._namespace = namespace
        self._sealer = sealer

    def table(self, kind: str) -> tuple[str, str, str]:
        """Return the keys of a kind: its records, their keys in order, and the ends of records of its partition."""
        prefix = f"{{{self._namespace}:r{crc32(kind.encode()) % PARTITIONS:02d}}}"
        return f"{prefix}rec:{kind}", f"{prefix}names:{kind}", f"{prefix}ends"

    def kinds(self, kind: str) -> str:
        """Return the key of the set of kinds that lie in the same partition as ``kind``."""
        return self.all_kinds()[crc32(kind.encode()) % PARTITIONS]

    def all_kinds(self) -> list[str]:
        """Return the sets of kinds of all partitions."""
        return [f"{{{self._namespace}:r{number:02d}}}kinds" for number in range(PARTITIONS)]

    def ends(self) -> list[str]:
        """Return the ends of records of all partitions."""
        return [f"{{{self._namespace}:r{number:02d}}}ends" for number in range(PARTITIONS)]

    def counters(self, number: int) -> tuple[str, str]:
        """Return the keys of the counters of a partition, and of their ends."""
        part = self._keys.parts[number]
        return part.counters, part.counterends

    async def get(self, kind: str, key: str, now: Millis) -> Record | None:
        """See :meth:`core.ports.Store.get`."""
        found = await self._scripts.run("record_get", self.table(kind)[:1], (key, now))
        return None if found is None else self._opened(kind, key, found)

    async def put(
        self, kind: str, key: str, value: bytes, now: Millis, *, expires: Millis | None, expect: int | None
    ) -> int | None:
        """See :meth:`core.ports.Store.put`."""
        args = (
            key, now, "" if expires is None else expires, "" if expect is None else expect,
            self._sealer.seal(kind, key, value), f"{kind}\x1f{key}", kind,
        )  # fmt: skip
        found: int | None = await self._scripts.run("record_put", (*self.table(kind), self.kinds(kind)), args)
        return found

    async def delete(self, kind: str, key: str) -> bool:
        """See :meth:`core.ports.Store.delete`."""
        return bool(await self._scripts.run("record_delete", self.table(kind), (key, f"{kind}\x1f{key}")))

    async def scan(self, kind: str, now: Millis, limit: int, after: str | None) -> list[Record]:
        """See :meth:`core.ports.Store.scan`."""
        start = "-" if after is None else f"({after}"
        flat: list[bytes] = await self._scripts.run("record_scan", self.table(kind)[:2], (start, now, limit))
        return [self._opened(kind, key.decode(), value) for key, value in zip(flat[::2], flat[1::2], strict=True)]

    async def increment(self, kind: str, key: str, now: Millis, *, expires: Millis) -> int:
        """See :meth:`core.ports.Store.increment`."""
        member = f"{kind}\x1f{key}"
        keys = self.counters(crc32(member.encode()) % PARTITIONS)
        return int(await self._scripts.run("counter_raise", keys, (member, now, expires)))

    async def sweep(self, now: Millis, limit: int) -> int:
        """Remove up to ``limit`` records that are over; return how many went."""
        gone = 0
        counts = await asyncio.gather(*(self._scripts.run("overdue", (ends,), (now,)) for ends in self.ends()))
        for ends in (ends for ends, (count,) in zip(self.ends(), counts, strict=True) if count):
            if gone >= limit:
                break
            over: list[bytes] = await self._scripts.run("upto", (ends,), (now, min(limit - gone, _AT_ONCE)))
            kinds: dict[bytes, list[bytes]] = {}
            for member in over:
                kind, _, key = member.partition(b"\x1f")
                kinds.setdefault(kind, []).append(key)
            for kind, found in kinds.items():
                table = self.table(kind.decode())
                gone += int(await self._scripts.run("record_over", table, (now, kind + b"\x1f", *found)))
        return gone

    def _opened(self, kind: str, key: str, stored: bytes) -> Record:
        version, _, rest = stored.partition(b":")
        expires, colon, sealed = rest.partition(b":")
        if not colon or not version.isdigit():
            raise StoreCorrupt(f"a record of kind {kind} is not one: delete it or restore it from a backup")
        return Record(
            key=key,
            value=self._sealer.open(kind, key, sealed),
            version=int(version),
            expires=int(expires) if expires else None,
        )
