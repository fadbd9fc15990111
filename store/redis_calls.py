"""Outside calls and dead letters on Redis."""

from __future__ import annotations

import asyncio
from typing import Any

from core.errors import StoreCorrupt, StoreError
from core.ids import CallId, ConversationId, Millis
from core.records import CallLease, DeadRecord
from store import rules
from store.codec import CALL, POSTED, Posted
from store.redis_base import PUT_OFF, open_address
from store.redis_delivery import RedisDelivery
from store.redis_rows import mail_item, numbers, read_head, read_letter

__all__ = ["RedisCalls"]


class RedisCalls(RedisDelivery):
    """The call lane, and what was put aside."""

    async def claim_calls(self, worker: str, now: Millis, lease: Millis, limit: int) -> list[CallLease]:
        """See :meth:`core.ports.Store.claim_calls`."""
        self.hints.wakeups.clear("call")
        return await self.claim_due("call", now, now + lease, limit, self._claim_call)

    async def _claim_call(self, member: str, route: str, now: Millis, until: Millis) -> CallLease | None:
        name, _, call_id = member.partition("/")
        conversation, token = ConversationId(name), self.token()
        found = await self.ask("claim_call", conversation, call=call_id, now=now, til=until, token=token)
        if found is None:
            return None
        try:
            return self._call_lease(conversation, call_id, token, until, found)
        except StoreError as error:
            self.trouble(error, conversation)
            await self.ask("move_call", conversation, call=call_id, token=token, due=now + PUT_OFF, back=True)
            return None

    def _call_lease(
        self, conversation: ConversationId, call_id: str, token: str, until: Millis, found: list[Any]
    ) -> CallLease:
        packed_head, address, tries, body, wrapped = found
        head = read_head(packed_head)
        sealer = self.sealers.learn(conversation, head.gen, wrapped)
        if sealer is None:
            raise StoreCorrupt(f"conversation {conversation} has no key: restore a backup or forget it")
        return CallLease(
            conversation=conversation,
            generation=head.gen,
            token=token,
            until=until,
            attempts=tries,
            address=open_address(sealer, address),
            call=CALL.unpack(sealer.open(b"call/" + call_id.encode(), body)),
        )

    async def settle_call(self, lease: CallLease, now: Millis) -> bool:
        """See :meth:`core.ports.Store.settle_call`."""
        return bool(await self.ask("end_call", lease.conversation, call=lease.call.id, token=lease.token))

    async def cancel_call(self, conversation: ConversationId, call_id: CallId, now: Millis) -> None:
        """See :meth:`core.ports.Store.cancel_call`."""
        await self.ask("end_call", conversation, call=call_id)

    async def move_call(self, lease: CallLease, due: Millis, *, back: bool) -> bool:
        """Move the end of a call's lease, or give the call ``back``."""
        done = await self.ask(
            "move_call", lease.conversation, call=lease.call.id, token=lease.token, due=due, back=back
        )
        if done:
            self.hints.due("call", self.keys.of(lease.conversation).number, due)
        return bool(done)

    # -- dead letters ------------------------------------------------------------------------------------

    async def dead(self, limit: int, after: str | None = None) -> list[DeadRecord]:
        """See :meth:`core.ports.Store.dead`. Letters are numbered per partition; their ids begin with the time."""
        behind = (-1, -1, "") if after is None else _place(after)
        if behind is None:
            return []
        at, number, n = behind
        lists = await asyncio.gather(
            *(self.run("dead", (part.dead,), (at, _behind(part.number, number, n), limit)) for part in self.keys.parts)
        )
        places = [
            (at, part.number, member.decode())
            for part, flat in zip(self.keys.parts, lists, strict=True)
            for member, at in numbers(flat)
        ]
        places.sort()
        found = await asyncio.gather(*(self._letter(*place) for place in places[:limit]))
        return [letter for letter in found if letter is not None]

    async def _letter(self, at: Millis, number: int, member: str) -> DeadRecord | None:
        n, _, name = member.partition("/")
        conversation = ConversationId(name)
        found = await self.ask("letter", conversation, n=n)
        if found is None:
            return None
        clear = read_letter(found[1])
        sealer = self.sealers.learn(conversation, read_head(found[0]).gen, found[3])
        if sealer is None:
            return None
        event_id = POSTED.unpack(sealer.open(b"dead/" + clear.key, found[2])).event_id
        return DeadRecord(
            id=f"{at:015d}-{number:02d}-{n}-{conversation}",
            conversation=conversation,
            event_id=event_id,
            kind=clear.kind,
            reason=clear.reason,
            at=at,
        )

    async def revive(self, dead_id: str, now: Millis) -> bool:
        """See :meth:`core.ports.Store.revive`."""
        place = _place(dead_id)
        parts = dead_id.split("-")
        if place is None or len(parts) != 4:
            return False
        conversation, n = ConversationId(parts[3]), place[2]
        found = await self.ask("letter", conversation, n=n)
        if found is None:
            return False
        clear, head = read_letter(found[1]), read_head(found[0])
        sealer = self.sealers.learn(conversation, head.gen, found[3])
        if sealer is None:
            return False
        letter = POSTED.unpack(sealer.open(b"dead/" + clear.key, found[2]))
        again = Posted(rules.revived_event_id(letter.event_id, dead_id), letter.event)
        key = self.ids.event(conversation, again.event_id)
        item = mail_item(key, now, now, sealer.seal(b"event/" + key, POSTED.pack(again)))
        done = await self.ask("revive", conversation, gen=head.gen, n=n, item=item, now=now)
        if isinstance(done, int):
            return False
        self.told(conversation, "turn", done[0])
        self.hints.changed()
        return True


def _place(dead_id: str) -> tuple[Millis, int, str] | None:
    """Return time, partition and number of a letter's id, or None for an id that is none of ours."""
    parts = dead_id.split("-")
    if len(parts) != 4 or not all(part.isascii() and part.isdecimal() for part in parts[:3]):
        return None
    return int(parts[0]), int(parts[1]), parts[2]


def _behind(part: int, number: int, n: str) -> str:
    """Return the number behind which letters of the same time count in ``part``, after letter ``n`` of ``number``."""
    if part == number:
        return n
    return "" if part > number else "z"
