"""What is wrong with a store on Redis: how safe its servers keep it, and whether all of it is there.

Quick enough to be asked every few seconds; looking at every conversation is :mod:`store.redis_mend`.
"""

from __future__ import annotations

from core.redis_url import RedisUrl
from store.redis_base import Runner
from store.redis_facts import Facts, waiting_for
from store.redis_keys import Keys
from store.redis_mark import read_marks
from store.seal import KeyRing, key_id

__all__ = ["check_servers", "check_store", "dangers"]

_SET = (
    "set `appendonly yes` and `appendfsync always` (docs/operations.md), or accept it with `volatile=1` in the address"
)


def dangers(name: str, facts: Facts, at: RedisUrl) -> list[str]:
    """Return what may be lost on a server, in sentences."""
    if at.volatile:
        return []
    if not facts.append_only:
        return [f"{name} keeps no append-only file: its restart loses conversations that people rely on; {_SET}"]
    if facts.fsync == "always" or waiting_for(facts, 0).local:
        return []
    told = f"syncs its file on its own time (appendfsync {facts.fsync})" if facts.fsync else "hides how it syncs"
    lost = "a power cut may lose the last second of messages that were acknowledged, and no messenger sends them again"
    return [f"{name} {told} and is too old for WAITAOF: {lost}; {_SET}"]


def check_servers(servers: dict[str, Facts], at: RedisUrl) -> list[str]:
    """Return what is wrong with the servers as they described themselves when connections were opened."""
    found: list[str] = []
    for name, facts in sorted(servers.items()):
        found += dangers(name, facts, at)
        if facts.policy != "noeviction":
            found.append(f"{name} throws data away when its memory is full: set maxmemory-policy noeviction")
    return found


async def check_store(scripts: Runner, keys: Keys, ring: KeyRing, store_id: str | None) -> list[str]:
    """Return what the marks of the partitions say: lost data, and keys that are still wrapped by an old master key."""
    marks = await read_marks(scripts, keys)
    lost = [number for number, mark in enumerate(marks) if mark.store is None or store_id not in (None, mark.store)]
    found: list[str] = []
    if lost and store_id is not None:
        found.append(f"{len(lost)} of {len(marks)} partitions lost their data: restore the append-only files")
    old = [kid for kid in marks[0].masters if kid != key_id(ring.masters[0])]
    if old:
        found.append("some data keys are still wrapped by an older master key: keep it until the sweep renewed them")
    return found
