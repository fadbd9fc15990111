"""What a server's refusals mean for us: offer the work again, tell the caller to, or stop because it cannot work.

A script either runs whole or not at all: everything a server may refuse for (memory, role, slot, permission, disk) is
checked before the first line. So a refusal always means that nothing happened, and only a lost answer leaves doubt.
"""

from __future__ import annotations

from enum import Enum

from redis.exceptions import (
    AskError,
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ClusterDownError,
    MovedError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from core.errors import StoreCorrupt, StoreError, StoreMismatch, StoreUnavailable

__all__ = ["Next", "next_step", "told"]


class Next(Enum):
    """What to do after a refusal; none of these has executed anything."""

    LOAD = "send the script's text along"
    MOVED = "another node serves the slot: learn where and ask there"
    ASK = "the slot is on its way: ask the new node once"
    LATER = "the same node, a moment later"
    ELSEWHERE = "look anew where the primary is, a moment later"
    RAISE = "tell the caller"


def next_step(error: RedisError) -> Next:
    """Return what to do after a server's refusal."""
    match error:
        case NoScriptError():
            return Next.LOAD
        case MovedError():
            return Next.MOVED
        case AskError():
            return Next.ASK
        case TryAgainError():
            return Next.LATER
        case BusyLoadingError() | ClusterDownError() | ReadOnlyError():
            return Next.ELSEWHERE
        case ResponseError() if str(error).startswith(("READONLY", "MASTERDOWN", "NOREPLICAS", "UNKILLABLE", "BUSY ")):
            # Some versions give a refusal to a script another class.
            return Next.ELSEWHERE
        case _:
            return Next.RAISE


_STILL = {
    BusyLoadingError: "is still loading its data",
    ClusterDownError: "belongs to a cluster that is down",
    ReadOnlyError: "is a replica that takes no writes, and no primary was found",
    MovedError: "sends us from node to node",
    AskError: "sends us from node to node",
    TryAgainError: "is moving the slot",
    NoScriptError: "forgets scripts at once",
}


def told(error: RedisError, *, name: str, where: str) -> StoreError:
    """Return the error to raise for the script ``name`` after the server at ``where`` refused for good."""
    text = str(error)
    for kind, sentence in _STILL.items():
        if isinstance(error, kind):
            return StoreUnavailable(f"the server at {where} {sentence}: try again")
    match error:
        case OutOfMemoryError():
            return StoreUnavailable(
                f"the server at {where} is full (maxmemory): raise maxmemory, or give the machine more memory"
            )
        case NoPermissionError():
            return StoreMismatch(
                f"the server at {where} does not let this user run scripts (EVALSHA, EVAL, SCRIPT): every operation "
                "of the store is a script; docs/operations.md names the rights it needs"
            )
        case AuthenticationError() | AuthorizationError():
            return StoreMismatch(f"the server at {where} refuses the user or the password of STREETWORK_STORE")
        case _:
            pass
    code = text.partition(" ")[0]
    if code == "CORRUPT":
        return StoreCorrupt(text.removeprefix("CORRUPT ").partition(" script: ")[0])
    if "unknown command" in text.lower():
        return StoreMismatch(
            f"the server at {where} knows no scripts (EVALSHA): a proxy or a service without them cannot hold the store"
        )
    if code in ("MISCONF", "NOREPLICAS", "BUSY", "UNKILLABLE", "READONLY", "MASTERDOWN", "NOAUTH"):
        return StoreUnavailable(
            f"the server at {where} takes no writes now ({code}): look at its log; nothing was lost"
        )
    # The text of a script's own failure names a line, never data.
    return StoreError(f"the script {name} failed at {where}: {text[:300]}")
