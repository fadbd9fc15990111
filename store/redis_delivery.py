"""Deliveries on Redis. The rules are in ``lua/send.lua`` and ``lua/settle.lua``; here things are opened and sealed.

The index of a route is a hint when to look at a conversation: a look drops what may not be sent any more, leases the
first entry that is due, or moves the hint to when the next one will be. The first entry blocks the ones behind it,
except that the first crisis entry may overtake it. A lease that ran out says that the entry may have been sent.

A provider's id is registered in the partition of that id before the entry is settled, so that a receipt that comes at
once finds its way; see :mod:`store.redis_receipts`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from core.errors import StoreCorrupt, StoreError
from core.ids import ConversationId, Millis
from core.records import (
    DeliveryLease,
    Failed,
    Held,
    RetryAt,
    Sent,
    Settlement,
    Uncertain,
    Wrote,
)
from store import rules
from store.codec import ENTRY
from store.redis_base import PUT_OFF, open_address
from store.redis_keys import route_of
from store.redis_receipts import RedisReceipts, sealed_reason
from store.redis_rows import read_head, read_row

__all__ = ["RedisDelivery"]

#: Leases of which the number of the entry is remembered.
_REMEMBERED = 16_384


class RedisDelivery(RedisReceipts):
    """The delivery lane."""

    _seqs: dict[str, int]
    _routes: set[str]

    async def claim_delivery(
        self,
        worker: str,
        now: Millis,
        lease: Millis,
        limit: int,
        accounts: Sequence[tuple[str, str]] | None = None,
    ) -> list[DeliveryLease]:
        """See :meth:`core.ports.Store.claim_delivery`."""
        self.hints.wakeups.clear("delivery")
        if accounts is None:
            found = await asyncio.gather(*(self.run("members", (part.routes,), ()) for part in self.keys.parts))
            routes = sorted({route.decode() for some in found for route in some})
        else:
            routes = sorted({route_of(*one) for one in accounts})
        return await self.claim_due("delivery", now, now + lease, limit, self._send, routes)

    async def _send(self, member: str, route: str, now: Millis, until: Millis) -> DeliveryLease | None:
        conversation, token = ConversationId(member), self.token()
        found = await self.ask("send", conversation, route, now=now, til=until, token=token)
        if found is None:
            self.hints.changed()  # something may have been dropped
            return None
        generation = read_head(found[0]).gen
        try:
            return self._sending(conversation, token, until, found)
        except StoreError as error:
            self.trouble(error, conversation)
            later = now + PUT_OFF
            await self.ask("release_send", conversation, route, gen=generation, token=token, due=later, now=later)
            return None

    def _sending(self, conversation: ConversationId, token: str, until: Millis, found: list[Any]) -> DeliveryLease:
        packed_head, seq, packed_row, body, address, wrapped = found
        head, row = read_head(packed_head), read_row(packed_row)
        sealer = self.sealers.learn(conversation, head.gen, wrapped)
        if sealer is None or body is None:
            raise StoreCorrupt(f"conversation {conversation} has no key or misses an entry: restore a backup")
        entry = ENTRY.unpack(sealer.open(b"entry/%d" % seq, body))
        if not isinstance(entry.body, Wrote):
            raise StoreError(f"conversation {conversation}: entry {entry.id} is to be sent but is no message")
        self._seqs[token] = seq
        if len(self._seqs) > _REMEMBERED:
            del self._seqs[next(iter(self._seqs))]
        return DeliveryLease(
            conversation=conversation,
            generation=head.gen,
            token=token,
            until=until,
            attempts=row.attempts + 1,
            missed=row.missed,
            maybe_sent=bool(row.maybe),
            plain=bool(row.plain),
            address=open_address(sealer, address),
            entry=entry,
            message=entry.body.message,
        )

    async def settle(self, lease: DeliveryLease, settlement: Settlement, now: Millis) -> bool:
        """See :meth:`core.ports.Store.settle`. A repeat under the same token is True and writes nothing."""
        conversation = lease.conversation
        seq = self._seqs.get(lease.token)
        if seq is None:
            look = await self.look(conversation)
            if look is None or look[0].gen != lease.generation or look[0].dtok != lease.token:
                return False
            if look[0].dseq is None:
                return True
            seq = look[0].dseq
        sealer = await self.sealers.sealer(conversation, lease.generation)
        if sealer is None:
            return False
        pids = [self.hashed(lease.address, one) for one in _provider_ids(lease, settlement)]
        strays = await self.register(lease, pids, seq, sealer, now, sent=isinstance(settlement, Sent))
        state, due, reason = _ending(settlement)
        args: dict[str, object] = {
            "gen": lease.generation, "token": lease.token, "now": now, "state": state, "due": due,
            "attempt": int(rules.is_attempt(settlement)), "miss": int(rules.is_miss(settlement)),
            "reason": sealed_reason(sealer, seq, reason), "pids": b"".join(pids),
            "strays": [one.told for one in strays], "failed": b"",
        }  # fmt: skip
        if isinstance(settlement, Failed):
            args["failed"] = self.failure(sealer, conversation, lease.entry, settlement.reason, settlement.blocked, now)

        async def step(route: str) -> bytes | int | list[bytes | None]:
            answer: bytes | int | list[bytes | None] = await self.ask("settle", conversation, route, **args)
            return answer

        found = await self.routed(route_of(lease.address.channel, lease.address.account), step)
        if isinstance(found, int):
            return found == 1
        self._seqs.pop(lease.token, None)
        if isinstance(found, list):
            self.told(conversation, "turn", found[0])
            self.told(conversation, "delivery", found[1], route_of(lease.address.channel, lease.address.account))
        self.hints.changed()
        await self.applied(strays)
        return True

    async def extend_delivery(self, lease: DeliveryLease, until: Millis) -> bool:
        """See :meth:`core.ports.Store.extend`."""

        async def step(route: str) -> bytes | int:
            found: bytes | int = await self.ask(
                "extend_send",
                lease.conversation,
                route,
                gen=lease.generation,
                token=lease.token,
                til=until,
            )
            if found == 1:
                self.hints.due("delivery", self.keys.of(lease.conversation).number, until, route)
            return found

        return await self.routed(route_of(lease.address.channel, lease.address.account), step) == 1

    async def release_delivery(self, lease: DeliveryLease, retry_at: Millis, now: Millis) -> bool:
        """See :meth:`core.ports.Store.release`."""

        async def step(route: str) -> bytes | int | list[bytes | None]:
            answer: bytes | int | list[bytes | None] = await self.ask(
                "release_send", lease.conversation, route, gen=lease.generation, token=lease.token,
                due=retry_at, now=now,
            )  # fmt: skip
            if isinstance(answer, list):
                self.told(lease.conversation, "delivery", answer[0], route)
            return answer

        return isinstance(await self.routed(route_of(lease.address.channel, lease.address.account), step), list)


def _provider_ids(lease: DeliveryLease, settlement: Settlement) -> tuple[str, ...]:
    """Return the ids by which the provider may speak of the entry; of an uncertain one that is only our own."""
    if isinstance(settlement, Sent):
        return settlement.provider_ids
    return (lease.entry.id,) if isinstance(settlement, Uncertain) else ()


def _ending(settlement: Settlement) -> tuple[str, Millis | None, str | None]:
    """Return the state, when to try again (None: never), and the reason."""
    match settlement:
        case Sent():
            return "sent", None, None
        case RetryAt():
            return "retry", settlement.at, settlement.reason
        case Uncertain():
            return "uncertain", settlement.retry_at, settlement.reason
        case Held():
            return "held", settlement.until, settlement.reason
        case Failed():
            return "failed", None, settlement.reason
