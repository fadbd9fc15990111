"""What goes wrong at a desk: cut networks, a connection that dies in mid-reply, double clicks, sessions that end."""

from __future__ import annotations

import re

from playwright.async_api import BrowserContext, Route, expect

from core.records import Wrote
from handoff.accounts import account_id, disable_account
from handoff.outages import over, report
from tests.fakes.desk_page import NEEDS_BROWSER, card, claim, lines, send, sign_in, troubles
from tests.fakes.desk_street import Street

pytestmark = NEEDS_BROWSER


async def sent(street: Street, text: str) -> int:
    """Return how often a text stands in the transcript as a message to the person."""
    transcript = await street.store.transcript(street.conversation("p"), 0, 200)
    bodies = [line.entry.body for line in transcript if line.entry.author == "counsellor"]
    return sum(isinstance(body, Wrote) and getattr(body.message, "text", "") == text for body in bodies)


async def swallow(route: Route) -> None:
    """Let a request arrive, and lose its answer."""
    await route.fetch()
    await route.abort()


async def test_a_cut_is_said_and_so_is_what_was_missed(street: Street, context: BrowserContext):
    first = await street.wants("p", "ar")
    page = await sign_in(street, context)
    await claim(page, first)
    await page.keyboard.type("half a reply")
    await expect(page.locator("#form-reply [data-saved]")).to_contain_text("Draft saved")
    await context.set_offline(True)
    await expect(page.locator("#status[data-state=off]")).to_have_text(re.compile("NOT CONNECTED: you see .*[0-9]{2}"))
    await page.keyboard.type(", and a half more")
    await expect(page.locator("#form-reply [data-saved]")).to_contain_text("not saved yet")
    second = await street.wants("q", "bg")
    await street.says("p", "ما زلت هنا")
    await context.set_offline(False)
    await expect(page.locator("#status[data-state=on]")).to_be_visible()
    await expect(page.locator("#notice")).to_contain_text(re.compile("Changed while you were away: .*2"))
    await expect(page.locator("#notice")).to_contain_text(first)
    await expect(card(page, second)).to_be_visible()
    await expect(lines(page, "person").last).to_have_text("ما زلت هنا")
    await expect(page.locator("#form-reply [data-hint]")).to_contain_text(re.compile("New lines since you began: .*1"))
    await expect(page.locator("#text-reply")).to_have_value("half a reply, and a half more")
    await expect(page.locator("#form-reply [data-saved]")).to_contain_text("Draft saved")


async def test_a_connection_that_dies_in_mid_reply_loses_and_doubles_nothing(street: Street, context: BrowserContext):
    number = await street.wants("p", "ar")
    page = await sign_in(street, context)
    await claim(page, number)
    await page.fill("#text-reply", "please answer")
    await page.route("**/reply", swallow)
    await page.locator("#text-reply").press("Control+Enter")
    await expect(page.locator("#notice[data-kind=bad]")).to_be_visible()
    await expect(page.locator("#text-reply")).to_have_value("please answer")
    await page.unroute("**/reply")
    await page.locator("#text-reply").press("Control+Enter")
    await expect(page.locator("#text-reply")).to_have_value("")
    street.leaping.leap(6000)
    await expect(lines(page, "counsellor")).to_have_text(["please answer"])
    assert await sent(street, "please answer") == 1


async def test_a_request_that_never_left_keeps_the_text_through_a_reload(street: Street, context: BrowserContext):
    number = await street.wants("p", "ar")
    page = await sign_in(street, context)
    await claim(page, number)
    await page.keyboard.type("do not lose me")
    await expect(page.locator("#form-reply [data-saved]")).to_contain_text("Draft saved")
    await page.route("**/reply", lambda route: route.abort())
    await page.locator("#text-reply").press("Control+Enter")
    await expect(page.locator("#notice[data-kind=bad]")).to_contain_text("Your text is kept")
    await page.unroute("**/reply")
    await page.reload()
    await card(page, number).click()
    await expect(page.locator("#text-reply")).to_have_value("do not lose me")
    assert await sent(street, "do not lose me") == 0


async def test_a_double_click_sends_once(street: Street, context: BrowserContext):
    number = await street.wants("p", "ar")
    page = await sign_in(street, context)
    await claim(page, number)
    await page.fill("#text-reply", "once")
    await page.locator("#form-reply [data-send]").dblclick()
    await expect(page.locator("#text-reply")).to_have_value("")
    street.leaping.leap(6000)
    await expect(lines(page, "counsellor")).to_have_text(["once"])
    assert await sent(street, "once") == 1


