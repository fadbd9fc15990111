"""One suite for every backend: a new backend is one more name here and one more way to open it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from core.ports import Store
from core.redis_url import redis_url
from store.lua_source import script_source
from store.memory import MemoryStore
from store.redis import RedisStore
from store.redis_scripts import Scripts
from store.seal import KeyRing
from store.sqlite import open_sqlite
from tests.fakes.valkey import single
from tests.fakes.valkey_groups import cluster, sentinel

BACKENDS = ("memory", "sqlite", "redis")
#: The same scripts behind other doors: in the long runs, and in every run what reaches over partitions.
GROUPS = ("sentinel", "cluster")
_ALWAYS = ("test_names", "test_receipts")


def open_store(backend: str, folder: Path) -> Store:
    """Open an empty store of one backend."""
    if backend == "memory":
        return MemoryStore()
    if backend == "redis":
        return open_redis_store(single().url)
    if backend in GROUPS:
        return open_redis_store((sentinel() if backend == "sentinel" else cluster()).url)
    return open_sqlite(folder / "store.db", KeyRing.generate())


def open_redis_store(url: str, source: Callable[[str], str] = script_source) -> RedisStore:
    """Open an empty store on a shared server: in a namespace that nobody had before."""
    at = redis_url(f"{url}?namespace=t{secrets.token_hex(6)}&replicas=0")
    scripts = Scripts(at, source=source)
    return RedisStore(scripts, KeyRing.generate(), at.namespace, scripts.client)


@pytest.fixture(params=[*BACKENDS, *GROUPS])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    found = open_store(request.param, tmp_path)
    yield found
    await found.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave most tests on groups of servers to the long runs: each costs some trips more than on one server."""
    for item in items:
        call = getattr(item, "callspec", None)
        if call is not None and call.params.get("store") in GROUPS and item.path.stem not in _ALWAYS:
            item.add_marker(pytest.mark.soak)
