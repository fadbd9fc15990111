"""Names on Redis: which conversation an event belongs to when a person has several. The names of one person lie in
different partitions, so this takes several steps, each of which may be the last before a crash.

The order keeps that harmless. First it is noted where the event goes (``via``), if that is another partition than its
name's: a repeat goes the same way and finds the event there. Then the names are learned, then the event is appended; a
repeat of the whole does the same again. An alias names a generation, so one that outlived its conversation leads
nowhere. A conversation that began under a name while it was being learned is found by ``lead`` and taken in. The rules
themselves are those of :class:`store.memory_names.MemoryNames`.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from core.ids import ConversationId, Millis
from core.records import Arrival
from store import rules
from store.redis_base import RedisBase
from store.redis_rows import Head, read_head

__all__ = ["Known", "Leads", "RedisNames", "generation_in"]


class Known(NamedTuple):
    """A conversation as it was read."""

    conversation: ConversationId
    head: Head


def generation_in(note: bytes) -> tuple[ConversationId, int]:
    """Return what an alias or a note of a way names: conversation and generation."""
    conversation, generation = note.decode().split("/")[:2]
    return ConversationId(conversation), int(generation)


class Leads(NamedTuple):
    """Where a name led when it was read."""

    alias: bytes | None
    #: Generation of the conversation of that very name.
    own: int | None


class RedisNames(RedisBase):
    """Names and whose they are."""

    async def resolve(self, name: ConversationId) -> ConversationId:
        """See :meth:`core.ports.Store.resolve`."""
        alias, _ = await self.ask("who", name)
        if alias is None:
            return name
        conversation, generation = generation_in(alias)
        _, packed_head = await self.ask("who", conversation)
        lives = packed_head is not None and read_head(packed_head).gen == generation
        return conversation if lives else name

    async def _owner(self, name: ConversationId) -> tuple[Known | None, Leads]:
        """Return the conversation that a name leads to, and what stands at the name."""
        alias, packed_own = await self.ask("who", name)
        own = None if packed_own is None else Known(name, read_head(packed_own))
        leads = Leads(alias, None if own is None else own.head.gen)
        if alias is not None:
            conversation, generation = generation_in(alias)
            _, packed_head = await self.ask("who", conversation)
            if packed_head is not None and (head := read_head(packed_head)).gen == generation:
                return Known(conversation, head), leads
        return own, leads

    async def same_person(self, arrival: Arrival) -> tuple[list[Known], dict[ConversationId, Leads]]:
        """Return the conversations of the one who wrote, the one that goes on first, and where all names lead."""
        names = (arrival.conversation, *arrival.aliases)
        owners = await asyncio.gather(*(self._owner(name) for name in names))
        found: list[Known] = []
        for name, (one, _) in zip(names, owners, strict=True):
            if one is None or one.conversation in [known.conversation for known in found]:
                continue
            if name == arrival.conversation or one.head.main in (None, arrival.conversation):
                found.append(one)
        found.sort(key=_without_labels)
        return found, {name: leads for name, (_, leads) in zip(names, owners, strict=True)}

    async def teach(
        self,
        arrival: Arrival,
        conversation: ConversationId,
        generation: int,
        found: list[Known],
        leads: dict[ConversationId, Leads],
        now: Millis,
    ) -> bool:
        """Let all names of ``arrival`` lead to ``conversation``; False when it is gone meanwhile."""
        main = arrival.conversation
        names = [name for name in (main, *arrival.aliases) if name != conversation]
        wake = rules.wakes_held(arrival.event)
        for one in found:
            target = one.conversation == conversation
            knows = not target or set(names) <= set(one.head.names)
            if one.head.main == main and knows and not (one.head.held and wake and not target):
                continue
            taught = await self._teach(one, main, names if target else [], wake and not target, now)
            if target and not taught:
                return False
        to = f"{conversation}/{generation}".encode()
        for name in (main, *arrival.aliases):
            wanted = None if name == conversation else to
            if leads[name].alias == wanted:
                continue
            own = await self.ask("lead", name, to=wanted or b"")
            if own is not None and wanted is not None:
                one = Known(name, read_head(own))
                # It began since the names were read, so it is this person's.
                if one.head.gen != leads[name].own and one.head.main in (None, main):
                    await self._teach(one, main, [], wake, now)
        return True

    async def _teach(
        self, one: Known, main: ConversationId, names: list[ConversationId], wake: bool, now: Millis
    ) -> bool:
        async def step(route: str) -> bytes | list[bytes | None]:
            found: bytes | list[bytes | None] = await self.ask(
                "teach", one.conversation, route, gen=one.head.gen, main=main, names=names, wake=wake,
                now=now,
            )  # fmt: skip
            return [b"gone"] if found == b"gone" else found

        (look,) = await self.routed(one.head.route, step)
        if look == b"gone":
            return False
        self.told(one.conversation, "delivery", look, one.head.route)
        return True

    async def person(self, conversation: ConversationId) -> list[Known]:
        """Return all conversations of the person whose ``conversation`` is; none when there is no such conversation."""
        alias, own = await self.ask("who", conversation)
        if own is None:
            return []
        one = Known(conversation, read_head(own))
        main = one.head.main
        if main is None:
            return [one]
        going_on, _ = await self._owner(conversation) if alias is not None else (one, None)
        root = going_on if going_on is not None and going_on.head.main == main else one
        others = await asyncio.gather(*(self.ask("who", name) for name in root.head.names))
        found = [root]
        for name, (leads, packed_head) in zip(root.head.names, others, strict=True):
            if leads == f"{root.conversation}/{root.head.gen}".encode() and packed_head is not None:
                other = Known(name, read_head(packed_head))
                if other.head.main == main:
                    found.append(other)
        return found

    async def unlead(self, conversation: ConversationId, generation: int, names: list[ConversationId]) -> None:
        """Forget the names that led to an erased conversation; what a crash leaves of them leads nowhere."""
        to = f"{conversation}/{generation}"
        await asyncio.gather(*(self.ask("unlead", name, to=to) for name in names))


def _without_labels(one: Known) -> bool:
    return not one.head.labels
