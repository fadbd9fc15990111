"""Latin letters back to Cyrillic and Arabic: what "shefat ne mi plashta" and "ma dafa3li ratebi" would be.

A text encoder has read little Latin-letter Bulgarian and hardly any Arabizi; in the right letters it understands most
of it. The result is rough (short Arabic vowels are guessed) and never shown to anybody. The rules are the habits of
chats, which :mod:`i18n.transliterate` goes through the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from i18n.negotiate import base_language

__all__ = ["NATIVE_LETTERS", "native_letters"]

#: Languages that :func:`native_letters` knows.
NATIVE_LETTERS = frozenset({"ar", "bg", "ru"})

_WORD = re.compile(r"[A-Za-z0-9'’]+")
_VOWELS = "aeiouy"

_PLAIN = dict(zip("abvgdeziklmnoprstuf", "абвгдезиклмнопрстуф", strict=True))
_BOTH = {
    "kh": "х", "ts": "ц", "tz": "ц", "ch": "ч", "sh": "ш", "zh": "ж", "yu": "ю", "iu": "ю", "ju": "ю", "ya": "я",
    "ia": "я", "ja": "я", "4": "ч", "6": "ш", "q": "я", "x": "х", "c": "ц", "h": "х",
}  # fmt: skip
_BULGARIAN = _PLAIN | _BOTH | {
    "sht": "щ", "6t": "щ", "yo": "йо", "jo": "йо", "w": "в", "j": "ж", "y": "ъ", "'": "", "’": "",
}  # fmt: skip
_RUSSIAN = _PLAIN | _BOTH | {
    "shch": "щ", "sch": "щ", "yo": "ё", "jo": "ё", "ye": "е", "w": "ш", "'": "ь", "’": "ь",
}  # fmt: skip
_ARABIC = {
    "7'": "خ", "3'": "غ", "kh": "خ", "gh": "غ", "sh": "ش", "ch": "ش", "th": "ث", "dh": "ذ", "5": "خ", "7": "ح",
    "3": "ع", "2": "ء", "6": "ط", "8": "ق", "9": "ص", "aa": "ا", "ee": "ي", "ii": "ي", "oo": "و", "ou": "و",
    "uu": "و", "b": "ب", "t": "ت", "j": "ج", "h": "ه", "d": "د", "r": "ر", "z": "ز", "s": "س", "f": "ف", "q": "ق",
    "k": "ك", "l": "ل", "m": "م", "n": "ن", "w": "و", "y": "ي", "p": "ب", "g": "ج", "v": "ف", "c": "ك", "x": "خ",
    "o": "و", "u": "و", "i": "ي",
}  # fmt: skip
_ARTICLE = re.compile(r"(?:al|el|il)-?(?=..)")
_ARTICLES = frozenset({"al", "el", "il", "l"})


def _longest(table: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(part) for part in sorted(table, key=len, reverse=True)) + "|.")


_BULGARIAN_PARTS, _RUSSIAN_PARTS, _ARABIC_PARTS = _longest(_BULGARIAN), _longest(_RUSSIAN), _longest(_ARABIC)


def native_letters(text: str, language: str, keep: Container[str] = frozenset()) -> str:
    """Return ``text`` with its Latin words in the letters of ``language``; unchanged for a language unknown here.

    Words in ``keep`` (lower case) stay: German terms stand in Latin letters in every language. Numbers stay too.
    """
    base = base_language(language)
    spell = {"ar": _arabic, "bg": _bulgarian, "ru": _russian}.get(base)
    if spell is None:
        return text

    def one(found: re.Match[str]) -> str:
        word = found[0].lower()
        return found[0] if word in keep or word.isdigit() else spell(word)

    spelled = _WORD.sub(one, text)
    return spelled.replace("\u0627\u0644 ", "\u0627\u0644") if base == "ar" else spelled


def _bulgarian(word: str) -> str:
    return _BULGARIAN_PARTS.sub(lambda found: _BULGARIAN.get(found[0], found[0]), word)


def _russian(word: str) -> str:
    def one(found: re.Match[str]) -> str:
        part = found[0]
        if part not in {"y", "j"}:
            return _RUSSIAN.get(part, part)
        before = word[found.start() - 1 : found.start()]
        if before and before in _VOWELS:
            return "й"
        if part == "y":
            return "ы"
        after = word[found.end() : found.end() + 1]
        return "ж" if after and after in _VOWELS else "ь"

    return _RUSSIAN_PARTS.sub(one, word)


def _arabic(word: str) -> str:
    if word in _ARTICLES:
        return "ال"
    article = _ARTICLE.match(word) if len(word) > 4 else None
    if article is not None:
        word = word[article.end() :]
    signs: list[str] = []
    for found in _ARABIC_PARTS.finditer(word):
        first, last = found.start() == 0, found.end() == len(word)
        sign = _arabic_sign(found[0], first=first, last=last, long=len(word) > 3, had_alef="ا" in signs)
        if sign and not (signs and signs[-1] == sign):  # a doubled letter is written once
            signs.append(sign)
    return ("ال" if article is not None else "") + "".join(signs).replace("ءا", "أ")


def _arabic_sign(part: str, *, first: bool, last: bool, long: bool, had_alef: bool) -> str:
    """Return the Arabic of one Latin part: of short vowels only the first ``a`` and the ends of words are written."""
    match part:
        case "a":
            if last and long:
                return "ة"
            return "ا" if first or last or not had_alef else ""
        case "e":
            if first:
                return "ا"
            return ("ة" if long else "ي") if last else ""
        case "i" if first:
            return "ا"
        case _:
            return _ARABIC.get(part, part)
