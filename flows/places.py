"""Where in Berlin: the districts, which lie side by side, and reading one out of what a person typed.

The table ``flows/places.yaml`` serves for sorting by nearness only. A postcode that lies in several districts, as many
do, names none of them: the caller asks. Nothing here is known about other towns.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import yaml
from msgspec import Struct, convert

from flows.read_places import read_postcode
from i18n.plain import words

__all__ = ["ELSEWHERE", "UNCLEAR", "districts", "hops", "place_of_postcode", "read_place"]

#: Somewhere in Germany, not in Berlin.
ELSEWHERE = "elsewhere"
#: In Berlin, but the postcode or the words do not tell in which district.
UNCLEAR = "unclear"

#: Postcodes of Berlin lie in this range; 12529 is the only one in it that belongs to another town (Schönefeld).
_BERLIN = range(10115, 14200)
_NOT_BERLIN = frozenset({12529})
#: Shorter words must stand at the beginning of what was typed: inside other words they mean something else.
_TELLING = 6


class _District(Struct, frozen=True):
    beside: tuple[str, ...]
    postcodes: tuple[str, ...]
    words: str

    def has(self, postcode: str) -> bool:
        return any(_within(postcode, written) for written in self.postcodes)

    @property
    def spellings(self) -> tuple[str, ...]:
        return tuple(word for part in self.words.split(",") for word in words(part))


def _within(postcode: str, written: str) -> bool:
    first, _, last = written.partition("-")
    return int(first) <= int(postcode) <= int(last or first)


@lru_cache(maxsize=1)
def _table() -> Mapping[str, _District]:
    data = (Path(__file__).parent / "places.yaml").read_bytes()
    raw = yaml.load(data, getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506 # texts only
    return convert(raw, dict[str, _District])


@lru_cache(maxsize=1)
def _spellings() -> tuple[tuple[str, str], ...]:
    return tuple((word, name) for name, one in _table().items() for word in one.spellings)


def districts() -> Mapping[str, tuple[str, ...]]:
    """Return every district and those it has a border with."""
    return {name: one.beside for name, one in _table().items()}


@lru_cache(maxsize=256)
def hops(one: str, two: str) -> int:
    """Return how many borders lie between two districts: 0 for the same, 1 for neighbours.

    Raises KeyError for a name that is no district.
    """
    beside, reached, count = districts(), {one}, 0
    if two not in beside:
        raise KeyError(two)
    while two not in reached:
        reached |= {other for name in reached for other in beside[name]}
        count += 1
    return count


def place_of_postcode(postcode: str) -> str:
    """Return the district of a German postcode, :data:`UNCLEAR`, or :data:`ELSEWHERE` for one of another town."""
    if int(postcode) not in _BERLIN or int(postcode) in _NOT_BERLIN:
        return ELSEWHERE
    found = [name for name, one in _table().items() if one.has(postcode)]
    return found[0] if len(found) == 1 else UNCLEAR


def read_place(text: str, most_words: int) -> str | None:
    """Return the district that a text of at most so many words names by postcode or by name, in any of our scripts.

    :data:`UNCLEAR` when it names several, or a postcode of Berlin that does; None when it names none.
    """
    typed = words(text)
    if not typed or len(typed) > most_words:
        return None
    postcode = read_postcode(text)
    if postcode is not None:
        return place_of_postcode(postcode)
    found = {name for word in typed for spelling, name in _spellings() if _means(word, spelling)}
    return None if not found else found.pop() if len(found) == 1 else UNCLEAR


def _means(word: str, spelling: str) -> bool:
    return word.startswith(spelling) or (len(spelling) >= _TELLING and spelling in word)
