"""Who read which text: a ledger beside the bot, ``reviews/<language>.yaml``, in which each text stands by its hash.

A text that is changed afterwards, or whose translation is changed, has another hash and counts as not read. That is why
the ledger does not stand in the catalogues: translation tools keep their marks when a text changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flows.bot_texts import BotText
from flows.yaml_nodes import read_file

__all__ = ["Review", "append_reviews", "read_reviews", "review_key", "wanted"]

#: What nobody reads in this form, or what every language writes anew.
_NOT_READ = ("staff",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One text that somebody read."""

    context: str
    day: date
    by: str


def review_key(context: str, source: str, text: str) -> str:
    """Return the hash under which a text stands in the ledger; ``text`` is its translation, or the source itself."""
    return hashlib.sha256("\x1f".join((context, source, text)).encode()).hexdigest()[:16]


def wanted(texts: Iterable[BotText]) -> Iterator[BotText]:
    """Yield the texts that somebody must have read before people do."""
    return (text for text in texts if text.kind not in _NOT_READ)


def read_reviews(folder: Path) -> dict[str, dict[str, Review]]:
    """Return the ledgers of a bot by language; lines that cannot be read count as not written."""
    found: dict[str, dict[str, Review]] = {}
    for path in sorted((folder / "reviews").glob("*.yaml")) if (folder / "reviews").is_dir() else ():
        data = read_file(path, path.name).data
        ledger = found.setdefault(path.stem, {})
        for key, line in data.items() if isinstance(data, dict) else ():
            context, day, by = [*str(line).split(" | "), "", ""][:3]
            try:
                ledger[str(key)] = Review(context=context, day=date.fromisoformat(day), by=by)
            except ValueError:
                continue
    return found


def append_reviews(folder: Path, language: str, reviews: Mapping[str, Review]) -> int:
    """Add what was read to the ledger of a language and return how many texts are new there; the order is by text."""
    known = read_reviews(folder).get(language, {})
    merged = {**known, **reviews}
    path = folder / "reviews" / f"{language}.yaml"
    path.parent.mkdir(exist_ok=True)
    lines = [
        f"{key}: {one.context} | {one.day.isoformat()} | {one.by}"
        for key, one in sorted(merged.items(), key=lambda item: (item[1].context, item[0]))
    ]
    head = "# Written by `streetwork review`: which text was read on which day by whom. Changed texts count anew.\n"
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    return len(merged) - len(known)
