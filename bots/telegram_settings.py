"""The settings that Telegram accounts need, read from a mapping such as the environment."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from core.errors import SettingsError

__all__ = ["DEFAULT_API_URL", "TelegramAccount", "TelegramSettings"]

DEFAULT_API_URL = "https://api.telegram.org"

_TOKEN = re.compile(r"(?P<account>[0-9]{1,20}):[A-Za-z0-9_-]{20,}")
#: Bot API setWebhook: 1-256 of these characters.
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramAccount:
    """One bot of ours at Telegram."""

    #: The bot's id: the digits before the colon of its token.
    account: str
    token: str = field(repr=False)
    #: Telegram sends it back with every webhook call; that is how we know the call is Telegram's.
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramSettings:
    """Everything Telegram needs; no accounts where ``TELEGRAM_TOKEN`` is not set."""

    #: Names of the settings read here, for the list of known ones.
    NAMES = ("TELEGRAM_TOKEN", "TELEGRAM_SECRET", "TELEGRAM_API_URL", "PUBLIC_URL")

    accounts: tuple[TelegramAccount, ...] = ()
    #: Of Telegram, a local Bot API server or a fake; without a slash at the end.
    api_url: str = DEFAULT_API_URL
    #: Where Telegram reaches us; without it we poll. Without a slash at the end.
    public_url: str | None = None

    @classmethod
    def from_mapping(cls, values: Mapping[str, str]) -> TelegramSettings:
        """Read the settings; raises :class:`core.errors.SettingsError` that names the setting, never its value.

        ``TELEGRAM_TOKEN`` holds one token or several with commas between; ``TELEGRAM_SECRET`` one secret for all, or
        as many as tokens. A missing secret is derived from the token.
        """
        api_url = _url(values, "TELEGRAM_API_URL", ("https", "http")) or DEFAULT_API_URL
        # Telegram itself calls https only; a Bot API server of one's own also calls http.
        schemes = ("https",) if api_url == DEFAULT_API_URL else ("https", "http")
        tokens = _list(values.get("TELEGRAM_TOKEN", ""))
        public_url = _url(values, "PUBLIC_URL", schemes if tokens else ("https", "http"))
        return cls(accounts=_accounts(tokens, values), api_url=api_url, public_url=public_url)


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _accounts(tokens: list[str], values: Mapping[str, str]) -> tuple[TelegramAccount, ...]:
    secrets = _list(values.get("TELEGRAM_SECRET", ""))
    if not all(_SECRET.fullmatch(secret) for secret in secrets):
        raise SettingsError("TELEGRAM_SECRET must be 1 to 256 of A-Z, a-z, 0-9, _ and -")
    if len(secrets) not in {0, 1, len(tokens)}:
        raise SettingsError("TELEGRAM_SECRET must hold one secret, or as many as TELEGRAM_TOKEN holds tokens")
    if len(secrets) == 1:
        secrets *= len(tokens)
    accounts = []
    for index, token in enumerate(tokens):
        match = _TOKEN.fullmatch(token)
        if match is None:
            raise SettingsError("TELEGRAM_TOKEN must look like 123456789:AA..., as @BotFather gave it")
        secret = secrets[index] if secrets else _derived(token)
        accounts.append(TelegramAccount(account=match["account"], token=token, secret=secret))
    if len({account.account for account in accounts}) != len(accounts):
        raise SettingsError("TELEGRAM_TOKEN names the same bot twice")
    return tuple(accounts)


def _derived(token: str) -> str:
    """Return a secret that every process of this bot can work out and nobody else."""
    return hmac.new(token.encode(), b"streetwork telegram webhook", hashlib.sha256).hexdigest()


def _url(values: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str | None:
    text = values.get(name, "").strip().rstrip("/")
    if not text:
        return None
    wanted = f"{name} must be an address such as {schemes[0]}://bot.example.org"
    try:
        parts = urlsplit(text)
        port_ok = parts.port is None or parts.port > 0
    except ValueError:
        raise SettingsError(wanted) from None
    if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment or not port_ok:
        raise SettingsError(wanted)
    return text
