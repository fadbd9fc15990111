"""Fixtures of the desk's browser tests: a street with people, and a browser that all tests of a process share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.fakes.desk_page import CHROMIUM
from tests.fakes.desk_street import Street, open_street


@pytest_asyncio.fixture(loop_scope="session")
async def street() -> AsyncIterator[Street]:
    async with open_street() as running:
        await running.account("mariam", "ar", "bg", "en", "ru", name="Mariam")
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium: Browser) -> AsyncIterator[Browser]:
    """The shared one; what a test left open is closed, so that the next one finds nothing of it."""
    yield chromium
    for left in chromium.contexts:
        await left.close()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    opened = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    yield opened
    await opened.close()
