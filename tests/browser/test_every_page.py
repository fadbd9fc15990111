"""Every page and every state of the desk: it fits, has its direction, shows no barrier, and is kept as a picture.

The pictures lie in ``build/screenshots``; CI keeps them, and people look at them.
"""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from handoff.security import security_headers
from tests.fakes.axe import barriers
from tests.fakes.chat_room import open_room
from tests.fakes.desk_page import NEEDS_BROWSER, card, claim, lines, picture, send, sign_in, troubles
from tests.fakes.desk_street import Street

pytestmark = NEEDS_BROWSER

WIDE, PHONE = (1280, 800), (390, 780)


class Tour:
    """Walks through the desk and looks at each stop."""

    def __init__(self, page: Page, name: str, *, checked: bool) -> None:
        self.page = page
        self.name = name
        self.checked = checked
        self.stops = 0

    async def stop(self, what: str) -> None:
        self.stops += 1
        # Colours that are on their way to others have no contrast of their own.
        await self.page.evaluate(
            "Promise.allSettled(document.getAnimations().filter((one) => !(one instanceof CSSAnimation))"
            ".map((one) => one.finished))"
        )
        await picture(self.page, f"{self.name}-{self.stops:02}-{what}")
        assert await self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), what
        if self.checked:
            assert await barriers(self.page) == [], what


async def people(street: Street) -> tuple[str, str]:
    """Let four people in four languages wait; return the numbers of the first and of one in danger."""
    await street.account("boris", "ar", "ru", name="Борис")
    said = ("كم الحد الأدنى للأجور؟", "وصلتني رسالة من Jobcenter بتاريخ 12.03.2026 حسب § 60 SGB I، هاتفي 030 901820")
    first = await street.wants("p", "ar", *said, name="أمل")
    await street.wants("q", "bg", "Шефът не ми плаща заплатата", name="Иван")
    await street.wants("r", "en", "My landlord gives notice")
    danger = await street.wants("s", "ru", "я хочу умереть", name="Ольга")
    return first, danger


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("language", ["de", "en", "ar", "bg", "ru"])
async def test_the_desk_in_every_state(street: Street, browser: Browser, language: str, size: tuple[int, int]):
    number, _ = await people(street)
    width, height = size
    context = await browser.new_context(viewport={"width": width, "height": height}, locale=language)
    page = await sign_in(street, context)
    tour = Tour(page, f"desk-{language}-{width}", checked=language in ("de", "ar"))
    await expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    await expect(page.locator("#waiting .card")).to_have_count(4)
    await tour.stop("lists")
    await card(page, number).click()
    await expect(page.locator("[data-act=claim]")).to_be_visible()
    await tour.stop("peek")
    await page.locator("[data-act=claim]").click()
    await expect(page.locator("#text-reply")).to_be_focused()
    await send(page, "السلام عليكم، قرأت رسالتك بتاريخ 12.03.2026.")
    await expect(page.locator("#pending li")).to_have_count(1)
    await tour.stop("pending")
    street.leaping.leap(6000)
    await expect(lines(page, "counsellor")).to_have_count(1)
    async with street.undeliverable("The person blocked the bot."):
        await expect(page.locator("#lines .delivery[data-state=failed]").last).to_be_visible()
        await tour.stop("failed")
    await page.locator("#tab-note").click()
    await page.fill("#text-note", "Frist prüfen: § 84 SGG")
    await page.locator("#text-note").press("Control+Enter")
    await expect(page.locator("#text-note")).to_have_value("")
    await tour.stop("note")
    await page.locator("#tab-reply").click()
    await page.locator("#canned-open").click()
    await page.locator("#canned-list li").nth(4).click()
    await tour.stop("ready-replies")
    await page.keyboard.press("Escape")
    for verb, dialog in (("park", "parking"), ("transfer", "handing"), ("close", "closing")):
        await page.locator(f"[data-act={verb}]").click()
        await expect(page.locator(f"#{dialog}")).to_be_visible()
        await tour.stop(verb)
        await page.keyboard.press("Escape")
    await page.locator("#more-acts summary").click()
    await tour.stop("more")
    for verb, dialog in (("facts", "facts-edit"), ("erase", "erasing")):
        if not await page.locator(f"[data-act={verb}]").is_visible():
            await page.locator("#more-acts summary").click()
        await page.locator(f"[data-act={verb}]").click()
        await expect(page.locator(f"#{dialog}")).to_be_visible()
        await tour.stop(verb)
        await page.keyboard.press("Escape")
    if size == PHONE:
        await page.locator("#facts summary").click()
        await tour.stop("facts")
        await page.locator("#facts summary").click()
        await page.locator("#back").click()
    await page.locator("#find").click()
    await page.fill("#search-query", "Jobcenter")
    await page.keyboard.press("Enter")
    await expect(page.locator("#hits li").first).to_be_visible()
    await tour.stop("search")
    await page.keyboard.press("Escape")
    await page.locator("#presence").click()
    await tour.stop("presence")
    await page.keyboard.press("Escape")
    await page.locator("#me summary").click()
    await tour.stop("menu")
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.locator("#keys")).to_be_visible()
    await tour.stop("keys")
    await page.keyboard.press("Escape")
    await context.set_offline(True)
    await expect(page.locator("#status[data-state=off]")).to_be_visible()
    await tour.stop("not-connected")
    assert troubles(page) == []
    await context.close()


