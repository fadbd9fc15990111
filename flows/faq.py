"""Finding the FAQ entry that a question asks for, in any of the bot's languages and in other letters.

Letters first (:mod:`flows.lexical`), scripts folded together (:mod:`flows.skeleton`); where an encoder is installed and
the bot was tuned with it, its opinion is added (:mod:`flows.classes`). How sure a match must be to be shown or offered
was fitted on the bot's own examples (:mod:`flows.tuned`). Indexes are built when a language is first asked for and
never change.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from flows.classes import Classes
from flows.effects import Match
from flows.encoders import Encoder, cleaned
from flows.lexical import EntryTexts, LexicalIndex
from flows.skeleton import Script, consonants, latin, script
from flows.tuned import ANSWER, OFFER, UNTUNED, Tuned, fingerprint
from i18n.plain import fold
from i18n.romanised import NATIVE_LETTERS, native_letters

__all__ = ["ANSWER", "LONGEST_QUERY", "OFFER", "Faq", "Match"]

#: Questions are cut here; what people ask is asked in the first sentences.
LONGEST_QUERY = 200
#: Consonants alone say less than whole words.
_CONSONANTS_TRUST = 0.92
#: What a step in nearness is worth in log-odds, by letters alone and where the encoder has a say, and how far the
#: encoder's own log-odds are trusted: learned by multinomial logistic regression on held-out examples.
_SHARPNESS, _SHARPNESS_BESIDE, _ENCODER_TRUST = 38.0, 20.0, 0.7
#: How near something that is none of the entries is taken to be.
_NOTHING = 0.2
#: A Latin word that stands in a Latin-letter text of the bot and is so long stays as it is: a German term.
_TERM = 5
#: A question of which so many words are such words is in that language.
_MOSTLY = 0.6
_PLACEHOLDER = re.compile(r"\{[^{}]{0,80}\}")
_WORD = re.compile(r"\w+")
_LATIN_WORD = re.compile(r"[a-zäöüß]+")


def _native(folded: str) -> str:
    return folded


_SPELLINGS: Mapping[str, Callable[[str], str]] = {"latin": latin, "consonants": consonants, "native": _native}


class Faq:
    """The search index of a bot."""

    __slots__ = (
        "_classes",
        "_encoder",
        "_entries",
        "_exact",
        "_indexes",
        "_languages",
        "_source",
        "_topics",
        "_vocabulary",
        "tuned",
    )

    def __init__(
        self,
        entries: Mapping[str, Sequence[EntryTexts]],
        *,
        source: str = "en",
        topics: Mapping[str, str] | None = None,
        tuned: Tuned | None = None,
        classes: Classes | None = None,
        encoder: Encoder | None = None,
    ) -> None:
        """Take the texts of the entries by language.

        ``source`` is searched beside the language of the person; ``topics`` names the topic of each entry. Classes of
        another encoder than the one that is there are left alone.
        """
        self._entries = {language: tuple(found) for language, found in entries.items() if found}
        self._source = source
        self._topics = dict(topics or {})
        self._languages: dict[str, Script] = {
            language: script(" ".join(text for one in found[:20] for text in one.asked))
            for language, found in self._entries.items()
        }
        self._indexes: dict[tuple[str, str], LexicalIndex] = {}
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
    def source(self) -> str:
        """Return the language that is searched beside the person's."""
        return self._source

    @property
    def topics(self) -> Mapping[str, str]:
        """Return the topic of each entry."""
        return self._topics

    def search(
        self, query: str, language: str, limit: int, topics: frozenset[str] | None = None, *, quick: bool = False
    ) -> tuple[Match, ...]:
        """Return the entries nearest to a question, best first; scores lie between 0 and 1.

        A question in an entry's own words is sure.
        From :data:`ANSWER` on a match is to be shown, from :data:`OFFER` on to be offered. The person's language and
        the source language are searched, and any language written in the letters of the question when it fits neither.
        ``quick`` leaves the encoder out.
        """
        near = self.nearness(query, language)
        means = {} if quick or not near else self.meanings(query, language)
        curve = self.tuned.encoded if means else self.tuned.lexical
        if curve is None or not near:
            return ()
        shares = shares_of(near, means)
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
            least = min(least, curve.score(near.get(entry, 0.0), shares[entry]))
            if round(least, 4) <= 0:
                break
            found.append(Match(id=entry, score=round(least, 4)))
            if len(found) == limit:
                break
        return tuple(found)

    def nearness(self, query: str, language: str) -> dict[str, float]:
        """Return how near the texts of each entry are, by letters, 0 to 1; entries without anything are left out."""
        folded = fold(query[:LONGEST_QUERY])
        written = script(folded)
        best: dict[str, float] = {}
        for index, wanted, trust in self._plan(folded, written, language):
            for entry, score in index.scores(wanted).items():
                score *= trust
                if score > best.get(entry, 0.0):
                    best[entry] = score
        return best

    def meanings(self, query: str, language: str) -> dict[str, float]:
        """Return the encoder's log-odds for each entry; {} without an encoder."""
        if self._encoder is None or self._classes is None:
            return {}
        text = self.encodable(query, language)
        return self._classes.scores(self._encoder.encode([text])[0]) if text else {}

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

    def warm(self) -> None:
        """Build all indexes now, so that the first question is as fast as the next."""
        for language, letters in self._languages.items():
            for kind in ("native", "consonants") if letters == "arabic" else ("latin",):
                self._index(language, kind)

    def _plan(self, folded: str, written: Script, language: str) -> Iterable[tuple[LexicalIndex, str, float]]:
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

    def _index(self, language: str, kind: str) -> LexicalIndex:
        found = self._indexes.get((language, kind))
        if found is None:
            spell = _SPELLINGS[kind]
            found = LexicalIndex(
                [
                    EntryTexts(
                        entry=one.entry,
                        asked=tuple(spell(fold(text)) for text in one.asked),
                        told=spell(fold(_PLACEHOLDER.sub(" ", one.told))),
                    )
                    for one in self._entries[language]
                ]
            )
            self._indexes[language, kind] = found
        return found


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


def shares_of(near: Mapping[str, float], means: Mapping[str, float]) -> dict[str, float]:
    """Return each entry's share of the likelihood, by nearness and the encoder's log-odds.

    They add up to less than 1: something that is none of the entries always has a share, however few there are.
    """
    sharpness = _SHARPNESS_BESIDE if means else _SHARPNESS
    weights = {
        entry: sharpness * near.get(entry, 0.0) + _ENCODER_TRUST * means.get(entry, 0.0) for entry in {*near, *means}
    }
    nothing = sharpness * _NOTHING
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
