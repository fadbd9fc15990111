"""What a server tells about itself, and what has to be waited for before a write may be acknowledged on it."""

from __future__ import annotations

from dataclasses import dataclass

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import BusyLoadingError, ReadOnlyError, ResponseError

__all__ = ["OLDEST", "Facts", "Waiting", "learn", "online_replicas", "waiting_for"]

#: Scripts with a `#!lua` line came with this version.
OLDEST = (7, 0)
#: `WAITAOF` came with this one.
_WAITAOF = (7, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One server, as it described itself when a connection was opened."""

    version: tuple[int, int]
    product: str
    append_only: bool
    #: `always`, `everysec` or `no`; None where the server keeps its settings to itself.
    fsync: str | None
    #: What happens when memory is full; anything but `noeviction` throws conversations away.
    policy: str
    #: Bytes; 0 is no limit.
    max_memory: int
    used_memory: int
    #: Replicas in step.
    replicas: int
    #: Whether it is part of a cluster.
    cluster: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What to wait for behind a write. ``local``: the append-only file was synced; ``replicas``: that many have it."""

    local: bool
    replicas: int

    @property
    def needed(self) -> bool:
        """Whether anything has to be waited for."""
        return self.local or self.replicas > 0

    def command(self, replicas: int, milliseconds: int) -> tuple[str | int, ...]:
        """Return the command that waits; for as many of the replicas as there are now."""
        wanted = min(self.replicas, replicas)
        return ("WAITAOF", 1, wanted, milliseconds) if self.local else ("WAIT", wanted, milliseconds)

    def satisfied(self, answer: object, replicas: int) -> bool:
        """Say whether the server's answer to :meth:`command` is enough."""
        wanted = min(self.replicas, replicas)
        match answer:
            case [int(local), int(synced)]:
                return local >= self.local and synced >= wanted
            case int(held):
                return not self.local and held >= wanted
            case _:
                return False


def waiting_for(facts: Facts, replicas: int) -> Waiting:
    """Return what to wait for on such a server, where ``replicas`` are wanted.

    With `appendfsync always` the answer itself comes after the sync. A server without an append-only file has nothing
    to wait for: it is warned about at the start.
    """
    synced = facts.append_only and facts.fsync == "always"
    return Waiting(local=facts.append_only and not synced and facts.version >= _WAITAOF, replicas=replicas)


async def learn(connection: AbstractConnection) -> Facts:
    """Ask a server about itself. Raises what the library raises; ReadOnlyError for a replica, BusyLoadingError."""
    told = _parsed(_bytes(await _ask(connection, "INFO")))
    if told.get("loading") == "1":
        raise BusyLoadingError("the server is loading")
    if told.get("role") not in (None, "master"):
        raise ReadOnlyError("the server is a replica")
    try:
        pairs = await _ask(connection, "CONFIG", "GET", "appendfsync")
        fsync = _bytes(pairs[1]).decode() if isinstance(pairs, list) and len(pairs) == 2 else None
    except ResponseError:
        fsync = None
    major, minor = ([*told.get("redis_version", "0.0").split("."), "0"])[:2]
    return Facts(
        version=(int(major), int(minor)),
        product=f"Valkey {told['valkey_version']}" if "valkey_version" in told else f"Redis {told['redis_version']}",
        append_only=told.get("aof_enabled") == "1",
        fsync=fsync,
        policy=told.get("maxmemory_policy", "noeviction"),
        max_memory=int(told.get("maxmemory", 0)),
        used_memory=int(told.get("used_memory", 0)),
        replicas=_online(told),
        cluster=told.get("redis_mode", told.get("server_mode")) == "cluster",
    )


def online_replicas(answer: bytes) -> int:
    """Return how many replicas are in step, from an answer to `INFO replication`."""
    return _online(_parsed(answer))


def _online(told: dict[str, str]) -> int:
    return sum("state=online" in value for name, value in told.items() if name.startswith("slave") and "ip=" in value)


def _parsed(answer: bytes) -> dict[str, str]:
    lines = answer.decode("utf-8", "replace").splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)


async def _ask(connection: AbstractConnection, *words: str) -> object:
    await connection.send_command(*words, check_health=False)
    answer: object = await connection.read_response(disable_decoding=True, disconnect_on_error=False)
    return answer


def _bytes(answer: object) -> bytes:
    return answer if isinstance(answer, bytes) else b""
