"""Finding the FAQ entry that a question asks for, in any of the bot's languages and in other letters.

Letters first (:mod:`flows.lexical`), scripts folded together (:mod:`flows.skeleton`); where an encoder is installed and
the bot was tuned with it, its opinion is added (:mod:`flows.classes`). How sure a match must be to be shown or offered
was fitted on the bot's own examples (:mod:`flows.tuned`). The index is built at the first question and never changes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from flows.classes import Classes
from flows.effects import Match
from flows.encoders import Encoder, cleaned
from flows.lexical import EntryTexts, LexicalIndex, Likeness
from flows.skeleton import Script, script
from flows.tuned import ANSWER, OFFER, UNTUNED, Tuned, fingerprint
from i18n.plain import fold
from i18n.romanised import NATIVE_LETTERS, native_letters

__all__ = ["ANSWER", "LONGEST_QUERY", "OFFER", "Faq", "Match", "Meaning", "nearness", "shares_of"]

#: Questions are cut here; what people ask is asked in the first sentences.
LONGEST_QUERY = 200
#: What a point of likeness and the encoder's log-odds are worth in log-odds: by letters alone; with the encoder, where
#: on held-out examples both are equally good judges; and where Arabic had to be guessed from Latin letters for it.
_ALONE, _BOTH, _GUESSED = (0.8, 0.0), (0.6, 0.6), (0.8, 0.32)
#: How many points something that is none of the entries is taken to have: the best entry of questions that no advice
#: bot answers has seven, that of questions with an answer thirteen.
_NOTHING = 7.0
#: A Latin word that stands in a Latin-letter text of the bot and is so long stays as it is: a German term.
_TERM = 5
#: A question of which so many words are such words is in that language.
_MOSTLY = 0.6
_PLACEHOLDER = re.compile(r"\{[^{}]{0,80}\}")
_WORD = re.compile(r"\w+")
_LATIN_WORD = re.compile(r"[a-zäöüß]+")


class Meaning(Struct, frozen=True):
    """What the encoder thinks of a question."""

    #: Log-odds of each entry.
    odds: dict[str, float]
    #: It was written in Latin letters and had to be guessed.
    guessed: bool = False


class Faq:
    """The search index of a bot."""

    __slots__ = (
        "_classes",
        "_encoder",
        "_entries",
        "_exact",
        "_index",
        "_languages",
        "_topics",
        "_vocabulary",
        "tuned",
    )

    def __init__(
        self,
        entries: Mapping[str, Sequence[EntryTexts]],
        *,
        topics: Mapping[str, str] | None = None,
        tuned: Tuned | None = None,
        classes: Classes | None = None,
        encoder: Encoder | None = None,
    ) -> None:
        """Take the texts of the entries by language.

        ``topics`` names the topic of each entry. Classes of another encoder than the one that is there are left alone.
        """
        self._entries = {language: tuple(found) for language, found in entries.items() if found}
        self._topics = dict(topics or {})
        self._languages: dict[str, Script] = {
            language: script(" ".join(text for one in found[:20] for text in one.asked))
            for language, found in self._entries.items()
        }
        self._index: LexicalIndex | None = None
        self._exact = _own_words(self._entries)
        self.tuned = tuned or UNTUNED
        fits = encoder is not None and classes is not None and classes.encoder == encoder.name == self.tuned.encoder
        fits = fits and classes is not None and classes.knows(one.entry for found in entries.values() for one in found)
        self._encoder = encoder if fits and self.tuned.encoded is not None else None
        self._classes = classes if self._encoder is not None else None
        self._vocabulary = _latin_words(self._entries, self._languages)

    @property
    def encodes(self) -> bool:
        """Return whether the encoder has a say."""
        return self._encoder is not None

    @property
    def fingerprint(self) -> str:
        """Return a hash of all texts, by which a fit on other texts is known."""
        return fingerprint(self._entries)

    @property
    def texts(self) -> Mapping[str, tuple[EntryTexts, ...]]:
        """Return the texts of all entries by language."""
        return self._entries

    @property
    def topics(self) -> Mapping[str, str]:
        """Return the topic of each entry."""
        return self._topics

    def search(
        self, query: str, language: str, limit: int, topics: frozenset[str] | None = None, *, quick: bool = False
    ) -> tuple[Match, ...]:
        """Return the entries nearest to a question, best first; scores lie between 0 and 1.

        A question in an entry's own words is sure.
        From :data:`ANSWER` on a match is to be shown, from :data:`OFFER` on to be offered. The texts of all languages
        are searched; ``language``, the person's, tells how letters are meant. ``topics`` are those wanted.
        ``quick`` leaves the encoder out.
        """
        like = self.likeness(query, language)
        means = None if quick or not like else self.meaning(query, language)
        curve = self.tuned.encoded if means is not None else self.tuned.lexical
        if curve is None or not like:
            return ()
        shares = shares_of(like, means)
        ranked = sorted(shares, key=lambda entry: (-shares[entry], entry))
        found: list[Match] = []
        least = 1.0
        same = self._exact.get(_words(query[:LONGEST_QUERY]))
        if same is not None and (topics is None or self._topics.get(same) in topics):
            found.append(Match(id=same, score=1.0))
            if len(found) == limit:
                return tuple(found)
        for entry in ranked:
            if (topics is not None and self._topics.get(entry) not in topics) or entry == same:
                continue
            least = min(least, curve.score(nearness(like, entry), shares[entry]))
            if round(least, 4) <= 0:
                break
            found.append(Match(id=entry, score=round(least, 4)))
            if len(found) == limit:
                break
        return tuple(found)

    def likeness(self, query: str, language: str) -> dict[str, Likeness]:
        """Return how like each entry a question is, by letters; entries that have nothing of it are left out."""
        return self.warm().likeness(query[:LONGEST_QUERY], language)

    def meaning(self, query: str, language: str) -> Meaning | None:
        """Return what the encoder thinks; None without one, and for a question without a word."""
        text = self.encodable(query, language) if self._encoder is not None else ""
        if self._encoder is None or self._classes is None or not text:
            return None
        odds = self._classes.scores(self._encoder.encode([text])[0])
        return Meaning(odds, guessed=self._languages.get(language) == "arabic" and text != cleaned(query))

    def encodable(self, query: str, language: str) -> str:
        """Return a question as it is encoded: cleaned, cut, and Latin spellings in the letters of the language."""
        text = cleaned(query)
        folded = text.lower()
        if language not in NATIVE_LETTERS or script(folded) != "latin":
            return text
        words = _LATIN_WORD.findall(folded)
        known = sum(word in self._vocabulary for word in words)
        if known >= _MOSTLY * len(words):
            return text
        return cleaned(native_letters(text, language, _Terms(self._vocabulary)))

    def warm(self) -> LexicalIndex:
        """Return the index; building it takes a second or two, at the first call."""
        if self._index is None:  # two threads at once would build the same twice, and no harm done
            self._index = LexicalIndex(
                {
                    language: [replace(one, told=_PLACEHOLDER.sub(" ", one.told)) for one in found]
                    for language, found in self._entries.items()
                }
            )
        return self._index


def _words(text: str) -> str:
    return " ".join(_WORD.findall(fold(text)))


def _own_words(entries: Mapping[str, Sequence[EntryTexts]]) -> Mapping[str, str]:
    """Return the entry of each text that only one entry has, word for word."""
    found: dict[str, str | None] = {}
    for one in (one for texts in entries.values() for one in texts):
        for text in one.asked:
            words = _words(text)
            found[words] = one.entry if found.get(words, one.entry) == one.entry else None
    return {words: entry for words, entry in found.items() if words and entry is not None}


def nearness(like: Mapping[str, Likeness], entry: str) -> float:
    """Return how near an entry is, 0 to 1."""
    return like[entry].near if entry in like else 0.0


def shares_of(like: Mapping[str, Likeness], means: Meaning | None) -> dict[str, float]:
    """Return each entry's share of the likelihood, by likeness and what the encoder thinks.

    They add up to less than 1: something that is none of the entries always has a share, however few there are.
    """
    point, trust = _ALONE if means is None else _GUESSED if means.guessed else _BOTH
    odds = {} if means is None else means.odds
    weights = {
        entry: point * (like[entry].points if entry in like else 0.0) + trust * odds.get(entry, 0.0)
        for entry in {*like, *odds}
    }
    nothing = point * _NOTHING
    top = max(nothing, *weights.values())
    powers = {entry: math.exp(weight - top) for entry, weight in sorted(weights.items())}
    total = sum(powers.values()) + math.exp(nothing - top)
    return {entry: power / total for entry, power in powers.items()}


class _Terms:
    """The long words of a vocabulary."""

    def __init__(self, vocabulary: frozenset[str]) -> None:
        self._vocabulary = vocabulary

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and len(word) >= _TERM and word in self._vocabulary


def _latin_words(entries: Mapping[str, Sequence[EntryTexts]], languages: Mapping[str, Script]) -> frozenset[str]:
    """Return the words of the languages written in Latin letters."""
    found: set[str] = set()
    for language, letters in languages.items():
        if letters == "latin":
            for one in entries[language]:
                for text in (*one.asked, one.told):
                    found.update(_LATIN_WORD.findall(text.lower()))
    return frozenset(found)
