"""Plain BM25 over words, the usual first choice: what our search is held against, in the same run."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from flows.lexical import EntryTexts

__all__ = ["Bm25"]

_WORD = re.compile(r"\w+")
_K1, _B = 1.5, 0.75


class Bm25:
    """One document an entry and language: its question, examples and answer."""

    def __init__(self, texts: Mapping[str, Sequence[EntryTexts]]) -> None:
        self._documents = {
            language: {one.entry: Counter(_words((*one.asked, one.told))) for one in found}
            for language, found in texts.items()
        }

    def rank(self, question: str, language: str) -> list[tuple[str, float]]:
        """Return (entry, score), best first, of the entries that share a word with the question."""
        documents = self._documents.get(language, {})
        average = sum(words.total() for words in documents.values()) / max(1, len(documents))
        scores: dict[str, float] = {}
        for word in set(_words([question])):
            having = sum(word in words for words in documents.values())
            rarity = math.log(1 + (len(documents) - having + 0.5) / (having + 0.5))
            for entry, words in documents.items():
                if often := words[word]:
                    length = 1 - _B + _B * words.total() / average
                    scores[entry] = scores.get(entry, 0.0) + rarity * often * (_K1 + 1) / (often + _K1 * length)
        return sorted(scores.items(), key=lambda found: (-found[1], found[0]))


def _words(texts: Iterable[str]) -> list[str]:
    return [word for text in texts for word in _WORD.findall(text.lower())]
