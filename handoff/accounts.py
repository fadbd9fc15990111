"""Accounts of the staff: records of kind ``account``, one each, found by an id that follows from the login.

Deriving the id from the login makes "this login is taken" one conditional write. Accounts are never deleted, only
disabled: transcripts and the audit log go on naming them. The second factor has a file of its own
(:mod:`handoff.second`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from core.errors import Refused, StoreCorrupt
from core.ids import Millis
from core.ports import Store
from handoff.passwords import Passwords, demand_strength, generate
from handoff.roles import ROLES, Permission, Role, granted, mixes

__all__ = [
    "Account",
    "Role",
    "account_id",
    "add_account",
    "can",
    "change_account",
    "disable_account",
    "edit_account",
    "fit_ids",
    "get_account",
    "list_accounts",
    "normal_login",
    "renew_hash",
    "serves",
    "set_alerts",
    "set_keys",
    "set_password",
    "set_roles",
]

KIND = "account"
#: A counselling centre with more staff than this needs another directory than a scan.
_MOST = 1000
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_MOST_LANGUAGES = 20
#: Ids of the bot's topics and queues.
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MOST_IDS = 50
#: What goes into a mail's header: one plain address, nothing that could end the line.
_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
#: Ids of chats; those of groups are negative.
_CHAT = re.compile(r"-?[0-9]{1,20}")


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
    #: Raised when all running sessions shall die: a new password, other roles, a disabled account.
    generation: int = 1
    #: A code is asked for at sign-in; where none is set up yet, setting it up comes first. Old accounts have no such
    #: demand until somebody makes it.
    second: bool = False
    #: Secret of the authenticator app (base32); empty until it is set up.
    totp: str = ""
    #: Step of the last code that opened the door.
    totp_step: int = 0
    #: Hashes of the recovery codes that are left.
    recovery: tuple[str, ...] = ()
    #: Where this person wants alerts without text: an e-mail address, a Telegram chat; empty: nowhere.
    alert_mail: str = ""
    alert_chat: str = ""
    #: Language of alerts and of the interface, once chosen.
    interface: str = ""
    #: Queues of the bot whose cases "claim next" gives this person; empty: of all.
    queues: tuple[str, ...] = ()
    #: Single-letter shortcuts at the desk (WCAG 2.1.4: they can be turned off).
    keys: bool = True


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Account)


def can(account: Account, permission: Permission) -> bool:
    """Return whether the account may do this at all. A disabled one may do nothing."""
    return not account.disabled and granted(account.roles, permission)


def serves(account: Account, queue: str) -> bool:
    """Return whether the account is in a queue; one that names none is in all."""
    return not account.queues or queue in account.queues


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
    roles: Sequence[Role] = ("counsellor",),
    mixed: bool = False,
    second: bool = True,
    passwords: Passwords | None = None,
) -> tuple[Account, str]:
    """Make an account; return it and its password, which is generated when none is given.

    ``mixed`` says that joining technical administration with conversations is meant; ``second`` demands a code at
    sign-in. Raises :class:`core.errors.Refused`: ``bad_login``, ``bad_name``, ``bad_language``, ``bad_roles``,
    ``mixed_roles``, ``weak_password``, ``login_taken``.
    """
    login = normal_login(login)
    if not _LOGIN.fullmatch(login):
        raise Refused("bad_login")
    name, spoken, given = _fit_name(name), _fit_languages(languages), _fit_roles(roles, mixed=mixed)
    secret = generate() if password is None else password
    demand_strength(secret, login)
    account = Account(
        id=account_id(login),
        login=login,
        name=name,
        languages=spoken,
        roles=given,
        hash=await (passwords or Passwords()).hash(secret),
        created=now,
        second=second,
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
    return await change_account(
        store, account, now, lambda old: replace(old, disabled=disabled, generation=old.generation + 1)
    )


async def edit_account(
    store: Store,
    account: str,
    now: Millis,
    *,
    name: str,
    languages: Sequence[str],
    queues: Sequence[str] | None = None,
) -> Account:
    """Give an account another name, other languages and queues (None: as they were).

    Raises ``no_account``, ``bad_name``, ``bad_language``, ``malformed``.
    """
    fit, spoken, served = _fit_name(name), _fit_languages(languages), None if queues is None else fit_ids(queues)

    def change(old: Account) -> Account:
        return replace(old, name=fit, languages=spoken, queues=old.queues if served is None else served)

    return await change_account(store, account, now, change)


async def set_keys(store: Store, account: str, now: Millis, *, on: bool) -> Account:
    """Turn the single-letter shortcuts of somebody's desk on or off. Raises ``no_account``."""
    return await change_account(store, account, now, lambda old: replace(old, keys=on))


