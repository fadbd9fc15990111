"""What the settings of alerts may look like: a mail server, addresses, chats."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from core.setting_types import Malformed

__all__ = ["SmtpServer", "mail_address", "mail_addresses", "smtp", "telegram_chats"]

#: One plain address: nothing that could end a header's line.
_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_CHAT = re.compile(r"-?[0-9]{1,20}")
_SMTP = "`smtps://user:password@host` or `smtp://user:password@host`, with a port where it is not 465 or 587"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where mail is handed in."""

    host: str
    port: int
    #: ``implicit``: TLS from the first byte; ``starttls``: before anything is said; ``none``: only on this machine.
    tls: Literal["implicit", "starttls", "none"]
    user: str = ""
    password: str = field(default="", repr=False)


def smtp(text: str) -> SmtpServer:
    """Return a mail server."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise Malformed(_SMTP) from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise Malformed(_SMTP)
    if (parts.username is None) != (parts.password is None):
        raise Malformed(_SMTP)
    return _server(parts, parts.hostname, port)


def _server(parts: SplitResult, host: str, port: int | None) -> SmtpServer:
    tls: Literal["implicit", "starttls", "none"] = "implicit" if parts.scheme == "smtps" else "starttls"
    if tls == "starttls" and _loopback(host):
        tls = "none"
    return SmtpServer(
        host=host,
        port=port or (465 if tls == "implicit" else 587),
        tls=tls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def mail_address(text: str) -> str:
    """Return one address."""
    text = text.strip()
    if len(text) > 254 or not _MAIL.fullmatch(text):
        raise Malformed("one mail address such as desk@example.org")
    return text


def mail_addresses(text: str) -> tuple[str, ...]:
    """Return addresses with commas between."""
    return tuple(mail_address(one) for one in text.split(","))


def telegram_chats(text: str) -> tuple[str, ...]:
    """Return ids of chats with commas between; those of groups begin with a minus sign."""
    chats = tuple(one.strip() for one in text.split(","))
    if not all(_CHAT.fullmatch(one) for one in chats):
        raise Malformed("numbers with commas between")
    return chats


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
