"""Takes the examples out of a page, and puts them together as the page says."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "bots" / "newbot"

_FENCE = re.compile(r"^```(?P<kind>[a-z]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_FIRST = re.compile(r"# (?P<file>[\w/.-]+\.(?:yaml|py|toml|txt))(?:, (?P<where>at the end|below [a-z_.]+))?")


class Block(NamedTuple):
    """One example; ``path`` is where its keys belong in the file, None when it is the whole file."""

    kind: str
    file: str
    path: tuple[str, ...] | None
    body: str
    line: int


def blocks(page: str, *kinds: str) -> Iterator[Block]:
    """Yield the examples of these kinds; each must say on its first line which file it belongs to."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        if found["kind"] not in kinds:
            continue
        line = text.count("\n", 0, found.start()) + 1
        first, _, body = found["body"].partition("\n")
        named = _FIRST.fullmatch(first)
        assert named is not None, f"{page}:{line} does not say to which file it belongs"
        where = named["where"]
        path = None if where is None else () if where == "at the end" else tuple(where.split()[1].split("."))
        yield Block(found["kind"], named["file"], path, body, line)


def apply(folder: Path, block: Block) -> None:
    """Write a whole file, or put the keys of a part where they belong, over what has the same name."""
    path = folder / block.file
    path.parent.mkdir(parents=True, exist_ok=True)
    if block.path is None:
        path.write_text(block.body, encoding="utf-8")
        return
    data = _read(path.read_text(encoding="utf-8"))
    place = data
    for key in block.path:
        place = place[key]
    place |= _read(block.body)
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")


def new_bot(folder: Path) -> Path:
    """Make what ``streetwork new`` makes."""
    shutil.copytree(TEMPLATE, folder)
    return folder


def _read(text: str) -> Any:
    """Read YAML as flows do: every value a text."""
    return yaml.load(text, Loader=yaml.BaseLoader)
