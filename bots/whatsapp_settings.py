"""The settings that WhatsApp accounts at Twilio need, read from a mapping such as the environment."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from core import setting_types as kinds
from core.errors import SettingsError
from core.setting_types import Malformed
from core.twilio_fields import TwilioFields

__all__ = ["HOOK_OVERRIDES", "WhatsAppAccount", "WhatsAppSettings"]

#: Makes Twilio repeat a call up to five times, whatever failed; without it only a refused connection is tried again,
#: once. It stands behind the address, and Twilio signs the address without it (Webhooks: connection overrides).
HOOK_OVERRIDES = "#rc=5&rp=all"


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsAppAccount:
    """One of our numbers, or one Messaging Service with several of them."""

    #: The number's digits, or the service's sid; names the account in addresses, metrics and the desk.
    account: str
    account_sid: str
    auth_token: str = field(repr=False)
    #: ``whatsapp:+49...``; None leaves the choice to the service.
    sender: str | None
    service_sid: str | None = None
    #: Approved template that asks the person to write again.
    template_sid: str | None = None
    #: Approved templates by ``name.language`` or ``name``.
    templates: Mapping[str, str] = field(default_factory=dict)
    shared_key: str | None = field(default=None, repr=False)
    #: Where Twilio reaches us; without a slash at the end.
    public_url: str

    @property
    def webhook(self) -> str:
        """The address for messages, without what makes Twilio repeat calls."""
        return f"{self.public_url}/webhook/whatsapp/{self.account}"

    @property
    def status_callback(self) -> str:
        """The address for what becomes of our messages."""
        return f"{self.webhook}?kind=status{HOOK_OVERRIDES}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsAppSettings:
    """Everything WhatsApp needs; no accounts where neither sender nor service is set."""

    accounts: tuple[WhatsAppAccount, ...] = ()
    #: One address for all of Twilio's APIs; None means Twilio's own.
    api_url: str | None = None

    @classmethod
    def from_mapping(cls, values: Mapping[str, str]) -> WhatsAppSettings:
        """Read the settings; raises :class:`core.errors.SettingsError` that names the setting, never its value."""
        found: dict[str, str] = {}
        for one in dataclasses.fields(TwilioFields):
            declared = one.metadata["declared"]
            if text := values.get(declared.name, "").strip():
                try:
                    found[declared.name] = declared.parse(text)
                except Malformed as exc:
                    raise SettingsError(f"{declared.name} should be {exc}") from None
        return cls(accounts=_accounts(found, values), api_url=found.get("TWILIO_API_URL"))


def _accounts(found: Mapping[str, str], values: Mapping[str, str]) -> tuple[WhatsAppAccount, ...]:
    service = found.get("TWILIO_MESSAGING_SERVICE_SID")
    senders = found["TWILIO_SENDER"].split(",") if "TWILIO_SENDER" in found else []
    if not senders and service is None:
        given = [name for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN") if name in found]
        if given:
            raise SettingsError(f"{given[0]} is set, but neither TWILIO_SENDER nor TWILIO_MESSAGING_SERVICE_SID is")
        return ()
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        if name not in found:
            raise SettingsError(f"WhatsApp needs {name} as well")
    if len(set(senders)) != len(senders):
        raise SettingsError("TWILIO_SENDER names the same number twice")
    public_url = values.get("PUBLIC_URL", "").strip()
    if not public_url:
        raise SettingsError("WhatsApp needs PUBLIC_URL: Twilio calls us, there is nothing to poll")
    try:
        public_url = kinds.public_url(public_url)
    except Malformed as exc:
        raise SettingsError(f"PUBLIC_URL should be {exc}") from None
    templates = dict(part.split(":") for part in found.get("TWILIO_TEMPLATES", "").split(",") if part)
    numbers: list[str | None] = [*senders] or [None]
    return tuple(
        WhatsAppAccount(
            account=sender.removeprefix("whatsapp:+") if sender else service or "",
            account_sid=found["TWILIO_ACCOUNT_SID"],
            auth_token=found["TWILIO_AUTH_TOKEN"],
            sender=sender,
            service_sid=service,
            template_sid=found.get("TWILIO_TEMPLATE_SID"),
            templates=templates,
            shared_key=found.get("TWILIO_SHARED_KEY"),
            public_url=public_url,
        )
        for sender in numbers
    )
