"""Signs of danger that no list of phrases can hold: words of a few groups near each other, in one language.

Theory of operation
-------------------
``flows/danger.yaml`` holds groups of words by language (who, does what, to whom) and rules: a danger is there when a
word of each group of a rule stands within :data:`_WINDOW` words of the others. Each word of a message is looked up
once, in a spelling in which Cyrillic and its Latin typing are the same (:mod:`flows.skeleton`); Arabic words also
without the small words written onto them. Long words may have one slip. ``- not`` leaves out what a word of negation
stands before; ``- told`` leaves a rule out where the message speaks of a film, a course or the past, and so does any
other group behind a minus. A word that the bot's own texts use is itself and never a slip of another. Everything is
linear in the length of the message, and no model is involved.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import yaml
from msgspec import Struct, convert

from flows.skeleton import latin
from i18n.plain import fold

__all__ = ["Danger", "shared_danger"]

#: Words between the first and the last sign of a danger; a long sentence of somebody in distress.
_WINDOW = 14
#: A word of negation stands at most so many words before what it denies.
_DENIES = 2
#: From this length on a word may have one slip.
_SLIP = 6
#: Words of a message that are looked at; a longer message has said it by then.
_MOST_WORDS = 2_000
#: What Arabic writes onto the next word: and, so, with, for, like, the, this, on.
_ONTO = re.compile("^(?:[وف]?(?:ال|بال|لل|هال|عال|كال)|[وفبلك])(?=..)")
_ARABIC = re.compile("[\u0600-\u06ff]")
#: English words that would be others in Cyrillic typed with Latin letters.
_ENGLISH = frozenset(
    [
        "a",
        "and",
        "at",
        "be",
        "but",
        "by",
        "do",
        "he",
        "i",
        "in",
        "is",
        "it",
        "no",
        "not",
        "of",
        "on",
        "or",
        "our",
        "she",
        "so",
        "the",
        "they",
        "to",
        "us",
        "we",
    ]
)
_VOWELS = frozenset("aeiouy")
_RULE = re.compile(r"(?P<groups>[a-z_+ ]+?)(?P<but>(?: - [a-z_]+)*)(?: ~(?P<near>\d+))?")

#: A sign: group and language.
_Sign = tuple[str, str]


class _Rule(Struct, frozen=True, kw_only=True):
    kind: str
    groups: tuple[str, ...]
    but: frozenset[str]
    near: int


class _Book(Struct, frozen=True):
    groups: dict[str, dict[str, list[str]]]
    rules: dict[str, list[str]]


class Danger:
    """All rules, ready to look for. Immutable; safe to share between threads."""

    def __init__(self, groups: Mapping[str, Mapping[str, Sequence[str]]], rules: Mapping[str, Sequence[str]]) -> None:
        """Take the groups and rules; raises ValueError for a rule that names no such group."""
        self._whole: dict[str, set[_Sign]] = {}
        self._beginning: dict[str, set[_Sign]] = {}
        self._ending: dict[str, set[_Sign]] = {}
        #: First word of several -> what has to follow, and the sign.
        self._several: dict[str, list[tuple[tuple[str, ...], _Sign]]] = {}
        #: A long word with one letter left out -> the words it may be, and whether each is only a beginning.
        self._slips: dict[str, set[tuple[str, bool]]] = {}
        for group, languages in groups.items():
            for language, words in languages.items():
                for word in words:
                    self._learn(word, (group, language))
        self._rules = tuple(_read_rule(kind, rule, groups) for kind, found in rules.items() for rule in found)
        self._signs = lru_cache(maxsize=4096)(self._signs_of)

    def match(self, text: str, everyday: Container[str] = frozenset()) -> frozenset[str]:
        """Return the kinds of danger of which a message has the signs. Never raises.

        ``everyday`` holds folded words that are what they are, so that nothing else is read into them.
        """
        written = fold(text).split()[:_MOST_WORDS]
        words = [_spelled(word) for word in written]
        places: dict[_Sign, list[int]] = {}
        right = [word in everyday for word in written]
        for number, word in enumerate(words):
            for sign in self._signs(written[number], not right[number]):
                places.setdefault(sign, []).append(number)
            for following, sign in self._several.get(word, ()):
                part = slice(number + 1, number + 1 + len(following))
                if _follow(words[part], following, right[part]):
                    places.setdefault(sign, []).append(number)
        # In each language alone: "station" is no Bulgarian article ("statia") that somebody read.
        named: dict[str, set[str]] = {}
        for group, language in places:
            named.setdefault(language, set()).add(group)
        return frozenset(
            rule.kind
            for rule in self._rules
            if any(
                not (groups - {"not"}) & rule.but and _holds(rule, language, places)
                for language, groups in named.items()
            )
        )

    def _learn(self, word: str, sign: _Sign) -> None:
        parts = [_spelled(fold(part)) + "*" * part.endswith("*") for part in word.strip("*").split()]
        if not parts:
            return
        if len(parts) > 1:
            self._several.setdefault(parts[0], []).append((tuple(parts[1:]), sign))
            return
        begins, ends = word.endswith("*"), word.startswith("*")
        # English is written in its own letters; the rough spelling would make "look" of "lock".
        for known in {fold(word.strip("*"))} | ({parts[0]} if sign[1] != "en" else set()):
            if ends:
                self._ending.setdefault(known, set()).add(sign)
                continue
            (self._beginning if begins else self._whole).setdefault(known, set()).add(sign)
            if len(known) >= _SLIP:
                for shorter in {known, *_shorter(known)}:
                    self._slips.setdefault(shorter, set()).add((known, begins))

    def _signs_of(self, word: str, may_slip: bool) -> frozenset[_Sign]:
        """Return the signs that a word is; cached, for most words come again and again.

        What may be no slip may be no other Cyrillic word of the same sound either.
        """
        found: set[_Sign] = set()
        for form in _forms(word) if may_slip else {word, _bare(word)}:
            found |= self._whole.get(form, set())
            for length in range(2, len(form) + 1):
                found |= self._beginning.get(form[:length], set())
                found |= self._ending.get(form[-length:], set()) if length < len(form) else set()
            if may_slip and len(form) >= _SLIP:
                for known, begins in self._near(form):
                    found |= (self._beginning if begins else self._whole)[known]
        return frozenset(sign for sign in found if word not in _ENGLISH or sign[1] == "en")

    def _near(self, word: str) -> Iterator[tuple[str, bool]]:
        """Yield the known words that differ from this one by one slip: a letter more, less, other, or two swapped."""
        seen: set[tuple[str, bool]] = set()
        for length in range(max(_SLIP, 1), len(word) + 1):
            part = word[:length]
            for shorter in {part, *_shorter(part)}:
                for known, begins in self._slips.get(shorter, ()):
                    if (begins or length == len(word)) and (known, begins) not in seen and _one_slip(part, known):
                        seen.add((known, begins))
                        yield known, begins


def _holds(rule: _Rule, language: str, places: Mapping[_Sign, Sequence[int]]) -> bool:
    """Return whether a word of each group of the rule stands near the others in one language."""
    denied = set(places.get(("not", language), ())) if "not" in rule.but else set()
    found: list[tuple[int, str]] = []
    for group in rule.groups:
        spots = places.get((group, language), ())
        if group in _DENIABLE:
            spots = [spot for spot in spots if not any(spot - step in denied for step in range(1, _DENIES + 1))]
        if not spots:
            return False
        found += [(spot, group) for spot in spots]
    found.sort()
    begin = 0
    for end, (spot, _) in enumerate(found):
        while spot - found[begin][0] > rule.near:
            begin += 1
        window = found[begin : end + 1]
        if len({group for _, group in window}) == len(rule.groups) and _apart(window, rule.groups):
            return True
    return False


#: What a negation before it takes away.
_DENIABLE = frozenset({"strikes", "threatens"})


def _follow(words: Sequence[str], wanted: Sequence[str], right: Sequence[bool]) -> bool:
    """Return whether the words are the wanted ones; long ones may have one slip, but for those that are right."""
    return len(words) == len(wanted) and all(
        word == one or (one.endswith("*") and word.startswith(one[:-1])) or (not fixed and _slipped(word, one))
        for word, one, fixed in zip(words, wanted, right, strict=True)
    )


def _slipped(word: str, known: str) -> bool:
    return (len(known) >= _SLIP and _one_slip(word, known)) or (len(known) >= 4 and _swapped(word, known))


def _apart(window: Sequence[tuple[int, str]], groups: Sequence[str]) -> bool:
    """Return whether there is a word for each group; "me" may be written onto a verb."""
    others = [group for group in groups if group != "me"]
    return len({spot for spot, group in window if group != "me"}) >= len(others)


def _spelled(word: str) -> str:
    return word if _ARABIC.search(word) else latin(word)


def _forms(word: str) -> Iterable[str]:
    """Return a word as it is, in the rough spelling, and without what Arabic writes onto it."""
    if not _ARABIC.search(word):
        return {word, latin(word)}
    return {word, _bare(word)}


def _bare(word: str) -> str:
    """Return an Arabic word without what is written onto it."""
    return _ONTO.sub("", word) if _ARABIC.search(word) else word


def _shorter(word: str) -> Iterator[str]:
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]


def _one_slip(word: str, known: str) -> bool:
    """Return whether one letter was changed, left out, added, or two neighbours swapped."""
    if abs(len(word) - len(known)) > 1:
        return False
    at = 0
    while at < min(len(word), len(known)) and word[at] == known[at]:
        at += 1
    if at == 0 and len(known) < _SLIP + 2:
        return False  # another first letter makes another word
    rest, wanted = word[at:], known[at:]
    other_letter = rest[1:] == wanted[1:]
    if other_letter and len(known) < _SLIP + 2:
        # In shorter words another consonant makes another word; vowels are written as they are heard.
        vowels = rest[:1] in _VOWELS and wanted[:1] in _VOWELS
        return rest[:1] == wanted[:1] or vowels or _ARABIC.search(known) is not None
    return (
        other_letter
        or rest[1:] == wanted
        or rest == wanted[1:]
        or (len(rest) > 1 and len(wanted) > 1 and rest[:2] == wanted[1::-1] and rest[2:] == wanted[2:])
    )


def _swapped(word: str, known: str) -> bool:
    """Return whether two neighbours were swapped; in a phrase whose other words fit, that is safe in short words."""
    return word != known and any(
        known[:at] + known[at + 1] + known[at] + known[at + 2 :] == word for at in range(len(known) - 1)
    )


def _read_rule(kind: str, text: str, groups: Mapping[str, object]) -> _Rule:
    found = _RULE.fullmatch(text)
    if found is None:
        raise ValueError(f"the rule {text!r} of {kind} cannot be read")
    named = tuple(group.strip() for group in found["groups"].split("+"))
    but = frozenset(found["but"].replace(" ", "").split("-")[1:])
    unknown = {*named, *but} - set(groups)
    if unknown:
        raise ValueError(f"the rule {text!r} of {kind} names {', '.join(sorted(unknown))}, which is no group")
    return _Rule(kind=kind, groups=named, but=but, near=int(found["near"] or _WINDOW))


@lru_cache(maxsize=1)
def shared_danger() -> Danger:
    """Return the rules that ship with the framework; read once."""
    data = (Path(__file__).parent / "danger.yaml").read_bytes()
    book = convert(yaml.load(data, getattr(yaml, "CBaseLoader", yaml.BaseLoader)), _Book)  # noqa: S506 # texts only
    return Danger(book.groups, book.rules)
