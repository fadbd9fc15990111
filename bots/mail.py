"""Mail by SMTP: one short text to one address. The certificate is verified, and nothing waits for ever.

``smtplib`` blocks, so it works in a thread. Alerts are few, and a connection for each spares us one that broke unseen.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from core.ids import Millis
from core.mail_types import SmtpServer

__all__ = ["Mail"]

#: Seconds for connecting, and for each answer of the server.
TIMEOUT = 15.0


class Mail:
    """Hands mail to one server."""

    def __init__(self, server: SmtpServer, sender: str) -> None:
        self._server = server
        self._sender = sender

    async def send(self, to: str, subject: str, text: str, now: Millis) -> str | None:
        """Hand one mail in; return None, or the name of the error. Nothing of the server's words is kept."""
        try:
            message = self._message(to, subject, text, now)
            await asyncio.to_thread(self._hand_in, message, to)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            return type(error).__name__
        return None

    def _message(self, to: str, subject: str, text: str, now: Millis) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"] = self._sender, to, subject
        message["Date"] = format_datetime(datetime.fromtimestamp(now / 1000, tz=UTC))
        message["Message-ID"] = make_msgid(domain=self._sender.rpartition("@")[2])
        # So that no absence note answers us (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text + "\n")
        return message

    def _hand_in(self, message: EmailMessage, to: str) -> None:
        server = self._server
        if server.tls == "implicit":
            context = ssl.create_default_context()
            client: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=context)
        else:
            client = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
        with client:
            if server.tls == "starttls":
                # Raises where the server offers none: a password never goes over a line that can be read.
                client.starttls(context=ssl.create_default_context())
            if server.user:
                client.login(server.user, server.password)
            client.send_message(message, from_addr=self._sender, to_addrs=[to])
