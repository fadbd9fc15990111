"""One counsellor's day at the desk, by keyboard alone: claim, reply, take back, ready replies, park, close."""

from __future__ import annotations

import re

from playwright.async_api import BrowserContext, Page, expect

from tests.fakes.desk_page import NEEDS_BROWSER, card, claim, lines, send, sign_in, troubles
from tests.fakes.desk_street import Street

pytestmark = NEEDS_BROWSER


async def taken(street: Street, context: BrowserContext) -> Page:
    """Sign in and claim the next case by its key."""
    page = await sign_in(street, context)
    await page.keyboard.press("c")
    await expect(page.locator("#text-reply")).to_be_focused()
    return page


async def ready_replies(page: Page) -> None:
    """Ask for the ready replies by "/"."""
    await page.keyboard.press("/")
    await expect(page.locator("#canned-query")).to_be_focused()


async def test_from_claim_to_close_without_a_mouse(street: Street, context: BrowserContext):
    number = await street.wants("p", "ar", "كم الحد الأدنى للأجور؟", name="أمل")
    page = await taken(street, context)
    await expect(page.locator("#notice")).to_contain_text(number)
    await expect(page.locator("#notice")).to_contain_text("Arabic")
    await expect(page.locator("#form-reply [data-send]")).to_have_text(re.compile("Arabic.*Web chat"))
    await page.keyboard.type("cc jj pp: السلام عليكم")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#pending .text")).to_have_text("cc jj pp: السلام عليكم")
    street.leaping.leap(6000)
    await expect(lines(page, "counsellor")).to_have_text(["cc jj pp: السلام عليكم"])
    await expect(page.locator("#pending li")).to_have_count(0)
    await page.keyboard.press("Escape")
    await page.keyboard.press("n")
    await expect(page.locator("#text-note")).to_be_focused()
    await page.keyboard.type("between us")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#notes li .text")).to_have_text("between us")
    await page.keyboard.press("Escape")
    await page.keyboard.press("t")
    await page.locator("#edit-topic").press("w")
    await page.locator("#facts-edit button[value=yes]").press("Enter")
    await expect(page.locator("#fact-list")).to_contain_text("Work and wages")
    await page.keyboard.press("e")
    await page.locator("#closing input[value=first_advice]").press("Space")
    await page.locator("#closing button[value=yes]").press("Enter")
    await expect(card(page, number)).to_have_count(0)
    await expect(page.locator("#notice")).to_contain_text("The case is closed.")
    assert troubles(page) == []


async def test_a_reply_is_taken_back_by_key_and_nothing_is_sent(street: Street, context: BrowserContext):
    await street.wants("p", "bg")
    page = await taken(street, context)
    await send(page, "wrong person")
    await expect(page.locator("#pending .countdown")).to_contain_text("Goes out in")
    await page.keyboard.press("Control+z")
    await expect(page.locator("#text-reply")).to_have_value("wrong person")
    await expect(page.locator("#pending li")).to_have_count(0)
    street.leaping.leap(10_000)
    # One more line of the person shows that the clock has gone on for everybody.
    await street.says("p", "ало?")
    await expect(lines(page, "person").last).to_have_text("ало?")
    await expect(lines(page, "counsellor")).to_have_count(0)
    transcript = await street.store.transcript(street.conversation("p"), 0, 100)
    assert "wrong person" not in str(transcript)


async def test_what_has_gone_out_cannot_be_taken_back(street: Street, context: BrowserContext):
    await street.wants("p", "ru")
    page = await taken(street, context)
    await send(page, "right person")
    street.leaping.leap(6000)
    await expect(lines(page, "counsellor")).to_have_text(["right person"])
    await page.keyboard.press("Control+z")
    await expect(page.locator("#text-reply")).to_have_value("")


async def test_a_ready_reply_by_slash_and_letters_with_its_gap(street: Street, context: BrowserContext):
    await street.wants("p", "ar")
    page = await taken(street, context)
    await ready_replies(page)
    await page.keyboard.type("answer by")
    await expect(page.locator("#canned-list li[aria-selected=true]")).to_have_text("I have read it and answer by …")
    await expect(page.locator("#canned-shown")).to_contain_text("You get my answer by […].")
    await expect(page.locator("#canned-text")).to_contain_text("سيصلك جوابي")
    await expect(page.locator("#canned-text")).to_have_attribute("lang", "ar")
    await page.keyboard.press("Enter")
    field = page.locator("#text-reply")
    await expect(field).to_be_focused()
    await expect(field).to_have_value(re.compile("سيصلك جوابي في موعد أقصاه \\[…\\]"))
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#notice")).to_contain_text("There is a gap left to fill in")
    # The gap is selected, so that typing fills it.
    await page.keyboard.type("12.03.")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#pending .text")).to_contain_text("سيصلك جوابي في موعد أقصاه 12.03.")


