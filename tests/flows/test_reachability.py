"""The promise of the shipped bot: a human, the menu and stop are reachable. Five traps break it, each is found."""

from __future__ import annotations

from datetime import date

import pytest

from flows.checker import prove
from flows.ways import Ways
from tests.fakes.bots import BERLIN, change, copy_bot, loaded, program

TODAY = date(2026, 11, 23)


def guarantees(result):
    return [one for one in result.findings if one.code.startswith("E6")]


def test_the_promise_holds_for_every_step():
    bot = program(BERLIN, TODAY)
    home = f"{bot.home.flow}.{bot.home.step}"
    ways = Ways.of(bot.flows, bot.commands, home=home, start=bot.spec.start)
    assert len(ways.ways) == sum(len(flow.steps) for flow in bot.flows.values()) > 20
    assert prove(ways) == []


def closed_room(bot):
    """A question that refuses commands and only leads to itself."""
    line = change(
        bot,
        "goodbye.yaml",
        "      finish: No, that is all -> bye\n    other: faq\n",
        "      finish: No, that is all -> room\n    other: faq\n\n  room:\n    menu: Are you sure?\n    commands: off\n"
        "    options:\n      again: Ask again -> room\n",
    )
    return "E601", "goodbye.yaml", line + 3, "goodbye.room → goodbye.room (again)"


def human_behind_a_hook(bot):
    """The way to a human asks something outside first, and its failure leads elsewhere."""
    (bot / "hooks.py").write_text('"""Hooks."""\n\n\nasync def route() -> dict[str, str]:\n    return {}\n')
    line = change(
        bot,
        "human.yaml",
        "steps:\n  begin:\n",
        "steps:\n  route:\n    hook: route\n    failed: main.menu\n\n  begin:\n",
    )
    change(bot, "bot.yaml", "goto: human.begin", "goto: human.route")
    for path in bot.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("human.begin", "human.route"), encoding="utf-8")
    return "E604", "human.yaml", line + 3, "human.route → main.menu (failed)"


def handoff_that_may_be_skipped(bot):
    """The only handoff has a condition."""
    line = change(bot, "human.yaml", "    handoff: advice\n", "    handoff: advice\n    when: topic is set\n")
    return "E604", "human.yaml", line + 1, "the flow ends (skipped)"


def menu_that_leads_elsewhere(bot):
    """The word for the menu leads to a farewell."""
    line = change(bot, "bot.yaml", "    goto: main.menu\n", "    goto: goodbye.bye\n")
    commands = (bot / "bot.yaml").read_text(encoding="utf-8").splitlines().index("commands:") + 1
    assert line > commands
    return "E606", "bot.yaml", commands, "no command leads to the main menu"


def no_word_to_stop(bot):
    """Nobody can make the bot fall silent."""
    change(bot, "bot.yaml", "    action: stop\n", "    action: back\n")
    commands = (bot / "bot.yaml").read_text(encoding="utf-8").splitlines().index("commands:") + 1
    return "E603", "bot.yaml", commands, "no command makes the bot fall silent"


@pytest.mark.parametrize(
    "trap",
    [closed_room, human_behind_a_hook, handoff_that_may_be_skipped, menu_that_leads_elsewhere, no_word_to_stop],
    ids=lambda trap: trap.__name__,
)
def test_each_trap_is_found_with_the_path_that_fails(tmp_path, trap):
    bot = copy_bot(BERLIN, tmp_path)
    code, file, line, path = trap(bot)
    result = loaded(bot, TODAY)
    assert result.program is None
    found = guarantees(result)
    assert code in {one.code for one in found}
    one = next(one for one in found if one.code == code)
    assert (one.file.removeprefix(f"{bot.as_posix()}/"), one.line) == (file, line)
    assert path in one.message
