"""One phrase of ``crisis.yaml`` in one spelling: ``*`` in a word, ``…`` between words, ``{group}`` for its words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from flows.crisis_rules import Reading
from i18n.plain import fold

__all__ = ["Phrase", "PhraseReader", "groups_of"]

#: ``…`` stands for no word, or for up to four.
_GAP = r"(?:\S+ ){0,4}"
_GAPS = ("…", "...")
_GROUP = re.compile(r"\{([a-z][a-z0-9_]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A phrase, ready to look for."""

    expression: str
    #: How it can begin, and whether that is a whole word.
    beginnings: tuple[tuple[str, bool], ...]
    #: Its words without ``*``.
    vocabulary: tuple[str, ...]


def groups_of(phrase: str) -> tuple[str, ...]:
    """Return the names of the groups that a phrase uses."""
    return tuple(_GROUP.findall(phrase))


class PhraseReader:
    """Reads phrases in the spelling of one reading. Words come again in many phrases, so each is spelled once."""

    __slots__ = ("_reading", "_spelled")

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._spelled: dict[str, str] = {}

    def __call__(self, phrase: str, groups: Mapping[str, list[str]]) -> Phrase | None:
        """Return a phrase in this spelling; None when nothing of it can be recognised there."""
        slots = list(self._slots(phrase, groups))
        while slots and not slots[-1]:
            slots.pop()  # a gap at the end means nothing
        while slots and not slots[0]:
            slots.pop(0)
        if not slots:
            return None
        left = sum(1 for slot in slots if slot)
        if left == 1 and sum(word not in _GAPS for word in phrase.split()) > 1:
            return None  # without its words of emphasis nothing but an everyday word is left
        shortest = " ".join(min(slot, key=len) for slot in slots if slot)
        if not shortest.strip("* ") or not self._reading.takes(fold(_plain(phrase, groups)), shortest):
            return None
        out = ""
        for number, slot in enumerate(slots):
            if not slot:
                out += _GAP
                continue
            one = "|".join(_expression(member) for member in slot)
            out += one if len(slot) == 1 else f"(?:{one})"
            out += " " if number < len(slots) - 1 else ""
        return Phrase(
            expression=out,
            beginnings=tuple(dict.fromkeys(_beginning(member) for member in slots[0])),
            vocabulary=tuple(word for slot in slots for member in slot for word in member.split() if "*" not in word),
        )

    def _slots(self, phrase: str, groups: Mapping[str, list[str]]) -> Iterator[tuple[str, ...]]:
        """Yield for each word what can stand there; nothing for a gap."""
        for word in phrase.split():
            group = _GROUP.fullmatch(word)
            if word in _GAPS:
                yield ()
            elif group is not None:
                members = dict.fromkeys(map(self._spell, groups.get(group[1], ())))
                found = tuple(member for member in members if member.strip("* "))
                if found:
                    yield found
            else:
                spelled = self._spell(word)
                if spelled:
                    yield (spelled,)

    def _spell(self, text: str) -> str:
        """Return words in this spelling, ``*`` kept; "" when nothing of them is left."""
        known = self._spelled.get(text)
        if known is None:
            known = self._spelled[text] = _spelled(text, self._reading)
        return known


def _plain(phrase: str, groups: Mapping[str, list[str]]) -> str:
    return _GROUP.sub(lambda found: " ".join(groups.get(found[1], [""])[:1]), phrase).replace("*", " ")


def _spelled(text: str, reading: Reading) -> str:
    """Return words in the spelling of a reading, ``*`` kept; "" when nothing of them is left."""
    words = []
    for word in text.split():
        parts = [fold(part) for part in word.split("*")]
        if len(parts) == 1 and parts[0] in reading.left_out:
            continue
        spelled = "*".join(" ".join(filter(None, map(reading.letters, part.split()))) for part in parts)
        if spelled:
            words.append(spelled)
    return " ".join(words)


@lru_cache(maxsize=4096)
def _expression(spelled: str) -> str:
    return " ".join(
        r"\S*".join(map(re.escape, word.split("*"))) if word.strip("*") else r"\S+" for word in spelled.split()
    )


def _beginning(spelled: str) -> tuple[str, bool]:
    first = spelled.split()[0]
    begin, star, _ = first.partition("*")
    return (begin, not star)
