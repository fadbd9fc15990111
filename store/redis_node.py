"""One server: a few connections, over which pipelines of commands go, each answered or known to be in doubt.

The client library repeats a command whose answer was lost. That is wrong for us: only the one who knows the script can
say whether it may run twice. So connections are used directly, with no retry of their own, and the two ways in which a
pipeline can fail are kept apart: nothing was sent (:class:`NotSent`), or the answers are missing.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import hiredis
from redis.asyncio import Connection, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, BusyLoadingError, RedisError, ResponseError

from core.redis_url import RedisUrl

__all__ = ["Command", "Lost", "Node", "NotSent", "Place", "connection_class", "connection_options"]

#: Host and port, or the path of a socket and 0.
Place = tuple[str, int]
Command = Sequence[bytes | str | int]


class NotSent(Exception):
    """No connection came about, so nothing was asked. ``refusal`` is what the server said, if it answered at all;
    ``why`` is what else is known, as the end of a sentence.
    """

    def __init__(self, refusal: RedisError | None = None, why: str = "") -> None:
        super().__init__()
        self.refusal = refusal
        self.why = why


class Lost:
    """In place of an answer: it may have been carried out or not."""

    __slots__ = ()


LOST = Lost()


def connection_class(at: RedisUrl) -> type[AbstractConnection]:
    """Return the library's class for connections of this kind."""
    if at.kind == "unix":
        return UnixDomainSocketConnection
    return SSLConnection if at.tls else Connection


def connection_options(at: RedisUrl) -> dict[str, Any]:
    """Return what every connection is made with, but for its place."""
    options: dict[str, Any] = {
        "db": at.db,
        "username": at.user,
        "password": at.password,
        "socket_timeout": at.timeout,
        "socket_connect_timeout": at.timeout,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
        "driver_info": None,
    }
    if at.tls:
        options |= {"ssl_ca_certs": str(at.ca) if at.ca else None, "ssl_min_version": ssl.TLSVersion.TLSv1_2}
    return options


class Node:
    """The connections to one server. ``greet`` looks at each new connection before it is used."""

    def __init__(
        self, at: RedisUrl, place: Place, greet: Callable[[Node, AbstractConnection], Awaitable[None]]
    ) -> None:
        self.place = place
        self.name = place[0] if at.kind == "unix" else f"{place[0]}:{place[1]}"
        #: Scripts that the server has, as far as we know.
        self.loaded: set[str] = set()
        self._class = connection_class(at)
        self._options = connection_options(at)
        self._options |= {"path": place[0]} if at.kind == "unix" else {"host": place[0], "port": place[1]}
        self._greet = greet
        self._free: list[AbstractConnection] = []
        self._used: set[AbstractConnection] = set()
        self._closed = False

    @property
    def retired(self) -> bool:
        """Whether it serves nothing any more."""
        return self._closed

    async def exchange(self, commands_now: Callable[[], Sequence[Command]]) -> list[Any]:
        """Send commands in one go and return their answers in order; a refusal stands as its exception.

        Which ones is asked only once there is a connection, as that may be the first and teach us about the server.
        Raises NotSent. What was sent and not answered is :data:`LOST`, and the connection is closed.
        """
        connection = await self._take()
        commands = commands_now()
        answers: list[Any] = []
        whole = False
        try:
            # The library's own packing takes eight times as long, and we send many keys.
            packed = [hiredis.pack_command(tuple(one)) for one in commands]  # type: ignore[arg-type]
            await connection.send_packed_command(packed, check_health=False)
            for _ in commands:
                try:
                    answers.append(await connection.read_response(disable_decoding=True, disconnect_on_error=False))
                except (ResponseError, BusyLoadingError) as refusal:
                    answers.append(refusal)
            whole = True
        except (RedisError, OSError):
            answers += [LOST] * (len(commands) - len(answers))
        finally:
            self._used.discard(connection)
            if whole and not self._closed:
                self._free.append(connection)
            else:
                await connection.disconnect(nowait=True)
        return answers

    async def _take(self) -> AbstractConnection:
        while self._free:
            connection = self._free.pop()
            self._used.add(connection)
            # An end that came meanwhile shows as something to read; then nothing was asked yet.
            if connection.is_connected and not await self._stale(connection):
                return connection
            self._used.discard(connection)
            await connection.disconnect(nowait=True)
        connection = self._class(**self._options)
        self._used.add(connection)
        try:
            await connection.connect()  # type: ignore[no-untyped-call]
            await self._greet(self, connection)
        except BaseException as error:
            self._used.discard(connection)
            await connection.disconnect(nowait=True)
            if isinstance(error, AuthenticationError | ResponseError | BusyLoadingError):
                raise NotSent(error) from None
            if isinstance(error, RedisError | OSError):
                raise NotSent(why=_why(error)) from None
            raise
        return connection

    @staticmethod
    async def _stale(connection: AbstractConnection) -> bool:
        try:
            return bool(await connection.can_read())
        except (RedisError, OSError):
            return True

    async def retire(self) -> None:
        """End the idle connections, and each other one when its answers are there."""
        self._closed = True
        while self._free:
            await self._free.pop().disconnect(nowait=True)

    async def close(self) -> None:
        """End all connections, those in use as well."""
        await self.retire()
        for connection in list(self._used):
            await connection.disconnect(nowait=True)


def _why(error: BaseException) -> str:
    """Return what an operator can do something about."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return " over TLS: its certificate is not signed by an authority we know (`ca=`), or for another name"
    return ""
