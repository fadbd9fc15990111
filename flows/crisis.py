"""Recognising danger: fixed phrases in all languages at once, without a model, in one pass over the message.

A phrase is compared word by word after folding, so case, accents and punctuation do not count; ``*`` stands for the
rest of a word (``suicid*``). ``unless`` phrases are taken out first: "I do not want to die" does not hide "I will kill
myself" in the same message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from flows.knowledge_spec import CrisisKind
from i18n.plain import fold

__all__ = ["Crisis", "pattern"]

#: Longer messages are looked at up to here. A messenger allows 4,096 to 7,000 characters.
LONGEST = 20_000
#: No word of a language with spaces is longer; a wildcard in an endless word would take long.
LONGEST_WORD = 64


class Crisis:
    """All kinds of danger of a bot, ready to look for."""

    __slots__ = ("_answers", "_beginnings", "_kinds", "_unchecked", "_words")

    def __init__(self, kinds: Mapping[str, CrisisKind]) -> None:
        self._answers = {name: kind.answer for name, kind in kinds.items()}
        self._unchecked = {
            name: tuple(one.number for one in kind.numbers if one.certainty == "C") for name, kind in kinds.items()
        }
        self._kinds = tuple(
            _Kind(name, kind) for name, kind in kinds.items() if any(map(pattern, _listed(kind.phrases)))
        )
        #: First words of phrases and the kinds they may mean; and beginnings of words that begin a phrase. A message
        #: with none of them is safe, which is known long before all phrases have been looked for.
        self._words: dict[str, list[str]] = {}
        for found in self._kinds:
            for word in found.words:
                self._words.setdefault(word, []).append(found.name)
        self._beginnings = tuple(beginning for found in self._kinds for beginning in found.beginnings)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the ids of all kinds."""
        return tuple(self._answers)

    def match(self, text: str) -> str | None:
        """Return the first kind whose phrases the message has, or None. Never raises, linear in the length."""
        if not text:
            return None
        words = [word[:LONGEST_WORD] for word in fold(text[:LONGEST]).split()]
        possible = {name for word in words for name in self._words.get(word, ())}
        begun = any(word.startswith(self._beginnings) for word in words)
        if not possible and not begun:
            return None
        folded = " ".join(words)
        for kind in self._kinds:
            if (begun or kind.name in possible) and kind.matches(folded):
                return kind.name
        return None

    def unchecked(self, kind: str) -> tuple[str, ...]:
        """Return the numbers of an answer that nobody has looked up yet; people are told so."""
        return self._unchecked[kind]

    def answer(self, kind: str) -> tuple[str, str]:
        """Return what is said at once: (context for translators, source text)."""
        return f"crisis.{kind}", self._answers[kind]


class _Kind:
    """One kind of danger: its phrases, and how they begin."""

    __slots__ = ("_unless", "_wanted", "beginnings", "name", "words")

    def __init__(self, name: str, kind: CrisisKind) -> None:
        self.name = name
        self._wanted = _any(kind.phrases)
        self._unless = _any(kind.unless)
        begun = {_beginning(phrase) for phrase in _listed(kind.phrases) if pattern(phrase) is not None}
        self.words = frozenset(word for word, whole in begun if whole)
        self.beginnings = tuple(word for word, whole in begun if not whole)

    def matches(self, folded: str) -> bool:
        """Return whether a phrase stands in the message outside of what is excepted."""
        if self._wanted is None or not self._wanted.search(folded):
            return False
        return self._unless is None or self._wanted.search(self._unless.sub("\n", folded)) is not None


def _listed(phrases: Mapping[str, Iterable[str]]) -> list[str]:
    return [phrase for listed in phrases.values() for phrase in listed]


def pattern(phrase: str) -> str | None:
    """Return a phrase as a regular expression over folded text, or None when nothing of it can be recognised."""
    words = []
    for word in phrase.split():
        parts = [re.escape(fold(part)) for part in word.split("*")]
        if "".join(parts):
            words.append(r"\S*".join(parts))
        elif "*" in word:
            words.append(r"\S+")
    if not any(word.strip(r"\S*+") for word in words):
        return None
    return " ".join(words)


def _beginning(phrase: str) -> tuple[str, bool]:
    """Return how a phrase begins, folded, and whether that is a whole word."""
    for word in phrase.split():
        parts = [fold(part) for part in word.split("*")]
        if "".join(parts):
            first, several, _ = parts[0].partition(" ")
            return first, bool(several) or len(parts) == 1
        if "*" in word:
            break
    return "", False


def _any(phrases: Mapping[str, Iterable[str]]) -> re.Pattern[str] | None:
    found = {found for listed in phrases.values() for phrase in listed if (found := pattern(phrase)) is not None}
    if not found:
        return None
    # Longest first, so that the whole of an `unless` phrase is taken out and not a shorter one inside it.
    return re.compile(r"(?<!\S)(?:" + "|".join(sorted(found, key=lambda one: (-len(one), one))) + r")(?!\S)")
