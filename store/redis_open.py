"""Opening a store on Redis: look at its servers, refuse those that would lose data, check or make its mark."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import MovedError

from core.errors import SettingsError, StoreMismatch
from core.redis_url import RedisUrl, redis_url
from store.redis import RedisStore
from store.redis_facts import OLDEST, Facts
from store.redis_keys import Keys
from store.redis_mark import marked, remember, remembered_id
from store.redis_node import Node
from store.redis_runs import slot_of
from store.redis_scripts import Scripts
from store.seal import KeyRing

__all__ = ["open_redis", "refuse"]


def open_redis(url: str, ring: KeyRing, *, memory: Path | None = None) -> RedisStore:
    """Open the store at an address, or make it; blocks for the few trips that this takes.

    ``memory`` is a file in which the store's id is remembered from start to start. Raises StoreMismatch, having written
    nothing, for a server that would throw data away or lost some, and for the wrong keys; StoreUnavailable when it does
    not answer; SettingsError for an address that cannot be read.
    """
    try:
        at = redis_url(url)
    except ValueError as error:
        raise SettingsError(f"STREETWORK_STORE: {error}") from None
    # Connections belong to an event loop, and the store's is not running yet, or must not be blocked by this one.
    with ThreadPoolExecutor(1) as pool:
        store_id = pool.submit(lambda: asyncio.run(_prepared(at, ring, memory))).result()
    scripts = Scripts(at)
    store = RedisStore(scripts, ring, at.namespace, scripts.client)
    store.store_id = store_id
    scripts.guard = _Guard(scripts, store.keys, store_id).look
    return store


async def _prepared(at: RedisUrl, ring: KeyRing, memory: Path | None) -> str:
    """Check the servers and the mark, and return the store's id."""
    expected, where = at.store_id, "the address"
    if expected is None and memory is not None:
        expected, where = remembered_id(memory, at.namespace), memory.name
    scripts = Scripts(at)
    try:
        # Reading a mark in each partition makes every primary tell about itself, before anything is written.
        keys = Keys(at.namespace)
        await asyncio.gather(*(scripts.run("mark_read", (part.mark, part.keys), ()) for part in keys.parts))
        for name, facts in scripts.facts().items():
            refuse(name, facts, at)
        store_id = await marked(scripts, keys, ring, expected, where=at.shown, memory=where)
    finally:
        await scripts.close()
    if memory is not None:
        remember(memory, at.namespace, store_id)
    return store_id


def refuse(name: str, facts: Facts, at: RedisUrl) -> None:
    """Raise StoreMismatch for a server on which the store cannot be safe."""
    if facts.version < OLDEST:
        raise StoreMismatch(
            f"the server at {name} is {facts.product}; the store needs Redis {OLDEST[0]}.{OLDEST[1]}, Valkey, or newer"
        )
    if facts.policy != "noeviction":
        raise StoreMismatch(
            f"the server at {name} throws data away when its memory is full (maxmemory-policy {facts.policy}): set it "
            "to noeviction, or give the store a server of its own"
        )
    if facts.cluster != (at.kind == "cluster"):
        told = "is part of a cluster" if facts.cluster else "is not part of a cluster"
        right = "redis+cluster://" if facts.cluster else "redis://"
        raise StoreMismatch(f"the server at {name} {told}: write the address as {right}")


class _Guard:
    """Looks on every new connection whether the data is still there."""

    def __init__(self, scripts: Scripts, keys: Keys, store_id: str) -> None:
        self._scripts = scripts
        self._marks = {slot_of(part.mark): part.mark for part in keys.parts}
        self._store_id = store_id.encode()

    async def look(self, node: Node, connection: AbstractConnection) -> None:
        """Raise StoreMismatch when the server came back without its data."""
        served = self._scripts.routes.slots(node.place, list(self._marks))
        if not served:
            return
        await connection.send_command("HGET", self._marks[served[0]], "store", check_health=False)
        try:
            found = await connection.read_response(disable_decoding=True, disconnect_on_error=False)
        except MovedError:
            return  # the map is being learned anew; whoever serves it is looked at by its own connections
        if found != self._store_id:
            raise StoreMismatch(
                f"the server at {node.name} came back without the store's data: nothing is written to it. Restore its "
                "append-only file and restart it"
            )
