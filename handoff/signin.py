"""Signing in: one password check at a time, a lock-out per login and per address, and the same answer for everybody.

An unknown login costs the same work and gets the same words as a wrong password, and it is locked out in the same
way, so nobody learns from the door who works here. Failures are counted in the store, so a restart forgives nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import logging
from typing import Literal

from core.ids import Millis
from core.ports import Store
from handoff.accounts import Account, account_id, get_account, renew_hash
from handoff.passwords import Passwords
from handoff.sessions import start_session

__all__ = ["FAILURES", "WINDOW", "Door", "Refusal"]

#: So many failures of one login, or from one address, within this time lock it out for as long again.
FAILURES = 10
WINDOW: Millis = 15 * 60 * 1000
#: People in front of the door; more would only wait for a time-out.
_QUEUE = 30

#: ``wrong``: login or password; ``locked``: too many failures; ``busy``: too many people at the door.
Refusal = Literal["wrong", "locked", "busy"]

_audit = logging.getLogger("streetwork.audit")


class Door:
    """Lets the staff in."""

    def __init__(self, store: Store, passwords: Passwords | None = None) -> None:
        self._store = store
        self._passwords = passwords or Passwords()
        # Check, hash and count are one step: otherwise a burst of guesses would all pass before the first is counted.
        self._gate = asyncio.Lock()
        self._waiting = 0

    async def sign_in(
        self, login: str, password: str, remote: str, now: Millis, language: str | None = None
    ) -> str | Refusal:
        """Return the token of a new session, or why there is none. A token is longer than any refusal."""
        if self._waiting >= _QUEUE:
            return "busy"
        self._waiting += 1
        try:
            async with self._gate:
                return await self._try(login, password, remote, now, language)
        finally:
            self._waiting -= 1

    async def _try(self, login: str, password: str, remote: str, now: Millis, language: str | None) -> str | Refusal:
        who = account_id(login)
        keys = (f"login:{who}", f"address:{_network(remote)}")
        for key in keys:
            if await self._store.get("lockout", key, now) is not None:
                _audit.warning("sign-in refused", extra={"actor": who, "verb": "sign-in", "result": "locked"})
                return "locked"
        account = await get_account(self._store, who, now)
        usable = account if account is not None and not account.disabled else None
        if not await self._passwords.verify(usable.hash if usable else None, password) or usable is None:
            for key in keys:
                await self._count(key, now)
            _audit.warning("sign-in failed", extra={"actor": who, "verb": "sign-in", "result": "wrong"})
            return "wrong"
        await self._renew(usable, password, now)
        _audit.info("signed in", extra={"actor": who, "verb": "sign-in", "result": "ok"})
        return await start_session(self._store, usable, now, language)

    async def _count(self, key: str, now: Millis) -> None:
        failures = await self._store.increment("failures", key, now, expires=now + WINDOW)
        if failures >= FAILURES:
            await self._store.put("lockout", key, b"1", now, expires=now + WINDOW)

    async def _renew(self, account: Account, password: str, now: Millis) -> None:
        if self._passwords.outdated(account.hash):
            await renew_hash(self._store, account, await self._passwords.hash(password), now)


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
