"""Opens the store that the settings name: the only place that knows which kinds there are."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import SettingsError
from core.ids import Millis
from core.ports import Blobs, Store
from core.redis_url import is_redis_url
from core.settings import Settings
from store.keyfile import load_or_create_key_file
from store.memory import MemoryStore
from store.redis import RedisStore
from store.redis_mend import inspect
from store.redis_open import open_redis
from store.seal import KeyRing
from store.sqlite import SqliteStore, open_sqlite

__all__ = [
    "Kept",
    "Opened",
    "key_ring",
    "looked_over",
    "mended",
    "open_kept",
    "open_store",
    "sqlite_only",
    "store_only",
]

#: A store that outlives its process.
Kept = SqliteStore | RedisStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A store with the key of its conversation ids."""

    store: Store
    blobs: Blobs
    id_key: bytes
    ring: KeyRing | None
    #: To be told at the start, once.
    advice: str | None = None


def key_ring(settings: Settings) -> KeyRing:
    """Return the keys of this installation; makes the key file on the first start."""
    if settings.keys:
        if settings.conversations_key is None or settings.records_key is None:
            raise SettingsError(
                "STREETWORK_KEYS needs STREETWORK_CONVERSATIONS_KEY and STREETWORK_RECORDS_KEY beside it"
            )
        return KeyRing(masters=settings.keys, conversations=settings.conversations_key, records=settings.records_key)
    path = settings.key_path
    if path is None:
        return KeyRing.generate()
    path.parent.mkdir(parents=True, exist_ok=True)
    return load_or_create_key_file(path)


def open_kept(where: str, settings: Settings) -> tuple[Kept, KeyRing] | None:
    """Open the store at an address with the keys of this installation; None for one that keeps nothing."""
    if is_redis_url(where):
        ring = key_ring(settings)
        return open_redis(where, ring, memory=memory_of(settings)), ring
    path = replace(settings, store=where).store_path
    if path is None:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    ring = key_ring(settings)
    return open_sqlite(path, ring), ring


def open_store(settings: Settings) -> Opened:
    """Open the store that the settings name."""
    found = open_kept(settings.store, settings)
    if found is None:
        model = MemoryStore()
        return Opened(store=model, blobs=model.blobs, id_key=secrets.token_bytes(32), ring=None)
    store, ring = found
    return Opened(store=store, blobs=store.blobs, id_key=ring.conversations, ring=ring, advice=_advice(store, settings))


def memory_of(settings: Settings) -> Path | None:
    """Return the file that remembers which store a server must hold: beside the key file, if there is one."""
    path = settings.key_path
    return None if path is None else path.with_suffix(".stores")


def _advice(store: Kept, settings: Settings) -> str | None:
    if not isinstance(store, RedisStore) or memory_of(settings) is not None or f"id={store.store_id}" in settings.store:
        return None
    return (
        f"The store's id is {store.store_id}. Add `id={store.store_id}` to STREETWORK_STORE (behind `?` or `&`): a "
        "server that comes back without its data is then refused instead of looking like a fresh start."
    )


@contextlib.asynccontextmanager
async def store_only(settings: Settings) -> AsyncIterator[Kept]:
    """Open the store for a tool, without any other part; closes it at the end."""
    opened = open_store(settings)
    try:
        if not isinstance(opened.store, Kept):
            raise SettingsError("STREETWORK_STORE is memory:, so there is nothing to work on")
        yield opened.store
    finally:
        await opened.store.close()


async def looked_over(store: Kept, now: Millis, *, mend: bool) -> list[str]:
    """Look at every conversation; return what is wrong beyond ``check``, which on SQLite sees everything already."""
    return await inspect(store, now, mend=mend) if isinstance(store, RedisStore) else []


async def mended(store: Kept, now: Millis) -> list[str]:
    """Mend what a check of files finds; return what was done. On Redis :func:`looked_over` does it."""
    return await store.mend(now) if isinstance(store, SqliteStore) else []


def sqlite_only(store: Kept, what: str) -> SqliteStore:
    """Return the store if it is a file. Raises SettingsError with what does the same for servers."""
    if isinstance(store, SqliteStore):
        return store
    raise SettingsError(
        f"{what} copies files, and STREETWORK_STORE is on servers: `streetwork store copy` copies those"
    )
