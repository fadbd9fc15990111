"""A newcomer, from the welcome to a counsellor's reply, in a real browser against a real Streetwork process."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.office import NEEDS_BROWSER, claim_next, close, picture, reply, sign_in
from tests.e2e.server import Server

pytestmark = NEEDS_BROWSER

LANGUAGES = {
    "ar": ("العربية", "إنسان", "تخطّي", "rtl"),
    "bg": ("Български", "човек", "Пропускане", "ltr"),
    "en": ("English", "human", "Skip", "ltr"),
    "ru": ("Русский", "человек", "Пропустить", "ltr"),
}
AGREE = {"ar": "نعم، أوافق", "bg": "Да, давам съгласие", "en": "Yes, I agree", "ru": "Да, даю согласие"}
REPLY = {
    "ar": "مرحبًا، أنا مريم. كيف أستطيع أن أساعدك؟",
    "bg": "Здравейте, аз съм Мариам. С какво мога да помогна?",
    "en": "Hello, I am Mariam. How can I help you?",
    "ru": "Здравствуйте, я Мариам. Чем я могу помочь?",
}


async def write(page: Page, text: str) -> None:
    await page.locator("#text").fill(text)
    await page.locator("#text").press("Enter")


@pytest.mark.parametrize("language", ["ar", "bg", "en", "ru"])
async def test_from_the_welcome_to_a_counsellors_reply(server: Server, browser: Browser, language: str) -> None:
    name, human, skip, direction = LANGUAGES[language]
    phone = await browser.new_context(viewport={"width": 390, "height": 800}, locale=language)
    office = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    chat = await phone.new_page()
    await chat.goto(f"{server.base}/chat?lang={language}")
    await expect(chat.locator(".line.bot").first).to_be_visible()
    if await chat.get_by_role("button", name=name, exact=True).count():
        await chat.get_by_role("button", name=name, exact=True).click()
    await expect(chat.locator("html")).to_have_attribute("dir", direction)
    await expect(chat.locator(".option").nth(7)).to_be_visible()
    await picture(chat, f"chat-menu-{language}")
    # A question by number, answered with its source.
    await write(
        chat,
        {
            "ar": "كم الحد الأدنى للأجور؟",
            "bg": "колко е минималната заплата",
            "en": "what is the minimum wage",
            "ru": "какая минимальная зарплата",
        }[language],
    )
    await expect(chat.locator(".line.bot .text", has_text="https://www.bmas.de").last).to_be_visible()
    await picture(chat, f"chat-answer-{language}")
    # A human, please.
    await write(chat, human)
    await chat.get_by_role("button", name=skip, exact=True).click()
    # Nobody reads along before the person agreed.
    await picture(chat, f"chat-consent-{language}")
    await chat.get_by_role("button", name=AGREE[language], exact=True).click()
    desk = await sign_in(server, office)
    await expect(desk.locator("#waiting .card")).to_have_count(1)
    await picture(desk, f"desk-waiting-{language}")
    await claim_next(desk)
    await reply(desk, REPLY[language])
    await expect(chat.locator(".line.counsellor .text")).to_have_text(REPLY[language])
    await expect(desk.locator("#lines .line", has_text=REPLY[language])).to_be_visible()
    # The bot is silent now: the person's words reach the desk and nothing else happens.
    before = await chat.locator(".line.bot").count()
    await write(chat, "menu")
    await expect(desk.locator("#lines .line", has_text=re.compile("^.*menu.*$", re.DOTALL)).last).to_be_visible()
    assert await chat.locator(".line.bot").count() == before
    await picture(chat, f"chat-counsellor-{language}")
    await picture(desk, f"desk-case-{language}")
    await close(desk)
    await expect(chat.locator(".line.bot")).not_to_have_count(before)
    await phone.close()
    await office.close()
