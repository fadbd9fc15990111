"""What all parts of the store on Redis stand on: scripts, keys, sealers, and what is known of conversations.

What a process remembers of a conversation (generation, route, data key) is only ever a guess: every script that relies
on it checks it and writes nothing when it is not true any more; then the process looks again.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from core.errors import StoreError, StoreUnavailable
from core.ids import ConversationId, Millis
from core.messages import Address
from core.records import Lane
from store.codec import ADDRESS
from store.keys import SealerCache
from store.redis_hints import Hints, Messages
from store.redis_keys import Bundle, Keys
from store.redis_rows import Head, numbers, packed, read_head
from store.seal import Hasher, KeyRing, RecordSealer, Sealer

__all__ = ["PUT_OFF", "TRIES", "RedisBase", "Runner", "Sealers", "open_address"]

log = logging.getLogger(__name__)

T = TypeVar("T")

#: How often a step is tried again when another process changed what it relied on.
TRIES = 20
#: A conversation that cannot be read is looked at again after so long.
PUT_OFF: Millis = 60_000


#: Members read of each index at once.
_DEPTH = 16

#: Claims a member of an index: (member, route, now, until).
_Claim = Callable[[str, str, Millis, Millis], Awaitable[T | None]]


class _Due(NamedTuple):
    """A member of an index that is due."""

    at: Millis
    member: str
    part: int
    route: str


def _by_age(one: _Due) -> Millis:
    return one.at


class Runner(Protocol):
    """Runs scripts on the server; :class:`store.redis_scripts.Scripts` is one."""

    async def run(self, name: str, keys: Sequence[str], args: Sequence[bytes | str | int]) -> Any:
        """Run a script; what is run in one tick of the loop goes out together, in order. Raises StoreError."""

    async def close(self) -> None:
        """Finish what is under way and end the connections."""


def open_address(sealer: Sealer, blob: bytes) -> Address:
    """Return a sealed address; the same blob as last time costs nothing."""
    if sealer.address is None or sealer.address_blob != blob:
        sealer.address = ADDRESS.unpack(sealer.open(b"address", blob))
        sealer.address_blob = blob
    return sealer.address


class Sealers:
    """The data keys of conversations: unwrapped once, then at hand."""

    def __init__(self, scripts: Runner, keys: Keys, ring: KeyRing) -> None:
        self._scripts = scripts
        self._keys = keys
        self._ring = ring
        self._cache = SealerCache()

    def learn(self, conversation: ConversationId, generation: int, wrapped: bytes | None) -> Sealer | None:
        """Return the sealer for a wrapped key as the server keeps it; None when it is not of this generation."""
        found = self._cache.get(conversation, generation)
        if found is None and wrapped is not None:
            gen, kid, key = wrapped.split(b":", 2)
            if int(gen) == generation:
                found = Sealer(conversation, generation, self._ring.unwrap(kid.decode(), key))
                self._cache.put(conversation, generation, found)
        return found

    def make(self, conversation: ConversationId, generation: int) -> tuple[Sealer, bytes]:
        """Return a sealer under a new data key and the wrapped key for the server. Not at hand until it is learned."""
        data_key = secrets.token_bytes(32)
        kid, wrapped = self._ring.wrap(data_key)
        return Sealer(conversation, generation, data_key), b"%d:%s:%s" % (generation, kid.encode(), wrapped)

    def keep(self, conversation: ConversationId, generation: int, sealer: Sealer) -> None:
        """Remember a sealer that :meth:`make` gave, now that its key is on the server."""
        self._cache.put(conversation, generation, sealer)

    def drop(self, conversation: ConversationId, generation: int) -> None:
        """Forget a destroyed key."""
        self._cache.drop(conversation, generation)

    async def sealer(self, conversation: ConversationId, generation: int) -> Sealer | None:
        """Return the sealer of a conversation's generation, or None when its key was destroyed."""
        found = self._cache.get(conversation, generation)
        if found is None:
            part = self._keys.of(conversation)
            look = await self._scripts.run("look", part.bundle(conversation, ""), (packed({"id": conversation}),))
            found = self.learn(conversation, generation, look[2])
        return found


