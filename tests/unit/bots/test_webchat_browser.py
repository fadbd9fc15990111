"""The chat page in a real browser: writing, tapping, losing the connection, right to left, and a narrow phone."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from core.messages import Say, Span
from core.records import Wrote
from handoff.security import security_headers
from tests.fakes.chat_room import Room, line, open_room, say

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

#: One pixel.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"),
]


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with open_room(names={"7": "Mariam"}, middlewares=[security_headers]) as opened:
        yield opened


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        await chromium.close()


@pytest.fixture
async def page(room: Room, browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 360, "height": 740}, locale="en-GB")
    opened = await context.new_page()
    troubles: list[str] = []
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    yield opened
    await context.close()
    # Chromium reports each refused connection of its own accord; everything else is a fault of the page.
    assert [text for text in troubles if "ERR_" not in text] == []


async def open_chat(room: Room, page: Page, query: str = "") -> None:
    await page.goto(f"{room.origin}/chat{query}")
    await room.attend()
    await expect(page.locator(".line.bot .text").first).to_have_text("welcome")


async def write(page: Page, text: str) -> None:
    await page.locator("#text").fill(text)
    await page.locator("#text").press("Enter")


async def test_a_conversation_by_typing_and_tapping(room: Room, page: Page) -> None:
    await open_chat(room, page)
    await page.get_by_role("button", name="Yes").click()
    await room.attend()
    await expect(page.locator(".line .text")).to_have_text(["welcome", "Yes", "chose Yes"])
    await expect(page.locator(".option.pressed")).to_have_text(["Yes (chosen)"])
    text = page.locator("#text")
    await text.fill("one")
    await text.press("Shift+Enter")
    await text.press_sequentially("two")
    await text.press("Enter")
    await room.attend()
    await expect(page.locator(".line .text").nth(3)).to_have_text("one\ntwo", use_inner_text=True)
    await expect(page.locator(".line.person .tick").last).to_have_text("Sent")
    await expect(text).to_have_value("")
    await page.get_by_role("button", name="No", exact=True).click()
    await room.attend()
    await expect(page.locator(".line .text").last).to_have_text("chose No")
    await expect(page.locator("#notice")).to_contain_text("a program, not a person")


async def test_markup_stays_text_and_only_https_becomes_a_link(room: Room, page: Page) -> None:
    await open_chat(room, page)
    text = "👋 <img src=x onerror=alert(1)> here and there"
    here, there = text.index("here"), text.index("there")
    spans = (
        Span(start=here, end=here + 4, style="link", url="https://example.org/a"),
        Span(start=there, end=there + 5, style="link", url="javascript:alert(1)"),
        Span(start=here, end=there + 5, style="bold"),
    )
    await write(page, "<b>bold?</b>")
    await room.attend(lambda _: [line("bot", Wrote(message=Say(text=text, spans=spans)), "bot")])
    await expect(page.locator(".line.bot .text").last).to_have_text(text)
    await expect(page.locator(".line.person .text")).to_have_text("<b>bold?</b>")
    links = page.locator(".line a")
    await expect(links).to_have_count(1)
    await expect(links).to_have_text("here")
    await expect(links).to_have_attribute("rel", "noopener noreferrer nofollow")
    await expect(page.locator(".line img")).to_have_count(0)
    await expect(page.locator(".line.bot .text strong")).to_have_text(["here", " and ", "there"])


async def test_the_page_follows_the_bot_into_another_language(room: Room, page: Page) -> None:
    await open_chat(room, page)
    await expect(page.locator("html")).to_have_attribute("dir", "ltr")
    await write(page, "العربية")
    arabic = "Jobcenter هو مكتب العمل"
    await room.attend(lambda _: [say(arabic, "السكن", "Jobcenter", language="ar")])
    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    await expect(page.locator("html")).to_have_attribute("lang", "ar")
    await expect(page.locator("#over")).to_have_text("البدء من جديد")
    last = page.locator(".line.bot .text").last
    await expect(last).to_have_attribute("dir", "auto")
    await expect(last).to_have_attribute("lang", "ar")
    # An Arabic sentence that begins with a German word is still an Arabic one.
    assert await last.evaluate("element => getComputedStyle(element).direction") == "rtl"
    own, bots = [await page.locator(f".line.{who}").last.bounding_box() for who in ("person", "bot")]
    assert own is not None
    assert bots is not None
    assert own["x"] < bots["x"]


async def test_a_counsellor_looks_different_and_has_a_name(room: Room, page: Page) -> None:
    await open_chat(room, page)
    await write(page, "human")
    await room.attend(
        lambda _: [line("counsellor", Wrote(message=Say(text="Hello!", language="en")), "counsellor", "7")]
    )
    await expect(page.locator(".line.counsellor .by")).to_have_text("Counsellor Mariam")
    await expect(page.locator(".line.counsellor .by")).to_be_visible()
    colours = [
        await page.locator(f".line.{who} .bubble").last.evaluate("element => getComputedStyle(element).backgroundColor")
        for who in ("bot", "counsellor", "person")
    ]
    assert len(set(colours)) == 3


async def test_a_lost_connection_keeps_what_was_written(room: Room, page: Page) -> None:
    await open_chat(room, page)
    await page.context.set_offline(True)
    await page.evaluate("window.dispatchEvent(new Event('offline'))")
    await expect(page.locator("#trouble")).to_contain_text("Not connected")
    await write(page, "first in the tunnel")
    await write(page, "second in the tunnel")
    await expect(page.locator(".line.person .tick")).to_have_text(["Sending …", "Sending …"])
    assert await room.work() == 0
    await page.context.set_offline(False)
    await expect(page.locator(".line.person .tick")).to_have_text(["Sent", "Sent"], timeout=20_000)
    await room.work()
    expected = [
        "welcome",
        "first in the tunnel",
        "echo first in the tunnel",
        "second in the tunnel",
        "echo second in the tunnel",
    ]
    await expect(page.locator(".line .text")).to_have_text(expected)
    await expect(page.locator("#trouble")).to_be_hidden()
    await page.reload()
    await expect(page.locator(".line .text")).to_have_text(expected)


async def test_what_was_not_sent_survives_a_reload(room: Room, page: Page) -> None:
    await open_chat(room, page)
    await page.route("**/chat/session", lambda route: route.abort())
    await page.evaluate("window.dispatchEvent(new Event('offline'))")
    await write(page, "kept over the reload")
    await page.unroute("**/chat/session")
    await page.reload()
    await expect(page.locator(".line.person .tick")).to_have_text(["Sent"])
    await room.work()
    await expect(page.locator(".line .text")).to_have_text(
        ["welcome", "kept over the reload", "echo kept over the reload"]
    )


async def test_a_message_that_is_too_long_is_explained_and_kept(room: Room, page: Page) -> None:
    await open_chat(room, page)
    await page.locator("#text").fill("я" * 10_001)
    await page.locator("#text").press("Enter")
    await expect(page.locator("#hint")).to_contain_text("10001 of at most 10000")
    assert len(await page.locator("#text").input_value()) == 10_001
    assert await room.work() == 0
    await page.locator("#text").fill("short")
    await expect(page.locator("#hint")).to_be_hidden()


async def test_starting_over_is_asked_and_empties_the_page(room: Room, page: Page) -> None:
    await open_chat(room, page)
    await write(page, "my story")
    await room.attend()
    await expect(page.locator(".line .text")).to_have_count(3)
    await page.locator("#over").click()
    await page.get_by_role("button", name="Keep this one").click()
    await expect(page.locator(".line .text")).to_have_count(3)
    await page.locator("#over").click()
    await page.get_by_role("button", name="Start a new one").click()
    await expect(page.locator(".line .text")).to_have_count(0)
    await room.attend()
    await expect(page.locator(".line .text")).to_have_text(["welcome"])
    await page.reload()
    await expect(page.locator(".line .text")).to_have_text(["welcome"])


@pytest.mark.parametrize("width", [320, 360, 1200])
@pytest.mark.parametrize("lang", ["ar", "bg"])
async def test_nothing_sticks_out(room: Room, page: Page, width: int, lang: str) -> None:
    await page.set_viewport_size({"width": width, "height": 640})
    await open_chat(room, page, f"?lang={lang}")
    await write(page, "Rechtsschutzversicherungsgesellschaften" * 4)
    await room.attend(lambda _: [say("https://example.org/" + "x" * 300, *(["Дълъг етикет на бутон " * 4] * 3))])
    await expect(page.locator(".line.bot")).to_have_count(2)
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert await page.evaluate(
        "document.getElementById('scroll').scrollWidth <= document.getElementById('scroll').clientWidth"
    )
    for option in await page.locator(".option").all():
        box = await option.bounding_box()
        assert box is not None
        assert box["height"] >= 44


async def test_a_photo_is_sent_and_seen(room: Room, page: Page) -> None:
    await open_chat(room, page)
    await page.locator("#file").set_input_files({"name": "letter.png", "mimeType": "image/png", "buffer": PNG})
    await room.attend()
    picture = page.locator(".line.person .file img")
    await expect(picture).to_have_attribute("alt", "letter.png")
    await expect(picture).to_have_js_property("naturalWidth", 1)
    await expect(page.locator(".line.person .file a")).to_have_text("Save: letter.png")
    await expect(page.locator(".line.person")).to_have_count(1)
    await page.locator("#file").set_input_files({"name": "x.bin", "mimeType": "image/png", "buffer": b""})
    await expect(page.locator("#hint")).to_have_text("This file is empty.")
    await expect(page.locator(".line.person")).to_have_count(1)


async def test_what_was_asked_stays_in_sight_above_a_long_menu(room: Room, page: Page) -> None:
    """Help numbers followed by a menu of ten buttons are read without scrolling back; the rest is one tap away."""
    await open_chat(room, page)
    await write(page, "no home")
    menu = [f"Topic {number}" for number in range(14)]
    await room.attend(
        lambda _: [line("bot", Wrote(message=Say(text="call 112")), "bot"), say("What else?", *menu, language="en")]
    )
    await expect(page.get_by_role("button", name="Topic 13")).to_be_attached()
    await expect(page.locator(".line.person").last).to_be_in_viewport(ratio=0.9)
    await expect(page.get_by_text("call 112")).to_be_in_viewport(ratio=1)
    await expect(page.locator("#newest")).to_be_visible()
    await page.locator("#newest").click()
    await expect(page.get_by_role("button", name="Topic 13")).to_be_in_viewport(ratio=1)
