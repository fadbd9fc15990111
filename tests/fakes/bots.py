"""Bot folders for tests: copies of the small bot, with one or the other line changed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from flows.loader import Loaded, load
from flows.program import Program

ROOT = Path(__file__).resolve().parent.parent.parent
MINI = ROOT / "tests" / "fixtures" / "bots" / "mini"
BERLIN = ROOT / "flows" / "berlin"
#: A day on which nothing in the small bot is due.
TODAY = date(2026, 7, 1)


def copy_bot(source: Path, folder: Path) -> Path:
    """Copy a bot to a fresh folder of the same name under ``folder`` and return it."""
    target = folder / source.name
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def change(bot: Path, file: str, old: str, new: str) -> int:
    """Replace ``old``, which must stand exactly once in the file, and return its line."""
    path = bot / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def mini(folder: Path, changes: Mapping[tuple[str, str], str] | None = None) -> Path:
    """Return a copy of the small bot in which each (file, old) has become new."""
    bot = copy_bot(MINI, folder)
    for (file, old), new in (changes or {}).items():
        change(bot, file, old, new)
    return bot


def loaded(bot: Path, today: date = TODAY) -> Loaded:
    """Load a bot."""
    return load(bot, today=today)


def program(bot: Path = MINI, today: date = TODAY) -> Program:
    """Load a bot that must have no errors."""
    found = load(bot, today=today)
    assert found.program is not None, [f"{one.file}:{one.line} {one.code} {one.message}" for one in found.findings]
    return found.program


def codes(result: Loaded, *, levels: str = "EW") -> list[str]:
    """Return the codes of the findings of these levels, in order."""
    return [found.code for found in result.findings if found.code[0] in levels]


def lines(result: Loaded, code: str) -> list[tuple[str, int]]:
    """Return (file name, line) of every finding with this code."""
    return [(found.file.rsplit("/", 1)[-1], found.line) for found in result.findings if found.code == code]
