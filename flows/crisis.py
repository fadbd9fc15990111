"""Recognising danger: fixed phrases in all languages at once, without a model, in one pass over the message.

A phrase is compared word by word after folding, so case, accents and punctuation do not count; ``*`` stands for the
rest of a word (``suicid*``). ``unless`` phrases are taken out first: "I do not want to die" does not hide "I will kill
myself" in the same message. A message is read in several ways (:mod:`flows.crisis_rules`), so that slips, emphasis and
Latin letters hide nothing. What no phrase says is looked for by its signs (:mod:`flows.danger`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from flows.crisis_phrases import Phrase, PhraseReader
from flows.crisis_rules import ALL, PLAIN, Mending, Reading
from flows.danger import Danger
from flows.knowledge_spec import CrisisKind
from i18n.lookalikes import one_script
from i18n.plain import fold

__all__ = ["Crisis", "pattern"]

#: Longer messages are looked at up to here. A messenger allows 4,096 to 7,000 characters.
LONGEST = 20_000
#: No word of a language with spaces is longer; a wildcard in an endless word would take long.
LONGEST_WORD = 64


class Crisis:
    """All kinds of danger of a bot, ready to look for."""

    __slots__ = ("_answers", "_everyday", "_readers", "_signs", "_unchecked")

    def __init__(
        self,
        kinds: Mapping[str, CrisisKind],
        readings: Sequence[Reading] = ALL,
        *,
        signs: Danger | None = None,
        everyday: Iterable[str] = (),
    ) -> None:
        """Take the kinds; ``everyday`` are texts whose words are what they are, never a slip of a word of danger."""
        self._signs = signs
        self._everyday = frozenset(word for text in everyday for word in fold(text).split())
        self._answers = {name: kind.answer for name, kind in kinds.items()}
        self._unchecked = {
            name: tuple(one.number for one in kind.numbers if one.certainty == "C") for name, kind in kinds.items()
        }
        self._readers = tuple(_Reader(reading, kinds, self._everyday) for reading in readings)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the ids of all kinds."""
        return tuple(self._answers)

    def match(self, text: str) -> str | None:
        """Return the first kind whose phrases the message has, or None. Never raises, linear in the length."""
        if not text:
            return None
        folded = " ".join(word[:LONGEST_WORD] for word in fold(one_script(text[:LONGEST])).split())
        found = {kind for reader in self._readers if (kind := reader.match(folded)) is not None}
        if not found and self._signs is not None:
            meant = self._readers[0].without_excepted(folded) if self._readers else folded
            found = {kind for kind in self._signs.match(meant, self._everyday) if kind in self._answers}
        return next((kind for kind in self._answers if kind in found), None) if found else None

    def unchecked(self, kind: str) -> tuple[str, ...]:
        """Return the numbers of an answer that nobody has looked up yet; people are told so."""
        return self._unchecked[kind]

    def answer(self, kind: str) -> tuple[str, str]:
        """Return what is said at once: (context for translators, source text)."""
        return f"crisis.{kind}", self._answers[kind]


class _Reader:
    """All kinds in one reading."""

    __slots__ = ("_begun", "_kinds", "_longest", "_mending", "_reading", "_words")

    def __init__(self, reading: Reading, kinds: Mapping[str, CrisisKind], everyday: frozenset[str]) -> None:
        self._reading = reading
        read = PhraseReader(reading)
        self._kinds = tuple(_Kind(name, kind, read) for name, kind in kinds.items())
        #: First words of phrases, and beginnings of words that begin a phrase -> (number of the kind, what to match
        #: there). A message with none of them is safe, which is known without looking for any phrase.
        self._words: dict[str, list[tuple[int, _Phrases]]] = {}
        self._begun: dict[str, list[tuple[int, _Phrases]]] = {}
        for number, kind in enumerate(self._kinds):
            for (begin, whole), phrases in kind.by_beginning.items():
                table = self._words if whole else self._begun
                table.setdefault(begin, []).append((number, _Phrases(phrases)))
        self._longest = max(map(len, self._begun), default=-1)
        vocabulary = (word for kind in self._kinds for word in kind.vocabulary)
        self._mending = Mending(vocabulary, map(reading.letters, everyday)) if reading.mends else None

    def match(self, folded: str) -> str | None:
        """Return the first kind of this reading that a folded message has."""
        words = self._reading.message(folded)
        if self._mending is not None:
            words = [self._mending.mend(word) for word in words]
        said, at = " ".join(words), 0
        found: set[int] = set()
        for word in words:
            for number, phrases in self._starting(word):
                if number not in found and phrases.match(said, at):
                    found.add(number)
            at += len(word) + 1
        return next((self._kinds[n].name for n in sorted(found) if self._kinds[n].stays(said)), None)

    def without_excepted(self, folded: str) -> str:
        """Return a folded message without what shows that it is not meant."""
        said = " ".join(self._reading.message(folded))
        for kind in self._kinds:
            said = kind.without_excepted(said)
        return said

    def _starting(self, word: str) -> Iterator[tuple[int, _Phrases]]:
        """Yield what a phrase can be that begins at this word."""
        yield from self._words.get(word, ())
        for length in range(min(len(word), self._longest) + 1):
            yield from self._begun.get(word[:length], ())


