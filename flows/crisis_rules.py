"""How people in distress write: the general rules by which a message is read more than once for words of danger.

A phrase of ``crisis.yaml`` stands for many spellings. Each *reading* takes phrases and message to one spelling with the
same function, so the rules need no list of variants:

- ``plain``: as folded, see :func:`i18n.plain.fold`;
- ``loose``: words of emphasis left out, letters that were drawn out or doubled once only, vowels that sound alike in
  Cyrillic as one, "and" off the front of Arabic words, and a letter that is missing, too much or swapped in a long word
  mended;
- ``latin``: Cyrillic phrases as they are typed with Latin letters, in whatever system;
- ``arabizi``: Arabic phrases as they are typed with Latin letters and digits, by their consonants.

Recall before precision: whoever is alarmed without need reads help numbers and goes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flows.skeleton import consonants, latin, script

__all__ = ["ALL", "PLAIN", "Mending", "Reading"]


def _words_of(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


#: Words of emphasis and of hesitation in the four languages and their Latin spellings: they stand anywhere in a phrase.
_EMPHASIS = _words_of(
    "really just so very now already only even honestly literally simply please still always again today fucking",
    "просто очень уже сейчас больше вообще правда реально так тоже снова сегодня опять всегда совсем только",
    "наистина само вече сега много просто пак днес винаги изобщо толкова",
    "والله كتير كثير جدا خلاص بس هلق هلا الان دائما اليوم فعلا حقا انا",
    "prosto ochen uzhe uje seychas sejchas bolshe voobshe samo veche ve4e sega mnogo wallah khalas 5alas ktir kteer",
)
_DRAWN_OUT = re.compile(r"(\w)\1+")
#: Vowels that are written for each other where they are not stressed.
_ALIKE = str.maketrans({"о": "а", "ъ": "а", "я": "а", "и": "е", "ы": "е", "э": "е", "ё": "е", "ю": "у", "ь": None})
#: "To be" must not sound like "to beat".
_BEING = frozenset({"быть", "был", "была", "было", "были"})
_ARABIC_AND = re.compile("و(?=[\u0621-\u064a]{2})")
#: In words shorter than this a changed letter makes another word.
_MENDED_FROM = 6
#: Fewer letters of one or two words in a foreign spelling say nothing.
_TELLING_WORD, _TELLING_PHRASE = 7, 6


def _same(word: str) -> str:
    return word


def _loose(word: str) -> str:
    if word in _BEING:
        return word
    once = _DRAWN_OUT.sub(r"\1", word).translate(_ALIKE)
    return _ARABIC_AND.sub("", once, count=1) if _ARABIC_AND.match(once) else once


def _typed(word: str) -> str:
    """Return a word in rough Latin letters; Bulgarians type q for the last letter of their alphabet."""
    return latin(word.replace("q", "ya")).replace("ts", "c")


def _has_latin(folded: str) -> bool:
    return any("a" <= sign <= "z" for sign in folded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One way to read phrases and messages."""

    name: str
    #: Takes one folded word, or the part of a word before or after ``*``, to its spelling here; "" leaves it out.
    letters: Callable[[str], str] = _same
    left_out: frozenset[str] = frozenset()
    #: Script of the phrases it is for; None: all.
    phrases: str | None = None
    #: Only messages with Latin letters are read so.
    latin_only: bool = False
    mends: bool = False

    def takes(self, folded: str, spelled: str) -> bool:
        """Return whether a phrase is told from everyday words in this spelling."""
        if self.phrases is None:
            return True
        if script(folded) != self.phrases:
            return False
        words = spelled.replace("*", " ").split()
        return sum(map(len, words)) >= (_TELLING_PHRASE if len(words) > 1 else _TELLING_WORD)

    def message(self, folded: str) -> list[str]:
        """Return the words of a folded message in this spelling; none where it is not for this reading."""
        if self.latin_only and not _has_latin(folded):
            return []
        words = (self.letters(word) for word in folded.split() if word not in self.left_out)
        return [word for word in words if word]


PLAIN = (Reading(name="plain"),)
ALL = (
    *PLAIN,
    Reading(name="loose", letters=_loose, left_out=_EMPHASIS, mends=True),
    Reading(name="latin", letters=_typed, left_out=_EMPHASIS, phrases="cyrillic", latin_only=True),
    Reading(name="arabizi", letters=consonants, left_out=_EMPHASIS, phrases="arabic", latin_only=True),
)


class Mending:
    """Mends one slip in a long word: a letter missing, too much, or two swapped. Another letter makes another word."""

    __slots__ = ("_right", "_shorter", "_words")

    def __init__(self, words: Iterable[str], right: Iterable[str] = ()) -> None:
        """Take the words of the phrases, and words that are right as they are."""
        self._right = frozenset(right)
        self._words = frozenset(word for word in words if len(word) >= _MENDED_FROM)
        self._shorter: dict[str, list[str]] = {}
        for word in sorted(self._words):
            for short in _without_one(word):
                self._shorter.setdefault(short, []).append(word)

    def mend(self, word: str) -> str:
        """Return the word of the phrases that is meant, or the word itself."""
        if len(word) < _MENDED_FROM - 1 or word in self._words or word in self._right:
            return word
        for meant in self._shorter.get(word, ()):
            if meant[0] == word[0]:
                return meant
        for short in _without_one(word):
            if short in self._words and short[0] == word[0]:
                return short
            for meant in self._shorter.get(short, ()):
                if meant[0] == word[0] and len(meant) == len(word) and _swapped(meant, word):
                    return meant
        return word


def _without_one(word: str) -> list[str]:
    return [word[:at] + word[at + 1 :] for at in range(len(word))]


def _swapped(one: str, two: str) -> bool:
    """Return whether two neighbouring letters changed places."""
    wrong = [at for at in range(len(one)) if one[at] != two[at]]
    return (
        len(wrong) == 2
        and wrong[1] == wrong[0] + 1
        and one[wrong[0]] == two[wrong[1]]
        and one[wrong[1]] == two[wrong[0]]
    )
