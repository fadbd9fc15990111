"""A mail server on loopback that speaks SMTP (RFC 5321), STARTTLS and AUTH PLAIN, and fails as a test orders."""

from __future__ import annotations

import asyncio
import base64
import ssl
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Literal, Self

__all__ = ["FakeSmtp", "Received"]

Fault = Literal["refuse", "reject", "drop", "hang", "garbage", "no_tls"]


@dataclass(frozen=True)
class Received:
    """One mail that was handed in."""

    sender: str
    to: list[str]
    message: EmailMessage
    encrypted: bool
    user: str


class FakeSmtp:
    """Started by ``async with``. With a certificate (PEM with its key) it offers TLS."""

    def __init__(self, *, certificate: Path | None = None, implicit: bool = False) -> None:
        self.mails: list[Received] = []
        self.arrived = asyncio.Event()
        self.fault: Fault | None = None
        self.port = 0
        self._implicit = implicit
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate)
        self._open: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        tls = self._tls if self._implicit else None
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(*lines: str) -> None:
            writer.write("".join(f"{line}\r\n" for line in lines).encode())
            await writer.drain()

        if self.fault == "hang":
            await reader.read()  # says nothing until the caller has enough of it
        if self.fault == "garbage":
            await say("\x00\x01 what")
            return
        encrypted, user, sender, to = self._implicit, "", "", list[str]()
        await say("554 not today" if self.fault == "refuse" else "220 fake ESMTP")
        while line := (await reader.readline()).decode("latin-1").strip():
            verb, _, rest = line.partition(" ")
            match verb.upper():
                case "EHLO":
                    offers = ["250-fake", "250-AUTH PLAIN"]
                    if self._tls and not encrypted and self.fault != "no_tls":
                        offers.append("250-STARTTLS")
                    await say(*offers, "250 8BITMIME")
                case "STARTTLS" if self._tls and not encrypted:
                    await say("220 go on")
                    await writer.start_tls(self._tls)
                    encrypted = True
                case "AUTH":
                    user = base64.b64decode(rest.split()[1]).split(b"\0")[1].decode()
                    await say("235 welcome")
                case "MAIL":
                    sender = rest.partition("<")[2].partition(">")[0]
                    await say("250 ok")
                case "RCPT" if self.fault == "reject":
                    await say("550 no such person here")
                case "RCPT":
                    to.append(rest.partition("<")[2].partition(">")[0])
                    await say("250 ok")
                case "DATA":
                    if self.fault == "drop":
                        return
                    await say("354 go on")
                    body = (await reader.readuntil(b"\r\n.\r\n"))[:-5].replace(b"\r\n..", b"\r\n.")
                    message = message_from_bytes(body, policy=default)
                    assert isinstance(message, EmailMessage)
                    self.mails.append(Received(sender, to, message, encrypted, user))
                    self.arrived.set()
                    await say("250 taken")
                case "QUIT":
                    await say("221 bye")
                    return
                case _:
                    await say("250 ok")
