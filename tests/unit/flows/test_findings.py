"""Findings as text, as JSON and as a reference page; every code that is used is documented and the other way round."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import flows.findings
from flows.codes import CODES
from flows.findings import did_you_mean, finding, has_errors, reference, render, to_json

PACKAGE = Path(flows.findings.__file__).parent


def test_a_finding_shows_its_line_a_caret_and_what_to_do():
    one = finding("E201", "start.yaml", 2, 11, "there is no step “humann”", length=6, suggestion="human")
    text = render([one], {"start.yaml": ["first", "  x: y -> humann"]})
    assert text.splitlines() == [
        "start.yaml:2:11 error E201 there is no step “humann”",
        "  2 |   x: y -> humann",
        "    |           ^^^^^^  did you mean “human”?",
        f"      {CODES['E201'].meaning} {CODES['E201'].remedy}",
    ]


def test_colours_come_only_when_asked_for():
    one = finding("W301", "a.yaml", 1, 1, "x")
    assert "\x1b[" not in render([one], {})
    assert "\x1b[33m" in render([one], {}, color=True)


def test_a_long_line_is_cut_around_the_mistake():
    line = "x" * 300 + "HERE" + "y" * 300
    shown = render([finding("E105", "a", 1, 301, "m", length=4)], {"a": [line]}).splitlines()
    assert len(shown[1]) < 150
    assert shown[1][shown[2].index("^") :].startswith("HERE")


def test_json_holds_everything_and_is_plain():
    one = finding("E201", "a.yaml", 3, 4, "message", suggestion="b")
    values = json.loads(json.dumps(to_json([one])))[0]
    assert values["code"] == "E201"
    assert values["level"] == "error"
    assert (values["line"], values["column"], values["suggestion"]) == (3, 4, "b")


def test_only_errors_block():
    assert has_errors([finding("E201", "a", 1, 1, "x")])
    assert not has_errors([finding("W301", "a", 1, 1, "x"), finding("H510", "a", 1, 1, "x")])


def test_unknown_codes_are_refused():
    with pytest.raises(KeyError):
        finding("E999", "a", 1, 1, "x")


def test_did_you_mean_finds_near_names_only():
    assert did_you_mean("humann", ["start", "human"]) == "human"
    assert did_you_mean("Menu", ["menu"]) == "menu"
    assert did_you_mean("xyz", ["start", "human"]) is None


def test_every_code_is_used_and_documented():
    used = set()
    for path in PACKAGE.rglob("*.py"):
        if path.name != "codes.py":
            used |= set(re.findall(r"\"([EWH]\d{3})\"", path.read_text(encoding="utf-8")))
    assert used == set(CODES)
    page = reference()
    for code, known in CODES.items():
        assert f"| {code} |" in page
        assert known.title
        assert known.meaning.endswith(".")
        assert known.remedy.endswith(".")
