"""Words on the page: each bubble in its own direction, numbers that keep their order, and text that does nothing."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, BrowserContext, Error, expect

from tests.fakes.desk_page import NEEDS_BROWSER, card, claim, lines, send, sign_in, troubles
from tests.fakes.desk_street import Street

pytestmark = NEEDS_BROWSER

HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\'\u202e{name} %s'
MIXED = [
    ("رقم هاتفي 030 901820-55 من فضلك", "030 901820-55"),
    ("حسب § 60 SGB I يجب", "§ 60 SGB I"),
    ("من 12.03.2026 إلى", "12.03.2026"),
    ("حسابي DE89 3704 0044 0532 0130 00 عندك", "DE89 3704 0044 0532 0130 00"),
    ("الرابط https://example.org/a?b=1&c=2 انتهى", "https://example.org/a?b=1&c=2"),
]


async def test_bubbles_have_their_own_direction_and_numbers_stand_by_themselves(
    street: Street, context: BrowserContext
):
    number = await street.wants("p", "ar", *[text for text, _ in MIXED], "تست English با هم (1-2)")
    page = await sign_in(street, context)
    await claim(page, number)
    await page.locator("#bot summary").click()
    for text, alone in MIXED:
        bubble = page.locator("#bot-lines .text", has_text=text)
        await expect(bubble).to_have_css("direction", "rtl")
        await expect(bubble.locator("bdi", has_text=alone).first).to_have_text(alone)
    await send(page, "Ihr Termin: 12.03., 14:30 Uhr")
    street.leaping.leap(6000)
    await expect(lines(page, "counsellor").last).to_have_css("direction", "ltr")
    await page.fill("#text-reply", "مرحبا")
    await expect(page.locator("#text-reply")).to_have_css("unicode-bidi", "plaintext")
    assert troubles(page) == []


async def test_what_was_asked_and_answered_is_handed_over(street: Street, context: BrowserContext):
    number = await street.wants("p", "en", "what is the minimum wage", "my phone is +49 30 901820")
    page = await sign_in(street, context)
    await card(page, number).click()
    handed = page.locator("#handover")
    await expect(handed).to_have_attribute("open", "")
    await expect(handed).to_contain_text("what is the minimum wage")
    await expect(handed).to_contain_text("given")
    await expect(handed.locator("bdi", has_text="+49 30 901820")).to_be_visible()
    await page.locator("[data-act=claim]").click()
    await send(page, "Hello")
    street.leaping.leap(6000)
    await expect(lines(page, "counsellor")).to_have_text(["Hello"])
    # Once answered, the card makes room, also at the next look.
    await page.reload()
    await card(page, number).click()
    await expect(handed).to_be_visible()
    await expect(handed).not_to_have_attribute("open", "")


async def test_hostile_words_do_nothing_anywhere(street: Street, context: BrowserContext):
    await street.account("boris", "ar", name='"><b>Boris</b>')
    number = await street.wants("p", "ar", HOSTILE, "x" * 10_000, name=HOSTILE[:60])
    page = await sign_in(street, context)
    await claim(page, number)
    await send(page, HOSTILE)
    await page.locator("#tab-note").click()
    await page.fill("#text-note", HOSTILE)
    await page.locator("#text-note").press("Control+Enter")
    await expect(page.locator("#notes .text")).to_have_text(HOSTILE)
    await page.fill("#text-note", HOSTILE * 50)
    await page.keyboard.press("Escape")
    await page.locator("#find").click()
    await page.fill("#search-query", HOSTILE)
    await page.keyboard.press("Enter")
    await expect(page.locator("#hits li").first).to_be_visible()
    await page.fill("#search-query", "x" * 200)
    await page.keyboard.press("Enter")
    await page.locator("#search-close").click()
    await page.locator("[data-act=transfer]").click()
    await expect(page.locator("#colleagues bdi").first).to_have_text('"><b>Boris</b>')
    await page.keyboard.press("Escape")
    street.leaping.leap(6000)
    await expect(lines(page, "counsellor").last).to_have_text(HOSTILE)
    assert await page.evaluate("window.hacked") is None
    assert await page.locator("img, main script, b").count() == 0
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert "onerror" not in await page.title()
    assert troubles(page) == []


async def test_a_policy_would_stop_a_script_that_got_in(street: Street, context: BrowserContext):
    page = await sign_in(street, context)
    for attempt in (
        (
            "() => { const one = document.createElement('script'); one.textContent = 'window.hacked = 1';"
            " document.body.append(one); }"
        ),
        "() => { document.body.innerHTML = '<img src=x onerror=\"window.hacked = 1\">'; }",
    ):
        with pytest.raises(Error, match="Trusted"):
            await page.evaluate(attempt)
    assert await page.evaluate("window.hacked") is None


@pytest.mark.parametrize("language", ["de", "en", "ar", "bg", "ru"])
async def test_no_word_of_the_page_is_missing(street: Street, browser: Browser, language: str):
    number = await street.wants("p", "ar")
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale=language)
    page = await sign_in(street, context)
    await claim(page, number)
    await send(page, "hello")
    shown = await page.locator("body").inner_text()
    # A key without a text shows itself: two words with a point between them.
    keys = await page.evaluate("Object.keys(JSON.parse(document.getElementById('page').textContent).texts)")
    assert [key for key in keys if "." in key and key in shown] == []
    await expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    await expect(card(page, number)).to_be_visible()
    await context.close()
