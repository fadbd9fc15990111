"""Two counsellors at two desks: the race for a case, handing over, looking and writing, the same draft twice."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, expect

from handoff.accounts import account_id
from tests.fakes.desk_page import NEEDS_BROWSER, card, claim, lines, send, sign_in, troubles
from tests.fakes.desk_street import Street

pytestmark = NEEDS_BROWSER


@pytest_asyncio.fixture(loop_scope="session")
async def other(browser: Browser, street: Street) -> AsyncIterator[BrowserContext]:
    await street.account("boris", "ar", "ru", name="Борис")
    opened = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="de")
    yield opened
    await opened.close()


async def test_a_race_has_one_winner_and_the_loser_reads_who(
    street: Street, context: BrowserContext, other: BrowserContext
):
    number = await street.wants("p", "ar")
    mariam, boris = await sign_in(street, context), await sign_in(street, other, "boris")
    for page in (mariam, boris):
        await card(page, number).click()
        await expect(page.locator("[data-act=claim]")).to_be_visible()
    # Neither hears of the other before the press.
    for page in (mariam, boris):
        await page.route("**/desk/api/board", lambda route: route.abort())
    await asyncio.gather(*(page.locator("[data-act=claim]").click() for page in (mariam, boris)))
    await expect(mariam.locator("#notice")).to_be_visible()
    await expect(boris.locator("#notice")).to_be_visible()
    case = await street.case("p")
    assert case is not None
    won, lost = (mariam, boris) if case.owner == account_id("mariam") else (boris, mariam)
    await expect(won.locator("#form-reply")).to_be_visible()
    await expect(lost.locator("#form-reply")).to_be_hidden()
    await expect(lost.locator("#notice[data-kind=bad]")).to_contain_text("Mariam" if lost is boris else "Борис")
    for page in (mariam, boris):
        await page.unroute("**/desk/api/board")
    await expect(lost.locator(f'#team .card[data-number="{number}"]')).to_be_disabled()


async def test_a_case_is_handed_over_and_taken(street: Street, context: BrowserContext, other: BrowserContext):
    number = await street.wants("p", "ru", "шеф не платит")
    boris = await sign_in(street, other, "boris")
    await boris.locator("#presence").click()
    await boris.locator("#being input[value=here]").check()
    await boris.locator("#being button[value=yes]").click()
    mariam = await sign_in(street, context)
    await claim(mariam, number)
    await mariam.keyboard.press("Escape")
    await mariam.keyboard.press("x")
    choice = mariam.locator("#colleagues label", has_text="Борис")
    await expect(choice).to_contain_text("here now")
    await expect(choice).to_contain_text("Russian")
    await choice.click()
    # Without a note nothing is handed over.
    await mariam.locator("#handing button[value=yes]").click()
    await expect(mariam.locator("#handing")).to_be_visible()
    await mariam.fill("#handing-note", "She needs an answer by Friday.")
    await mariam.locator("#handing button[value=yes]").click()
    await expect(mariam.locator("#standing")).to_contain_text("Борис")
    await expect(boris.locator(f'#offers .card[data-number="{number}"]')).to_be_visible()
    await card(boris, number).click()
    await expect(boris.locator("#notes")).to_contain_text("She needs an answer by Friday.")
    await boris.locator("[data-act=accept]").click()
    await expect(boris.locator("#form-reply")).to_be_visible()
    await expect(mariam.locator(f'#team .card[data-number="{number}"]')).to_be_visible()
    await expect(mariam.locator("#nothing")).to_contain_text("closed or somebody else has it")
    await send(boris, "Здравствуйте, теперь отвечаю я.")
    street.leaping.leap(6000)
    await expect(lines(boris, "counsellor").last).to_have_text("Здравствуйте, теперь отвечаю я.")
    assert troubles(mariam) == troubles(boris) == []


async def test_an_offer_is_declined_and_another_one_withdrawn(
    street: Street, context: BrowserContext, other: BrowserContext
):
    number = await street.wants("p", "ar")
    boris, mariam = await sign_in(street, other, "boris"), await sign_in(street, context)
    await claim(mariam, number)
    for answer in ("decline", "withdraw"):
        await mariam.locator("[data-act=transfer]").click()
        await mariam.locator("#colleagues label", has_text="Борис").click()
        await mariam.fill("#handing-note", "please")
        await mariam.locator("#handing button[value=yes]").click()
        await expect(boris.locator(f'#offers .card[data-number="{number}"]')).to_be_visible()
        if answer == "decline":
            await card(boris, number).click()
            await boris.locator("[data-act=decline]").click()
        else:
            await mariam.locator("[data-act=withdraw]").click()
        await expect(boris.locator("#section-offers")).to_be_hidden()
        await expect(mariam.locator("[data-act=transfer]")).to_be_visible()


async def test_who_else_looks_and_writes_is_seen(street: Street, context: BrowserContext, other: BrowserContext):
    number = await street.wants("p", "ar")
    mariam, boris = await sign_in(street, context), await sign_in(street, other, "boris")
    for page in (mariam, boris):
        await card(page, number).click()
    await expect(mariam.locator("#lookers")).to_have_text(re.compile("Also looking: .*Борис"))
    await expect(boris.locator("#lookers")).to_have_text(re.compile("Schaut auch: .*Mariam"))
    await boris.close()
    await expect(mariam.locator("#lookers")).to_be_hidden()


async def test_a_draft_goes_on_at_another_computer(street: Street, context: BrowserContext, browser: Browser):
    number = await street.wants("p", "ar")
    page = await sign_in(street, context)
    await claim(page, number)
    await page.keyboard.type("Guten Tag, Frau")
    await expect(page.locator("#form-reply [data-saved]")).to_contain_text("Draft saved")
    await page.reload()
    await card(page, number).click()
    await expect(page.locator("#text-reply")).to_have_value("Guten Tag, Frau")
    elsewhere = await browser.new_context(viewport={"width": 390, "height": 800}, locale="de")
    phone = await sign_in(street, elsewhere)
    await card(phone, number).click()
    await expect(phone.locator("#text-reply")).to_have_value("Guten Tag, Frau")
    await expect(phone.locator("#text-note")).to_have_value("")
    await send(phone, "Guten Tag, Frau Amal")
    await phone.reload()
    await card(phone, number).click()
    await expect(phone.locator("#text-reply")).to_have_value("")
    await elsewhere.close()
