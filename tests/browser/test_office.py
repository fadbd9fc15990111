"""The pages beside the desk in a real browser: without a script, on a phone, from right to left, every field named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from handoff.accounts import Role, account_id
from handoff.totp import STEP, code_at
from tests.fakes.desk_page import NEEDS_BROWSER
from tests.fakes.desk_window import PASSWORD
from tests.fakes.desk_world import DeskWorld, RealClock, open_desk
from tests.unit.handoff.test_numbers import DAY, count

pytestmark = NEEDS_BROWSER

PAGES = {
    "account": "account",
    "team": "team",
    "team/{anna}": "member",
    "numbers": "numbers",
    "audit": "audit",
}
#: Each visible control has a name that is not a placeholder; each id is there once; headings begin with one h1.
FAULTS = """() => {
  const faults = [];
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a[href]")) {
    const label = field.labels?.length ? [...field.labels].map((one) => one.textContent).join("") : field.textContent;
    if (!(field.getAttribute("aria-label") || label).trim()) faults.push(`no name: ${field.outerHTML.slice(0, 80)}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  if (new Set(ids).size !== ids.length) faults.push("an id twice");
  if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
  if (document.querySelectorAll("main").length !== 1) faults.push("not one main");
  for (const svg of document.querySelectorAll("svg")) {
    if (!svg.closest("[aria-hidden=true], [role=img]")) faults.push("a picture without a name");
  }
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) faults.push(`wider than the window by ${wide}`);
  return faults;
}"""


async def enter(world: DeskWorld, page: Page, login: str) -> None:
    await page.goto(f"{world.base}/desk/sign-in")
    await page.fill("#login", login)
    await page.fill("#password", PASSWORD)
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


@pytest.mark.parametrize(("language", "width"), [("de", 390), ("ar", 390), ("en", 1280), ("bg", 390), ("ru", 390)])
async def test_every_page_fits_and_names_its_fields_without_a_script(
    browser: Browser, language: str, width: int, tmp_path: Path
) -> None:
    async with open_desk(RealClock()) as world:
        await world.account("lead", "ar", roles=("lead",))
        await count(world, world.clock.now() - 35 * DAY, {"closed.language.ar": 12, "closed.language.bg": 7})
        await world.account("anna", "ar", name="Anna <b>أمل</b>")
        context = await browser.new_context(
            viewport={"width": width, "height": 800}, locale=language, java_script_enabled=False
        )
        page = await context.new_page()
        await enter(world, page, "lead")
        for path in PAGES:
            await page.goto(f"{world.base}/desk/{path.format(anna=account_id('anna'))}?lang={language}")
            await expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
            await expect(page.locator("h1")).to_be_visible()
            shots = Path(os.environ.get("SCREENSHOTS", tmp_path))
            await page.screenshot(path=shots / f"{PAGES[path]}-{language}-{width}.png", full_page=True)
            # A context without scripts still lets the test look at the page.
            assert await page.evaluate(FAULTS) == [], path
        await context.close()


async def test_a_lead_adds_a_colleague_who_sets_up_the_second_step_by_keyboard(browser: Browser) -> None:
    async with open_desk(RealClock(), second="always") as world:
        await world.account("anna", "ar")
        context = await browser.new_context(viewport={"width": 390, "height": 800}, java_script_enabled=False)
        page = await context.new_page()
        await enter(world, page, "anna")
        await expect(page.locator(".qr svg")).to_be_visible()
        assert await page.evaluate(FAULTS) == []
        secret = (await page.locator(".key").inner_text()).replace(" ", "")
        await page.keyboard.type(code_at(secret, world.clock.now() // STEP))
        await page.keyboard.press("Enter")
        await expect(page.locator(".codes li")).to_have_count(8)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"{world.base}/desk")
        await context.close()


@pytest.mark.parametrize(
    ("role", "pages"),
    [("analyst", ["numbers"]), ("admin", ["team", "erasures"]), ("privacy", ["audit", "erasures"])],
)
async def test_who_has_no_business_at_the_desk_lands_on_their_own_page(
    browser: Browser, role: Role, pages: list[str]
) -> None:
    async with open_desk(RealClock()) as world:
        await world.account("tom", roles=(role,))
        page = await browser.new_page()
        await enter(world, page, "tom")
        await page.wait_for_url(f"{world.base}/desk/account")
        links = await page.locator("nav.pages a").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
        assert links == [f"/desk/{one}" for one in (*pages, "account")]