async def test_escape_leaves_the_slash_where_it_was_typed(street: Street, context: BrowserContext):
    await street.wants("p", "en")
    page = await taken(street, context)
    await ready_replies(page)
    await page.keyboard.press("Escape")
    await expect(page.locator("#text-reply")).to_have_value("/")
    await page.keyboard.type("etc/hosts")
    await expect(page.locator("#text-reply")).to_have_value("/etc/hosts")


async def test_put_aside_until_a_working_day_and_woken_by_the_person(street: Street, context: BrowserContext):
    number = await street.wants("p", "bg", name="Иван")
    page = await sign_in(street, context)
    await claim(page, number)
    await page.keyboard.press("Escape")
    await page.keyboard.press("p")
    await expect(page.locator("#parking")).to_be_visible()
    await page.locator("#park-presets button").nth(1).click()
    await page.locator("#parking button[value=yes]").click()
    await expect(page.locator(f'#parked .card[data-number="{number}"]')).to_be_visible()
    await expect(page.locator("#standing")).to_contain_text("Put aside until")
    await page.locator("[data-act=wake]").click()
    await expect(page.locator("#section-parked")).to_be_hidden()
    await page.locator("[data-act=park]").click()
    await page.locator("#parking input[value=person]").check()
    await expect(page.locator("#park-when")).to_be_hidden()
    await page.locator("#parking button[value=yes]").click()
    await expect(page.locator("#standing")).to_contain_text("until the person writes")
    await street.says("p", "ето документа")
    await expect(page.locator("#section-parked")).to_be_hidden()
    await expect(card(page, number)).to_be_visible()


async def test_presence_shift_and_capacity(street: Street, context: BrowserContext):
    page = await sign_in(street, context)
    await page.locator("#presence").click()
    await page.locator("#being input[value=here]").check()
    await page.locator("#being-until").fill("23:59")
    await page.locator("#being-capacity").fill("3")
    await page.locator("#being button[value=yes]").click()
    await expect(page.locator("#presence")).to_have_text(re.compile("Here until .*23:59.* · .*0.* of .*3"))
    await page.reload()
    await expect(page.locator("#presence[data-state=here]")).to_be_visible()


async def test_a_case_beyond_ones_capacity_is_not_given(street: Street, context: BrowserContext):
    first = await street.wants("p", "en")
    await street.wants("q", "en")
    page = await sign_in(street, context)
    await page.locator("#presence").click()
    await page.locator("#being input[value=here]").check()
    await page.locator("#being-capacity").fill("1")
    await page.locator("#being button[value=yes]").click()
    await expect(page.locator("#presence[data-state=here]")).to_be_visible()
    await claim(page, first)
    await page.keyboard.press("Escape")
    await page.keyboard.press("c")
    await expect(page.locator("#notice[data-kind=bad]")).to_contain_text("enough cases")


async def test_search_finds_and_goes_to_the_line(street: Street, context: BrowserContext):
    number = await street.wants("p", "ar", "وصلتني رسالةٌ من Jobcenter")
    page = await sign_in(street, context)
    await claim(page, number)
    await page.keyboard.press("Escape")
    await page.keyboard.press("s")
    await page.keyboard.type("رساله")
    await page.keyboard.press("Enter")
    await expect(page.locator("#hits mark")).to_have_text("رسالةٌ")
    await page.locator(".hit").click()
    await expect(page.locator("#bot-lines li:focus")).to_contain_text("رسالةٌ")
    await page.keyboard.press("s")
    await expect(page.locator("#search-query")).to_have_value("")
    await expect(page.locator("#hits li")).to_have_count(0)


async def test_a_file_can_be_left_out_and_goes_with_the_text(street: Street, context: BrowserContext):
    number = await street.wants("p", "ar")
    page = await sign_in(street, context)
    await claim(page, number)
    await page.fill("#text-reply", "please read this")
    pdf = {"name": "Merkblatt.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n" + b"x" * 2000}
    await page.set_input_files("#attach", pdf)  # type: ignore[arg-type]
    await expect(page.locator("#attached")).to_contain_text("Merkblatt.pdf")
    await page.locator("#attach-drop").click()
    await expect(page.locator("#attached")).to_be_hidden()
    await expect(page.locator("#text-reply")).to_have_value("please read this")
    await page.set_input_files("#attach", pdf)  # type: ignore[arg-type]
    await page.locator("#form-reply [data-send]").click()
    await expect(page.locator("#text-reply")).to_have_value("")
    street.leaping.leap(6000)
    line = page.locator('#lines li[data-author="counsellor"][data-kind="media"]')
    await expect(line).to_contain_text("Merkblatt.pdf")
    await expect(line).to_contain_text("please read this")
    await expect(page.locator("#files")).to_contain_text("Merkblatt.pdf")
    assert troubles(page) == []
