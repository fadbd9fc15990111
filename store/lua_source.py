"""The text of the store's Lua scripts: one operation a file, with the shared functions it names put in.

A script begins with its shebang (it makes a server refuse keys of another slot), says in a header what its keys,
arguments, results and errors are, and may have a line ``-- needs: post rest``: the files ``lua/lib/post.lua`` and
``lua/lib/rest.lua`` then stand in its place, in that order. So every script is one text with one hash, as the servers
want it, and no function is written twice.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

__all__ = ["script_names", "script_source"]

_FOLDER = Path(__file__).parent / "lua"
_NEEDS = "-- needs:"


@cache
def script_source(name: str) -> str:
    """Return the whole text of the script ``name``."""
    lines: list[str] = []
    for line in (_FOLDER / f"{name}.lua").read_text(encoding="utf-8").splitlines():
        if line.startswith(_NEEDS):
            for part in line.removeprefix(_NEEDS).split():
                lines += (_FOLDER / "lib" / f"{part}.lua").read_text(encoding="utf-8").splitlines()
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


@cache
def script_names() -> tuple[str, ...]:
    """Return the names of all scripts, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.lua")))
