"""An editor changes the flows while people are in them: a clean change is taken in, a broken one is not."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.server import ROOT, Server
from tests.e2e.visitor import Visitor


@pytest.fixture
def bot(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "tests" / "fixtures" / "bots" / "talk", tmp_path / "talk"))


@pytest.fixture
def edited(tmp_path: Path, bot: Path) -> Iterator[Server]:
    with Server(tmp_path, bot=bot) as running:
        yield running


async def test_people_in_a_removed_step_land_safely_with_their_values_kept(edited: Server, bot: Path) -> None:
    async with Visitor(edited) as person, Visitor(edited) as other:
        await person.until("What do you need?")
        await person.say("form")
        await person.until("Postcode?")
        await other.until("What do you need?")
        await other.say("colour")
        await other.until("Which colour?")
        # A slip: the old flows stay in use and the editor is told the line.
        form = bot / "form.yaml"
        clean = form.read_text()
        form.write_text(clean.replace("give_up: children", "give_up: childern"))
        await asyncio.to_thread(edited.wait_for, "was not taken in")
        assert any("did you mean “children”" in line for line in edited.lines)
        await person.say("99")
        await person.until("Five digits, please.")
        # The step is gone now, another one was renamed.
        form.write_text(clean.replace("  plz:\n", "  zip:\n").replace("give_up: children", "give_up: children"))
        main = bot / "main.yaml"
        main.write_text(
            main.read_text()
            .replace("  colour:\n    menu:", "  paint:\n    was: [colour]\n    menu:")
            .replace("goto: colour\n", "goto: paint\n")
        )
        await asyncio.to_thread(edited.wait_for, "are in use now")
        await other.say("red")
        await other.until("Red it is.")
        await person.say("01067")
        await person.until("This conversation was improved meanwhile.")
        await person.until_new("What do you need?")
