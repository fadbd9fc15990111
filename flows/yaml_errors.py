"""The parser's complaints in plain words, and a repair of the line, so that the rest of the file can be read too."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

import yaml

__all__ = ["Problem", "explain", "repair"]

_PAIR = re.compile(r"(?P<before>\s*(?:- +)*)(?P<key>[^\s:#'\"{}\[\],&*!|>%@`-][^\s:#'\"]*)\s*:(?: +(?P<value>\S.*))?$")
_NO_SPACE = re.compile(r"(\s*(?:- +)*[a-z_][a-z0-9_]*):(\S.*)$")
#: Signs with which no plain text may begin.
_SIGNS = "{}[],&*!|>%@`?-"


class Problem(NamedTuple):
    """One complaint. Line and column from 1; ``loses``: mending it leaves words of the editor out."""

    code: str
    line: int
    column: int
    length: int
    message: str
    #: ``quote`` the value, ``blank`` the line, put a ``space`` behind the colon, or ``indent`` by so many.
    mend: str
    indent: int = 0
    loses: bool = False


def explain(error: yaml.YAMLError, lines: list[str]) -> Problem:
    """Return what the error means and how the line can be mended for reading on."""
    problem = str(getattr(error, "problem", None) or "")
    context = str(getattr(error, "context", None) or "")
    mark = getattr(error, "problem_mark", None)
    line = min(mark.line, len(lines) - 1) if mark else 0
    column = mark.column if mark else 0
    start = getattr(error, "context_mark", None)
    if "nesting depth" in problem:
        return Problem("E005", line + 1, column + 1, 1, "this is nested too deep for any reader", "blank", loses=True)
    if "quoted scalar" in context and start is not None:
        escape = "escape" in problem
        what = "after \\ stands a letter that means nothing" if escape else "this quote is not closed"
        return _quote("E010", start.line, start.column, what, lines)
    if "simple key" in context and start is not None:
        return _no_colon(start.line, lines)
    if "node content" in problem:
        return _quote("E013", line, column, f"no text may begin with {_char(lines, line, column)}", lines)
    if "mapping values" in problem:
        return _second_colon(line, column, lines)
    if "flow" in context and start is not None:
        return _quote(
            "E015", start.line, start.column, f"this {_char(lines, start.line, start.column)} is not closed", lines
        )
    if "cannot start any token" in problem or context.startswith("while scanning a") or "not allowed" in problem:
        at = start if start is not None and context.startswith("while scanning a") and "plain" not in context else mark
        row, place = (at.line, at.column) if at else (line, column)
        sign = _char(lines, row, place)
        return _quote("E013", row, place, f"no text may begin with {sign}", lines)
    return _expected(line, column, lines)


def _char(lines: list[str], line: int, column: int) -> str:
    text = lines[line] if line < len(lines) else ""
    return text[column] if column < len(text) else "this sign"


def _quote(code: str, line: int, column: int, message: str, lines: list[str]) -> Problem:
    found = _PAIR.fullmatch(lines[line]) if line < len(lines) else None
    if found is not None and found["value"]:
        start = found.start("value")
        return Problem(code, line + 1, max(column, start) + 1, len(lines[line]) - max(column, start), message, "quote")
    return Problem(code, line + 1, column + 1, 1, message, "blank", loses=True)


def _second_colon(line: int, column: int, lines: list[str]) -> Problem:
    """``say: Call us: 030``, a line indented too far, or a line above that has lost its colon."""
    text = lines[line]
    found = _PAIR.fullmatch(text)
    if found is not None and found["value"] and column >= found.start("value"):
        message = "in this text stands a colon; YAML takes what is before it for a key"
        return Problem("E009", line + 1, column + 1, 1, message, "quote")
    above = _above(line, lines)
    if above is not None and not re.search(r":(\s|$)", lines[above]) and not lines[above].lstrip().startswith("- "):
        return _no_colon(above, lines)
    return _wrong_indent(line, lines)


def _no_colon(line: int, lines: list[str]) -> Problem:
    text = lines[line]
    column = len(text) - len(text.lstrip())
    length = max(1, len(text.strip()))
    if _NO_SPACE.fullmatch(text):
        return Problem("E014", line + 1, column + 1, length, "behind the colon a space is missing", "space")
    message = "this line is no key with a value: a colon is missing"
    return Problem("E014", line + 1, column + 1, length, message, "blank", loses=True)


def _expected(line: int, column: int, lines: list[str]) -> Problem:
    """Something stands where a key was expected: behind a quoted text, or at the wrong indentation."""
    text = lines[line] if line < len(lines) else ""
    found = _PAIR.fullmatch(text)
    if found is not None and found["value"] and column > found.start("value"):
        sign = found["value"][0]
        opened = _unclosed_above(line, lines, sign)
        if opened is not None:
            return _quote("E010", opened, lines[opened].index(sign), "this quote is not closed", lines)
        if sign in "'\"":
            return _quote("E010", line, column, "the quote closes before the text ends", lines)
        if sign in _SIGNS:
            return _quote("E013", line, found.start("value"), f"no text may begin with {sign}", lines)
    opened = _unclosed_above(line, lines, "")
    if opened is not None:
        return _quote("E010", opened, len(lines[opened]) - 1, "this quote is not closed", lines)
    if found is not None or text.lstrip().startswith("- "):
        return _wrong_indent(line, lines)
    if not text.strip():
        return Problem(
            "E012", line + 1, 1, 1, "this file ends too early: something is not closed", "give up", loses=True
        )
    return Problem("E012", line + 1, column + 1, 1, "this line cannot be read", "blank", loses=True)


def _unclosed_above(line: int, lines: list[str], sign: str) -> int | None:
    """Return a line shortly above whose value opens a quote that its own line does not close."""
    for index in range(line - 1, max(-1, line - 12), -1):
        found = _PAIR.fullmatch(lines[index])
        value = found["value"] if found is not None else None
        if value and value[0] in "'\"" and (not sign or value[0] == sign) and value.count(value[0]) % 2:
            return index
    return None


def _wrong_indent(line: int, lines: list[str]) -> Problem:
    above = _above(line, lines)
    indent = _indent(lines[above]) if above is not None else 0
    here = _indent(lines[line])
    if here == indent or above is None:
        return Problem("E011", line + 1, here + 1, 1, "this line does not belong here", "blank", loses=True)
    message = f"this line is indented by {here} spaces, the one above by {indent}"
    return Problem("E011", line + 1, here + 1, 1, message, "indent", indent)


def _above(line: int, lines: list[str]) -> int | None:
    for index in range(line - 1, -1, -1):
        if lines[index].strip() and not lines[index].lstrip().startswith("#"):
            return index
    return None


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def repair(lines: list[str], problem: Problem, *, again: bool) -> bool:
    """Change the line so that reading can go on; False when nothing is left to change.

    ``again``: the line was mended before and is still wrong, so it is left out.
    """
    index = problem.line - 1
    if index >= len(lines):
        return False
    before = lines[index]
    found = _PAIR.fullmatch(before) if not again else None
    if problem.mend == "quote" and found is not None and found["value"]:
        lines[index] = before[: found.start("value")] + json.dumps(_bare(found["value"]), ensure_ascii=False)
    elif problem.mend == "space" and not again:
        lines[index] = _NO_SPACE.sub(r"\1: \2", before)
    elif problem.mend == "indent" and not again:
        lines[index] = " " * problem.indent + before.lstrip()
    if lines[index] != before:
        return True
    lines[index] = ""
    return before != ""


def _bare(value: str) -> str:
    """Return a text without the quotes that could not be read."""
    value = value.rstrip()
    return value.strip(value[0]) if value[0] in "'\"" else value
