"""Every page beside the desk, and the chat: they fit, mirror, show no barrier, and are kept as pictures."""

from __future__ import annotations

from functools import lru_cache, partial

import pytest
from playwright.async_api import Browser, Page, expect

from core.events import Received
from core.messages import Start
from core.sweep_reports import Report, write_report
from core.sweeping import Swept
from flows.program import Program
from handoff.accounts import account_id
from handoff.security import security_headers
from handoff.totp import STEP, code_at
from tests.fakes.bots import BERLIN, program
from tests.fakes.chat_room import Planned, open_room, say
from tests.fakes.desk_page import NEEDS_BROWSER, sign_in
from tests.fakes.desk_tour import SIZES, Tour
from tests.fakes.desk_window import PASSWORD
from tests.fakes.desk_world import DeskWorld, RealClock, open_desk
from tests.unit.handoff.test_numbers import DAY, count

pytestmark = NEEDS_BROWSER

#: What the bot of the chat says in each language: a welcome with two buttons, and an answer.
CHAT = {
    "ar": ("أهلًا! أنا برنامج. بماذا أساعدك؟", "العمل", "السكن", "هذا الرقم لمكتب"),
    "bg": ("Здравейте! Аз съм програма. С какво да помогна?", "Работа", "Жилище", "Този номер е на служба"),
    "en": ("Hello! I am a program. What can I do for you?", "Work", "Housing", "This number belongs to an office"),
    "ru": ("Здравствуйте! Я программа. Чем помочь?", "Работа", "Жильё", "Это номер учреждения"),
}


def speak(language: str, event: Received) -> list[Planned]:
    hello, work, housing, answer = CHAT[language]
    if isinstance(event.message.content, Start):
        return [say(hello, work, housing, language=language)]
    return [say(f"{answer}: 030 901820, § 60 SGB I", language=language)]


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("language", list(CHAT))
async def test_the_chat(browser: Browser, language: str, size: tuple[int, int]):
    width, height = size
    async with open_room(middlewares=[security_headers]) as room:
        context = await browser.new_context(viewport={"width": width, "height": height}, locale=language)
        page = await context.new_page()
        tour = Tour(page, "chat", language, size)
        await page.goto(f"{room.origin}/chat?lang={language}")
        await room.attend(partial(speak, language))
        await expect(page.locator(".line.bot .text").first).to_have_text(CHAT[language][0])
        await expect(page.locator("html")).to_have_attribute("lang", language)
        await expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
        await tour.stop("welcome")
        await page.locator("#text").fill("رقمي 030 901820 <b>x</b>")
        await page.locator("#text").press("Enter")
        await room.attend(partial(speak, language))
        await expect(page.locator(".line.bot .text").last).to_contain_text("030 901820")
        await tour.stop("written")
        await context.close()


@lru_cache(maxsize=1)
def _shipped() -> Program:
    return program(BERLIN)


async def furnish(world: DeskWorld) -> None:
    """Give every page something to show."""
    await world.account("mariam", "ar", "bg", "en", "ru", name="Mariam")
    await world.account("lea", "ar", "de", name="Lea", roles=("counsellor", "lead"))
    now = world.clock.now()
    sums = {"closed.language.ar": 12, "closed.language.bg": 7, "closed.outcome.referral": 19, "closed.topic.work": 19}
    await count(world, now - 35 * DAY, sums)
    swept = Swept(conversations=3, files=7, records=41, ids=1200)
    await write_report(world.store, "2026-03-02", Report(since=now - DAY, until=now, swept=swept, on_wish=1), now)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("language", ["de", "en", "ar", "bg", "ru"])
async def test_the_pages_beside_the_desk(browser: Browser, language: str, size: tuple[int, int]):
    async with open_desk(RealClock(), program=_shipped) as world:
        await furnish(world)
        width, height = size
        context = await browser.new_context(viewport={"width": width, "height": height}, locale=language)
        page = await context.new_page()
        tour = Tour(page, "pages", language, size, whole=True)
        await page.goto(f"{world.base}/desk/sign-in")
        await tour.stop("sign-in")
        await page.fill("#login", "lea")
        await page.fill("#password", "wrong horse battery")
        await page.keyboard.press("Enter")
        await expect(page.locator("[role=alert]")).to_be_visible()
        await tour.stop("refused")
        await page.close()
        tour.page = desk = await sign_in(world, context, "lea")
        paths = await desk.locator("#me .pages a").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
        assert "/desk/account" in paths
        titles = set()
        for path in (*paths, f"/desk/team/{account_id('mariam')}"):
            await desk.goto(f"{world.base}{path}")
            await expect(desk.locator("h1, h2").first).to_be_visible()
            titles.add(await desk.title())
            await tour.stop("member" if path not in paths else path.removeprefix("/desk/").replace("/", "-"))
        # A page is found again among many by its title (WCAG 2.4.2).
        assert len(titles) == len(paths) + 1
        await context.close()


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("language", ["de", "ar"])
async def test_the_second_step(browser: Browser, language: str, size: tuple[int, int]):
    width, height = size
    async with open_desk(RealClock(), second="always") as world:
        await world.account("anna", "ar")
        context = await browser.new_context(viewport={"width": width, "height": height}, locale=language)
        page = await context.new_page()
        tour = Tour(page, "second", language, size, whole=True)
        await enter(page, world.base)
        await expect(page.locator(".qr svg")).to_be_visible()
        await tour.stop("setup")
        secret = (await page.locator(".key").inner_text()).replace(" ", "")
        await page.keyboard.type(code_at(secret, world.clock.now() // STEP))
        await page.keyboard.press("Enter")
        await expect(page.locator(".codes li")).to_have_count(8)
        await tour.stop("recovery")
        await context.clear_cookies()
        await enter(page, world.base)
        await expect(page.locator("#code")).to_be_visible()
        await tour.stop("code")
        await context.close()


async def enter(page: Page, base: str) -> None:
    """Give the password of somebody who owes a second step."""
    await page.goto(f"{base}/desk/sign-in")
    await page.fill("#login", "anna")
    await page.fill("#password", PASSWORD)
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