class RedisBase:
    """Shared steps."""

    def __init__(self, scripts: Runner, ring: KeyRing, namespace: str, client: Messages | None = None) -> None:
        self.scripts = scripts
        self.ring = ring
        self.keys = Keys(namespace)
        self.ids = Hasher(ring.conversations)
        self.records_sealer = RecordSealer(ring.records)
        self.sealers = Sealers(scripts, self.keys, ring)
        self.hints = Hints(self.keys.hints, client)

    def bundle(self, conversation: ConversationId, route: str = "") -> Bundle:
        """Return the keys of a conversation's scripts; without a route where they do not touch deliveries."""
        return self.keys.of(conversation).bundle(conversation, route)

    async def run(self, name: str, keys: Sequence[str], args: Sequence[bytes | str | int]) -> Any:
        """Run a script. After a lost answer everything is looked at again: it may have made something due."""
        try:
            return await self.scripts.run(name, keys, args)
        except StoreUnavailable:
            self.hints.doubt()
            raise

    async def ask(self, name: str, conversation: ConversationId, route: str = "", **args: object) -> Any:
        """Run a script on a conversation."""
        args["id"], args["route"] = conversation, route
        return await self.run(name, self.bundle(conversation, route), (packed(args),))

    async def look(self, conversation: ConversationId) -> tuple[Head, Sealer] | None:
        """Return head and sealer of a conversation, or None when there is none."""
        packed_head, _, wrapped, _ = await self.ask("look", conversation)
        if packed_head is None:
            return None
        head = read_head(packed_head)
        sealer = self.sealers.learn(conversation, head.gen, wrapped)
        return None if sealer is None else (head, sealer)

    async def routed(self, route: str, step: Callable[[str], Awaitable[T | bytes]]) -> T:
        """Run ``step`` with the route of the conversation: it gives the true one back when ``route`` is not.

        People rarely change the account they write to, so this is mostly one run.
        """
        for _ in range(TRIES):
            found = await step(route)
            if not isinstance(found, bytes):
                return found
            route = found.decode()
        raise self.moving()

    # -- what is due -------------------------------------------------------------------------------------

    async def claim_due(
        self, lane: Lane, now: Millis, until: Millis, limit: int, claim: _Claim[T], routes: Sequence[str] = ("",)
    ) -> list[T]:
        """Claim up to ``limit`` due members of a lane's indexes, oldest due first."""
        leases: list[T] = []
        while len(leases) < limit:
            batch = await self._due(lane, now, until, limit - len(leases), routes)
            if not batch:
                return leases
            found = await asyncio.gather(*(claim(one.member, one.route, now, until) for one in batch))
            for one, lease in zip(batch, found, strict=True):
                if lease is not None:
                    leases.append(lease)
                else:
                    self.hints.found(lane, one.part, 0, one.route)
        self.hints.wakeups.mark((lane,))
        return leases

    async def _due(self, lane: Lane, now: Millis, until: Millis, limit: int, routes: Sequence[str]) -> list[_Due]:
        """Return the oldest due members as far as that is certain; they count as leased from now on."""
        places = [(route, n) for route in routes for n in self.hints.begin(lane, now, route)]
        due = [_Due(at, name, n, route) for route in routes for at, name, n in self.hints.named(lane, now, route)]
        if not places:
            due.sort(key=_by_age)
            return self._taken(lane, due[:limit], until)
        depth = min(limit, _DEPTH)
        try:
            heads = await asyncio.gather(
                *(self.run("heads", (self._index(lane, n, route),), (depth,)) for route, n in places)
            )
        except BaseException:
            for route, n in places:
                self.hints.found(lane, n, 0, route)
            raise
        # Behind the last member read of an index there may be more of the same age: nothing younger is certain.
        certain = now
        for (route, n), flat in zip(places, heads, strict=True):
            found = numbers(flat)
            due += [_Due(at, member.decode(), n, route) for member, at in found if at <= now]
            if len(found) == depth:
                certain = min(certain, found[-1][1])
        due.sort(key=_by_age)
        taken = [one for one in due if one.at <= certain][:limit]
        gone = {(one.route, one.part, one.member) for one in taken}
        for (route, n), flat in zip(places, heads, strict=True):
            found = numbers(flat)
            left = [at for member, at in found if (route, n, member.decode()) not in gone]
            # Read to the end of what is due: what was taken comes back with the end of its lease.
            after = until if len(left) < len(found) else None
            more = found[-1][1] if len(found) == depth else None
            self.hints.found(lane, n, min((at for at in (*left, after, more) if at is not None), default=None), route)
        return self._taken(lane, taken, until)

    def _taken(self, lane: Lane, taken: list[_Due], until: Millis) -> list[_Due]:
        """Note that these come back with the end of their lease, unless something is heard of them before."""
        for one in taken:
            self.hints.unname(lane, one.member, one.route)
            self.hints.found(lane, one.part, until, one.route)
        return taken

    def _index(self, lane: Lane, number: int, route: str) -> str:
        part = self.keys.parts[number]
        if lane == "delivery":
            return part.ddue(route)
        return part.due if lane == "turn" else part.cdue

    def moving(self) -> StoreUnavailable:
        """Return the error for a step that others came in between too often."""
        return StoreUnavailable("a conversation changes faster than this process can follow: try again")

    def address_hash(self, address: Address) -> str:
        """Return a pseudonym of an address, by which a change shows."""
        return self.ids.address(ADDRESS.pack(address))

    def token(self) -> str:
        """Return a token nobody had yet."""
        return secrets.token_hex(12)

    def trouble(self, error: StoreError, conversation: ConversationId) -> None:
        """Log a conversation that cannot be read: it is put off so that it blocks nobody else."""
        log.error("conversation %s is put off: %s", conversation, error)

    def told(self, conversation: ConversationId, lane: Lane, due: bytes | None, route: str = "") -> None:
        """Take note of when work of a conversation is due, for this process and the others; None: not at all."""
        if due is not None:
            self.hints.due(lane, self.keys.of(conversation).number, int(float(due)), route, conversation)
        else:
            self.hints.unname(lane, conversation, route)
