"""Fixtures of the desk's browser tests: a street with people, and a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.fakes.desk_page import CHROMIUM
from tests.fakes.desk_street import Street, open_street


@pytest.fixture
async def street() -> AsyncIterator[Street]:
    async with open_street() as running:
        await running.account("mariam", "ar", "bg", "en", "ru", name="Mariam")
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        await chromium.close()


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    opened = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    yield opened
    await opened.close()
