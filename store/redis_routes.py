"""Which server takes a key: always the same, whom the Sentinels name, or who serves the slot in a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

from core.redis_url import RedisUrl
from store.redis_errors import told
from store.redis_node import Lost, Node, NotSent, Place

__all__ = ["SLOTS", "Routes", "Unknown"]

#: Slots of a cluster.
SLOTS = 16_384


class Unknown(Exception):
    """Nobody who could be asked knows where the primary is."""


async def _no_greeting(_node: Node, _connection: AbstractConnection) -> None:
    """Sentinels, and nodes asked only for the map, are taken as they are."""


async def _asked(node: Node, question: tuple[str, ...]) -> tuple[Node, Any]:
    try:
        [answer] = await node.exchange(lambda: [question])
    except NotSent as error:
        answer = error.refusal
    finally:
        await node.close()
    return node, None if isinstance(answer, Lost) else answer


class Routes:
    """Knows the nodes and finds them anew. Everything runs in one event loop."""

    def __init__(self, at: RedisUrl, greet: Callable[[Node, AbstractConnection], Awaitable[None]]) -> None:
        self._at = at
        self._greet = greet
        self._nodes: dict[Place, Node] = {}
        #: One entry for each slot of a cluster, else one entry in all.
        self._map: list[Place | None] = [None] * (SLOTS if at.kind == "cluster" else 1)
        self._lock = asyncio.Lock()
        #: Rises with each look, so that many who miss a primary look once.
        self.looks = 0
        if at.kind in ("single", "unix"):
            self._map[0] = at.hosts[0] if at.hosts else (at.path, 0)

    def of(self, slot: int) -> Node | None:
        """Return the node that serves a slot, as far as we know."""
        place = self._map[slot % len(self._map)]
        return None if place is None else self.node(place)

    def node(self, place: Place) -> Node:
        """Return the node at a place."""
        found = self._nodes.get(place)
        if found is None:
            found = self._nodes[place] = Node(self._at, place, self._greet)
        return found

    def visited(self, place: Place) -> Node:
        """Return a node to ask just once, of whatever role; the caller closes it."""
        return Node(self._at, place, _no_greeting)

    def moved(self, slot: int, place: Place) -> None:
        """Learn from a server that another one serves a slot."""
        self._map[slot % len(self._map)] = place

    def slots(self, place: Place, wanted: list[int]) -> list[int]:
        """Return which of these slots a place serves, as far as we know."""
        return [slot for slot in wanted if self._map[slot % len(self._map)] == place]

    @property
    def nodes(self) -> list[Node]:
        """All nodes that serve something now."""
        return [self.node(place) for place in dict.fromkeys(self._map) if place is not None]

    async def look(self, seen: int) -> None:
        """Look anew where the primaries are, unless somebody did since ``looks`` was ``seen``. Raises Unknown."""
        async with self._lock:
            if self.looks != seen:
                return
            if self._at.kind == "sentinel":
                await self._ask_sentinels()
            elif self._at.kind == "cluster":
                await self._ask_cluster()
            self.looks += 1
            await self._drop_unused()

    async def _ask_sentinels(self) -> None:
        at = replace(self._at, kind="single", db=0, user=self._at.sentinel_user, password=self._at.sentinel_password)
        question = ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._at.service)
        match await self._first([Node(at, place, _no_greeting) for place in self._at.hosts], question):
            case (_, [bytes(host), bytes(port)]):
                self._map[0] = (host.decode(), int(port))
            case _:
                raise Unknown(f"no Sentinel knows a primary of {self._at.service}")

    async def _ask_cluster(self) -> None:
        known = [place for place in dict.fromkeys(self._map) if place is not None]
        asked = [Node(self._at, place, _no_greeting) for place in dict.fromkeys((*known, *self._at.hosts))]
        match await self._first(asked, ("CLUSTER", "SLOTS")):
            case (node, [*ranges]):
                for first, last, (host, port, *_), *_replicas in ranges:
                    owner = (host.decode() if host and host != b"?" else node.place[0], int(port))
                    self._map[first : last + 1] = [owner] * (last + 1 - first)
            case _:
                raise Unknown("no node of the cluster answers")

    @staticmethod
    async def _first(nodes: list[Node], question: tuple[str, ...]) -> tuple[Node, Any] | None:
        """Ask all at once, as one that stands still must not hold us up, and return the first answer that is one.

        Raises StoreMismatch when we are not let in.
        """
        tasks = [asyncio.create_task(_asked(node, question)) for node in nodes]
        try:
            for done in asyncio.as_completed(tasks):
                node, answer = await done
                if isinstance(answer, AuthenticationError | NoPermissionError):
                    raise told(answer, name=question[0], where=node.name)
                if answer and not isinstance(answer, RedisError):
                    return node, answer
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return None

    async def _drop_unused(self) -> None:
        used = set(self._map)
        for place in [place for place in self._nodes if place not in used]:
            await self._nodes.pop(place).retire()

    async def close(self) -> None:
        """End all connections."""
        for node in self._nodes.values():
            await node.close()
        self._nodes.clear()
