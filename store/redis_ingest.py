"""The way in on Redis. Nearly every event goes in one script, in the partition of the name under which it came."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from core.events import Received
from core.ids import ConversationId, Millis
from core.records import Accepted, Arrival, Duplicate
from store import rules
from store.codec import ADDRESS, POSTED, Posted
from store.redis_base import TRIES
from store.redis_keys import route_of
from store.redis_names import Known, Leads, RedisNames, generation_in
from store.redis_rows import mail_item, packed, read_head
from store.seal import Sealer

__all__ = ["RedisIngest"]

#: A note of a way lives so long: longer than an event is recognised, for those that wait that long unhandled.
VIA_FOR: Millis = 7 * 24 * 3_600_000
#: Conversations of which is remembered what an arrival needs.
_REMEMBERED = 8_192


class _Guess(NamedTuple):
    """What this process believes of a conversation; the script checks it."""

    gen: int
    sealer: Sealer
    route: str
    #: The wrapped key of a conversation that is to be created.
    wrapped: bytes = b""


class _Way(NamedTuple):
    """How an event is to be appended."""

    #: To the arrival's own name, so notes and aliases count.
    own: bool = False
    #: Look for a repeat, write nothing.
    only: bool = False
    #: A note and an alias that lead nowhere.
    skip: bytes | None = None
    past: bytes | None = None
    #: Only to a conversation of this generation.
    generation: int | None = None
    #: The own name of the one who is new.
    main: ConversationId | None = None


class RedisIngest(RedisNames):
    """Events into mailboxes."""

    _guesses: dict[ConversationId, _Guess]

    async def ingest(self, arrivals: Sequence[Arrival], now: Millis) -> list[Accepted | Duplicate]:
        """See :meth:`core.ports.Store.ingest`."""
        if len(arrivals) == 1 or not any(one.aliases for one in arrivals):
            # All in one tick, so in one trip and in order.
            accepted = await asyncio.gather(*(self._arrive(one, now) for one in arrivals))
        else:
            accepted = [await self._arrive(one, now) for one in arrivals]
        return [
            Accepted(event_id=one.event_id) if new else Duplicate(event_id=one.event_id)
            for one, new in zip(arrivals, accepted, strict=True)
        ]

    async def _arrive(self, arrival: Arrival, now: Millis) -> bool:
        """Take one event in; False for a repeat."""
        key = self.ids.event(arrival.conversation, arrival.event_id)
        many = isinstance(arrival.event, Received) and bool(arrival.aliases)
        found = await self._append(arrival, arrival.conversation, key, now, _Way(own=True, only=many))
        via: bytes | None = None
        if found[0] == b"via":
            via = found[1]
            conversation, generation = generation_in(via)
            fresh = int(via.split(b"/")[2]) > now - rules.SEEN_FOR
            found = await self._append(arrival, conversation, key, now, _Way(only=not fresh, generation=generation))
        if found[0] in (b"dup", b"ok"):
            return bool(found[0] == b"ok")
        return await self._by_names(arrival, key, now, via)

    async def _by_names(self, arrival: Arrival, key: bytes, now: Millis, via: bytes | None) -> bool:
        """Find out whose event it is, learn the names, then append."""
        main = arrival.conversation
        for _ in range(TRIES):
            found, leads = await self.same_person(arrival)
            if not found:
                way = _Way(own=True, skip=via, past=leads[main].alias, main=main if arrival.aliases else None)
                answer = await self._append(arrival, main, key, now, way)
                if answer[0] == b"alias":
                    continue  # it was learned just now that the name leads elsewhere
                if answer[0] == b"ok":
                    await self._begun(arrival, leads, now)
                return bool(answer[0] == b"ok")
            conversation, generation = found[0].conversation, found[0].head.gen
            if self.keys.of(conversation) is not self.keys.of(main):
                note = b"%s/%d/%d" % (conversation.encode(), generation, now)
                await self.run("via", (self.keys.of(main).via(key),), (note, VIA_FOR))
            if arrival.aliases and not await self.teach(arrival, conversation, generation, found, leads, now):
                continue
            answer = await self._append(arrival, conversation, key, now, _Way(generation=generation))
            if answer[0] in (b"ok", b"dup"):
                return bool(answer[0] == b"ok")
        raise self.moving()

    async def _begun(self, arrival: Arrival, leads: dict[ConversationId, Leads], now: Millis) -> None:
        """Learn the names of a conversation that was begun just now."""
        main = arrival.conversation
        if not arrival.aliases:
            # Its name led to somebody who is gone.
            if (past := leads[main].alias) is not None:
                await self.ask("unlead", main, to=past)
            return
        _, packed_head = await self.ask("who", main)
        if packed_head is not None:
            one = Known(main, read_head(packed_head))
            await self.teach(arrival, main, one.head.gen, [one], leads, now)

    async def _append(
        self, arrival: Arrival, conversation: ConversationId, key: bytes, now: Millis, way: _Way
    ) -> list[bytes]:
        """Append to one conversation, creating it where it is the arrival's own; return the script's answer."""
        part = self.keys.of(conversation)
        route = route_of(arrival.address.channel, arrival.address.account)
        only = way.only
        for _ in range(TRIES):
            guess = self._guesses.get(conversation)
            if not only and (guess is None or way.generation not in (None, guess.gen)):
                guess = await self._guess(conversation, route, now)
                # Where it is another one's life by now, nothing is appended; still, a repeat is a repeat.
                only = way.generation is not None and (bool(guess.wrapped) or guess.gen != way.generation)
            known = guess.route if guess is not None else route
            args = self._arguments(arrival, conversation, key, now, way)
            if guess is not None and not only:
                args |= self._sealed(arrival, key, now, guess)
            keys = (*part.bundle(conversation, route), part.via(key), part.ddue(known))
            found: list[Any] = await self.run("arrive", keys, (packed(args | {"only": only}),))
            if found[0] == b"stale":
                self._guesses.pop(conversation, None)
                continue
            if found[0] == b"ok" and guess is not None:
                self._taken_in(conversation, guess, found, route, person=args["person"])
            return found
        raise self.moving()

    def _arguments(
        self, arrival: Arrival, conversation: ConversationId, key: bytes, now: Millis, way: _Way
    ) -> dict[str, object]:
        person = 0
        if isinstance(arrival.event, Received):
            person = 2 if rules.wakes_held(arrival.event) else 1
        return {
            "id": conversation, "key": key, "now": now, "own": way.own, "skip": way.skip, "past": way.past,
            "person": person, "main": way.main,
        }  # fmt: skip

    def _sealed(self, arrival: Arrival, key: bytes, now: Millis, guess: _Guess) -> dict[str, object]:
        """Return what depends on the conversation's key."""
        event = guess.sealer.seal(b"event/" + key, POSTED.pack(Posted(arrival.event_id, arrival.event)))
        address = ADDRESS.pack(arrival.address)
        return {
            "gen": guess.gen, "create": bool(guess.wrapped), "wrapped": guess.wrapped, "known": guess.route,
            "item": mail_item(key, arrival.at, now, event), "ah": self.ids.address(address),
            "route": route_of(arrival.address.channel, arrival.address.account),
            "address": guess.sealer.seal(b"address", address),
        }  # fmt: skip

    def _taken_in(
        self, conversation: ConversationId, guess: _Guess, found: list[Any], route: str, *, person: object
    ) -> None:
        """Take note of what a script wrote."""
        if guess.wrapped:
            self.sealers.keep(conversation, guess.gen, guess.sealer)
        self._remember(
            conversation, guess._replace(route=route if person or guess.wrapped else guess.route, wrapped=b"")
        )
        self.told(conversation, "turn", found[1])
        if person and (found[2] is not None or guess.route != route):
            # Something was held, or goes out over another account now.
            self.hints.due("delivery", self.keys.of(conversation).number, 0, route)
        self.hints.changed()

    async def _guess(self, conversation: ConversationId, route: str, now: Millis) -> _Guess:
        head, _, wrapped, floor = await self.ask("look", conversation)
        if head is not None:
            read = read_head(head)
            sealer = self.sealers.learn(conversation, read.gen, wrapped)
            if sealer is not None:
                guess = _Guess(read.gen, sealer, read.route)
                self._remember(conversation, guess)
                return guess
        generation = max(now, int(floor or 0) + 1)
        sealer, wrapped = self.sealers.make(conversation, generation)
        return _Guess(generation, sealer, route, wrapped)

    def forgotten(self, conversation: ConversationId) -> None:
        """Forget what is believed of a conversation that was erased."""
        self._guesses.pop(conversation, None)

    def _remember(self, conversation: ConversationId, guess: _Guess) -> None:
        self._guesses.pop(conversation, None)
        self._guesses[conversation] = guess
        if len(self._guesses) > _REMEMBERED:
            del self._guesses[next(iter(self._guesses))]
