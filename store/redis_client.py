"""The client for hints (`publish`, `subscribe`): it asks for the place of a primary whenever it connects anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import Connection, ConnectionPool, Redis, SSLConnection, UnixDomainSocketConnection

from core.redis_url import RedisUrl
from store.redis_node import connection_options

__all__ = ["hint_client"]

Locate = Callable[[], Awaitable[tuple[str, int]]]


class _Located(Connection):
    def __init__(self, *, locate: Locate, **options: Any) -> None:
        super().__init__(**options)
        self._locate = locate

    async def connect(self) -> None:
        if not self.is_connected:
            self.host, self.port = await self._locate()
        await super().connect()  # type: ignore[no-untyped-call]


class _LocatedTls(SSLConnection):
    def __init__(self, *, locate: Locate, **options: Any) -> None:
        super().__init__(**options)
        self._locate = locate

    async def connect(self) -> None:
        if not self.is_connected:
            self.host, self.port = await self._locate()
        await super().connect()  # type: ignore[no-untyped-call]


def hint_client(at: RedisUrl, locate: Locate) -> Redis:
    """Return a client of the library for hints. On a cluster they reach everybody from any node."""
    options = connection_options(at)
    if at.kind == "unix":
        pool = ConnectionPool(connection_class=UnixDomainSocketConnection, path=at.path, **options)
    else:
        pool = ConnectionPool(connection_class=_LocatedTls if at.tls else _Located, locate=locate, **options)
    return Redis.from_pool(pool)
