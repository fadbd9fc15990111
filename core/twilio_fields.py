"""The settings of WhatsApp through Twilio, as a part of :class:`core.settings.Settings`."""

from __future__ import annotations

from dataclasses import dataclass, field

from core import setting_types as kinds
from core.declaring import setting

__all__ = ["TwilioFields"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioFields:
    """What an operator chooses for WhatsApp; ``docs/channels/whatsapp.md`` says where each value is found."""

    twilio_account_sid: str | None = field(
        default=None,
        metadata=setting("TWILIO_ACCOUNT_SID", kinds.twilio_sid("AC"), "Account SID at Twilio, for WhatsApp."),
    )
    twilio_auth_token: str | None = field(
        default=None,
        repr=False,
        metadata=setting(
            "TWILIO_AUTH_TOKEN",
            kinds.twilio_secret,
            "Auth token of that account: it signs Twilio's calls to us, so an API key does not do.",
            secret=True,
        ),
    )
    #: One number, or several with commas between.
    twilio_sender: str | None = field(
        default=None,
        metadata=setting(
            "TWILIO_SENDER",
            kinds.twilio_senders,
            "WhatsApp number we write from, such as `whatsapp:+4930123456`; several with commas between. "
            "Needs `PUBLIC_URL`.",
        ),
    )
    twilio_messaging_service_sid: str | None = field(
        default=None,
        metadata=setting(
            "TWILIO_MESSAGING_SERVICE_SID",
            kinds.twilio_sid("MG"),
            "Messaging Service that the senders belong to, if they do.",
        ),
    )
    twilio_template_sid: str | None = field(
        default=None,
        metadata=setting(
            "TWILIO_TEMPLATE_SID",
            kinds.twilio_sid("HX"),
            "Approved template without variables that asks the person to write again when WhatsApp's 24-hour window is "
            "closed; it costs money. Without it messages wait until the person writes.",
        ),
    )
    twilio_templates: str | None = field(
        default=None,
        metadata=setting(
            "TWILIO_TEMPLATES",
            kinds.twilio_templates,
            "Approved templates that steps of the flows name, such as `reminder:HX…,reminder.ar:HX…`: sent outside of "
            "the 24-hour window; each costs money.",
        ),
    )
    twilio_shared_key: str | None = field(
        default=None,
        repr=False,
        metadata=setting(
            "TWILIO_SHARED_KEY",
            kinds.twilio_secret,
            "Secret of the shared key that signs webhooks, if one was made at Twilio.",
            secret=True,
        ),
    )
    twilio_api_url: str | None = field(
        default=None,
        metadata=setting(
            "TWILIO_API_URL", kinds.api_url, "One address for all of Twilio's APIs, for tests.", shown="Twilio's own"
        ),
    )
