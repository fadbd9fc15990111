"""People, a team and an editor do anything in any order; the promises hold after every one of their steps."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from core.capabilities import CAPABILITIES
from flows.loader import load
from flows.program import Program
from handoff.conversation import Conversation
from tests.fakes.bots import BERLIN, change, copy_bot
from tests.fakes.walker import Walker
from tests.unit.handlers.conftest import FOLDER, MONDAY

#: Happenings in one walk.
STEPS = 60
#: A day on which every value of the bots holds.
TODAY = date(2026, 11, 23)


def compiled(folder: Path) -> Program:
    found = load(folder, today=TODAY)
    assert found.program is not None, [one.message for one in found.findings if one.level == "error"]
    return found.program


@pytest.fixture(scope="module")
def talk_versions(program: Program, tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, ...]:
    """The small bot, once with a step renamed, and once with several gone or turned into something else."""
    renamed = copy_bot(FOLDER, tmp_path_factory.mktemp("renamed"))
    change(renamed, "main.yaml", "  colour:\n    menu:", "  paint:\n    was: [colour]\n    menu:")
    change(renamed, "main.yaml", "goto: colour\n", "goto: paint\n")
    changed = copy_bot(FOLDER, tmp_path_factory.mktemp("changed"))
    change(changed, "form.yaml", "  plz:\n    ask:", "  zip:\n    ask:")
    change(changed, "form.yaml", "    timeout:\n      - after: 20h\n        say: Are you there?\n      - after: 3d\n"
           "        goto: late\n", "    skip_to: late\n")  # fmt: skip
    change(changed, "main.yaml", "  pause:\n    wait: 2h\n", "  pause:\n    ask: Pause?\n    save: answer\n")
    change(changed, "main.yaml", "    no_answer:\n      after: 20h\n      say: Still waiting.\n      repeat: 2\n", "")
    return program, compiled(renamed), compiled(changed)


@pytest.fixture(scope="module")
def berlin_versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, ...]:
    """The shipped bot, and one in which the middle of two journeys is gone."""
    changed = copy_bot(BERLIN, tmp_path_factory.mktemp("changed"))
    change(changed, "human.yaml", "  begin:\n    menu: |", "  opening:\n    menu: |")
    change(changed, "bot.yaml", "goto: human.begin", "goto: human.opening")
    for file in changed.glob("*.yaml"):
        file.write_text(file.read_text(encoding="utf-8").replace("human.begin", "human.opening"), encoding="utf-8")
    return compiled(BERLIN), compiled(changed)


def wander(versions: tuple[Program, ...], channel: str, seed: int) -> None:
    walker = Walker(versions, CAPABILITIES[channel], now=MONDAY, seed=seed)
    try:
        for number in range(STEPS):
            walker.step()
            if number % 7 == 3:
                ways_out(walker)
    except Exception as error:
        error.add_note("\n".join(walker.history[-25:]))
        raise


def ways_out(walker: Walker) -> None:
    """From where somebody stands now they come to a human, to the menu and to silence with the words for it."""
    program = walker.sim.program

    def asked_for_a_human(now: Conversation) -> bool:
        return now.case is not None or (now.flow.top is not None and now.flow.top.flow == "human")

    def at_the_menu(now: Conversation) -> bool:
        top = now.flow.top
        return top is not None and (top.flow, top.step) == (program.home.flow, program.home.step)

    assert walker.reaches("human", asked_for_a_human), "no human"
    assert walker.reaches("stop", lambda now: now.stopped, tries=1), "no stop"
    case = walker.sim.conversation.case
    if case is None or not case.held:
        assert walker.reaches("menu", at_the_menu), "no menu"


@pytest.mark.parametrize("channel", ["telegram", "webchat", "terminal"])
@pytest.mark.parametrize("seed", range(40))
def test_a_walk_through_the_small_bot(talk_versions: tuple[Program, ...], channel: str, seed: int) -> None:
    wander(talk_versions, channel, seed)


@pytest.mark.parametrize("channel", ["telegram", "terminal"])
@pytest.mark.parametrize("seed", range(30))
def test_a_walk_through_the_shipped_bot(berlin_versions: tuple[Program, ...], channel: str, seed: int) -> None:
    wander(berlin_versions, channel, seed)
