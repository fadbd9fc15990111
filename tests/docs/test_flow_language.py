"""The page for editors is true: its examples make one bot without errors, whose conversations go as it says."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from bots.cli import COMMANDS
from bots.commands.test import _shown
from flows.findings import render
from flows.loader import Loaded, load
from handlers.flowtest import run_test
from handlers.flowtest_files import load_tests
from tests.docs.blocks import ROOT, apply, blocks, new_bot

PAGE = "docs/flow-language.md"
TODAY = date(2026, 11, 23)
EXAMPLES = list(blocks(PAGE, "yaml"))


def checked(folder: Path) -> Loaded:
    loaded = load(folder, today=TODAY)
    errors = [found for found in loaded.findings if found.level == "error"]
    assert not errors, render(errors, loaded.sources)
    return loaded


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bot that a reader has who followed the page to its end."""
    folder = new_bot(tmp_path_factory.mktemp("flows") / "mytown")
    for block in EXAMPLES:
        apply(folder, block)
    return folder


def test_the_page_has_examples_for_every_file_of_a_bot() -> None:
    assert {block.file.partition("/")[0] for block in EXAMPLES} >= {
        "bot.yaml",
        "main.yaml",
        "courses.yaml",
        "faq",
        "facts.yaml",
        "crisis.yaml",
        "tests",
    }


def test_all_examples_together_are_a_bot_without_errors(bot: Path) -> None:
    checked(bot)


def test_its_conversations_go_as_the_page_says_in_every_language(bot: Path) -> None:
    program = checked(bot).program
    assert program is not None
    held = [result for source in load_tests(bot) for result in run_test(program, source.test)]
    assert not [result.failure for result in held if result.failure]
    assert {result.language for result in held} == {"en", "ar"}
    assert len(held) > 20


def test_its_conversations_walk_every_flow_of_the_page(bot: Path) -> None:
    program = checked(bot).program
    assert program is not None
    walked = {step for source in load_tests(bot) for result in run_test(program, source.test) for step in result.walked}
    assert {flow for flow, _ in walked} == set(program.flows)


#: The conversations that came with the bot are changed last, so only from there on all of them hold.
WHOLE = [
    number
    for number, block in enumerate(EXAMPLES)
    if block.file.startswith("tests/") and block.file != "tests/courses.yaml"
]


@pytest.mark.parametrize("stop", WHOLE)
def test_the_bot_is_whole_at_each_point_where_the_page_says_to_test_it(tmp_path: Path, stop: int) -> None:
    folder = new_bot(tmp_path / "mytown")
    for block in EXAMPLES[: stop + 1]:
        apply(folder, block)
    program = checked(folder).program
    assert program is not None
    held = [result for source in load_tests(folder) for result in run_test(program, source.test)]
    assert not [result.failure for result in held if result.failure]


def test_the_mistake_that_the_page_shows_is_told_like_that(tmp_path: Path) -> None:
    folder = new_bot(tmp_path / "mytown")
    (added,) = (block for block in EXAMPLES if block.path == ("steps", "menu", "options"))
    main = folder / "main.yaml"
    lines = main.read_text(encoding="utf-8").splitlines()
    after = next(number for number, line in enumerate(lines) if "Talk to a human -> human" in line)
    lines[after + 1 : after + 1] = added.body.splitlines()
    main.write_text("\n".join(lines), encoding="utf-8")
    loaded = load(folder, today=TODAY)
    (error,) = (found for found in loaded.findings if found.level == "error")
    told = render([error], loaded.sources).replace(folder.as_posix(), "flows/mytown")
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    for line in told.splitlines():
        assert f"    {line}".rstrip() in page, told


def test_the_failure_that_the_page_shows_is_told_like_that(tmp_path: Path) -> None:
    folder = new_bot(tmp_path / "mytown")
    for block in EXAMPLES[: WHOLE[0]]:
        apply(folder, block)
    program = checked(folder).program
    assert program is not None
    failed = [(source, run) for source in load_tests(folder) for run in run_test(program, source.test) if run.failure]
    source, first = failed[0]
    assert first.failure is not None
    told = _shown(source.place(first.failure.line), first.failure)
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    for line in told.splitlines():
        assert f"    {line}" in page, told
    assert {source.file for source, _ in failed} == {"mytown/tests/first.yaml"}


def test_every_command_of_the_page_exists() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    named = set(re.findall(r"streetwork ([a-z]+)", page))
    assert {"new", "check", "test", "chat", "run", "schema", "graph"} <= named
    assert named <= set(COMMANDS)


def test_every_link_inside_a_table_leads_to_a_heading() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    titles = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    headings = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#([\w-]+)\)", page)) <= headings
