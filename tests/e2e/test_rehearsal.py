"""The rehearsal as a counsellor meets it: four people in four languages wait, answer, and are gone at the end."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from playwright.async_api import Browser, expect

from bots.rehearsal import MARK, Rehearsal, RehearsalFailed
from bots.rehearsal_people import PEOPLE
from tests.e2e.office import NEEDS_BROWSER, claim_next, close, reply, sign_in
from tests.e2e.server import Server


async def test_without_a_server_it_says_what_to_do() -> None:
    with pytest.raises(RehearsalFailed, match="Start the bot first"):
        await Rehearsal("http://127.0.0.1:9", PEOPLE[:1], lambda *line: None, pace=0.1).run()


class TestAtTheDesk:
    pytestmark = NEEDS_BROWSER

    async def test_people_of_four_languages_wait_answer_and_leave_nothing(
        self, server: Server, browser: Browser
    ) -> None:
        said: list[tuple[str, str, str]] = []
        rehearsal = Rehearsal(
            server.base, PEOPLE, lambda name, _, who, text: said.append((name, who, text)), danger=True, pace=0.2
        )
        running = asyncio.create_task(rehearsal.run())
        context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
        desk = await sign_in(server, context)
        await expect(desk.locator("#waiting .card")).to_have_count(4, timeout=30_000)
        await claim_next(desk)
        # Danger comes first, and nobody can take her for a real person.
        await expect(desk.locator("#case-title")).to_contain_text("Russian")
        await expect(desk.locator("#case")).to_contain_text(MARK)
        await reply(desk, "Здравствуйте, я читаю.")
        await expect(desk.locator("#lines")).to_contain_text(PEOPLE[3].answers[0], timeout=20_000)
        await desk.locator("[data-act=park]").click()
        await desk.locator("#parking input[value=person]").check()
        await desk.locator("#parking button[value=yes]").click()
        await expect(desk.locator("#parked .card")).to_have_count(1)
        await claim_next(desk)
        await expect(desk.locator("#case-title")).not_to_contain_text("Russian")
        await expect(desk.locator("#text-reply")).to_be_focused()
        await close(desk)
        await expect(desk.locator("#waiting .card")).to_have_count(2)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await desk.reload()
        for empty in ("waiting", "parked", "needs_me", "mine"):
            await expect(desk.locator(f"#{empty} .card")).to_have_count(0)
        assert {name for name, who, _ in said if who == "bot"} == {one.name for one in PEOPLE}
        await context.close()
