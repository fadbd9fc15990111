"""The Store on Redis or Redis Cluster: for many machines, with the same promises as on one.

Theory of operation. A conversation lives in one of 64 partitions, and all keys of a partition begin with one hash tag,
so they lie in one slot. Every operation on a conversation is one Lua script, which the server runs as one step:
everything is checked before the first write, because a script has no rollback. Scripts see metadata only; content is
sealed here before it goes out (:mod:`store.seal`), and the wrapped data key of a conversation lies in its partition and
goes with it. What concerns several partitions is done in steps that may be repeated, and in an order in which a crash
between them loses nothing (:mod:`store.redis_names`, :mod:`store.redis_receipts`, :mod:`store.redis_erase`).

All due times are visibility timeouts in sorted sets. A claim reads the heads of those partitions that may have work
(:mod:`store.redis_hints`) and leases the oldest, each with a script of its own; whoever comes second gets nothing. What
one tick of the event loop asks for goes out in one pipeline per node, so fifty commits are one trip, and with
``appendfsync always`` one sync.
"""

from __future__ import annotations

from core.ids import Millis
from core.records import CallLease, DeliveryLease, Lane, Record, TurnLease
from core.sweeping import Swept
from store.redis_aof import Rewriting
from store.redis_base import Runner
from store.redis_blobs import RedisBlobs
from store.redis_care import check_servers, check_store
from store.redis_hints import Messages
from store.redis_reads import RedisReads
from store.redis_records import RedisRecords
from store.redis_rewrap import Rewrapping
from store.redis_scripts import Scripts
from store.redis_sweep import RedisSweep
from store.redis_turns import RedisTurns
from store.seal import KeyRing

__all__ = ["RedisStore"]


class RedisStore(RedisReads, RedisTurns):
    """Implements :class:`core.ports.Store`; made by :func:`store.redis_open.open_redis`, ended by :meth:`close`."""

    def __init__(self, scripts: Runner, ring: KeyRing, namespace: str = "sw", client: Messages | None = None) -> None:
        super().__init__(scripts, ring, namespace, client)
        self._guesses = {}
        self._held = {}
        self._seqs = {}
        #: Set when it was opened; names the store on its servers.
        self.store_id: str | None = None
        self.records = RedisRecords(scripts, self.keys, namespace, self.records_sealer)
        self.blobs = RedisBlobs(scripts, self.keys, self.sealers)
        self._rewrapping = Rewrapping(scripts, self.keys, ring)
        self._sweep = RedisSweep(scripts, self.keys, self.records, self.blobs, self)

    async def extend(self, lease: TurnLease | DeliveryLease | CallLease, until: Millis) -> bool:
        """See :meth:`core.ports.Store.extend`."""
        match lease:
            case TurnLease():
                return await self.extend_turn(lease, until)
            case DeliveryLease():
                return await self.extend_delivery(lease, until)
            case CallLease():
                return await self.move_call(lease, until, back=False)

    async def release(self, lease: TurnLease | DeliveryLease | CallLease, retry_at: Millis, now: Millis) -> bool:
        """See :meth:`core.ports.Store.release`."""
        match lease:
            case TurnLease():
                return await self.release_turn(lease, retry_at)
            case DeliveryLease():
                return await self.release_delivery(lease, retry_at, now)
            case CallLease():
                return await self.move_call(lease, retry_at, back=True)

    # -- small keyed records ----------------------------------------------------------------------------

    async def get(self, kind: str, key: str, now: Millis) -> Record | None:
        """See :meth:`core.ports.Store.get`."""
        return await self.records.get(kind, key, now)

    async def put(
        self,
        kind: str,
        key: str,
        value: bytes,
        now: Millis,
        *,
        expires: Millis | None = None,
        expect: int | None = None,
    ) -> int | None:
        """See :meth:`core.ports.Store.put`."""
        return await self.records.put(kind, key, value, now, expires=expires, expect=expect)

    async def delete(self, kind: str, key: str) -> bool:
        """See :meth:`core.ports.Store.delete`."""
        return await self.records.delete(kind, key)

    async def scan(self, kind: str, now: Millis, limit: int, after: str | None = None) -> list[Record]:
        """See :meth:`core.ports.Store.scan`."""
        return await self.records.scan(kind, now, limit, after)

    async def increment(self, kind: str, key: str, now: Millis, *, expires: Millis) -> int:
        """See :meth:`core.ports.Store.increment`."""
        return await self.records.increment(kind, key, now, expires=expires)

    # -- care ------------------------------------------------------------------------------------------

    async def sweep(self, now: Millis, limit: int) -> Swept:
        """See :meth:`core.ports.Store.sweep`. Also wraps data keys of older master keys anew, and has the servers
        write their files anew where keys were destroyed.
        """
        swept = await self._sweep.sweep(now, limit)
        await self._rewrapping.step(limit)
        if isinstance(self.scripts, Scripts):
            await Rewriting(self.scripts, self.keys).step(now)
        return swept

    async def check(self) -> list[str]:
        """See :meth:`core.ports.Store.check`. Reads no conversation: it may be asked every few seconds."""
        found = await check_store(self.scripts, self.keys, self.ring, self.store_id)
        if isinstance(self.scripts, Scripts):
            found = check_servers(self.scripts.facts(), self.scripts.at) + found
        return found

    @property
    def replicas_missing(self) -> int:
        """How many replicas that should hold what was acknowledged are not in step; for the metrics."""
        return self.scripts.replicas_missing if isinstance(self.scripts, Scripts) else 0

    async def wait(self, lane: Lane, timeout: float) -> None:
        """See :meth:`core.ports.Store.wait`. Others' work shows at once while the hints come, else within the look."""
        self.hints.listen()
        await self.hints.wakeups.wait(lane, timeout)

    async def close(self) -> None:
        """See :meth:`core.ports.Store.close`."""
        await self.hints.close()
        await self.scripts.close()
