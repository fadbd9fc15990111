"""The settings of the desk and of its alerts, as a part of :class:`core.settings.Settings`."""

from __future__ import annotations

from dataclasses import dataclass, field

from core import mail_types as mails
from core import setting_types as kinds
from core.declaring import setting
from core.mail_types import SmtpServer
from core.search_fields import SearchFields

__all__ = ["DeskFields"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFields(SearchFields):
    """What an operator chooses for the desk; ``docs/operations.md`` explains the alerts."""

    second_factor: str = field(
        default="auto",
        metadata=setting(
            "STREETWORK_SECOND_FACTOR",
            kinds.one_of("auto", "always"),
            "Whether the desk demands a second factor: `always`, or `auto`: as soon as others than this machine can "
            "reach it (with `PUBLIC_URL`, or a `HOST` that is not loopback).",
            shown="auto",
        ),
    )
    smtp: SmtpServer | None = field(
        default=None,
        repr=False,
        metadata=setting(
            "STREETWORK_SMTP",
            mails.smtp,
            "Mail server for alerts: `smtps://user:password@host:465`, or `smtp://…:587` with STARTTLS. The "
            "certificate is verified; without TLS only to this machine.",
            secret=True,
        ),
    )
    mail_from: str | None = field(
        default=None,
        metadata=setting("STREETWORK_MAIL_FROM", mails.mail_address, "Sender of the alerts, an address of yours."),
    )
    alert_mail: tuple[str, ...] = field(
        default=(),
        metadata=setting(
            "STREETWORK_ALERT_MAIL",
            mails.mail_addresses,
            "Addresses of the team that get every alert, with commas between; counsellors add their own at the desk.",
        ),
    )
    alert_telegram: tuple[str, ...] = field(
        default=(),
        metadata=setting(
            "STREETWORK_ALERT_TELEGRAM",
            mails.telegram_chats,
            "Ids of Telegram chats of the team that get every alert from the bot itself, with commas between.",
        ),
    )
    alert_language: str = field(
        default="de",
        metadata=setting(
            "STREETWORK_ALERT_LANGUAGE",
            kinds.one_of("de", "en", "ar", "bg", "ru"),
            "Language of the alerts to the team's addresses, and to accounts that chose none: `de`, `en`, `ar`, `bg` "
            "or `ru`.",
            shown="de",
        ),
    )
    alert_after: int = field(
        default=10,
        metadata=setting(
            "STREETWORK_ALERT_AFTER",
            kinds.whole(1, 1440),
            "Minutes in opening hours after which a waiting person nobody looked at is reported, though somebody is at "
            "the desk.",
            shown="10",
        ),
    )
