"""Findings: what is wrong in a bot folder, where, what it means for the person chatting, and how to mend it.

One finding is one sentence an editor can act on. The same findings are printed on a terminal, returned as JSON
and shown in an editor. Codes and their explanations stand in :mod:`flows.codes`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from flows.codes import CODES

__all__ = ["Finding", "Level", "did_you_mean", "finding", "has_errors", "reference", "render", "to_json"]

Level = Literal["error", "warning", "hint"]

_LEVELS: dict[str, Level] = {"E": "error", "W": "warning", "H": "hint"}
_RANK = {"error": 0, "warning": 1, "hint": 2}
_COLORS = {"error": "\x1b[31m", "warning": "\x1b[33m", "hint": "\x1b[36m"}
_OFF = "\x1b[0m"
#: Longest part of a source line that is shown; translators' lines can be whole paragraphs.
_WIDTH = 110


class Finding(Struct, frozen=True, kw_only=True):
    """One finding. Lines and columns count from 1, in characters; ``length`` is how much the caret marks."""

    code: str
    level: Level
    file: str
    line: int
    column: int
    length: int = 1
    message: str
    meaning: str
    remedy: str
    suggestion: str | None = None

    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Return what findings are ordered by: place, then code."""
        return (self.file, self.line, self.column, self.code, self.message)


def finding(
    code: str,
    file: str,
    line: int,
    column: int,
    message: str,
    *,
    length: int = 1,
    suggestion: str | None = None,
    remedy: str | None = None,
) -> Finding:
    """Make a finding; meaning and remedy come from the catalogue of codes. Raises KeyError for an unknown code."""
    known = CODES[code]
    return Finding(
        code=code,
        level=_LEVELS[code[0]],
        file=file,
        line=max(line, 1),
        column=max(column, 1),
        length=max(length, 1),
        message=message,
        meaning=known.meaning,
        remedy=remedy or known.remedy,
        suggestion=suggestion,
    )


def did_you_mean(word: str, names: Iterable[str]) -> str | None:
    """Return the name nearest to ``word``, or None when none is near."""
    known = list(dict.fromkeys(names))
    found = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if found:
        return found[0]
    folded = {name.lower(): name for name in known}
    return folded.get(word.lower())


def has_errors(findings: Iterable[Finding]) -> bool:
    """Return whether anything blocks the bot from running."""
    return any(found.level == "error" for found in findings)


def render(findings: Sequence[Finding], sources: Mapping[str, Sequence[str]], *, color: bool = False) -> str:
    """Return findings as text for a terminal: place, sentence, the line with a caret, and how to mend it.

    ``sources`` maps a file to its lines.
    """
    blocks = [_block(found, sources.get(found.file, ()), color=color) for found in findings]
    return "\n".join(blocks) + ("\n" if blocks else "")


def _block(found: Finding, lines: Sequence[str], *, color: bool) -> str:
    level = f"{_COLORS[found.level]}{found.level} {found.code}{_OFF}" if color else f"{found.level} {found.code}"
    out = [f"{found.file}:{found.line}:{found.column} {level} {found.message}"]
    if 0 < found.line <= len(lines):
        text, column = _window(lines[found.line - 1], found.column)
        number = str(found.line)
        length = max(1, min(found.length, len(text) - column + 1))
        hint = f"  did you mean “{found.suggestion}”?" if found.suggestion else ""
        out.append(f"  {number} | {text}")
        out.append(f"  {' ' * len(number)} | {' ' * (column - 1)}{'^' * length}{hint}")
    elif found.suggestion:
        out.append(f"      did you mean “{found.suggestion}”?")
    out.append(f"      {found.meaning} {found.remedy}")
    return "\n".join(out)


def _window(line: str, column: int) -> tuple[str, int]:
    """Return the part of a long line around ``column``, and the column inside it."""
    line = line.replace("\t", " ").rstrip()
    if len(line) <= _WIDTH:
        return line, column
    start = max(0, min(column - 1 - _WIDTH // 2, len(line) - _WIDTH))
    cut = line[start : start + _WIDTH]
    return ("…" + cut if start else cut), column - start + (1 if start else 0)


def to_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return findings as plain JSON values, one object each."""
    return [msgspec.to_builtins(found) for found in findings]


def reference() -> str:
    """Return the documentation page of all codes as Markdown."""
    groups = {
        "0": "Syntax",
        "1": "Structure",
        "2": "References",
        "3": "Logic of the flows",
        "4": "Channels",
        "5": "Texts and translations",
        "6": "Guarantees",
        "7": "Data",
        "8": "Words",
        "9": "Release",
    }
    out = [
        "# Findings",
        "",
        "What `streetwork check` can say. E is an error and keeps the bot from running, W is a warning, H a hint.",
    ]
    for digit, title in groups.items():
        out += ["", f"## {title}", "", "| code | what | what it means | how to mend it |", "|---|---|---|---|"]
        codes = sorted((code for code in CODES if code[1] == digit), key=lambda code: (_rank(code), code))
        for code in codes:
            known = CODES[code]
            cells = (code, known.title, known.meaning, known.remedy)
            out.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(out) + "\n"


def _rank(code: str) -> int:
    return _RANK[_LEVELS[code[0]]]
