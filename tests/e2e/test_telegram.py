"""The same newcomer in Telegram, against a fake that refuses every call that the Bot API's specification refuses."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.async_api import Browser, FilePayload, Page, expect

from tests.e2e.office import NEEDS_BROWSER, claim_next, close, reply, sign_in
from tests.e2e.server import ROOT, Server
from tests.fakes.telegram_api import TOKEN, FakeTelegram
from tests.fakes.telegram_spec import Specification

pytestmark = [*NEEDS_BROWSER, pytest.mark.specs]

PERSON = 4711
#: One pixel.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
LETTER: FilePayload = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%%EOF\n"}
SKIP, AGREE = "تخطّي", "نعم، أوافق"
REPLY = "مرحبًا، أنا مريم. كيف أستطيع أن أساعدك؟"


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


async def hold_conversation(server: Server, fake: FakeTelegram, browser: Browser) -> None:
    world = fake.world
    person = world.person(PERSON, "Nour", "ar")
    world.say(PERSON, "/start flyer_7")
    await world.until(lambda: any("Streetwork Berlin" in text for text in person.texts))
    await world.until(lambda: any("reply_markup" in message for message in person.log))
    # A question in the person's own words, with its source and today's value.
    world.say(PERSON, "كم الحد الأدنى للأجور؟")
    await world.until(lambda: any("https://www.bmas.de" in text for text in person.texts))
    # A sticker where words are read.
    world.update(
        message=world.message(
            PERSON,
            sticker={
                "file_id": "f",
                "file_unique_id": "u",
                "type": "regular",
                "width": 1,
                "height": 1,
                "is_animated": False,
                "is_video": False,
            },
        )
    )
    count = len(person.texts)
    await world.until(lambda: len(person.texts) > count)
    world.say(PERSON, "إنسان")
    await press(fake, SKIP)
    # Nobody reads along before the person agreed. The buttons of that question go, those of the menus stay.
    await press(fake, AGREE)
    await world.until(lambda: AGREE not in buttons(fake))
    assert SKIP in buttons(fake)
    office = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="de-DE")
    desk = await sign_in(server, office, "de")
    await claim_next(desk)
    await reply(desk, REPLY)
    await world.until(lambda: REPLY in person.texts)
    await exchange_files(fake, desk)
    said = len(person.texts)
    world.say(PERSON, "menu")
    await expect(desk.locator("#lines .line", has_text="menu").last).to_be_visible()
    assert len(person.texts) == said, "the bot spoke while a human had the microphone"
    await close(desk)
    await world.until(lambda: len(person.texts) > said)
    await office.close()
    assert world.refused == []


def buttons(fake: FakeTelegram) -> str:
    """Return all buttons that stand in the person's chat."""
    return str([message.get("reply_markup") for message in fake.world.chats[PERSON].log])


async def press(fake: FakeTelegram, label: str) -> None:
    """Press a button once it is there."""
    await fake.world.until(lambda: label in buttons(fake))
    answered = len(fake.world.answered)
    fake.world.press(PERSON, label)
    await fake.world.until(lambda: len(fake.world.answered) > answered)


async def exchange_files(fake: FakeTelegram, desk: Page) -> None:
    """Let the person send a photo that the counsellor sees, and the counsellor a letter back."""
    world = fake.world
    fake.shelf.put("photos/photo-1", PNG)
    size = {"file_id": "photo-1", "file_unique_id": "u1", "width": 1, "height": 1, "file_size": len(PNG)}
    world.update(message=world.message(PERSON, photo=[size]))
    await expect(desk.locator("#lines img[src*='/files/']")).to_have_js_property("naturalWidth", 1, timeout=20_000)
    await desk.locator("#form-reply input[type=file]").set_input_files(LETTER)
    await expect(desk.locator("#attached")).to_contain_text("letter.pdf")
    await desk.locator("#form-reply [data-send]").click()
    await world.until(lambda: any("document" in message for message in world.chats[PERSON].log))
    (call,) = [call for call in world.calls if call.method.lower() == "senddocument"]
    assert any(getattr(value, "content", None) == LETTER["buffer"] for value in call.parameters.values()), call
    await expect(desk.locator("#lines a[href*='/files/']").last).to_contain_text("letter.pdf")


async def test_a_newcomer_in_telegram_by_polling(tmp_path: Path, browser: Browser) -> None:
    async with FakeTelegram(spec=Specification.load()) as fake:
        server = Server(tmp_path, {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": fake.url})
        await asyncio.to_thread(server.__enter__)
        try:
            await hold_conversation(server, fake, browser)
            assert TOKEN not in server.log
            assert "Nour" not in server.log
            assert REPLY not in server.log
        finally:
            assert await asyncio.to_thread(server.stop) == 0, server.log


async def test_a_newcomer_in_telegram_by_webhook(tmp_path: Path, browser: Browser) -> None:
    async with FakeTelegram(spec=Specification.load()) as fake:
        port = free_port()
        settings = {
            "PORT": port,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_API_URL": fake.url,
        }
        server = Server(tmp_path, settings)
        await asyncio.to_thread(server.__enter__)
        try:
            for action, told in (("set", "calls http"), ("status", "0 updates wait")):
                done = await asyncio.to_thread(webhook, action, settings)
                assert told in done.stdout, done
            await hold_conversation(server, fake, browser)
        finally:
            assert await asyncio.to_thread(server.stop) == 0, server.log


def webhook(action: str, settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bots.cli", "webhook", action],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
