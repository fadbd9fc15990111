"""``/desk/questions``: what the bot could not answer, for editors, and the lines that make an example of it."""

from __future__ import annotations

import dataclasses
import html
import re
from datetime import date

import pytest

from flows.program import Program
from flows.unanswered import KEPT_FOR, Unanswered
from handoff.conversation import load
from handoff.questions_page import example_lines
from tests.fakes.bots import change, copy_bot, program
from tests.fakes.desk_world import DeskWorld, open_desk
from tests.unit.handlers.conftest import FOLDER

QUESTION = "where do I <b>park</b> my horse"


@pytest.fixture
def bot(tmp_path) -> Program:
    folder = copy_bot(FOLDER, tmp_path)
    change(folder, "bot.yaml", "home: main.menu", "home: main.menu\nunanswered: keep")
    return program(folder, date(2026, 3, 2))


async def keep(world: DeskWorld, peer: str, text: str, age: int = 0) -> None:
    async def turn(lease, heard) -> None:
        state = load(lease.state)
        state.unanswered = [Unanswered(text=text, language="en", at=world.clock.now() - age)]
        await world.commit(lease, state, [heard])

    await world.hear(peer, text, None, turn)


async def page(window, form: dict[str, str] | None = None) -> tuple[int, str]:
    address = f"{window.base}/desk/questions"
    if form is None:
        answer = await window.http.get(address)
    else:
        answer = await window.http.post(address, data=form | {"csrf": window.csrf}, headers=window.headers())
    return answer.status, await answer.text()


async def test_an_editor_reads_questions_and_gets_the_lines_for_an_example(bot):
    async with open_desk(program=lambda: bot) as world:
        await keep(world, "p", QUESTION)
        await keep(world, "q", "too old", KEPT_FOR + 1)
        await keep(world, "r", "salary per hour")  # an example of the bot: it knows that
        window = await world.staff("edda", roles=("editor",))
        status, text = await page(window)
        assert status == 200
        assert html.escape(QUESTION) in text
        assert "<b>park" not in text
        assert "too old" not in text
        assert "salary per hour" not in text
        name = re.findall(r'name="question" value="([0-9a-f]{16})"', text)[0]
        status, text = await page(window, {"question": name, "entry": "wage"})
        assert status == 200
        assert "wage: |" in text
        assert "examples/en.yaml" in text
        for form in ({"question": "0" * 16, "entry": "wage"}, {"question": name, "entry": "../x"}):
            assert "wage: |" not in (await page(window, form))[1]


async def test_a_counsellor_sees_no_such_page_and_erasure_takes_the_question_along(bot):
    async with open_desk(program=lambda: bot) as world:
        await keep(world, "p", QUESTION)
        assert (await page(await world.staff("mariam")))[0] == 404
        await world.erase("p")
        assert html.escape(QUESTION) not in (await page(await world.staff("edda", roles=("editor",))))[1]


async def test_where_nothing_is_kept_the_page_says_so(bot):
    counted = replace_spec(bot)
    async with open_desk(program=lambda: counted) as world:
        await keep(world, "p", QUESTION)
        text = (await page(await world.staff("edda", roles=("editor",))))[1]
        assert "unanswered: keep" in text
        assert html.escape(QUESTION) not in text


def replace_spec(bot: Program) -> Program:
    return dataclasses.replace(bot, spec=bot.spec.model_copy(update={"unanswered": "count"}))


def test_the_lines_are_yaml_of_one_question():
    assert example_lines("wage", "how\n much:  {is} it") == "wage: |\n  how much: {is} it\n"
