"""Receipts on Redis: what a provider says later about a message, and the ids by which it names it.

A provider's id says nothing about the conversation, so where it leads stands in the partition of the id's hash, and the
entry has the last word: it lists the ids it was sent under. The two are brought together like this.

- Before a send is settled, its ids are pointed at the entry. In the same step the receipts that came before (*strays*,
  kept a day) are read; the settling applies them.
- A receipt that finds a pointer goes to the entry. Where the entry lists the id, it counts. Where the entry is just
  being sent under the pointer's token, it waits beside the entry for the settling. Else the pointer leads nowhere (the
  lease was lost, the entry was given back or erased): it is removed, and the receipt becomes a stray.
"""

from __future__ import annotations

import asyncio
import struct
from typing import Any, NamedTuple

import msgspec

from core.events import SendFailed
from core.ids import ConversationId, Millis
from core.messages import Address
from core.records import DeliveryLease, Entry, Receipt, ReceiptState
from store import rules
from store.codec import ENTRY, POSTED, Posted
from store.redis_base import TRIES
from store.redis_erase import RedisErase
from store.redis_rows import mail_item, packed, read_head
from store.seal import Sealer

__all__ = ["RedisReceipts", "Stray", "sealed_reason"]

#: A pointer lives so long; a receipt that comes later finds nothing and is forgotten with the strays.
PID_FOR: Millis = 60 * 24 * 3_600_000

#: State, at, sealed reason.
_Told = tuple[ReceiptState, Millis, bytes | None]
_decode = msgspec.msgpack.Decoder(_Told).decode


class Stray(NamedTuple):
    """A receipt that came before its entry was settled."""

    #: What ``lua/lib/raise.lua`` wants.
    told: dict[str, object]
    #: Where it lies and what was read there.
    key: bytes
    found: bytes


def sealed_reason(sealer: Sealer, seq: int, reason: str | None) -> bytes:
    """Return a sealed reason; empty for none."""
    return b"" if reason is None else sealer.seal(b"reason/%d" % seq, reason.encode("utf-8", "surrogatepass"))


class RedisReceipts(RedisErase):
    """Receipts and the providers' ids."""

    def hashed(self, address: Address, provider_id: str) -> bytes:
        """Return the hash under which a provider's id is kept."""
        return self.ids.provider(address.channel, address.account, provider_id)

    async def register(
        self, lease: DeliveryLease, pids: list[bytes], seq: int, sealer: Sealer, now: Millis, *, sent: bool
    ) -> list[Stray]:
        """Point the ids at an entry; return the receipts that came before, where it was ``sent``."""
        pointer = f"{lease.conversation}/{lease.generation}/{seq}/{lease.token}"
        asked = [(pid, pointer) for pid in pids]
        if sent:
            asked.append((self.hashed(lease.address, lease.entry.id), ""))
        found: list[bytes | None] = await asyncio.gather(
            *(
                self.run(
                    "register",
                    (self.keys.of_provider(pid).pid(pid), self.keys.of_provider(pid).stray),
                    (to, pid.hex(), PID_FOR),
                )
                for pid, to in asked
            )
        )
        strays: list[Stray] = []
        for (pid, _), blob in zip(asked, found, strict=True):
            if blob is not None and sent and struct.unpack_from(">q", blob)[0] > now - rules.STRAY_FOR:
                state, at, reason = _decode(blob[9:])
                plain = None if reason is None else self.records_sealer.open("stray", pid.hex(), reason).decode()
                told = self._told(sealer, lease.conversation, lease.entry, seq, (state, at, plain), now)
                strays.append(Stray(told, pid, blob))
        return strays

    async def applied(self, strays: list[Stray]) -> None:
        """Forget strays that an entry took."""
        for one in strays:
            part = self.keys.of_provider(one.key)
            await self.run("unstray", (part.stray, part.strayat), (one.key.hex(), one.found))

    def _told(
        self,
        sealer: Sealer,
        conversation: ConversationId,
        entry: Entry,
        seq: int,
        told: tuple[ReceiptState, Millis, str | None],
        now: Millis,
    ) -> dict[str, object]:
        state, at, reason = told
        may_fail = state in ("failed", "again")
        return {
            "state": state, "at": at, "reason": sealed_reason(sealer, seq, reason),
            "plainly": sealed_reason(sealer, seq, "") if may_fail else b"",
            "failed": self.failure(sealer, conversation, entry, reason or "", False, now) if may_fail else b"",
        }  # fmt: skip

    def failure(
        self, sealer: Sealer, conversation: ConversationId, entry: Entry, reason: str, blocked: bool, now: Millis
    ) -> bytes:
        """Return the mailbox item that reports a failure; the same key however often it is told."""
        event_id = rules.failed_event_id(entry.id)
        key = self.ids.event(conversation, event_id)
        posted = Posted(event_id, SendFailed(entry_id=entry.id, reason=reason, blocked=blocked))
        return mail_item(key, now, now, sealer.seal(b"event/" + key, POSTED.pack(posted)))

    async def receipt(self, receipt: Receipt, now: Millis) -> None:
        """See :meth:`core.ports.Store.receipt`. The id of an uncertain entry counts as a provider's id too."""
        pid = self.ids.provider(receipt.channel, receipt.account, receipt.provider_id)
        part = self.keys.of_provider(pid)
        rank = rules.stray_rank(receipt.state)
        reason = receipt.reason
        sealed = None if reason is None else self.records_sealer.seal("stray", pid.hex(), reason.encode())
        stray = struct.pack(">qB", now, rank) + msgspec.msgpack.encode((receipt.state, receipt.at, sealed))
        args: dict[str, object] = {
            "hex": pid.hex(), "now": now, "fresh": now - rules.STRAY_FOR, "rank": rank, "stray": stray,
        }  # fmt: skip
        for _ in range(TRIES):
            keys = (part.pid(pid), part.stray, part.strayat)
            pointer: bytes | None = await self.run("receipt", keys, (packed(args),))
            if pointer is None or await self._raise(pointer, pid, receipt, now):
                return
            args["not_this"] = pointer
        raise self.moving()

    async def _raise(self, pointer: bytes, pid: bytes, receipt: Receipt, now: Millis) -> bool:
        """Take a receipt to the entry that a pointer names; False when it does not know the id."""
        name, generation, seq, token = pointer.decode().split("/")
        conversation, number = ConversationId(name), int(seq)
        found = await self.ask("entry", conversation, gen=int(generation), seq=number)
        if found is None:
            return False
        head = read_head(found[0])
        sealer = self.sealers.learn(conversation, head.gen, found[2])
        if sealer is None or found[1] is None:
            return False
        entry = ENTRY.unpack(sealer.open(b"entry/%d" % number, found[1]))
        told = self._told(sealer, conversation, entry, number, (receipt.state, receipt.at, receipt.reason), now)

        async def step(route: str) -> bytes | int | list[bytes | None]:
            answer: Any = await self.ask(
                "raise", conversation, route, gen=head.gen, seq=number, token=token, pid=pid, now=now,
                told=told,
            )  # fmt: skip
            if isinstance(answer, list):
                self.told(conversation, "turn", answer[0])
                self.told(conversation, "delivery", answer[1], route)
            return {b"unknown": 0, b"early": 1}.get(answer, answer) if isinstance(answer, bytes) else answer

        done = await self.routed(head.route, step)
        self.hints.changed()
        return done != 0
