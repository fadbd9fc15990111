"""Reading YAML: strings stay strings, places are right, and every mistake is told in plain words with its line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.codes import CODES
from flows.yaml_nodes import DEEPEST, read_yaml


def read(text):
    return read_yaml(text.encode(), "x.yaml")


def found(text):
    return [(one.code, one.line, one.column) for one in read(text).findings]


def test_no_scalar_is_guessed():
    document = read("plz: 01067\nanswer: no\ntime: 22:30\non: 1\nempty:\nlist: [1, yes]\n")
    assert document.data == {
        "plz": "01067",
        "answer": "no",
        "time": "22:30",
        "on": "1",
        "empty": "",
        "list": ["1", "yes"],
    }
    assert document.findings == []


def test_keys_and_values_have_their_places():
    document = read("steps:\n  hello:\n    say: Hi\n  other:\n    - one\n    - two\n")
    assert document.keys["steps", "hello", "say"][:2] == (3, 5)
    assert document.values["steps", "hello", "say"][:4] == (3, 10, 3, 12)
    assert document.values["steps", "other", 1][:2] == (6, 7)


def test_a_place_inside_a_text_over_several_lines_is_found():
    document = read("say: |\n  first line\n  then {name} here\n")
    assert document.inside(("say",), "{name}")[:2] == (3, 8)


def test_columns_count_characters_not_bytes():
    document = read('say: "مرحبا"\nother: {ключ: значение}\n')
    assert document.values["other", "ключ"][:2] == (2, 15)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:\n\tb: c\n", [("E002", 2, 1)]),
        ("a: 1\nb: 2\na: 3\n", [("E003", 3, 1)]),
        ("a: &x b\n", [("E004", 1, 4)]),
        ("a: b\nc: *a\n", [("E004", 2, 4)]),
        ("a: !tag b\n", [("E004", 1, 4)]),
        ("a:\n  <<: b\n", [("E004", 2, 3)]),
        ("a: b\u200fc\n", [("E006", 1, 5)]),
        ("say: Room #5\n", [("E007", 1, 11)]),
        ("say: {menu: Hello, friend: x}\n", [("E008", 1, 6)]),
        ("say: Call us: 030\n", [("E009", 1, 13)]),
        ("say: 'don't'\nb: c\n", [("E010", 1, 11)]),
        ('say: "hello\nb: c\n', [("E010", 1, 6)]),
        ("a:\n  say: x\n   b: y\n", [("E011", 3, 4)]),
        ("a:\n    say: x\n  b: y\n", [("E011", 3, 3)]),
        ("say: @team\n", [("E013", 1, 6)]),
        ("say: {name} hello\n", [("E013", 1, 6)]),
        ("say: *bold* text\n", [("E013", 1, 6)]),
        ("a:\n  say hello\n  b: c\n", [("E014", 2, 3)]),
        ("a:\n  say:hello\n  b: c\n", [("E014", 2, 3)]),
        ("a: [x, y\nb: c\n", [("E015", 1, 4)]),
        ("a: b\n---\nc: d\n", [("E016", 2, 1)]),
        ("a: \x07b\n", [("E017", 1, 4)]),
    ],
)
def test_mistakes_are_told_with_their_place(text, expected):
    assert found(text) == expected


def test_a_duplicate_names_both_lines_and_keeps_the_rest():
    document = read("a: 1\na:\n  x: 1\nb: 2\n")
    assert "line 1" in document.findings[0].message
    assert document.data == {"a": "1", "b": "2"}


def test_a_remark_behind_a_text_is_no_cut_text():
    assert found("say: Hello  # for translators\ntype: text # why\n") == []


def test_a_wrong_line_does_not_hide_the_others():
    text = "a:\n  say: Call us: 030\n  b: c\nd:\n  menu: @team\n  e: 'don't'\nf: g\n"
    document = read(text)
    assert [(one.code, one.line) for one in document.findings] == [("E009", 2), ("E013", 5), ("E010", 6)]
    assert document.data["a"] == {"say": "Call us: 030", "b": "c"}
    assert document.data["f"] == "g"
    assert not document.partial


def test_what_was_left_out_is_told():
    assert read("a:\n  say hello\n  b: c\n").partial


def test_a_byte_order_mark_is_fine_and_other_encodings_are_not():
    assert read_yaml(b"\xef\xbb\xbfa: b\r\nc: d\r\n", "x").data == {"a": "b", "c": "d"}
    latin = read_yaml("a: ä\n".encode("latin-1"), "x")
    assert [(one.code, one.line, one.column) for one in latin.findings] == [("E001", 1, 4)]


@pytest.mark.parametrize("text", ["[" * 60_000, "{a: " * 60_000, "- " * 60_000])
def test_deep_nesting_ends_before_it_hurts(text):
    document = read(text)
    assert [one.code for one in document.findings] == ["E005"]
    assert document.data is None
    assert DEEPEST == 32


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_raise(raw):
    for one in read_yaml(raw, "x").findings:
        assert one.code in CODES


_WORDS = (
    "a",
    "say",
    ": ",
    ":",
    "\n",
    "  ",
    "\n  ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    '"',
    "'",
    "#",
    " #",
    "|",
    ">",
    "&x",
    "*x",
)
_SIGNS = ("!", "\t", "ж", "م", "\u200f", "?", ",", "%", "@", "---\n", "\\", "<<: ", "\r", "\x00", "1")
_PIECES = st.sampled_from([*_WORDS, *_SIGNS])


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=40).map("".join))
def test_no_yaml_raises_and_places_lie_inside_the_file(text):
    document = read(text)
    for span in document.values.values():
        assert 1 <= span.line <= len(document.lines) + 1
    for one in document.findings:
        assert one.code in CODES
        assert one.line >= 1
        assert one.column >= 1
