"""Comparing a question with the texts of FAQ entries by their letters: one index a language and spelling.

Theory of operation
-------------------
An entry has texts that were *asked* (its question and how people really ask) and texts that are *told* (its answer).
Every text is a bag of letter groups (2 to 5 letters, word by word, edges marked) and of words cut to five letters,
which does what stemming does, for every language. Rare ones count more. An entry scores by four things:

- its best single asked text: cosine of the groups, and how many words agree both ways;
- all its asked texts as one: the same, but only the question's words need be covered;
- its answer: how much of the question's words, and of its letter groups, it covers. People ask with words of the
  answer that no example has; leaving the answer out costs eight of a hundred questions.

The weights were learned by multinomial logistic regression on held-out examples of the shipped bot, whole folds of
parallel translations held out together. With ten examples an entry all of them as one say more than the best single.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

__all__ = ["EntryTexts", "LexicalIndex"]

_BEST, _WHOLE, _WHOLE_WORDS, _TOLD_WORDS, _TOLD_GROUPS = 0.15, 0.45, 0.1, 0.07, 0.23
_LETTERS_WEIGHT = 0.6
#: Letter groups that more than this share of the texts have say nothing; nor do those that so many texts have.
_COMMON, _COMMON_LEAST = 0.15, 12
_PREFIX = 5
_SIZES = (2, 3, 4, 5)


class EntryTexts(Struct, frozen=True, kw_only=True):
    """The texts of one entry in one language, spelled for comparing."""

    entry: str
    asked: tuple[str, ...]
    #: So many of the first asked texts are the entry's own words, its question and title; examples follow.
    own: int = 1
    told: str = ""


class LexicalIndex:
    """Texts of one language in one spelling. Immutable once built; safe to share between threads."""

    __slots__ = ("_asked", "_entries", "_first_whole", "_of", "_told")

    def __init__(self, texts: Sequence[EntryTexts]) -> None:
        self._entries = [found.entry for found in texts]
        #: Entry number of each single text.
        self._of = array("H", [number for number, found in enumerate(texts) for _ in found.asked])
        self._first_whole = len(self._of)
        singles = [text for found in texts for text in found.asked]
        self._asked = _Texts([*singles, *(" ".join(found.asked) for found in texts)])
        self._told = _Texts([found.told for found in texts])

    def scores(self, query: str) -> dict[str, float]:
        """Return the score, 0 to 1, of each entry that has anything in common with ``query``."""
        groups, prefixes = _groups(query), _prefixes(query)
        letters = self._asked.cosines(groups)
        words, mass = self._asked.agreeing(prefixes)
        told_words, told_mass = self._told.agreeing(prefixes)
        told_groups = self._told.covered(groups)
        best = [0.0] * len(self._entries)
        masses = self._asked.masses
        for number, entry in enumerate(self._of):
            agreed = words[number]
            score = _LETTERS_WEIGHT * letters[number]
            if agreed:
                score += (1 - _LETTERS_WEIGHT) * 2 * agreed / (mass + masses[number])
            if score > best[entry]:
                best[entry] = score
        found: dict[str, float] = {}
        for number, name in enumerate(self._entries):
            whole = self._first_whole + number
            score = (
                _BEST * best[number]
                + _WHOLE * letters[whole]
                + (_WHOLE_WORDS * words[whole] / mass if mass else 0.0)
                + (_TOLD_WORDS * told_words[number] / told_mass if told_mass else 0.0)
                + _TOLD_GROUPS * told_groups[number]
            )
            if score > 0.005:
                found[name] = min(score, 1.0)
        return found


class _Texts:
    """Texts with what is needed to compare a question with all of them at once."""

    __slots__ = ("_groups", "_prefix_rarity", "_prefixes", "_size", "_unseen", "masses")

    def __init__(self, texts: Sequence[str]) -> None:
        self._size = len(texts)
        total = max(self._size, 1)
        self._unseen = math.log(1 + total)
        counted = [_groups(text) for text in texts]
        spread = Counter(group for groups in counted for group in groups)
        common = max(total * _COMMON, _COMMON_LEAST)
        rarity = {group: math.log((1 + total) / n) for group, n in spread.items() if n <= common}
        #: letter group -> (numbers of texts, its weight in each, its rarity)
        self._groups: dict[str, tuple[array[int], array[float], float]] = {}
        for number, groups in enumerate(counted):
            weights = {group: (1 + math.log(n)) * rarity[group] for group, n in groups.items() if group in rarity}
            norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
            for group, weight in weights.items():
                found = self._groups.get(group)
                if found is None:
                    found = self._groups[group] = (array("H"), array("f"), rarity[group])
                found[0].append(number)
                found[1].append(weight / norm)
        prefixes = [_prefixes(text) for text in texts]
        seen = Counter(prefix for found in prefixes for prefix in found)
        self._prefix_rarity = {prefix: math.log((1 + total) / n) for prefix, n in seen.items()}
        self._prefixes: dict[str, array[int]] = {}
        for number, words in enumerate(prefixes):
            for prefix in words:
                self._prefixes.setdefault(prefix, array("H")).append(number)
        self.masses = array("f", [sum(self._prefix_rarity[prefix] for prefix in words) for words in prefixes])

    def cosines(self, query: Mapping[str, int]) -> list[float]:
        """Return the cosine of the question with every text."""
        sums = [0.0] * self._size
        square = 0.0
        for group, n in query.items():
            found = self._groups.get(group)
            weight = (1 + math.log(n)) * (found[2] if found is not None else self._unseen)
            square += weight * weight
            if found is not None:
                for number, value in zip(found[0], found[1], strict=True):
                    sums[number] += weight * value
        norm = math.sqrt(square) or 1.0
        return [value / norm for value in sums]

    def covered(self, query: Iterable[str]) -> list[float]:
        """Return the share of the question's letter groups, by rarity, that each text has."""
        sums = [0.0] * self._size
        mass = 0.0
        for group in query:
            found = self._groups.get(group)
            rarity = found[2] if found is not None else self._unseen
            mass += rarity
            if found is not None:
                for number in found[0]:
                    sums[number] += rarity
        return [value / mass for value in sums] if mass else sums

    def agreeing(self, prefixes: Iterable[str]) -> tuple[list[float], float]:
        """Return how much of the question's words each text has, by rarity, and how much there is."""
        sums = [0.0] * self._size
        mass = 0.0
        for prefix in prefixes:
            rarity = self._prefix_rarity.get(prefix, self._unseen)
            mass += rarity
            for number in self._prefixes.get(prefix, ()):
                sums[number] += rarity
        return sums, mass


def _groups(text: str) -> Counter[str]:
    """Return the groups of 2 to 5 letters of each word, its edges marked."""
    found: Counter[str] = Counter()
    for word in text.split():
        edged = f" {word} "
        length = len(edged)
        for size in _SIZES:
            found.update([edged[start : start + size] for start in range(length - size + 1)])
    return found


def _prefixes(text: str) -> tuple[str, ...]:
    """Return the words, each once, cut to five letters; in order, so that sums are the same in every run."""
    return tuple(dict.fromkeys(word[:_PREFIX] for word in text.split()))
