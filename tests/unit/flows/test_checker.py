"""The proof that a human, the menu and stop are always reachable: it holds for good bots and fails on traps."""

from __future__ import annotations

import pytest

from flows.checker import prove
from flows.ways import Ways
from tests.fakes.bots import MINI, codes, lines, loaded, mini, program


def ways_of(bot):
    return Ways.of(bot.flows, bot.commands, home=bot.spec.home, start=bot.spec.start)


def trap(tmp_path, text, changes=None):
    """Load the small bot with one more flow, entered by a command."""
    bot = mini(tmp_path, changes)
    (bot / "trap.yaml").write_text(text)
    with (bot / "bot.yaml").open("a") as file:
        file.write("  trap:\n    words: trap\n    goto: trap\n")
    return loaded(bot)


def test_the_proof_holds_for_the_small_bot():
    assert prove(ways_of(program(MINI))) == []


def test_a_room_without_a_door(tmp_path):
    result = trap(
        tmp_path,
        "flow: trap\nsteps:\n  room:\n    menu: Where to?\n    commands: off\n    options:\n"
        "      left: Left -> room\n      right: Right -> other\n"
        "  other:\n    menu: Here?\n    commands: off\n    options:\n      back: Back -> room\n",
    )
    assert codes(result, levels="E") == ["E601", "E602"]
    assert lines(result, "E601") == [("trap.yaml", 3)]
    message = next(one.message for one in result.findings if one.code == "E601")
    assert "trap.room → trap.other (right) → trap.room (back)" in message


def test_a_room_with_one_door_is_no_trap(tmp_path):
    result = trap(
        tmp_path,
        "flow: trap\nsteps:\n  room:\n    menu: Where to?\n    commands: off\n    options:\n"
        "      left: Left -> room\n      out: Out -> start.main\n",
    )
    assert codes(result, levels="E") == []


def test_a_question_nobody_can_answer_is_no_way_out(tmp_path):
    result = trap(
        tmp_path,
        "flow: trap\nsteps:\n  code:\n    ask: The code?\n    save: code\n    commands: off\n    give_up: again\n"
        "    then: start.main\n  again:\n    menu: Again?\n    commands: off\n    options:\n      yes: Yes -> code\n",
    )
    assert {"E601", "E602"} <= set(codes(result, levels="E"))


def test_the_way_to_a_human_must_not_need_what_can_fail(tmp_path):
    bot = mini(
        tmp_path,
        {
            ("bot.yaml", "goto: start.human"): "goto: start.route",
            (
                "start.yaml",
                "  human:\n    handoff",
            ): "  route:\n    hook: find_office\n    failed: sorry\n    then: human\n\n"
            "  sorry:\n    say: Sorry.\n    then: main\n\n  human:\n    handoff",
            ("start.yaml", "        goto: human\n    other"): "        goto: route\n    other",
        },
    )
    text = (bot / "start.yaml").read_text()
    (bot / "start.yaml").write_text(
        text.replace("not_helped: human", "not_helped: route").replace("goto: human", "goto: route")
    )
    result = loaded(bot)
    assert codes(result, levels="E") == ["E604"]
    (where,) = lines(result, "E604")
    assert "failed: sorry" in (bot / "start.yaml").read_text().splitlines()[where[1] - 1]
    assert "start.route → start.sorry (failed)" in next(one.message for one in result.findings if one.code == "E604")


def test_both_branches_must_lead_to_a_human(tmp_path):
    result = loaded(
        mini(
            tmp_path,
            {
                ("bot.yaml", "goto: start.human"): "goto: start.gate",
                (
                    "start.yaml",
                    "  human:\n    handoff",
                ): "  gate:\n    if:\n      - when: topic is missing\n        goto: hello\n"
                "      - else: human\n\n  human:\n    handoff",
                ("start.yaml", "        words: person, somebody\n        goto: human"): "        goto: gate",
                ("start.yaml", "not_helped: human"): "not_helped: gate",
                (
                    "start.yaml",
                    '- when: case.children > 0 and case.housing is "none"\n        goto: human',
                ): "- when: case.children > 0\n        goto: gate",
                ("start.yaml", "failed: human"): "failed: gate",
            },
        )
    )
    found = [one for one in result.findings if one.code == "E604"]
    assert len(found) == 1
    assert "start.hello" in found[0].message


def test_a_skipped_handoff_is_no_handoff(tmp_path):
    bot = mini(tmp_path, {("start.yaml", "    handoff: advice\n"): "    handoff: advice\n    when: topic is set\n"})
    assert "E604" in codes(loaded(bot), levels="E")


def test_no_stop_and_no_human_and_no_menu(tmp_path):
    bot = mini(tmp_path, {("bot.yaml", "  stop:\n    words: stop\n    action: stop\n"): ""})
    assert codes(loaded(bot), levels="E") == ["E603"]
    bot = mini(tmp_path / "b", {("bot.yaml", "  human:\n    words: human, counsellor\n    goto: start.human\n"): ""})
    assert codes(loaded(bot), levels="E") == ["E605"]
    bot = mini(tmp_path / "c", {("bot.yaml", "goto: start.main\n"): "goto: start.question\n"})
    assert codes(loaded(bot), levels="E") == ["E606"]


def test_a_broken_command_is_told_once(tmp_path):
    bot = mini(
        tmp_path, {("bot.yaml", "    words: human, counsellor\n    goto"): "    words: human, counsellor\n    gotto"}
    )
    assert codes(loaded(bot), levels="E")[0] == "E104"
    assert not {"E601", "E604", "E605"} & set(codes(loaded(bot)))


def test_a_called_flow_comes_back_to_all_its_callers(tmp_path):
    result = trap(
        tmp_path,
        "flow: trap\nsteps:\n  ask_more:\n    call: intake\n  stuck:\n    menu: Stuck?\n    commands: off\n"
        "    options:\n      yes: Yes -> stuck\n",
    )
    assert lines(result, "E601") == [("trap.yaml", 5)]
    assert not [place for place in lines(result, "E601") if place[0] == "intake.yaml"]


@pytest.mark.parametrize("verb", ["say: x\n    then: b", "goto: b"])
def test_steps_that_could_not_be_read_are_not_judged(tmp_path, verb):
    result = trap(
        tmp_path, f"flow: trap\nsteps:\n  a:\n    {verb}\n    colour: red\n  b:\n    menuu: What?\n    commands: off\n"
    )
    assert {"E601", "E602"} & set(codes(result)) == set()
