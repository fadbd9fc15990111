"""A counsellor at the desk, in a real browser."""

from __future__ import annotations

import os
import shutil
import time

import pytest
from playwright.async_api import BrowserContext, Page, expect

from handoff.totp import STEP, code_at
from tests.e2e.server import Server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NEEDS_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"),
]


async def picture(page: Page, name: str) -> None:
    """Keep a picture in the folder that STREETWORK_PICTURES names, for looking at it; without it none is kept."""
    folder = os.environ.get("STREETWORK_PICTURES")
    if folder:
        await page.screenshot(path=f"{folder}/{name}.png")


async def sign_in(server: Server, context: BrowserContext, language: str = "en") -> Page:
    """Open the desk and sign in with the account that the first start printed; set up the second step if asked to."""
    desk = await context.new_page()
    await desk.goto(f"{server.base}/desk?lang={language}")
    await desk.locator("#login").fill("counsellor")
    await desk.locator("#password").fill(server.password)
    await desk.locator("#password").press("Enter")
    await expect(desk.locator("#claim-next, .key")).to_be_visible()
    if await desk.locator(".key").count():
        await _set_up_second_step(desk)
    await expect(desk.locator("#claim-next")).to_be_visible()
    return desk


async def _set_up_second_step(desk: Page) -> None:
    """Do what an authenticator app does, on a desk that others than this machine can reach."""
    secret = (await desk.locator(".key").inner_text()).replace(" ", "")
    await desk.locator("#code").fill(code_at(secret, int(time.time() * 1000) // STEP))
    await desk.locator("#code").press("Enter")
    await expect(desk.locator(".codes li")).to_have_count(8)
    await desk.locator("main a.button").click()


async def claim_next(desk: Page) -> None:
    """Take the case that has waited longest."""
    await expect(desk.locator("#waiting .card").first).to_be_visible()
    await desk.locator("#claim-next").click()
    await expect(desk.locator("#case")).to_be_visible()
    await expect(desk.locator("#form-reply")).to_be_visible()


async def reply(desk: Page, text: str) -> None:
    """Send a reply to the open case."""
    await desk.locator("#text-reply").fill(text)
    await desk.locator("#form-reply [data-send]").click()


async def close(desk: Page, outcome: str = "first_advice") -> None:
    """Close the open case."""
    await desk.locator("[data-act=close]").click()
    await desk.locator(f"#closing input[value={outcome}]").check()
    await desk.locator("#closing button[value=yes]").click()
