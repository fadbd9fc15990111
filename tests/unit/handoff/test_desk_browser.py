"""The desk in a real browser: by keyboard, on a phone, from right to left, through a cut, and with hostile words."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from handoff.accounts import account_id, disable_account
from handoff.outages import over, report
from tests.fakes.desk_world import PASSWORD, DeskWorld, RealClock, open_desk

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"),
]

HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\'\u202e'


@pytest.fixture
async def world() -> AsyncIterator[DeskWorld]:
    async with open_desk(RealClock(), beat=0.5) as running:
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


async def sign_in(world: DeskWorld, context: BrowserContext, login: str = "mariam") -> Page:
    page = await context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.troubles = troubles  # type: ignore[attr-defined]
    await page.goto(f"{world.base}/desk")
    await page.fill("#login", login)
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("#status[data-state=on]")).to_be_visible()
    return page


def troubles(page: Page) -> list[str]:
    # Chromium itself reports refused connections and refused requests; everything else is the page's fault.
    found: list[str] = page.troubles  # type: ignore[attr-defined]
    return [text for text in found if "ERR_" not in text and "status of 4" not in text]


@pytest.mark.parametrize("language", ["de", "ar"])
@pytest.mark.parametrize("width", [1280, 390])
async def test_the_page_fits_and_has_its_direction(world: DeskWorld, browser: Browser, language: str, width: int):
    await world.account("mariam", "ar", name="Mariam")
    await world.talk("p", "hello", "I am a machine")
    await world.ask("p", "K-417", urgency="clock", note="سكن", name="Amal")
    context = await browser.new_context(viewport={"width": width, "height": 800}, locale=language)
    page = await sign_in(world, context)
    await expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    await expect(page.locator("#waiting .letters")).to_have_text("ع")
    await page.locator(".card").click()
    await expect(page.locator("#lines li").first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.locator("#lists, .lists").is_visible() == (width > 400)
    unnamed = await page.evaluate(
        "[...document.querySelectorAll('button, input:not([type=hidden]), textarea')].filter((one) =>"
        " !(one.getAttribute('aria-label') || one.textContent.trim() || one.labels?.length)).length"
    )
    assert unnamed == 0
    assert "Amal" not in await page.title()
    assert troubles(page) == []
    await context.close()


async def test_a_case_from_claim_to_close_by_keyboard(world: DeskWorld, context: BrowserContext):
    await world.account("mariam", "ar", name="Mariam")
    await world.talk("p", "hello", "I am a machine", "What do you need?")
    await world.ask("p", "K-1", note="housing", name="Amal")
    page = await sign_in(world, context)
    await page.keyboard.press("c")
    await expect(page.locator("#text-reply")).to_be_focused()
    await expect(page.locator("#bot summary")).to_contain_text("3")
    await expect(page.locator("#form-reply [data-send]")).to_have_text(re.compile("Arabic.*Web chat"))
    await page.keyboard.type("cc rr: السلام عليكم")
    await page.keyboard.press("Control+Enter")
    bubble = page.locator('#lines li[data-author="counsellor"]').last
    await expect(bubble.locator(".text")).to_have_text("cc rr: السلام عليكم")
    await expect(page.locator("#text-reply")).to_have_value("")
    await world.deliver("The person blocked the bot.")
    await expect(bubble.locator(".delivery[data-state=failed]")).to_contain_text("The person blocked the bot.")
    await page.keyboard.press("Escape")
    await page.keyboard.press("n")
    await page.keyboard.type("between us")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#notes li")).to_have_count(1)
    await page.keyboard.press("Escape")
    await page.keyboard.press("e")
    await page.locator("#closing input[value=first_advice]").press("Space")
    await page.locator("#closing button[value=yes]").click()
    await expect(page.locator("#mine .card")).to_have_count(0)
    await expect(page.locator("#nothing")).to_be_visible()
    assert troubles(page) == []


async def test_what_the_person_writes_appears_by_itself(world: DeskWorld, context: BrowserContext):
    await world.account("mariam", "ar")
    page = await sign_in(world, context)
    await world.ask("p", "K-1")
    await expect(page.locator("#waiting .card")).to_have_count(1)
    assert re.match(r"\(1\) ", await page.title())
    await page.keyboard.press("c")
    await expect(page.locator("#text-reply")).to_be_focused()
    await page.keyboard.type("a half-written answer")
    await world.talk("p", "one more thing")
    await expect(page.locator("#lines .text").last).to_have_text("one more thing")
    await expect(page.locator("#form-reply [data-hint]")).to_be_visible()
    await expect(page.locator("#text-reply")).to_have_value("a half-written answer")


async def test_drafts_stay_with_their_case_and_mode(world: DeskWorld, context: BrowserContext):
    await world.account("mariam", "ar")
    await world.ask("p", "K-1")
    await world.ask("q", "K-2")
    page = await sign_in(world, context)
    for _ in range(2):
        await page.keyboard.press("c")
        await expect(page.locator("#text-reply")).to_be_focused()
        await page.keyboard.press("Escape")
    for number in ("K-1", "K-2"):
        await page.locator(f'.card[data-number="{number}"]').click()
        await expect(page.locator("#case-title")).to_contain_text(number)
        await page.fill("#text-reply", f"for {number}")
    for number in ("K-1", "K-2"):
        await page.locator(f'.card[data-number="{number}"]').click()
        await expect(page.locator("#text-reply")).to_have_value(f"for {number}")
        await expect(page.locator("#text-note")).to_have_value("")


async def test_the_loser_of_a_race_reads_who_won(world: DeskWorld, context: BrowserContext):
    await world.account("mariam", "ar")
    winner = await world.staff("boris", name="Борис")
    await world.ask("p", "K-1")
    page = await sign_in(world, context)
    await expect(page.locator("#waiting .card")).to_have_count(1)
    await page.route("**/desk/api/board", lambda route: route.abort())
    await winner.post("cases/K-1/claim")
    await page.keyboard.press("c")
    await expect(page.locator("#notice")).to_contain_text("Борис took it a moment ago.")
    await page.unroute("**/desk/api/board")
    await expect(page.locator("#team .card")).to_have_count(1)
    await expect(page.locator("#waiting .card")).to_have_count(0)


async def test_a_cut_is_said_and_so_is_what_was_missed(world: DeskWorld, context: BrowserContext):
    await world.account("mariam", "ar")
    await world.ask("p", "K-1")
    page = await sign_in(world, context)
    await expect(page.locator("#waiting .card")).to_have_count(1)
    await context.set_offline(True)
    await expect(page.locator("#status[data-state=off]")).to_have_text(re.compile("NOT CONNECTED: you see .*[0-9]{2}"))
    await world.ask("q", "K-2")
    await world.talk("p", "still there?")
    await expect(page.locator("#waiting .card")).to_have_count(1)
    await context.set_offline(False)
    await expect(page.locator("#status[data-state=on]")).to_be_visible()
    await expect(page.locator("#notice")).to_contain_text(re.compile("Changed while you were away: .*2.*K-1, K-2"))
    await expect(page.locator("#waiting .card")).to_have_count(2)


async def test_a_reply_that_could_not_leave_is_kept_and_arrives_once(world: DeskWorld, context: BrowserContext):
    await world.account("mariam", "ar")
    await world.ask("p", "K-1")
    page = await sign_in(world, context)
    await page.keyboard.press("c")
    await expect(page.locator("#text-reply")).to_be_focused()
    await page.keyboard.type("please answer")
    # The request arrives, its answer does not.
    await page.route("**/reply", lambda route: _swallow(route))
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#notice[data-kind=bad]")).to_be_visible()
    await expect(page.locator("#text-reply")).to_have_value("please answer")
    await page.unroute("**/reply")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#text-reply")).to_have_value("")
    await expect(page.locator('#lines li[data-author="counsellor"]', has_text="please answer")).to_have_count(1)


async def _swallow(route) -> None:
    await route.fetch()
    await route.abort()


async def test_hostile_words_do_nothing(world: DeskWorld, context: BrowserContext):
    await world.account("mariam", "ar", name="<b>Mariam</b>")
    await world.talk("p", HOSTILE, HOSTILE, name=HOSTILE[:80])
    await world.ask("p", "K-1", note=HOSTILE, said=HOSTILE, name=HOSTILE[:80])
    page = await sign_in(world, context)
    await page.keyboard.press("c")
    await expect(page.locator("#lines .text").first).to_have_text(HOSTILE)
    await expect(page.locator("#text-reply")).to_be_focused()
    await page.keyboard.type(HOSTILE)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator('#lines li[data-author="counsellor"] .text')).to_have_text(HOSTILE)
    assert await page.evaluate("window.hacked") is None
    assert await page.locator("img, main script, b").count() == 0
    assert troubles(page) == []


async def test_a_disabled_account_is_shown_the_door(world: DeskWorld, context: BrowserContext):
    await world.account("mariam", "ar")
    page = await sign_in(world, context)
    await disable_account(world.store, account_id("mariam"), world.clock.now())
    await expect(page).to_have_url(re.compile("/desk/sign-in$"))


async def test_keys_can_be_switched_off(world: DeskWorld, context: BrowserContext):
    await world.account("mariam", "ar")
    await world.ask("p", "K-1")
    page = await sign_in(world, context)
    await page.keyboard.press("?")
    await page.locator("#keys-on").uncheck()
    await page.locator("#keys button").click()
    await page.keyboard.press("c")
    await page.keyboard.press("j")
    await expect(page.locator("#nothing")).to_be_visible()
    await page.keyboard.press("?")
    await page.locator("#keys-on").check()
    await page.locator("#keys button").click()
    await page.keyboard.press("j")
    await expect(page.locator("#case-title")).to_contain_text("K-1")


async def test_an_account_that_does_not_work_is_told_with_its_reason_until_it_does(
    world: DeskWorld, context: BrowserContext
) -> None:
    await world.account("mariam", "ar", name="Mariam")
    await report(world.store, "viber", "main", "Viber refuses the token (VIBER_TOKEN)", world.clock.now())
    page = await sign_in(world, context)
    line = page.locator("#outages li")
    await expect(line).to_contain_text("Viber main")
    await expect(line).to_contain_text("VIBER_TOKEN")
    await over(world.store, "viber", "main")
    await page.reload()
    await expect(page.locator("#status[data-state=on]")).to_be_visible()
    await expect(page.locator("#outages")).to_be_hidden()
    assert troubles(page) == []
