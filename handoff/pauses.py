"""Pauses after wrong passwords and codes: they grow, they forget, and they cannot be used to lock a colleague out.

Failures are counted for a login and for a network, in the store, so that a restart forgives nothing. The first few are
free; then each costs a pause, twice as long as the last one, a quarter of an hour at most. A browser that this account
has signed in with before carries a token of its own and is counted by itself (the device cookies of OWASP's
Authentication Cheat Sheet): whoever guesses from elsewhere can close the door to strangers, not to its owner.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from core.ids import Millis
from core.ports import Store

__all__ = ["FORGET", "FREE", "LONGEST", "count_failure", "forgive", "keys_of", "known_device", "new_device", "paused"]

#: Failures without a pause.
FREE = 5
FIRST: Millis = 30_000
LONGEST: Millis = 15 * 60 * 1000
#: A day without a failure, and all is forgotten.
FORGET: Millis = 24 * 3600 * 1000
#: A browser that was not used for so long is a stranger again.
DEVICE: Millis = 90 * 24 * 3600 * 1000

_KIND = "failures"
_DEVICES = "device"


class _Failures(Struct, frozen=True, kw_only=True):
    n: int
    #: No try before this moment.
    until: Millis


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Failures)


def keys_of(account: str, remote: str, device: str | None) -> tuple[str, ...]:
    """Return under what a try is counted. ``device`` is what :func:`known_device` said."""
    if device is not None:
        return (f"device:{device}",)
    return (f"login:{account}", f"address:{_network(remote)}")


async def paused(store: Store, keys: Iterable[str], now: Millis) -> bool:
    """Return whether no try is taken now."""
    for key in keys:
        record = await store.get(_KIND, key, now)
        if record is not None and _decoder.decode(record.value).until > now:
            return True
    return False


async def count_failure(store: Store, keys: Iterable[str], now: Millis) -> None:
    """Count one failure under each key."""
    for key in keys:
        while True:
            record = await store.get(_KIND, key, now)
            n = 1 if record is None else _decoder.decode(record.value).n + 1
            value = _encoder.encode(_Failures(n=n, until=now + _pause(n)))
            expect = 0 if record is None else record.version
            if await store.put(_KIND, key, value, now, expires=now + FORGET, expect=expect) is not None:
                break


async def forgive(store: Store, keys: Iterable[str]) -> None:
    """Forget the failures of whoever got in, but not those of a network: others may sit behind the same address."""
    for key in keys:
        if not key.startswith("address:"):
            await store.delete(_KIND, key)


async def new_device(store: Store, account: str, now: Millis) -> str:
    """Return a token by which this browser is known as one of the account's."""
    token = secrets.token_urlsafe(32)
    await store.put(_DEVICES, _hash(token), account.encode(), now, expires=now + DEVICE)
    return token


async def known_device(store: Store, token: str, account: str, now: Millis) -> str | None:
    """Return a short name of the browser if the account signed in with it before, else None."""
    if not token or len(token) > 128:
        return None
    record = await store.get(_DEVICES, _hash(token), now)
    return _hash(token)[:16] if record is not None and record.value == account.encode() else None


def _pause(n: int) -> Millis:
    return 0 if n < FREE else min(LONGEST, FIRST << min(n - FREE, 16))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _network(remote: str) -> str:
    """Return a hash of the address; IPv6 counts per /64, which is what one subscriber gets."""
    try:
        address = ipaddress.ip_address(remote.split("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        text = str(ipaddress.ip_network((address, 64), strict=False))
    else:
        text = str(address)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
