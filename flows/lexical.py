"""Comparing a question with the texts of FAQ entries by their letters: one index over all languages and spellings.

Theory of operation
-------------------
Every text is a set of letter groups (3 and 4 letters, word by word, edges marked) and of words cut to five letters,
which does what stemming does, for every language. Cyrillic and Latin letters meet in one rough spelling
(:func:`flows.skeleton.latin`), Arabic letters and Arabizi in their consonants, so what one language's examples teach
helps its neighbours: Bulgarian and Russian share half of their roots, and German terms stand in all of them.

An entry is what people asked (its question, title and examples) and each line of its answer: naive Bayes over these,
each text weighing the same and rare groups more, in the manner of Rennie et al., "Tackling the poor assumptions of
naive Bayes text classifiers" (ICML 2003). On held-out examples of the shipped bot this found 11 of 100 questions more
than cosines with the single texts and with all of an entry's, and as many as logistic regression, which would have to
be trained. Nothing here is learned but counts, so a bot that was never tuned has it too.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from msgspec import Struct

from flows.skeleton import consonants, latin, script
from i18n.plain import fold
from i18n.transliterate import transliterations

__all__ = ["EntryTexts", "LexicalIndex", "Likeness"]

_SIZES, _CONSONANT_SIZES = (3, 4), (2, 3, 4)
_PREFIX = 5
#: How often a group is taken to be in an entry that never had it; 0.025 to 0.1 were equally good.
_UNSEEN = 0.05


class EntryTexts(Struct, frozen=True, kw_only=True):
    """The texts of one entry in one language, spelled for comparing."""

    entry: str
    asked: tuple[str, ...]
    #: So many of the first asked texts are the entry's own words, its question and title; examples follow.
    own: int = 1
    told: str = ""


class Likeness(Struct, frozen=True):
    """How like an entry a question is."""

    #: Log-likelihood of the question in the texts of the entry, less that in texts which share nothing with it.
    points: float
    #: Share of the question, by rarity, that the entry's texts have; 0 to 1.
    near: float


class LexicalIndex:
    """Immutable once built; safe to share between threads."""

    __slots__ = ("_arabic", "_entries", "_numbers", "_of", "_penalties", "_rarity", "_starts", "_unknown", "_weights")

    def __init__(self, texts: Mapping[str, Sequence[EntryTexts]]) -> None:
        """Take the texts by language."""
        #: Languages in Arabic letters, which are also typed in Latin ones.
        self._arabic = frozenset(
            language for language, found in texts.items() if script(" ".join(_beginnings(found))) == "arabic"
        )
        numbering = _Numbering()
        texts_of: dict[str, list[array[int]]] = {}
        for language, found in texts.items():
            arabic = language in self._arabic
            for one in found:
                mine = texts_of.setdefault(one.entry, [])
                mine += [numbering.of(text, arabic=arabic) for text in _spelled(one, language, arabic=arabic)]
        #: Group -> its number.
        self._numbers = numbering.numbers
        self._entries = tuple(texts_of)
        total = sum(map(len, texts_of.values()))
        self._unknown = math.log(1 + total)
        #: Of each group, how rare it is.
        spread = Counter(chain.from_iterable(chain.from_iterable(texts_of.values())))
        self._rarity = array("f", [math.log((1 + total) / spread[number]) for number in range(len(self._numbers))])
        counts = [self._weighed(mine) for mine in texts_of.values()]
        masses = [sum(weights.values()) for weights in counts]
        room = _UNSEEN * max(1, len(self._numbers))
        middle = math.log(1 + sum(masses) / max(1, len(masses)) / room)
        #: What an entry's points lose because it has more texts than the others, for each unit of the question.
        self._penalties = [math.log(1 + mass / room) - middle for mass in masses]
        #: Entries that have a group, and what it is worth there: from ``_starts[number]`` to the next one's.
        self._starts, self._of, self._weights = _postings(len(self._numbers), counts)

    def _weighed(self, texts: Sequence[array[int]]) -> dict[int, float]:
        """Return what each group weighs in an entry; every text weighs the same."""
        found: dict[int, float] = {}
        rarity = self._rarity
        for numbers in texts:
            rarities = [rarity[number] for number in numbers]
            norm = math.sqrt(sum([one * one for one in rarities])) or 1.0
            for number, one in zip(numbers, rarities, strict=True):
                found[number] = found.get(number, 0.0) + one / norm
        return found

    def likeness(self, query: str, language: str) -> dict[str, Likeness]:
        """Return how like each entry a question is; entries that have nothing of it are left out."""
        arabic = language in self._arabic
        groups = dict.fromkeys(group for word in fold(query).split() for group in _groups(word, arabic=arabic))
        known = [number for group in groups if (number := self._numbers.get(group)) is not None]
        norm = math.sqrt(sum([self._rarity[number] ** 2 for number in known]))
        if not norm:
            return {}
        points, near, asked = [0.0] * len(self._entries), [0.0] * len(self._entries), 0.0
        for number in known:
            rarity = self._rarity[number]
            weight = rarity / norm
            asked += weight
            begin, end = self._starts[number], self._starts[number + 1]
            for entry, worth in zip(self._of[begin:end], self._weights[begin:end], strict=True):
                points[entry] += weight * worth
                near[entry] += rarity
        whole = asked * norm + self._unknown * (len(groups) - len(known))
        return {
            name: Likeness(points[entry] - asked * self._penalties[entry], near[entry] / whole)
            for entry, name in enumerate(self._entries)
            if near[entry]
        }


def _beginnings(found: Sequence[EntryTexts]) -> Iterator[str]:
    for one in found[:20]:
        yield from one.asked


def _spelled(one: EntryTexts, language: str, *, arabic: bool) -> Iterator[str]:
    """Yield every text of an entry, and those of a language in Arabic letters as they are typed with Latin ones."""
    for text in one.asked:
        yield text
        if arabic:
            yield from transliterations(text, language)
    yield from filter(str.strip, one.told.split("\n"))


class _Numbering:
    """Gives every group a number. Words come again in many texts, so each is taken apart once."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self._words: dict[tuple[str, bool], list[int]] = {}

    def of(self, text: str, *, arabic: bool) -> array[int]:
        """Return the groups of a text by number, each once, in order, so that sums are the same in every run."""
        return array("I", dict.fromkeys(chain.from_iterable(self._word(word, arabic) for word in fold(text).split())))

    def _word(self, word: str, arabic: bool) -> list[int]:
        known = self._words.get((word, arabic))
        if known is None:
            numbers = self.numbers
            known = [numbers.setdefault(group, len(numbers)) for group in _groups(word, arabic=arabic)]
            self._words[word, arabic] = known
        return known


