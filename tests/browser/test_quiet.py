"""Sound and notices of the browser: when somebody needs an answer and nobody looks; never with a word of a person."""

from __future__ import annotations

import json

from playwright.async_api import BrowserContext, Page, expect

from tests.fakes.desk_page import NEEDS_BROWSER, claim, lines, sign_in
from tests.fakes.desk_street import Street

pytestmark = NEEDS_BROWSER

#: A browser that nobody looks at, that allows notices and writes down what it would have shown and played.
AWAY = """
window.told = []; window.tones = 0; window.focused = false;
document.hasFocus = () => window.focused;
window.Notification = class extends EventTarget {
  static permission = 'granted';
  static requestPermission = async () => 'granted';
  constructor(title, options) { super(); window.told.push({ title, ...options }); }
  close() {}
};
const create = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () { window.tones += 1; return create.call(this); };
"""


async def desk(street: Street, context: BrowserContext) -> Page:
    await context.add_init_script(AWAY)
    page = await sign_in(street, context)
    await page.locator("#me summary").click()
    await page.locator("#notify-on").check()
    await page.keyboard.press("Escape")
    return page


async def told(page: Page, count: int) -> list[dict[str, str]]:
    await page.wait_for_function("count => window.told.length >= count", arg=count)
    found: list[dict[str, str]] = await page.evaluate("window.told")
    return found


async def test_a_new_person_is_told_without_a_word_of_theirs(street: Street, context: BrowserContext):
    page = await desk(street, context)
    await street.wants("p", "ar", "canary words", name="Canary Name")
    (notice,) = await told(page, 1)
    assert "Arabic" in notice["body"]
    assert "canary" not in json.dumps(notice).casefold()
    assert await page.evaluate("window.tones") >= 2


async def test_my_case_calls_and_others_do_not_while_i_am_busy(street: Street, context: BrowserContext):
    page = await desk(street, context)
    await page.evaluate("window.focused = true")
    number = await street.wants("p", "en")
    await claim(page, number)
    await page.fill("#text-reply", "hello")
    await page.locator("#text-reply").press("Control+Enter")
    await expect(page.locator("#mine .card")).to_have_count(1)
    assert await page.evaluate("window.told") == []
    await page.evaluate("window.focused = false")
    await street.says("p", "answer me")
    await expect(lines(page, "person").last).to_have_text("answer me")
    assert len(await told(page, 1)) == 1
    # I have something to answer: who waits in the queue is no reason to call me, danger is.
    await street.wants("q", "en")
    await expect(page.locator("#waiting .card")).to_have_count(1)
    assert len(await page.evaluate("window.told")) == 1
    await street.says("r", "/start")
    await street.says("r", "English")
    await street.says("r", "i want to die")
    assert len(await told(page, 2)) == 2


async def test_the_sound_can_be_switched_off(street: Street, context: BrowserContext):
    page = await desk(street, context)
    await page.locator("#me summary").click()
    await page.locator("#sound-on").uncheck()
    await street.wants("p", "en")
    await told(page, 1)
    assert await page.evaluate("window.tones") == 0
