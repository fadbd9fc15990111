"""Finding the FAQ entry that a question asks for: by letters, without a model, in any of the bot's languages.

Each question and example is a vector of its letter groups (2 to 5 letters, words apart) weighted by rarity, compared by
cosine; beside it counts how many of the words, cut to five letters, agree. Scripts are folded together first
(:mod:`flows.skeleton`). Good enough to offer three entries, and to answer where the words are nearly those of an
example; see :data:`ANSWER`. Indexes are built when a language is first asked for and never change.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from flows.effects import Match
from flows.skeleton import Script, consonants, latin, script
from i18n.plain import fold

__all__ = ["ANSWER", "LONGEST_QUERY", "OFFER", "Faq", "Match"]

#: From this score on an entry is shown at once. Measured on the shipped bot: ``tests/unit/flows/test_faq.py``.
ANSWER = 0.45
#: From this score on an entry is offered as a button.
OFFER = 0.22
#: Questions are cut here; what people ask is asked in the first sentences.
LONGEST_QUERY = 200

#: Letter groups that more than this share of the texts have say nothing.
_COMMON = 0.15
_LETTERS_WEIGHT = 0.6
#: Consonants alone say less than whole words.
_CONSONANTS_TRUST = 0.92
_PREFIX = 5
#: How much all texts of an entry together count beside the best single one.
_WHOLE_WEIGHT = 0.35


def _native(folded: str) -> str:
    return folded


_SPELLINGS: Mapping[str, Callable[[str], str]] = {"latin": latin, "consonants": consonants, "native": _native}


class Faq:
    """The search index of a bot."""

    __slots__ = ("_entries", "_indexes", "_languages", "_source", "_topics")

    def __init__(self) -> None:
        #: language -> [(entry, text)]
        self._entries: dict[str, list[tuple[str, str]]] = {}
        self._languages: dict[str, Script] = {}
        self._indexes: dict[tuple[str, str], _Index] = {}
        self._source = ""
        self._topics: Mapping[str, str] = {}

    @classmethod
    def build(
        cls,
        entries: Mapping[str, Mapping[str, Sequence[str]]],
        *,
        source: str = "en",
        topics: Mapping[str, str] | None = None,
    ) -> Faq:
        """Take the texts of each entry by language: its question and how people really ask.

        ``source`` is searched beside the language of the person; ``topics`` names the topic of each entry.
        """
        faq = cls()
        faq._source = source
        faq._topics = dict(topics or {})
        for entry, languages in entries.items():
            for language, texts in languages.items():
                faq._entries.setdefault(language, []).extend((entry, text) for text in texts if text.strip())
        for language, found in faq._entries.items():
            faq._languages[language] = script(" ".join(text for _, text in found[:50]))
        return faq

    def search(self, query: str, language: str, limit: int, topics: frozenset[str] | None = None) -> tuple[Match, ...]:
        """Return the entries nearest to a question, best first, with scores between 0 and 1.

        The person's language and the source language are searched, and any language written in the letters of the
        question when it fits neither.
        """
        folded = fold(query[:LONGEST_QUERY])
        written = script(folded)
        best: dict[str, float] = {}
        for index, wanted, trust in self._plan(folded, written, language):
            for entry, score in index.scores(wanted).items():
                score *= trust
                if score > best.get(entry, 0.0):
                    best[entry] = score
        allowed = [
            (entry, score) for entry, score in best.items() if topics is None or self._topics.get(entry) in topics
        ]
        allowed.sort(key=lambda found: (-found[1], found[0]))
        return tuple(Match(id=entry, score=round(score, 4)) for entry, score in allowed[:limit])

    def warm(self) -> None:
        """Build all indexes now, so that the first question is as fast as the next."""
        for language, letters in self._languages.items():
            for kind in ("native", "consonants") if letters == "arabic" else ("latin",):
                self._index(language, kind)

    def _plan(self, folded: str, written: Script, language: str) -> Iterable[tuple[_Index, str, float]]:
        """Yield each index to search, the question in its spelling, and how far its scores are trusted."""
        languages = [name for name in dict.fromkeys((language, self._source)) if name in self._languages]
        if written != "latin" and not any(self._languages[name] == written for name in languages):
            languages += [name for name, letters in self._languages.items() if letters == written]
        for name in languages:
            if self._languages[name] != "arabic":
                if written != "arabic":
                    yield self._index(name, "latin"), latin(folded), 1.0
            elif written == "arabic":
                yield self._index(name, "native"), folded, 1.0
            elif written == "latin":
                yield self._index(name, "consonants"), consonants(folded), _CONSONANTS_TRUST

    def _index(self, language: str, kind: str) -> _Index:
        found = self._indexes.get((language, kind))
        if found is None:
            spell = _SPELLINGS[kind]
            found = _Index([(entry, spell(fold(text))) for entry, text in self._entries[language]])
            self._indexes[language, kind] = found
        return found


class _Index:
    """Texts of one language in one spelling."""

    __slots__ = ("_entries", "_grams", "_masses", "_prefix_idf", "_prefixes", "_single", "_unseen")

    def __init__(self, texts: Sequence[tuple[str, str]]) -> None:
        texts = [*texts, *_together(texts)]
        self._entries = [entry for entry, _ in texts]
        #: Behind the single texts come those of each entry as one.
        self._single = len(texts) - len({entry for entry, _ in texts})
        total = max(len(texts), 1)
        self._unseen = math.log(1 + total)
        counted = [_grams(text) for _, text in texts]
        spread = Counter(gram for grams in counted for gram in grams)
        common = max(total * _COMMON, 12)
        rarity = {gram: math.log((1 + total) / n) for gram, n in spread.items() if n <= common}
        #: letter group -> ([text], [weight])
        self._grams: dict[str, tuple[list[int], list[float], float]] = {}
        for number, grams in enumerate(counted):
            weights = {gram: (1 + math.log(n)) * rarity[gram] for gram, n in grams.items() if gram in rarity}
            norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
            for gram, weight in weights.items():
                numbers, values, _ = self._grams.setdefault(gram, ([], [], rarity[gram]))
                numbers.append(number)
                values.append(weight / norm)
        prefixes = [_prefixes(text) for _, text in texts]
        seen = Counter(prefix for found in prefixes for prefix in found)
        self._prefix_idf = {prefix: math.log((1 + total) / n) for prefix, n in seen.items()}
        self._prefixes: dict[str, list[int]] = {}
        for number, found in enumerate(prefixes):
            for prefix in found:
                self._prefixes.setdefault(prefix, []).append(number)
        self._masses = [sum(self._prefix_idf[prefix] for prefix in found) for found in prefixes]

    def scores(self, query: str) -> dict[str, float]:
        """Return the score of each entry that has anything in common with ``query``: that of its best text."""
        letters = self._letters(query)
        words, mass = self._words(query)
        best: dict[str, float] = {}
        for number, entry in enumerate(self._entries):
            agreed = words[number]
            if number >= self._single:
                if entry in best:
                    covered = agreed / mass if agreed else 0.0
                    whole = _LETTERS_WEIGHT * letters[number] + (1 - _LETTERS_WEIGHT) * covered
                    best[entry] = min(best[entry] * (1 - _WHOLE_WEIGHT) + whole * _WHOLE_WEIGHT, 1.0)
                continue
            together = 2 * agreed / (mass + self._masses[number]) if agreed else 0.0
            score = _LETTERS_WEIGHT * letters[number] + (1 - _LETTERS_WEIGHT) * together
            if score > 0.01 and score > best.get(entry, 0.0):
                best[entry] = score
        return best

    def _letters(self, query: str) -> list[float]:
        """Return the cosine of the question with every text."""
        sums = [0.0] * len(self._entries)
        square = 0.0
        for gram, n in _grams(query).items():
            found = self._grams.get(gram)
            weight = (1 + math.log(n)) * (found[2] if found is not None else self._unseen)
            square += weight * weight
            if found is not None:
                for number, value in zip(found[0], found[1], strict=True):
                    sums[number] += weight * value
        norm = math.sqrt(square) or 1.0
        return [value / norm for value in sums]

    def _words(self, query: str) -> tuple[list[float], float]:
        """Return how much of the question's words each text has, and how much there is."""
        sums = [0.0] * len(self._entries)
        mass = 0.0
        for prefix in _prefixes(query):
            rarity = self._prefix_idf.get(prefix, self._unseen)
            mass += rarity
            for number in self._prefixes.get(prefix, ()):
                sums[number] += rarity
        return sums, mass


def _together(texts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return each entry with all its texts as one."""
    joined: dict[str, list[str]] = {}
    for entry, text in texts:
        joined.setdefault(entry, []).append(text)
    return [(entry, " ".join(found)) for entry, found in joined.items()]


def _grams(text: str) -> Counter[str]:
    """Return the groups of 2 to 5 letters of each word, its edges marked."""
    found: Counter[str] = Counter()
    for word in text.split():
        edged = f" {word} "
        length = len(edged)
        for size in (2, 3, 4, 5):
            for start in range(length - size + 1):
                found[edged[start : start + size]] += 1
    return found


def _prefixes(text: str) -> frozenset[str]:
    return frozenset(word[:_PREFIX] for word in text.split())