async def test_drafts_stay_with_their_case_and_their_field(street: Street, context: BrowserContext):
    numbers = [await street.wants(peer, "ar") for peer in ("p", "q")]
    page = await sign_in(street, context)
    for number in numbers:
        await claim(page, number)
    for number in numbers:
        await card(page, number).click()
        await expect(page.locator("#case-title")).to_contain_text(number)
        await page.fill("#text-reply", f"for {number}")
    await page.keyboard.press("Escape")
    await page.keyboard.press("n")
    await expect(page.locator("#text-note")).to_be_focused()
    for number in numbers:
        await card(page, number).click()
        # The mode does not travel either: every case opens with its reply.
        await expect(page.locator("#text-reply")).to_be_visible()
        await expect(page.locator("#text-reply")).to_have_value(f"for {number}")
        await expect(page.locator("#text-note")).to_have_value("")


async def test_a_failed_message_stays_red_with_its_reason_and_a_way_out(street: Street, context: BrowserContext):
    number = await street.wants("p", "ar")
    page = await sign_in(street, context)
    await claim(page, number)
    await send(page, "can you read this?")
    street.leaping.leap(6000)
    await expect(lines(page, "counsellor")).to_have_text(["can you read this?"])
    line = page.locator("#lines li", has_text="can you read this?")
    async with street.undeliverable("The person blocked the bot."):
        failed = line.locator(".delivery[data-state=failed]")
        await expect(failed).to_contain_text("NOT DELIVERED: The person blocked the bot.")
    await expect(line.locator(".remedy")).to_contain_text("The person has not got this.")
    await line.locator(".remedy button").click()
    await expect(page.locator("#text-reply")).to_have_value("can you read this?")


async def test_what_was_sent_while_leaving_the_page_is_asked_for_again(street: Street, context: BrowserContext):
    await street.account("boris", "ar")
    number = await street.wants("p", "ar")
    page = await sign_in(street, context)
    await claim(page, number)
    await page.locator("[data-act=close]").click()
    await page.locator("#closing input[value=referral]").check()
    # The person writes at this moment: the case is not closed over their words.
    await street.says("p", "wait!")
    await expect(lines(page, "person").last).to_have_text("wait!")
    await page.locator("#closing button[value=yes]").click()
    await expect(page.locator("#notice[data-kind=bad]")).to_contain_text("The case changed meanwhile")
    case = await street.case("p")
    assert case is not None
    assert case.state == "active"


async def test_a_disabled_account_is_shown_the_door(street: Street, context: BrowserContext):
    page = await sign_in(street, context)
    await disable_account(street.store, account_id("mariam"), street.clock.now())
    await expect(page).to_have_url(re.compile("/desk/sign-in$"))


async def test_keys_can_be_switched_off(street: Street, context: BrowserContext):
    number = await street.wants("p", "ar")
    page = await sign_in(street, context)
    await page.keyboard.press("?")
    await expect(page.locator("#keys dt")).to_have_count(14)
    await page.locator("#keys-on").uncheck()
    await page.locator("#keys button").click()
    await page.keyboard.press("c")
    await page.keyboard.press("j")
    await page.keyboard.press("?")
    await expect(page.locator("#nothing")).to_be_visible()
    await expect(page.locator("#keys")).to_be_hidden()
    # It is the account's choice: it holds after a reload, and on the page of the account.
    await page.reload()
    await expect(page.locator("#status[data-state=on]")).to_be_visible()
    await page.keyboard.press("j")
    await expect(page.locator("#nothing")).to_be_visible()
    await page.goto(f"{street.base}/desk/account")
    await expect(page.locator("[name=on]")).not_to_be_checked()
    await page.goto(f"{street.base}/desk")
    await expect(page.locator("#status[data-state=on]")).to_be_visible()
    await page.locator("#help").click()
    await page.locator("#keys-on").check()
    await page.locator("#keys button").click()
    await page.keyboard.press("j")
    await expect(page.locator("#case-title")).to_contain_text(number)
    assert troubles(page) == []


async def test_erasing_asks_for_the_number_and_then_leaves_nothing(street: Street, context: BrowserContext):
    number = await street.wants("p", "ar", "canary words")
    page = await sign_in(street, context)
    await claim(page, number)
    for typed, done in (("K-NOPE", False), (number.lower(), True)):
        await page.locator("#more-acts summary").click()
        await page.locator("[data-act=erase]").click()
        await page.fill("#erase-number", typed)
        await page.locator("#erasing button[value=yes]").click()
        await expect(page.locator("#notice")).to_contain_text("is erased" if done else "Nothing was erased")
    await expect(card(page, number)).to_have_count(0)
    assert "canary" not in str(await street.store.transcript(street.conversation("p"), 0, 200))


async def test_an_account_that_does_not_work_is_told_with_its_reason_until_it_does(
    street: Street, context: BrowserContext
):
    await report(street.store, "viber", "main", "Viber refuses the token (VIBER_TOKEN)", street.clock.now())
    page = await sign_in(street, context)
    line = page.locator("#outages li")
    await expect(line).to_contain_text("Viber main")
    await expect(line).to_contain_text("VIBER_TOKEN")
    await over(street.store, "viber", "main")
    await page.reload()
    await expect(page.locator("#status[data-state=on]")).to_be_visible()
    await expect(page.locator("#outages")).to_be_hidden()
    assert troubles(page) == []
