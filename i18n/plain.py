"""What people type, made comparable: one spelling for case, accents, Arabic letter forms, digits and punctuation.

The result is for matching only and is never shown. Both sides of a comparison go through :func:`fold`. Work is
linear in the length of the text: one table look-up a character.
"""

from __future__ import annotations

import unicodedata

__all__ = ["digits", "fold", "words"]

#: Letters whose folding does not follow from Unicode decomposition.
_SPECIAL = {
    "\u0451": "е",  # io; Russian is mostly typed without the dots
    "\u045d": "и",  # Bulgarian stressed i
    "\u0450": "е",  # Macedonian and Bulgarian stressed e
    "\u0131": "i",  # Turkish dotless i
    "\u0142": "l",  # Polish l with stroke
    "\u0111": "d",
    "\u00f8": "o",
    "\u00e6": "ae",
    "\u0153": "oe",
    "\u0640": "",  # tatweel, only decoration
    "\u0671": "ا",  # alef wasla
    "\u0649": "ي",  # alef maksura is typed for yaa and back
    "\u06cc": "ي",  # Persian yeh
    "\u06a9": "ك",  # Persian kaf
    "\u0629": "ه",  # taa marbuta
    "\u06c0": "ه",
    "\u06c1": "ه",
    "\u06d5": "ه",
    "\u0621": "",  # a lone hamza is left out as often as typed
}
#: Apostrophes join ("don't", a Ukrainian word); every other punctuation mark parts.
_JOINING = frozenset("'`\u2019\u2018\u02bc\u02b9\u00b4\u2032\uff07")
_CYRILLIC = range(0x0400, 0x0530)
#: Entries a folding table remembers; the scripts of one deployment need some hundreds.
_KEPT_LIMIT = 8192


def _fold_sign(sign: str) -> str:
    """Return what one composed, case-folded character becomes."""
    special = _SPECIAL.get(sign)
    if special is not None:
        return special
    if sign in _JOINING:
        return ""
    kind = unicodedata.category(sign)
    if kind[0] == "L":
        if ord(sign) in _CYRILLIC:
            return sign  # short i and yi are letters of their own, not accents
        return _SPECIAL.get(base := unicodedata.normalize("NFD", sign)[0], base)
    if kind == "Nd":
        return str(unicodedata.digit(sign))
    if kind in {"Nl", "No"}:
        return sign
    if kind == "So":
        return f" {sign} "  # an emoji is a word of its own
    if kind[0] == "M" or kind in {"Sk", "Cf", "Cs"}:
        return ""  # marks, skin tones, joiners and direction marks, halves of broken surrogates
    return " "


class _Table(dict[int, str]):
    """A table for ``str.translate`` that fills itself; bounded, so that strange input cannot make it grow for ever."""

    def __missing__(self, code: int) -> str:
        folded = _fold_sign(chr(code))
        if len(self) < _KEPT_LIMIT:
            self[code] = folded
        return folded


class _Digits(dict[int, str]):
    """A table for ``str.translate`` that turns every decimal digit into the ASCII one."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        value = str(unicodedata.digit(sign)) if code > 127 and unicodedata.category(sign) == "Nd" else sign
        if len(self) < _KEPT_LIMIT:
            self[code] = value
        return value


_FOLDED = _Table()
_DIGITS = _Digits()


def fold(text: str) -> str:
    """Return ``text`` in the one spelling used for comparing.

    NFKC, case folded, without accents, harakat, tatweel, punctuation, joiners and skin tones; alef, yaa and taa
    marbuta forms unified; io as ie; any script's digits as ASCII; words parted by one space. The Cyrillic short i
    stays: it is a letter.
    """
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(composed.translate(_FOLDED).split())


def digits(text: str) -> str:
    """Return ``text`` with the decimal digits of every script (Arabic-Indic, Persian, full-width) as ASCII."""
    return text if text.isascii() else text.translate(_DIGITS)


def words(text: str) -> list[str]:
    """Return the folded words of ``text``, in order; an emoji is a word."""
    return fold(text).split()
