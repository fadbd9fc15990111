"""Texts for translators: Babel finds every text of a bot with its context, line and remarks, and nothing else."""

from __future__ import annotations

import io

import pytest
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from flows.bot_texts import texts_of
from flows.extract import extract, extract_texts
from flows.reading import read_folder
from flows.steps import load_verbs
from flows.texts import TEXTS
from tests.fakes.bots import BERLIN, MINI, ROOT


class Named(io.BytesIO):
    def __init__(self, data, name):
        super().__init__(data)
        self.name = name


def run(text, name="flow.yaml"):
    return list(extract(Named(text.encode(), name), {}, (), {}))


def test_lines_contexts_and_remarks():
    found = run(
        "flow: flow\nsteps:\n  main:\n    comment: Be kind.\n    menu: |\n      Hello\n    options:\n"
        "      a: First -> b\n      b:\n        label: Second\n        words: two\n"
    )
    assert found == [
        (6, "pgettext", ("flow.main", "Hello"), ["Be kind."]),
        (8, "pgettext", ("flow.main.a", "First"), ["Be kind.", "Label of a button: keep it short."]),
        (10, "pgettext", ("flow.main.b", "Second"), ["Be kind.", "Label of a button: keep it short."]),
        (11, "pgettext", ("flow.main.b.words", "two"), ["Be kind."]),
    ]


def test_notes_for_the_staff_are_not_translated():
    found = run("flow: flow\nsteps:\n  a:\n    handoff: q\n    note: secret\n    say: Hi\n")
    assert [message for _, _, message, _ in found] == [("flow.a", "Hi")]


@pytest.mark.parametrize("text", ["", "[", "steps: 1", "flow: x\nsteps:\n  a: 1\n", "topic: 1\nentries: 2\n", "a: b"])
def test_what_cannot_be_read_is_left_out(text):
    assert run(text) == []


@pytest.mark.parametrize("bot", [MINI, BERLIN], ids=["mini", "berlin"])
def test_babel_finds_exactly_the_texts_that_the_bot_uses(bot, tmp_path):
    target = tmp_path / "messages.pot"
    CommandLineInterface().run(["pybabel", "-q", "extract", "-F", str(ROOT / "babel.cfg"), "-o", str(target), str(bot)])
    with target.open("rb") as file:
        found = {(message.context, message.id) for message in read_po(file) if message.id}
    draft = read_folder(bot, load_verbs())
    used = {(text.context, text.source) for text in texts_of(draft) if text.kind != "staff"}
    assert found == used


def test_the_texts_of_the_framework():
    source = (ROOT / "flows" / "texts.py").read_bytes()
    found = list(extract_texts(io.BytesIO(source), {}, (), {}))
    assert {(context.removeprefix("streetwork."), text) for _, _, (context, text), _ in found} == set(TEXTS.items())
    line = found[0][0]
    assert source.decode().splitlines()[line - 1].strip().startswith('"yes"')