def _groups(word: str, *, arabic: bool) -> list[str]:
    """Return the groups of one folded word; ``arabic``: it may be Arabic in Latin letters."""
    native = script(word) == "arabic"
    found = _parts(word if native else latin(word), _SIZES, "")
    if native or arabic:
        for bare in consonants(word).split():
            found += _parts(bare, _CONSONANT_SIZES, "*")
    return found


def _parts(word: str, sizes: Sequence[int], mark: str) -> list[str]:
    edged = f" {word} "
    found = [mark + edged[start : start + size] for size in sizes for start in range(len(edged) - size + 1)]
    return [*found, f"{mark}={word[:_PREFIX]}"] if word else []


def _postings(groups: int, counts: Sequence[Mapping[int, float]]) -> tuple[array[int], array[int], array[float]]:
    starts = array("I", [0] * (groups + 1))
    for weights in counts:
        for number in weights:
            starts[number + 1] += 1
    for number in range(groups):
        starts[number + 1] += starts[number]
    of, worth, ahead = array("H", [0] * starts[-1]), array("f", [0.0] * starts[-1]), array("I", starts)
    for entry, weights in enumerate(counts):
        for number, weight in weights.items():
            at = ahead[number]
            of[at], worth[at] = entry, math.log(1 + weight / _UNSEEN)
            ahead[number] = at + 1
    return starts, of, worth
