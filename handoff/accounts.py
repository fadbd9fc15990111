"""Accounts of the staff: records of kind ``account``, one each, found by an id that follows from the login.

Deriving the id from the login makes "this login is taken" one conditional write. Accounts are never deleted, only
disabled: transcripts and the audit log go on naming them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from core.errors import Refused, StoreCorrupt
from core.ids import Millis
from core.ports import Store
from handoff.passwords import Passwords, demand_strength, generate

__all__ = [
    "Account",
    "Role",
    "account_id",
    "add_account",
    "disable_account",
    "get_account",
    "list_accounts",
    "normal_login",
    "renew_hash",
    "set_password",
]

Role = Literal["counsellor", "admin"]

KIND = "account"
#: A counselling centre with more staff than this needs another directory than a scan.
_MOST = 1000
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Account(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One member of the staff."""

    #: Short, stands in labels, transcripts and the audit log.
    id: str
    login: str
    #: As shown to the person and to colleagues ("Mariam").
    name: str
    #: Codes of the languages this person can counsel in.
    languages: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ("counsellor",)
    #: Argon2id hash of the password.
    hash: str = ""
    disabled: bool = False
    created: Millis = 0
    #: Raised when all running sessions shall die: a new password, a disabled account.
    generation: int = 1


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Account)


def account_id(login: str) -> str:
    """Return the id of the account with this login; upper and lower case are the same."""
    return hashlib.sha256(b"account\x1f" + normal_login(login).encode()).hexdigest()[:10]


def normal_login(login: str) -> str:
    """Return the login as it is compared."""
    return login.strip().casefold()


async def add_account(
    store: Store,
    now: Millis,
    *,
    login: str,
    name: str,
    languages: Sequence[str],
    password: str | None = None,
    roles: tuple[Role, ...] = ("counsellor",),
    passwords: Passwords | None = None,
) -> tuple[Account, str]:
    """Make an account; return it and its password, which is generated when none is given.

    Raises :class:`core.errors.Refused`: ``bad_login``, ``bad_name``, ``bad_language``, ``weak_password``,
    ``login_taken``.
    """
    login, name = normal_login(login), " ".join(name.split())
    if not _LOGIN.fullmatch(login):
        raise Refused("bad_login")
    if not 1 <= len(name) <= 60 or not name.isprintable():
        raise Refused("bad_name")
    for language in languages:
        if not _LANGUAGE.fullmatch(language):
            raise Refused("bad_language", language=language)
    secret = generate() if password is None else password
    demand_strength(secret, login)
    account = Account(
        id=account_id(login),
        login=login,
        name=name,
        languages=tuple(languages),
        roles=roles,
        hash=await (passwords or Passwords()).hash(secret),
        created=now,
    )
    if await store.put(KIND, account.id, _encoder.encode(account), now, expect=0) is None:
        raise Refused("login_taken")
    return account, secret


async def get_account(store: Store, account: str, now: Millis) -> Account | None:
    """Return the account with this id, disabled ones too."""
    record = await store.get(KIND, account, now)
    return None if record is None else _decode(record.value)


async def list_accounts(store: Store, now: Millis) -> list[Account]:
    """Return all accounts by login."""
    records = await store.scan(KIND, now, _MOST)
    return sorted((_decode(record.value) for record in records), key=lambda account: account.login)


async def disable_account(store: Store, account: str, now: Millis, *, disabled: bool = True) -> Account:
    """Lock an account out, or let it in again; its sessions die at once. Raises ``Refused("no_account")``."""
    return await _change(
        store, account, now, lambda old: replace(old, disabled=disabled, generation=old.generation + 1)
    )


async def set_password(
    store: Store,
    account: str,
    now: Millis,
    *,
    password: str | None = None,
    passwords: Passwords | None = None,
) -> tuple[Account, str]:
    """Give an account a new password and end its sessions; return both. Raises ``no_account``, ``weak_password``."""
    known = await get_account(store, account, now)
    if known is None:
        raise Refused("no_account")
    secret = generate() if password is None else password
    demand_strength(secret, known.login)
    made = await (passwords or Passwords()).hash(secret)
    changed = await _change(store, account, now, lambda old: replace(old, hash=made, generation=old.generation + 1))
    return changed, secret


async def renew_hash(store: Store, account: Account, made: str, now: Millis) -> None:
    """Replace the hash of an unchanged password by one with today's parameters; sessions live on."""
    await _change(store, account.id, now, lambda old: replace(old, hash=made if old.hash == account.hash else old.hash))


async def _change(store: Store, account: str, now: Millis, change: Callable[[Account], Account]) -> Account:
    # Compare and set: a password renewed at sign-in must not undo a lock-out of the same moment.
    while (record := await store.get(KIND, account, now)) is not None:
        changed = change(_decode(record.value))
        if await store.put(KIND, account, _encoder.encode(changed), now, expect=record.version) is not None:
            return changed
    raise Refused("no_account")


def _decode(value: bytes) -> Account:
    try:
        return _decoder.decode(value)
    except msgspec.DecodeError as error:
        raise StoreCorrupt("an account record cannot be read") from error
