"""The settings that Viber accounts need, read from a mapping such as the environment."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import SettingsError
from core.setting_types import Malformed, api_url, viber_avatar, viber_name, whole

__all__ = ["DEFAULT_API_URL", "SENDER_NAME", "ViberAccount", "ViberSettings"]

DEFAULT_API_URL = "https://chatapi.viber.com/pa"
#: Viber's longest name of a sender (creators.viber.com, send-message).
SENDER_NAME = 28

_TOKEN = re.compile(r"[0-9A-Za-z]{8,64}(?:-[0-9A-Za-z]{8,64}){2}")
_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ViberAccount:
    """One bot of ours at Viber."""

    #: Stands in the webhook's address and in logs. Part of every conversation's identity: it must not change.
    account: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViberSettings:
    """Everything Viber needs; no accounts where ``VIBER_TOKEN`` is not set."""

    #: Names of the settings read here, for the list of known ones.
    NAMES = (
        "VIBER_TOKEN",
        "VIBER_ACCOUNT",
        "VIBER_NAME",
        "VIBER_AVATAR",
        "VIBER_API_URL",
        "VIBER_PAID_MESSAGES",
        "PUBLIC_URL",
    )

    accounts: tuple[ViberAccount, ...] = ()
    #: Name under which the bot's messages stand; None leaves it to the bot's own name.
    name: str | None = None
    avatar: str | None = None
    #: Of Viber or of a fake; without a slash at the end.
    api_url: str = DEFAULT_API_URL
    #: Messages a day and account that may be sent outside a person's 24-hour session, which Viber charges for.
    paid: int = 0

    @classmethod
    def from_mapping(cls, values: Mapping[str, str]) -> ViberSettings:
        """Read the settings; raises :class:`core.errors.SettingsError` that names the setting, never its value.

        ``VIBER_TOKEN`` holds one token or several with commas between, ``VIBER_ACCOUNT`` as many names. A missing
        name is derived from the token.
        """
        try:
            return cls(
                accounts=_accounts(values),
                name=viber_name(values["VIBER_NAME"]) if _given(values, "VIBER_NAME") else None,
                avatar=viber_avatar(values["VIBER_AVATAR"]) if _given(values, "VIBER_AVATAR") else None,
                api_url=api_url(values["VIBER_API_URL"]) if _given(values, "VIBER_API_URL") else DEFAULT_API_URL,
                paid=_paid(values),
            )
        except Malformed as exc:
            raise SettingsError(f"A setting of Viber does not fit: it should be {exc}") from None


def _given(values: Mapping[str, str], name: str) -> bool:
    return bool(values.get(name, "").strip())


def _paid(values: Mapping[str, str]) -> int:
    return whole(0, 1_000_000)(values["VIBER_PAID_MESSAGES"]) if _given(values, "VIBER_PAID_MESSAGES") else 0


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _accounts(values: Mapping[str, str]) -> tuple[ViberAccount, ...]:
    tokens = _list(values.get("VIBER_TOKEN", ""))
    names = _list(values.get("VIBER_ACCOUNT", ""))
    if not all(_TOKEN.fullmatch(token) for token in tokens):
        raise SettingsError("VIBER_TOKEN must be three groups of letters and digits with - between, as Viber shows it")
    if len(set(tokens)) != len(tokens):
        raise SettingsError("VIBER_TOKEN names the same bot twice")
    if names and len(names) != len(tokens):
        raise SettingsError("VIBER_ACCOUNT must hold as many names as VIBER_TOKEN holds tokens")
    if not all(_ACCOUNT.fullmatch(name) for name in names) or len(set(names)) != len(names):
        raise SettingsError("VIBER_ACCOUNT must be different names of a-z, 0-9, - and _")
    chosen = names or [_derived(token) for token in tokens]
    return tuple(ViberAccount(account=name, token=token) for name, token in zip(chosen, tokens, strict=True))


def _derived(token: str) -> str:
    """Return a name that every process can work out and that gives nothing of the token away."""
    return "v" + hmac.new(token.encode(), b"streetwork viber account", hashlib.sha256).hexdigest()[:11]
