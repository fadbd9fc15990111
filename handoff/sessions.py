"""Sessions of the desk, kept in the store: the browser holds a random token, the store only its SHA-256."""

from __future__ import annotations

import hashlib
import secrets

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from core.ids import Millis
from core.ports import Store
from handoff.accounts import Account, get_account

__all__ = ["ABSOLUTE", "IDLE", "Session", "SignedIn", "end_session", "find_session", "set_language", "start_session"]

#: A session ends after so long without a request, and at the latest after so long (OWASP ASVS 3.3, a working day).
IDLE: Millis = 12 * 3600 * 1000
ABSOLUTE: Millis = 7 * 24 * 3600 * 1000
#: "Last seen" is written at most this often: a request need not be a write.
_TOUCH: Millis = 5 * 60 * 1000

KIND = "session"


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


class SignedIn(Struct, frozen=True, kw_only=True):
    """A living session with its account. ``key`` names the session without giving it away."""

    key: str
    session: Session
    account: Account


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Session)


def session_key(token: str) -> str:
    """Return the key of the record that belongs to a browser's token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


async def start_session(store: Store, account: Account, now: Millis, language: str | None = None) -> str:
    """Open a session and return its token of 256 bits, which is nowhere else."""
    token = secrets.token_urlsafe(32)
    session = Session(
        account=account.id,
        generation=account.generation,
        csrf=secrets.token_urlsafe(32),
        created=now,
        seen=now,
        language=language,
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
    record = await store.get(KIND, signed.key, now)
    if record is None:
        return
    session = replace(_decoder.decode(record.value), language=language)
    value = _encoder.encode(session)
    await store.put(KIND, signed.key, value, now, expires=_end(session), expect=record.version)


async def end_session(store: Store, key: str) -> None:
    """Sign out."""
    await store.delete(KIND, key)


def _end(session: Session) -> Millis:
    return min(session.created + ABSOLUTE, session.seen + IDLE)
