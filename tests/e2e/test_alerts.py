"""Somebody in danger writes at any hour, nobody is at the desk: a mail without a word of theirs goes out."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.e2e.server import Server
from tests.e2e.visitor import Visitor
from tests.fakes.smtp import FakeSmtp


async def test_danger_reaches_the_team_by_mail(tmp_path: Path) -> None:
    async with FakeSmtp() as smtp:
        settings = {
            "STREETWORK_SMTP": f"smtp://localhost:{smtp.port}",
            "STREETWORK_MAIL_FROM": "desk@example.org",
            "STREETWORK_ALERT_MAIL": "team@example.org",
        }
        server = Server(tmp_path, settings)
        # The process is started and stopped beside the loop, which plays the mail server.
        await asyncio.to_thread(server.__enter__)
        try:
            async with Visitor(server) as person:
                await person.say("I want to kill myself")
                await person.until("112")
                async with asyncio.timeout(60):
                    while not smtp.mails:
                        await smtp.arrived.wait()
        finally:
            await asyncio.to_thread(server.__exit__, None, None, None)
    (mail,) = smtp.mails[:1]
    assert mail.to == ["team@example.org"]
    text = str(mail.message.get_content())
    assert "Ein Mensch ist vielleicht in Gefahr (Englisch" in text
    assert "kill" not in str(mail.message)
