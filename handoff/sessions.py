"""Sessions of the desk, kept in the store: the browser holds a random token, the store only its SHA-256.

A token begins with the id of its account, and so does the key of its record: the sessions of one account stand side by
side, to be listed and ended by their owner. A session whose ``stage`` is not ``in`` stands between the password and the
second factor: it opens nothing but that form, and lives for ten minutes.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from core.ids import Millis
from core.ports import Store
from handoff.accounts import Account, get_account

__all__ = [
    "ABSOLUTE",
    "HALFWAY",
    "IDLE",
    "Session",
    "SignedIn",
    "Stage",
    "end_other_sessions",
    "end_own_session",
    "end_session",
    "find_session",
    "list_sessions",
    "session_key",
    "set_language",
    "set_setup",
    "start_session",
]

#: A session ends after so long without a request, and at the latest after so long (OWASP ASVS 3.3, a working day).
IDLE: Millis = 12 * 3600 * 1000
ABSOLUTE: Millis = 7 * 24 * 3600 * 1000
#: Time to find the phone.
HALFWAY: Millis = 10 * 60 * 1000
#: "Last seen" is written at most this often: a request need not be a write.
_TOUCH: Millis = 5 * 60 * 1000

KIND = "session"
#: Sessions of one account that are listed; nobody has more browsers.
_MOST = 100

Stage = Literal["in", "code", "setup"]


class Session(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the store knows about one signed-in browser."""

    account: str
    #: Generation of the account at sign-in; an older one is dead.
    generation: int
    #: Demanded in ``X-CSRF-Token`` by every request that changes something.
    csrf: str
    created: Millis
    seen: Millis
    #: Language of the interface, when it was chosen.
    language: str | None = None
    stage: Stage = "in"
    #: What kind of browser it is, in a few words of ours, never what the browser says word for word.
    browser: str = ""
    #: Secret that is being set up; only in stage ``setup``, or while the account's owner changes the phone.
    setup: str = ""


class SignedIn(Struct, frozen=True, kw_only=True):
    """A living session with its account. ``key`` names the session without giving it away."""

    key: str
    session: Session
    account: Account


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Session)


def session_key(token: str) -> str:
    """Return the key of the record that belongs to a browser's token."""
    account, dot, _ = token.partition(".")
    hashed = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
    return f"{account}.{hashed}" if dot and account.isalnum() and len(account) <= 32 else hashed


async def start_session(
    store: Store,
    account: Account,
    now: Millis,
    language: str | None = None,
    *,
    stage: Stage = "in",
    browser: str = "",
    setup: str = "",
) -> str:
    """Open a session and return its token with 256 random bits, which is nowhere else."""
    token = f"{account.id}.{secrets.token_urlsafe(32)}"
    session = Session(
        account=account.id,
        generation=account.generation,
        csrf=secrets.token_urlsafe(32),
        created=now,
        seen=now,
        language=language,
        stage=stage,
        browser=browser,
        setup=setup,
    )
    await store.put(KIND, session_key(token), _encoder.encode(session), now, expires=_end(session))
    return token


async def find_session(store: Store, key: str, now: Millis, *, touch: bool = True) -> SignedIn | None:
    """Return the living session under ``key``; None when it is over, or its account is disabled or was reset."""
    record = await store.get(KIND, key, now)
    if record is None:
        return None
    session = _decoder.decode(record.value)
    account = await get_account(store, session.account, now)
    if account is None or account.disabled or account.generation != session.generation or now >= _end(session):
        await store.delete(KIND, key)
        return None
    if touch and now - session.seen >= _TOUCH:
        session = replace(session, seen=now)
        # When another request was faster, its time is as good as ours.
        await store.put(KIND, key, _encoder.encode(session), now, expires=_end(session), expect=record.version)
    return SignedIn(key=key, session=session, account=account)


async def set_language(store: Store, signed: SignedIn, language: str, now: Millis) -> None:
    """Remember the language of the interface for this session, if the session still lives."""
    await _change(store, signed.key, now, language=language)


async def set_setup(store: Store, signed: SignedIn, secret: str, now: Millis) -> None:
    """Remember the secret that this session is setting up; empty: none any more."""
    await _change(store, signed.key, now, setup=secret)


async def list_sessions(store: Store, account: str, now: Millis) -> list[tuple[str, Session]]:
    """Return the keys and sessions of an account that are signed in, the one used last first."""
    found = []
    for record in await store.scan(KIND, now, _MOST, after=f"{account}."):
        session = _decoder.decode(record.value)
        if session.account != account:
            break
        if session.stage == "in" and now < _end(session):
            found.append((record.key, session))
    return sorted(found, key=lambda one: -one[1].seen)


async def end_own_session(store: Store, account: str, key: str) -> bool:
    """End a session by its key if it is one of this account; False where there is none such."""
    return key.startswith(f"{account}.") and await store.delete(KIND, key)


async def end_other_sessions(store: Store, signed: SignedIn, now: Millis) -> list[str]:
    """End every session of the account but this one; return their keys."""
    ended = []
    for record in await store.scan(KIND, now, _MOST, after=f"{signed.account.id}."):
        if not record.key.startswith(f"{signed.account.id}."):
            break
        if record.key != signed.key and await store.delete(KIND, record.key):
            ended.append(record.key)
    return ended


async def end_session(store: Store, key: str) -> None:
    """Sign out."""
    await store.delete(KIND, key)


async def _change(store: Store, key: str, now: Millis, **changes: str) -> None:
    record = await store.get(KIND, key, now)
    if record is None:
        return
    session = replace(_decoder.decode(record.value), **changes)
    await store.put(KIND, key, _encoder.encode(session), now, expires=_end(session), expect=record.version)


def _end(session: Session) -> Millis:
    if session.stage != "in":
        return session.created + HALFWAY
    return min(session.created + ABSOLUTE, session.seen + IDLE)
