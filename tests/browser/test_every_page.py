"""Every state of the desk: it fits, has its direction, shows no barrier, and is kept as a picture."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, FilePayload, expect

from core.reasons import reason
from handoff.ui_texts import texts
from tests.fakes.desk_page import NEEDS_BROWSER, card, claim, lines, send, sign_in, troubles
from tests.fakes.desk_street import Street
from tests.fakes.desk_tour import PHONE, SIZES, WIDE, Tour

pytestmark = NEEDS_BROWSER


async def people(street: Street) -> tuple[str, str]:
    """Let four people in four languages wait; return the numbers of the first and of one in danger."""
    await street.account("boris", "ar", "ru", name="Борис")
    said = ("كم الحد الأدنى للأجور؟", "وصلتني رسالة من Jobcenter بتاريخ 12.03.2026 حسب § 60 SGB I، هاتفي 030 901820")
    first = await street.wants("p", "ar", *said, name="أمل")
    await street.wants("q", "bg", "Шефът не ми плаща заплатата", name="Иван")
    await street.wants("r", "en", "My landlord gives notice")
    danger = await street.wants("s", "ru", "я хочу умереть", name="Ольга")
    return first, danger


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("language", ["de", "en", "ar", "bg", "ru"])
async def test_the_desk_in_every_state(street: Street, browser: Browser, language: str, size: tuple[int, int]):
    number, _ = await people(street)
    width, height = size
    context = await browser.new_context(viewport={"width": width, "height": height}, locale=language)
    page = await sign_in(street, context)
    tour = Tour(page, "desk", language, size)
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
    async with street.undeliverable(reason("telegram.blocked")):
        told = page.locator("#lines .delivery[data-state=failed]").last
        # In the words of the page, in the line and in the mark below it.
        await expect(told).to_contain_text(texts(language)["reason.telegram.blocked"])
        await expect(page.locator('#lines [data-kind="mark"]').last).to_contain_text(
            texts(language)["reason.telegram.blocked"]
        )
        await tour.stop("failed")
    await page.locator("#tab-note").click()
    await page.fill("#text-note", "Frist prüfen: § 84 SGG")
    await page.locator("#text-note").press("Control+Enter")
    await expect(page.locator("#text-note")).to_have_value("")
    await tour.stop("note")
    await page.locator("#tab-reply").click()
    letter: FilePayload = {
        "name": "رسالة Jobcenter 12.03.2026.pdf",
        "mimeType": "application/pdf",
        "buffer": b"%PDF-1.7",
    }
    await page.set_input_files("#attach", letter)
    await page.fill("#text-reply", "أرسل إليك النموذج.")
    await tour.stop("attached")
    await page.locator("#attach-drop").click()
    await page.fill("#text-reply", "")
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
    tour = Tour(page, "dark", language, WIDE)
    tour.checked = True
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
