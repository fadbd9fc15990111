"""One suite for every backend: a new backend is one more name here and one more way to open it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.ports import Store
from store.memory import MemoryStore
from store.seal import KeyRing
from store.sqlite import open_sqlite

BACKENDS = ("memory", "sqlite")


def open_store(backend: str, folder: Path) -> Store:
    """Open an empty store of one backend."""
    if backend == "memory":
        return MemoryStore()
    return open_sqlite(folder / "store.db", KeyRing.generate())


@pytest.fixture(params=BACKENDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    found = open_store(request.param, tmp_path)
    yield found
    await found.close()
