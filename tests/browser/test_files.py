"""Files at the desk in a real browser: a photo that came, a letter that goes, one taken back, one that is refused."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

from playwright.async_api import BrowserContext, FilePayload, expect

from core.blobs import BlobKey, keep, no_file
from core.messages import Media
from tests.fakes.desk_page import NEEDS_BROWSER, card, claim, sign_in, troubles
from tests.fakes.desk_street import Street

pytestmark = NEEDS_BROWSER

#: One pixel.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PAGE = b"<!doctype html><script>document.title = 'owned'</script>"
LETTER: FilePayload = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%%EOF\n"}


async def parts(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def sends(street: Street, data: bytes | None, name: str) -> None:
    """Let the person send a file, and the messenger hand it out; None: it does not."""
    await street.says("p", Media(kind="document", ref="at-the-provider", name=name))
    lines = await street.store.transcript(street.conversation("p"), -5, 5)
    heard = [line for line in lines if line.entry.author == "person"][-1]
    key, now = BlobKey(heard.entry.id), street.clock.now()
    if data is None:
        assert await no_file(street.blobs, key, "too_large", now=now, expires=now + 86_400_000)
    else:
        await keep(street.blobs, key, parts(data), most=1 << 20, now=now, expires=now + 86_400_000, name=name)


async def test_what_people_send_is_seen_or_explained(street: Street, context: BrowserContext):
    number = await street.wants("p", "en")
    page = await sign_in(street, context)
    await claim(page, number)
    await sends(street, PNG, "photo.png")
    picture = page.locator("#lines img[src*='/files/']")
    await expect(picture).to_have_js_property("naturalWidth", 1)
    await sends(street, PAGE, "photo.jpg")
    link = page.locator("#lines a[href*='/files/']").last
    await expect(link).to_contain_text("photo.jpg.html")
    await expect(picture).to_have_count(1)
    async with page.expect_download() as saving:
        await link.click()
    assert (await saving.value).suggested_filename == "photo.jpg.html"
    await sends(street, None, "film.mp4")
    await expect(page.locator("#lines")).to_contain_text("The file is too large to be fetched.")
    assert await page.title() != "owned"
    assert troubles(page) == []


async def test_a_counsellor_sends_a_letter_and_takes_another_back(street: Street, context: BrowserContext):
    number = await street.wants("p", "en")
    page = await sign_in(street, context)
    await claim(page, number)
    chooser, chip = page.locator("#form-reply input[type=file]"), page.locator("#attached")
    await chooser.set_input_files(LETTER)
    await expect(chip).to_contain_text("letter.pdf")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#pending .text")).to_contain_text("letter.pdf")
    await expect(chip).to_be_hidden()
    street.leaping.leap(6_000)
    await expect(page.locator("#lines a[href*='/files/']")).to_contain_text("letter.pdf")
    await chooser.set_input_files({**LETTER, "name": "wrong.pdf"})
    await page.fill("#text-reply", "Please sign this.")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#pending .text")).to_contain_text("wrong.pdf")
    await page.locator("#pending button").click()
    await expect(page.locator("#pending li")).to_have_count(0)
    # Both are back, and can go out as they are.
    await expect(page.locator("#text-reply")).to_have_value("Please sign this.")
    await expect(chip).to_contain_text("wrong.pdf")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#pending .text")).to_contain_text("wrong.pdf")
    street.leaping.leap(6_000)
    await expect(page.locator("#lines a[href*='/files/']")).to_have_count(2)
    await chooser.set_input_files({**LETTER, "buffer": b""})
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#notice")).to_contain_text("The file is empty.")
    await expect(page.locator("#lines a[href*='/files/']")).to_have_count(2)
    # What was refused stays, until somebody leaves it out.
    await page.locator("#attach-drop").click()
    await expect(chip).to_be_hidden()
    assert troubles(page) == []


async def test_a_file_that_another_window_takes_back_is_named(street: Street, context: BrowserContext):
    number = await street.wants("p", "en")
    page = await sign_in(street, context)
    await claim(page, number)
    other = await context.new_page()
    await other.goto(f"{street.base}/desk")
    await card(other, number).click()
    await page.locator("#form-reply input[type=file]").set_input_files(LETTER)
    await page.keyboard.press("Control+Enter")
    await other.locator("#pending button").click()
    await expect(other.locator("#notice")).to_contain_text("letter.pdf")
    await expect(other.locator("#pending li")).to_have_count(0)
    await expect(page.locator("#lines a[href*='/files/']")).to_have_count(0)