async def set_roles(store: Store, account: str, now: Millis, roles: Sequence[Role], *, mixed: bool = False) -> Account:
    """Give an account other roles and end its sessions. Raises ``no_account``, ``bad_roles``, ``mixed_roles``."""
    given = _fit_roles(roles, mixed=mixed)

    def change(old: Account) -> Account:
        return old if old.roles == given else replace(old, roles=given, generation=old.generation + 1)

    return await change_account(store, account, now, change)


async def set_alerts(store: Store, account: str, now: Millis, *, mail: str, chat: str, interface: str) -> Account:
    """Say where alerts go and in which language. Raises ``no_account``, ``bad_mail``, ``bad_chat``."""
    mail, chat = mail.strip(), chat.strip()
    if mail and (len(mail) > 254 or not _MAIL.fullmatch(mail)):
        raise Refused("bad_mail")
    if chat and not _CHAT.fullmatch(chat):
        raise Refused("bad_chat")
    return await change_account(
        store, account, now, lambda old: replace(old, alert_mail=mail, alert_chat=chat, interface=interface)
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
    changed = await change_account(
        store, account, now, lambda old: replace(old, hash=made, generation=old.generation + 1)
    )
    return changed, secret


async def renew_hash(store: Store, account: Account, made: str, now: Millis) -> None:
    """Replace the hash of an unchanged password by one with today's parameters; sessions live on."""
    await change_account(
        store, account.id, now, lambda old: replace(old, hash=made if old.hash == account.hash else old.hash)
    )


async def change_account(store: Store, account: str, now: Millis, change: Callable[[Account], Account]) -> Account:
    """Write ``change`` of the account as it stands, and return it; raises ``Refused("no_account")``.

    ``change`` may refuse, and is called again when somebody else wrote meanwhile.
    """
    # Compare and set: a password renewed at sign-in must not undo a lock-out of the same moment.
    while (record := await store.get(KIND, account, now)) is not None:
        old = _decode(record.value)
        changed = change(old)
        if changed == old:
            return old
        if await store.put(KIND, account, _encoder.encode(changed), now, expect=record.version) is not None:
            return changed
    raise Refused("no_account")


def _fit_name(name: str) -> str:
    name = " ".join(name.split())
    # ``isprintable`` knows no control or direction characters: a name must not turn the line around that it stands in.
    if not 1 <= len(name) <= 60 or not name.isprintable():
        raise Refused("bad_name")
    return name


def _fit_languages(languages: Sequence[str]) -> tuple[str, ...]:
    for language in languages:
        if not _LANGUAGE.fullmatch(language):
            raise Refused("bad_language", language=language[:20])
    if len(languages) > _MOST_LANGUAGES:
        raise Refused("bad_language")
    return tuple(dict.fromkeys(languages))


def fit_ids(ids: Sequence[str]) -> tuple[str, ...]:
    """Return ids of topics or queues, each once; raises ``Refused("malformed")`` for what cannot be one."""
    if len(ids) > _MOST_IDS or not all(_ID.fullmatch(one) for one in ids):
        raise Refused("malformed")
    return tuple(dict.fromkeys(ids))


def _fit_roles(roles: Sequence[Role], *, mixed: bool) -> tuple[Role, ...]:
    if not roles or not set(roles) <= set(ROLES):
        raise Refused("bad_roles")
    if mixes(roles) and not mixed:
        raise Refused("mixed_roles")
    return tuple(role for role in ROLES if role in roles)


def _decode(value: bytes) -> Account:
    try:
        return _decoder.decode(value)
    except msgspec.DecodeError as error:
        raise StoreCorrupt("an account record cannot be read") from error
