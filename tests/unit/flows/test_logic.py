"""Flow logic: loops nobody can leave, steps nobody reaches, reminders out of order."""

from __future__ import annotations

import pytest

from tests.fakes.bots import codes, lines, loaded, mini

COMMAND = "  more:\n    words: more\n    goto: more\n"


def with_flow(tmp_path, text, *, changes=None, command=COMMAND):
    bot = mini(tmp_path, changes)
    (bot / "more.yaml").write_text("flow: more\n" + text)
    with (bot / "bot.yaml").open("a") as file:
        file.write(command)
    return loaded(bot)


def only(result):
    """Return the findings of the added flow that are not about translations."""
    return [one for one in codes(result) if one not in ("W501", "W504")]


def test_a_loop_without_a_question(tmp_path):
    result = with_flow(tmp_path, "steps:\n  a:\n    say: A\n  b:\n    say: B\n    then: a\n")
    assert "E301" in only(result)
    assert lines(result, "E301") == [("more.yaml", 3)]
    assert "more.a → more.b → more.a" in next(one.message for one in result.findings if one.code == "E301")


def test_a_loop_with_a_question_is_fine(tmp_path):
    result = with_flow(tmp_path, "steps:\n  a:\n    say: A\n  b:\n    menu: B\n    options:\n      x: X -> a\n")
    assert only(result) == []


def test_a_question_that_can_be_skipped_does_not_stop_a_loop(tmp_path):
    text = "steps:\n  a:\n    say: A\n  b:\n    ask: B\n    save: x\n    when: x is missing\n  c:\n    goto: a\n"
    assert "E301" in only(with_flow(tmp_path, text))


def test_flows_that_call_each_other_without_a_question(tmp_path):
    result = with_flow(tmp_path, "steps:\n  a:\n    call: more\n  b:\n    end: done\n")
    assert only(result)[0] == "E302"
    assert "E305" not in only(result)


def test_flows_that_call_each_other_with_questions(tmp_path):
    text = "steps:\n  a:\n    menu: A\n    options:\n      x: X\n  b:\n    call: more\n  c:\n    end: done\n"
    assert only(with_flow(tmp_path, text)) == ["E305"]


def test_a_step_nobody_reaches(tmp_path):
    result = with_flow(tmp_path, "steps:\n  a:\n    goto: start.main\n  b:\n    say: B\n    then: start.main\n")
    assert only(result) == ["W301"]
    assert lines(result, "W301") == [("more.yaml", 5)]


def test_the_target_of_a_typing_mistake_is_not_unreached(tmp_path):
    result = with_flow(tmp_path, "steps:\n  a:\n    goto: better\n  c:\n    goto: start.main\n  bitter:\n    goto: c\n")
    assert only(result) == ["E201"]


def test_reminders_must_rise_and_the_leaving_one_comes_last(tmp_path):
    text = (
        "steps:\n  a:\n    menu: A\n    options:\n      x: X -> start.main\n    timeout:\n"
        "      - after: 2h\n        say: One\n      - after: 1h\n        goto: start.main\n"
        "      - after: 3h\n        say: Three\n"
    )
    result = with_flow(tmp_path, text)
    assert only(result) == ["E303", "W303"]
    assert lines(result, "E303") == [("more.yaml", 10)]
    assert lines(result, "W303") == [("more.yaml", 11)]


def test_a_question_that_gives_up_into_itself(tmp_path):
    text = "steps:\n  a:\n    ask: A\n    save: x\n    give_up: a\n    then: start.main\n"
    result = with_flow(tmp_path, text)
    assert only(result) == ["E304"]
    assert lines(result, "E304") == [("more.yaml", 6)]


def test_a_flow_that_just_ends(tmp_path):
    result = with_flow(tmp_path, "steps:\n  a:\n    say: A\n")
    assert only(result) == ["W302"]
    ended = with_flow(tmp_path / "b", "steps:\n  a:\n    end: done\n    say: A\n")
    assert only(ended) == []


@pytest.mark.parametrize(("declared", "found"), [("vars", ["W705"]), ("outputs", ["W705"]), ("inputs", [])])
def test_a_variable_nobody_writes(tmp_path, declared, found):
    result = with_flow(tmp_path, f"{declared}:\n  x: text\nsteps:\n  a:\n    goto: start.main\n")
    assert only(result) == found
