"""A counsellor's browser at the desk: signing in, and the moves that many journeys share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from tests.fakes.desk_window import PASSWORD
from tests.fakes.desk_world import DeskWorld

__all__ = ["CHROMIUM", "NEEDS_BROWSER", "card", "claim", "lines", "picture", "send", "sign_in", "troubles"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NEEDS_BROWSER = [
    pytest.mark.browser,
    # One loop for all of them, so that they can share one Chromium.
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(CHROMIUM is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"),
]

#: Pictures of every page and state; CI keeps the folder, people look at them.
PICTURES = Path(__file__).resolve().parents[2] / "build" / "screenshots"


async def sign_in(world: DeskWorld, context: BrowserContext, login: str = "mariam") -> Page:
    """Open the desk in a new tab and wait until it is live."""
    page = await context.new_page()
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.troubles = found  # type: ignore[attr-defined]
    await page.goto(f"{world.base}/desk")
    if await page.locator("#login").count():
        await page.fill("#login", login)
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")
    await expect(page.locator("#status[data-state=on]")).to_be_visible()
    return page


def troubles(page: Page) -> list[str]:
    """Return what the page complained of. Chromium itself reports refused connections and refused requests."""
    found: list[str] = page.troubles  # type: ignore[attr-defined]
    return [text for text in found if "ERR_" not in text and "status of 4" not in text]


def card(page: Page, number: str) -> Locator:
    """Return the card of a case in the lists."""
    return page.locator(f'.card[data-number="{number}"]')


def lines(page: Page, author: str) -> Locator:
    """Return what somebody wrote in the case that is shown."""
    return page.locator(f'#lines li[data-author="{author}"]:not([data-kind="mark"], [data-kind="note"]) .text')


async def claim(page: Page, number: str) -> None:
    """Open a waiting case and claim it."""
    await card(page, number).click()
    await expect(page.locator("#case-title")).to_contain_text(number)
    await page.locator("[data-act=claim]").click()
    await expect(page.locator("#text-reply")).to_be_focused()


async def send(page: Page, text: str) -> None:
    """Write a reply and send it; it can be taken back for five seconds."""
    await page.fill("#text-reply", text)
    await page.locator("#text-reply").press("Control+Enter")
    await expect(page.locator("#text-reply")).to_have_value("")


async def picture(page: Page, name: str, *, whole: bool = False) -> None:
    """Keep a picture of the page as it is; ``whole`` also shows what one would have to scroll to."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)
