"""Reading on Redis: snapshot, find, transcript, changes and the like. Fans out over the partitions where it has to."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

from core.errors import StoreCorrupt
from core.ids import ConversationId, Millis
from core.records import Changes, Cursor, Found, Line, Outcome, Snapshot, Stats
from store import rules
from store.codec import ENTRY, OUTCOME
from store.redis_base import open_address
from store.redis_calls import RedisCalls
from store.redis_rows import label_bounds, label_of, numbers, read_head, shown

__all__ = ["RedisReads"]


class RedisReads(RedisCalls):
    """What writes nothing."""

    async def snapshot(self, conversation: ConversationId) -> Snapshot | None:
        """See :meth:`core.ports.Store.snapshot`."""
        packed_head, address, state, waiting, wrapped = await self.ask("snapshot", conversation)
        if packed_head is None:
            return None
        head = read_head(packed_head)
        sealer = self.sealers.learn(conversation, head.gen, wrapped)
        if sealer is None:
            return None
        return Snapshot(
            conversation=conversation,
            generation=head.gen,
            turn=head.turn,
            address=open_address(sealer, address),
            state=None if state is None else sealer.open(b"state", state),
            epoch=head.epoch,
            labels=tuple(label_of(text) for text in head.labels),
            waiting_events=waiting,
            undelivered=len(head.open),
            created=head.created,
            expires=head.expires,
        )

    async def transcript(self, conversation: ConversationId, after: int, limit: int) -> list[Line]:
        """See :meth:`core.ports.Store.transcript`."""
        found = await self.ask("transcript", conversation, after=after, limit=limit)
        if found is None:
            return []
        packed_head, wrapped, first, bodies, rows = found
        head = read_head(packed_head)
        sealer = self.sealers.learn(conversation, head.gen, wrapped)
        if sealer is None:
            return []
        lines: list[Line] = []
        for n, body in enumerate(bodies):
            seq, row, reason = first + n, rows[2 * n], rows[2 * n + 1]
            entry = ENTRY.unpack(sealer.open(b"entry/%d" % seq, body))
            delivery = None if row is None else shown(head, seq, row, reason, sealer)
            lines.append(Line(seq=seq, entry=entry, delivery=delivery))
        return lines

    async def outcome(self, conversation: ConversationId, event_id: str, now: Millis) -> Outcome | None:
        """See :meth:`core.ports.Store.outcome`."""
        key = self.ids.event(conversation, event_id)
        packed_head, found, wrapped = await self.ask("outcome", conversation, hex=key.hex())
        if packed_head is None or found is None or struct.unpack_from(">q", found)[0] <= now - rules.OUTCOME_FOR:
            return None
        sealer = self.sealers.learn(conversation, read_head(packed_head).gen, wrapped)
        return None if sealer is None else OUTCOME.unpack(sealer.open(b"outcome/" + key, found[8:]))

    async def find(self, label: str, limit: int, after: Found | None = None) -> list[Found]:
        """See :meth:`core.ports.Store.find`."""
        low, high = label_bounds(label, None if after is None else (after.rank, after.conversation))
        lists = await asyncio.gather(*(self.run("find", (part.label,), (low, high, limit)) for part in self.keys.parts))
        found: list[tuple[int, str]] = []
        for member in (member.decode() for some in lists for member in some):
            text, _, conversation = member.rpartition("\0")
            found.append((label_of(text).rank, conversation))
        found.sort()
        return [Found(conversation=ConversationId(one), rank=rank) for rank, one in found[:limit]]

    async def changes(self, cursor: Cursor | None, limit: int) -> Changes:
        """See :meth:`core.ports.Store.changes`. An erased conversation moves the cursor and is not named."""
        self.hints.wakeups.clear("change")
        before = cursor or (0,) * len(self.keys.parts)
        if len(before) != len(self.keys.parts):
            raise StoreCorrupt(f"a change cursor has {len(before)} counters instead of 64: ask anew, with None")
        many = 0 if cursor is None else limit
        answers: list[Any] = await asyncio.gather(
            *(
                self.run("changes", (part.meta, part.chg), (count, many))
                for part, count in zip(self.keys.parts, before, strict=True)
            )
        )
        found: list[ConversationId] = []
        reached: list[int] = []
        for count, (now, flat) in zip(before, answers, strict=True):
            newer = numbers(flat)
            taken = newer[: limit - len(found)] if cursor is not None else []
            found += [ConversationId(member.decode()) for member, _ in taken]
            if len(taken) == len(newer) < limit or cursor is None:
                reached.append(int(now))
            else:
                reached.append(taken[-1][1] if taken else count)
        return Changes(cursor=tuple(reached), conversations=tuple(found))

    async def stats(self, now: Millis) -> Stats:
        """See :meth:`core.ports.Store.stats`."""
        answers: list[Any] = await asyncio.gather(
            *(
                self.run("stats", (one.meta, one.keys, one.due, one.old, one.cdue, one.dead, one.nlabel), (now,))
                for one in self.keys.parts
            )
        )
        labels: dict[str, int] = {}
        for answer in answers:
            for name, count in numbers(answer[6]):
                labels[name.decode()] = labels.get(name.decode(), 0) + count
        oldest = min((at for answer in answers for _, at in numbers(answer[3])), default=None)
        due = min((at for answer in answers for _, at in numbers(answer[7])), default=now)
        return Stats(
            conversations=sum(answer[0] for answer in answers),
            due_turns=sum(answer[1] for answer in answers),
            oldest_due=max(0, now - due),
            undelivered=sum(answer[2] for answer in answers),
            oldest_undelivered=0 if oldest is None else max(0, now - oldest),
            open_calls=sum(answer[4] for answer in answers),
            dead=sum(answer[5] for answer in answers),
            labels=labels,
        )

    async def counts(self, since_day: str) -> dict[tuple[str, str], int]:
        """See :meth:`core.ports.Store.counts`."""
        lists = await asyncio.gather(*(self.run("counts", (part.count,), ()) for part in self.keys.parts))
        found: dict[tuple[str, str], int] = {}
        for flat in lists:
            for field, count in numbers(flat):
                day, _, name = field.decode().partition("\x1f")
                if day >= since_day:
                    found[day, name] = found.get((day, name), 0) + count
        return found