@pytest.mark.parametrize("language", ["de", "ar"])
async def test_the_desk_at_night(street: Street, browser: Browser, language: str):
    number, danger = await people(street)
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, locale=language, color_scheme="dark", reduced_motion="reduce"
    )
    page = await sign_in(street, context)
    tour = Tour(page, f"dark-{language}", checked=True)
    await tour.stop("lists")
    await claim(page, number)
    await send(page, "مرحبا")
    await tour.stop("pending")
    await card(page, danger).click()
    await expect(page.locator("#case-title")).to_contain_text(danger)
    await tour.stop("danger")
    await page.locator("#help").click()
    await tour.stop("keys")
    await context.close()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("language", ["ar", "bg", "en", "ru"])
async def test_the_chat(browser: Browser, language: str, size: tuple[int, int]):
    width, height = size
    async with open_room(middlewares=[security_headers]) as room:
        context = await browser.new_context(viewport={"width": width, "height": height}, locale=language)
        page = await context.new_page()
        tour = Tour(page, f"chat-{language}-{width}", checked=True)
        await page.goto(f"{room.origin}/chat?lang={language}")
        await room.attend()
        await expect(page.locator(".line.bot .text").first).to_be_visible()
        await tour.stop("welcome")
        await page.locator("#text").fill("رقمي 030 901820 <b>x</b>")
        await page.locator("#text").press("Enter")
        await room.attend()
        await expect(page.locator(".line.person .text").last).to_contain_text("030 901820")
        await tour.stop("written")
        await context.close()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("language", ["de", "en", "ar", "bg", "ru"])
async def test_the_pages_beside_the_desk(street: Street, browser: Browser, language: str, size: tuple[int, int]):
    await street.account("lea", "ar", "de", name="Lea", roles=("counsellor", "lead"))
    width, height = size
    context = await browser.new_context(viewport={"width": width, "height": height}, locale=language)
    page = await context.new_page()
    tour = Tour(page, f"pages-{language}-{width}", checked=True)
    await page.goto(f"{street.base}/desk/sign-in")
    await tour.stop("sign-in")
    await page.fill("#login", "lea")
    await page.fill("#password", "wrong horse battery")
    await page.keyboard.press("Enter")
    await expect(page.locator("[role=alert]")).to_be_visible()
    await tour.stop("refused")
    await page.close()
    desk = await sign_in(street, context, "lea")
    paths = await desk.locator("#me .pages a").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    assert "/desk/account" in paths
    tour.page = desk
    for path in (*paths, "/desk/account/second"):
        await desk.goto(f"{street.base}{path}")
        await expect(desk.locator("h1, h2").first).to_be_visible()
        await tour.stop(path.removeprefix("/desk/").replace("/", "-"))
    await context.close()