class _Phrases:
    """Phrases that begin alike, made ready at the first message with such a beginning: a bot has thousands."""

    __slots__ = ("_expressions", "_pattern")

    def __init__(self, expressions: Iterable[str]) -> None:
        self._expressions = tuple(expressions)
        self._pattern: re.Pattern[str] | None = None

    def match(self, said: str, at: int) -> bool:
        """Return whether one of them stands at this place."""
        if self._pattern is None:
            self._pattern = re.compile(rf"(?:{'|'.join(self._expressions)})(?!\S)")
        return self._pattern.match(said, at) is not None


class _Kind:
    """One kind of danger in one reading: its phrases by how they begin, and what is excepted."""

    __slots__ = ("_phrases", "_unless", "_wanted", "by_beginning", "name", "vocabulary")

    def __init__(self, name: str, kind: CrisisKind, read: PhraseReader) -> None:
        self.name = name
        wanted = list(_read(kind.phrases, kind.groups, read))
        unless = {phrase.expression for phrase in _read(kind.unless, kind.groups, read)}
        self._phrases = sorted({phrase.expression for phrase in wanted}, key=_longest_first)
        self._unless = _any(unless)
        self._wanted: re.Pattern[str] | None = None
        self.by_beginning: dict[tuple[str, bool], list[str]] = {}
        for phrase in wanted:
            for beginning in phrase.beginnings:
                self.by_beginning.setdefault(beginning, []).append(phrase.expression)
        self.vocabulary = frozenset(word for phrase in wanted for word in phrase.vocabulary)

    def without_excepted(self, said: str) -> str:
        """Return the message without the phrases that are excepted."""
        return self._unless.sub("\n", said) if self._unless is not None else said

    def stays(self, said: str) -> bool:
        """Return whether a phrase that was found is still there without what is excepted."""
        if self._unless is None or not self._unless.search(said):
            return True
        if self._wanted is None:
            self._wanted = _any(self._phrases)
        return self._wanted is not None and self._wanted.search(self._unless.sub("\n", said)) is not None


def _read(
    phrases: Mapping[str, Iterable[str]], groups: Mapping[str, Mapping[str, list[str]]], read: PhraseReader
) -> Iterator[Phrase]:
    for language, listed in phrases.items():
        for phrase in listed:
            found = read(phrase, groups.get(language, {}))
            if found is not None:
                yield found


def pattern(phrase: str, groups: Mapping[str, list[str]] | None = None) -> str | None:
    """Return a phrase as a regular expression over folded text, or None when nothing of it can be recognised."""
    found = PhraseReader(PLAIN[0])(phrase, groups or {})
    return found.expression if found is not None else None


def _longest_first(expression: str) -> tuple[int, str]:
    return (-len(expression), expression)


def _any(expressions: Iterable[str]) -> re.Pattern[str] | None:
    found = sorted(set(expressions), key=_longest_first)
    # Longest first, so that the whole of an `unless` phrase is taken out and not a shorter one inside it.
    return re.compile(rf"(?<!\S)(?:{'|'.join(found)})(?!\S)") if found else None
