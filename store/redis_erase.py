"""Erasure on Redis: of a person on their wish, of a conversation by its age, and of what remains after either.

A conversation goes in one script together with its data key. The conversations of one person lie in different
partitions and go one after another: those of a person who is erased within a turn go before that turn is committed, so
that a crash in between leads to the same turn again and not to a forgotten rest.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from core.ids import ConversationId, Millis
from core.records import Commit, TurnLease
from store import rules
from store.codec import ADDRESS, ENTRY, OUTCOME
from store.redis_base import TRIES, open_address
from store.redis_ingest import RedisIngest
from store.redis_keys import Part, route_of
from store.redis_names import Known
from store.redis_rows import KINDS, mail_item, opened_mail, read_head
from store.seal import Sealer

__all__ = ["RedisErase", "sealed_entries"]


def sealed_entries(sealer: Sealer, commit: Commit, last: int) -> list[tuple[bytes, int, int, int, Millis]]:
    """Return a commit's entries as ``lua/lib/rows.lua`` wants them, numbered after ``last``."""
    entries = []
    for seq, entry in enumerate(commit.entries, last + 1):
        body = sealer.seal(b"entry/%d" % seq, ENTRY.pack(entry))
        if (way := entry.dispatch) is None:
            entries.append((body, -1, 0, -1, entry.at))
        else:
            expires = -1 if way.expires is None else way.expires
            entries.append((body, KINDS.index(way.kind), way.epoch, expires, entry.at))
    return entries


class RedisErase(RedisIngest):
    """Erasure."""

    async def forget(self, conversation: ConversationId, now: Millis) -> bool:
        """See :meth:`core.ports.Store.forget`."""
        people = await self.person(conversation)
        # The one that was asked for goes last: a crash before that is seen, and asked for again.
        people.sort(key=lambda one: one.conversation == conversation)
        gone = [await self.wipe(one) for one in people]
        return any(gone)

    async def wipe(self, one: Known, **over: Millis) -> bool:
        """Delete a conversation with its key and the names that lead to it; False when it is gone or not ``over``."""

        async def step(route: str) -> bytes | list[Any] | None:
            found: Any = await self.ask("wipe", one.conversation, route, gen=one.head.gen, **over)
            return None if found in (b"gone", b"stays") else found

        found = await self.routed(one.head.route, step)
        if found is None:
            return False
        self.sealers.drop(one.conversation, one.head.gen)
        self.forgotten(one.conversation)
        await self._unlead_all(one.conversation, one.head.gen, found[0])
        self.hints.changed()
        return True

    async def _unlead_all(self, conversation: ConversationId, generation: int, names: bytes) -> None:
        await self.unlead(conversation, generation, msgspec.msgpack.decode(names, type=list[ConversationId]))

    def sealed_outcome(self, lease: TurnLease, commit: Commit, sealer: Sealer) -> tuple[str, bytes] | None:
        """Return place and sealed outcome of a commit."""
        if commit.outcome is None:
            return None
        key = self.ids.event(lease.conversation, lease.event_id)
        return key.hex(), sealer.seal(b"outcome/" + key, OUTCOME.pack(commit.outcome))

    async def renew(self, lease: TurnLease, commit: Commit, args: dict[str, object], now: Millis) -> bool:
        """Erase within a commit; keeps only its entries, outcome and the waiting events. False: the lease is lost."""
        conversation = lease.conversation
        for _ in range(TRIES):
            look = await self.ask("look", conversation)
            head = None if look[0] is None else read_head(look[0])
            if head is None or head.gen != lease.generation or head.token != lease.token:
                return False
            old = self.sealers.learn(conversation, head.gen, look[2])
            if old is None:
                return False
            for other in await self.person(conversation):
                if other.conversation != conversation:
                    await self.wipe(other)
            found = await self._renew(lease, commit, args, old, look[1], now)
            if found is not None:
                return found
        raise self.moving()

    async def _renew(
        self, lease: TurnLease, commit: Commit, args: dict[str, object], old: Sealer, address: bytes, now: Millis
    ) -> bool | None:
        """Run the script; None when what was sealed anew is not what is there any more."""
        conversation = lease.conversation
        generation = max(now, lease.generation + 1)
        fresh, wrapped = self.sealers.make(conversation, generation)
        items = [opened_mail(item) for item in await self.ask("mailbox", conversation)]
        behind = items[1:] if args["key"] else items
        known = open_address(old, address)
        route = route_of(known.channel, known.account)
        plain = ADDRESS.pack(known)
        found: Any = await self.ask(
            "renew", conversation, route,
            **args | {
                "fresh": generation, "wrapped": wrapped, "address": fresh.seal(b"address", plain),
                "ah": self.ids.address(plain), "entries": sealed_entries(fresh, commit, _number(args["last"])),
                "outcome": self.sealed_outcome(lease, commit, fresh),
                "mail": [_resealed(old, fresh, *one) for one in behind],
            },
        )  # fmt: skip
        if found == b"lost":
            return False
        if isinstance(found, bytes):
            return None
        self.sealers.drop(conversation, lease.generation)
        self.forgotten(conversation)
        self.sealers.keep(conversation, generation, fresh)
        await self._unlead_all(conversation, lease.generation, found[0])
        self.told(conversation, "turn", found[1])
        self.told(conversation, "delivery", found[2], route)
        return True

    async def finish_rest(self, one: Known, now: Millis, before: Millis) -> bool:
        """End what remains of a person who was erased at ``before`` or earlier, delivered or not."""

        async def step(route: str) -> bytes | int:
            found: bytes | int = await self.ask("finish", one.conversation, route, now=now, before=before)
            return found

        found = await self.routed(one.head.route, step)
        self.hints.changed()
        self.hints.due("delivery", self.keys.of(one.conversation).number, 0, one.head.route)
        return found == 1

    # -- by age ------------------------------------------------------------------------------------------

    async def expired(self, part: Part, now: Millis, limit: int) -> int:
        """Erase the conversations of a partition whose time is over; return how many."""
        found = await self._upto(part.exp, now, limit)
        gone = [await self.wipe(one, over=now, long=now - rules.GRACE) for one in found]
        return sum(gone)

    async def rests(self, part: Part, now: Millis, limit: int) -> int:
        """End the rests of a partition that are an hour old; return how many."""
        before = now - rules.REST_FOR
        found = await self._upto(part.rest, before, limit)
        return sum([await self.finish_rest(one, now, before) for one in found])

    async def _upto(self, index: str, moment: Millis, limit: int) -> list[Known]:
        members = await self.run("upto", (index,), (moment, limit))
        names = [ConversationId(member.decode()) for member in members]
        heads = await asyncio.gather(*(self.ask("who", name) for name in names))
        return [Known(name, read_head(head)) for name, (_, head) in zip(names, heads, strict=True) if head is not None]


def _number(value: object) -> int:
    assert isinstance(value, int)  # noqa: S101 - the arguments of a script are loosely typed
    return value


def _resealed(old: Sealer, fresh: Sealer, key: bytes, at: Millis, seen: Millis, event: bytes) -> bytes:
    return mail_item(key, at, seen, fresh.seal(b"event/" + key, old.open(b"event/" + key, event)))
