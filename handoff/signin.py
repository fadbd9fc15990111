"""Signing in: one check at a time, pauses after failures, a second factor, and the same answer for everybody.

An unknown login costs the same work and gets the same words as a wrong password, and it is made to wait in the same
way, so nobody learns from the door who works here. Whoever has the right password but still owes a code gets a session
that opens nothing but the form for it (:mod:`handoff.sessions`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from msgspec import Struct

from core.ids import Millis
from core.ports import Store
from handoff import pauses, totp
from handoff.accounts import Account, account_id, get_account, renew_hash
from handoff.audit import Audit
from handoff.passwords import Passwords
from handoff.second import Demand, confirm_setup, demand, use_code
from handoff.sessions import SignedIn, Stage, end_session, start_session

__all__ = ["Caller", "Door", "Entered", "Refusal"]

#: People in front of the door; more would only wait for a time-out.
_QUEUE = 30

#: ``wrong``: login, password or code; ``locked``: a pause after failures; ``busy``: too many people at the door.
Refusal = Literal["wrong", "locked", "busy"]


class Caller(Struct, frozen=True, kw_only=True):
    """Who stands at the door, as far as the request tells."""

    #: Network address.
    remote: str
    #: Token by which a browser is known again; empty for a stranger.
    device: str = ""
    browser: str = ""
    language: str | None = None


class Entered(Struct, frozen=True, kw_only=True):
    """The door is open, or half open."""

    #: Token of the session.
    token: str
    stage: Stage
    account: Account
    #: Shown once, after a second factor was set up.
    recovery: tuple[str, ...] = ()


class Door:
    """Lets the staff in."""

    def __init__(
        self, store: Store, audit: Audit, *, policy: Demand = "always", passwords: Passwords | None = None
    ) -> None:
        self._store = store
        self._audit = audit
        self._policy = policy
        self._passwords = passwords or Passwords()
        # Check, hash and count are one step: otherwise a burst of guesses would all pass before the first is counted.
        self._gate = asyncio.Lock()
        self._waiting = 0

    async def sign_in(self, login: str, password: str, caller: Caller, now: Millis) -> Entered | Refusal:
        """Return a session for the right password, or why there is none."""
        async with self._turn() as free:
            return await self._password(login, password, caller, now) if free else "busy"

    async def second(self, halfway: SignedIn, code: str, caller: Caller, now: Millis) -> Entered | Refusal:
        """Return the full session for the right code of one that is half in."""
        async with self._turn() as free:
            return await self._code(halfway, code, caller, now) if free else "busy"

    async def proven(self, account: Account, password: str, caller: Caller, now: Millis) -> bool:
        """Return whether somebody who is in knows the password: asked before it, or the second factor, is changed."""
        async with self._gate:
            keys = await self._keys(account.id, caller, now)
            if await pauses.paused(self._store, keys, now):
                return False
            right = await self._passwords.verify(account.hash, password)
            if not right:
                await pauses.count_failure(self._store, keys, now)
            return right

    async def _password(self, login: str, password: str, caller: Caller, now: Millis) -> Entered | Refusal:
        who = account_id(login)
        keys = await self._keys(who, caller, now)
        account = await get_account(self._store, who, now)
        # Who is none of ours stays unnamed: people type passwords into the wrong field.
        actor = who if account is not None else "unknown"
        if await pauses.paused(self._store, keys, now):
            await self._audit.write(now, actor=actor, verb="sign-in", result="locked")
            return "locked"
        usable = account if account is not None and not account.disabled else None
        if not await self._passwords.verify(usable.hash if usable else None, password) or usable is None:
            await pauses.count_failure(self._store, keys, now)
            await self._audit.write(now, actor=actor, verb="sign-in", result="wrong")
            return "wrong"
        await self._renew(usable, password, now)
        owed = demand(usable, self._policy)
        if owed == "none":
            return await self._let_in(usable, keys, caller, now)
        setup = totp.new_secret() if owed == "setup" else ""
        token = await start_session(
            self._store, usable, now, caller.language, stage=owed, browser=caller.browser, setup=setup
        )
        return Entered(token=token, stage=owed, account=usable)

    async def _code(self, halfway: SignedIn, code: str, caller: Caller, now: Millis) -> Entered | Refusal:
        account, session = halfway.account, halfway.session
        keys = await self._keys(account.id, caller, now)
        if await pauses.paused(self._store, keys, now):
            await self._audit.write(now, actor=account.id, verb="code", result="locked")
            return "locked"
        recovery: tuple[str, ...] = ()
        if session.stage == "setup":
            made = await confirm_setup(self._store, account.id, session.setup, code, now)
            how, recovery = ("setup", made) if made is not None else (None, ())
        else:
            how = await use_code(self._store, account.id, code, now)
        if how is None:
            await pauses.count_failure(self._store, keys, now)
            await self._audit.write(now, actor=account.id, verb="code", result="wrong")
            return "wrong"
        if how != "app":
            await self._audit.write(now, actor=account.id, verb=f"code-{how}", result="ok")
        await end_session(self._store, halfway.key)
        fresh = await get_account(self._store, account.id, now)
        if fresh is None or fresh.disabled:
            return "wrong"
        return await self._let_in(fresh, keys, caller, now, recovery)

    async def _let_in(
        self, account: Account, keys: tuple[str, ...], caller: Caller, now: Millis, recovery: tuple[str, ...] = ()
    ) -> Entered:
        await pauses.forgive(self._store, keys)
        token = await start_session(self._store, account, now, caller.language, browser=caller.browser)
        await self._audit.write(now, actor=account.id, verb="sign-in", result="ok")
        return Entered(token=token, stage="in", account=account, recovery=recovery)

    async def _keys(self, account: str, caller: Caller, now: Millis) -> tuple[str, ...]:
        device = await pauses.known_device(self._store, caller.device, account, now)
        return pauses.keys_of(account, caller.remote, device)

    async def _renew(self, account: Account, password: str, now: Millis) -> None:
        if self._passwords.outdated(account.hash):
            await renew_hash(self._store, account, await self._passwords.hash(password), now)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[bool]:
        """Wait for one's turn; False for those who would wait too long."""
        if self._waiting >= _QUEUE:
            yield False
            return
        self._waiting += 1
        try:
            async with self._gate:
                yield True
        finally:
            self._waiting -= 1
