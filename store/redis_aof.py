"""Erased keys leave the servers' append-only files: after an erasure the sweep has the files written anew.

A destroyed data key is gone from memory at once, but the command that once wrote it stands in the file until that is
rewritten. Each partition counts its destroyed keys (``wiped``). Where the count is ahead of what a finished rewrite
covered, the server is asked for one, and its replicas with it; at most once in ten minutes for each partition, as a
rewrite costs the server a fork and its disk a copy of everything. A rewrite counts as finished once the same run of the
server says that none is under way any more and the last one went well.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from redis.exceptions import RedisError

from core.ids import Millis
from store.redis_keys import Keys, Part
from store.redis_node import Node, NotSent
from store.redis_rows import packed
from store.redis_runs import slot_of
from store.redis_scripts import Scripts

__all__ = ["EVERY", "Rewriting"]

log = logging.getLogger(__name__)

#: Milliseconds between two requests for the same partition.
EVERY: Millis = 600_000


class Rewriting:
    """Has files rewritten where keys were destroyed."""

    def __init__(self, scripts: Scripts, keys: Keys) -> None:
        self._scripts = scripts
        self._keys = keys
        self._warned = False

    async def step(self, now: Millis) -> int:
        """Look at all partitions; return how many are waiting for a rewrite. Never raises for what a server refuses."""
        found = await asyncio.gather(*(self._scripts.run("wiped", (part.meta,), ()) for part in self._keys.parts))
        behind: dict[Node, list[tuple[Part, list[Any]]]] = {}
        for part, (wiped, rewritten, *asked) in zip(self._keys.parts, found, strict=True):
            node = self._scripts.routes.of(slot_of(part.meta))
            if node is not None and int(wiped or 0) > int(rewritten or 0):
                behind.setdefault(node, []).append((part, [wiped, *asked]))
        for node, parts in behind.items():
            await self._node(node, parts, now)
        return sum(len(parts) for parts in behind.values())

    async def _node(self, node: Node, parts: list[tuple[Part, list[Any]]], now: Millis) -> None:
        told = await self._info(node)
        if told is None:
            return
        if told.get("aof_enabled") != "1":
            await self._note(parts, lambda wiped, _: {"rewritten": wiped})
            return
        run = told.get("run_id", "")
        busy = told.get("aof_rewrite_in_progress") == "1" or told.get("aof_rewrite_scheduled") == "1"
        well = told.get("aof_last_bgrewrite_status") == "ok"
        done = [one for one in parts if one[1][3] == run.encode() and not busy and well]
        await self._note(done, lambda _, asked: {"rewritten": asked})
        left = [one for one in parts if one not in done or int(one[1][1]) < int(one[1][0])]
        due = [one for one in left if now - int(one[1][2] or 0) >= EVERY]
        if due and not busy and await self._ask(node, told):
            await self._note(due, lambda wiped, _: {"asked": wiped, "asked_at": now, "asked_run": run})

    async def _ask(self, node: Node, told: dict[str, str]) -> bool:
        """Ask a server and its replicas; False when it does not let us."""
        for place in (None, *_replicas(told)):
            one = node if place is None else self._scripts.routes.visited(place)
            try:
                [answer] = await one.exchange(lambda: [("BGREWRITEAOF",)])
            except NotSent:
                answer = None
            finally:
                if place is not None:
                    await one.close()
            if isinstance(answer, RedisError) and place is None:
                if not self._warned:
                    log.warning("%s does not let us rewrite its file: erased keys stay in it for longer", node.name)
                self._warned = True
                return False
        return True

    async def _info(self, node: Node) -> dict[str, str] | None:
        try:
            [answer] = await node.exchange(lambda: [("INFO",)])
        except NotSent:
            return None
        if not isinstance(answer, bytes):
            return None
        return dict(line.split(":", 1) for line in answer.decode("utf-8", "replace").splitlines() if ":" in line)

    async def _note(self, parts: list[tuple[Part, list[Any]]], fields: Any) -> None:
        for part, (wiped, asked, *_) in parts:
            ops = [["HSET", 1, name, value] for name, value in fields(wiped, asked).items()]
            await self._scripts.run("load", (part.meta,), (packed({"ops": ops}),))


def _replicas(told: dict[str, str]) -> list[tuple[str, int]]:
    """Return the places of a server's replicas, from what it says about itself."""
    found: list[tuple[str, int]] = []
    for name, value in told.items():
        fields = dict(one.split("=", 1) for one in value.split(",") if "=" in one) if name.startswith("slave") else {}
        if "ip" in fields and "port" in fields:
            found.append((fields["ip"], int(fields["port"])))
    return found
