"""One spelling for words that people write in different letters.

Half of those who write Bulgarian or Russian on a phone do it in Latin letters, each in their own way ("shefat ne mi
plashta", "6efat ne mi pla6ta"), and Arabic too ("ma3ash", "el rateb"). :func:`latin` takes Cyrillic and Latin to
one rough spelling; :func:`consonants` takes Arabic letters and Arabizi to their consonants. Both sides of a search go
through the same function, so a spelling that is odd for English is odd in the same way on both sides.
"""

from __future__ import annotations

import re
from typing import Literal

__all__ = ["consonants", "latin", "script"]

Script = Literal["arabic", "cyrillic", "latin"]

_ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f]")
_CYRILLIC = re.compile("[\u0400-\u052f]")

#: Capital letters stand for sounds of two letters: S sh, C ch, J zh.
_FROM_CYRILLIC = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "J", "з": "z", "и": "i", "й": "i", "к": "k",
        "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h",
        "ц": "c", "ч": "C", "ш": "S", "щ": "St", "ъ": "a", "ы": "i", "ь": "", "э": "e", "ю": "u", "я": "a", "і": "i",
        "ї": "i", "є": "e", "ґ": "g", "ј": "i", "љ": "l", "њ": "n", "ћ": "C", "ђ": "J", "џ": "J",
    }
)  # fmt: skip
_DIGRAPHS = {
    "shch": "St", "sch": "S", "tch": "C", "sh": "S", "ch": "C", "zh": "J", "kh": "h", "gh": "g", "ts": "c", "tz": "c",
    "ph": "f", "th": "t", "ck": "k", "yu": "u", "ya": "a", "yo": "o", "ye": "e", "ju": "u", "ja": "a",
    "j": "J", "w": "v", "x": "h", "qu": "ku", "q": "a", "y": "i",
}  # fmt: skip
#: Without u behind it q is the ya of Bulgarian and Russian chats ("nqma").
_DIGRAPH = re.compile("|".join(sorted(_DIGRAPHS, key=len, reverse=True)))
#: Digits inside words: "6efat", "4asa".
_CHAT_DIGITS = str.maketrans({"4": "C", "6": "S"})
_DOUBLE = re.compile(r"([a-zA-Z])\1+")
_MIXED_WORD = re.compile(r"\S*[a-z]\S*")

_FROM_ARABIC = str.maketrans(
    {
        "ا": "", "ب": "b", "ت": "t", "ث": "t", "ج": "g", "ح": "h", "خ": "x", "د": "d", "ذ": "d", "ر": "r", "ز": "z",
        "س": "s", "ش": "S", "ص": "s", "ض": "d", "ط": "t", "ظ": "z", "ع": "", "غ": "g", "ف": "f", "ق": "k", "ك": "k",
        "ل": "l", "م": "m", "ن": "n", "ه": "h", "و": "", "ي": "", "پ": "b", "گ": "g", "چ": "S", "ژ": "z", "ڤ": "f",
    }
)  # fmt: skip
_ARABIZI = {
    "kh": "x", "gh": "g", "sh": "S", "ch": "S", "th": "t", "dh": "d", "7'": "x", "2": "", "3": "", "5": "x", "6": "t",
    "7": "h", "8": "k", "9": "s", "q": "k", "p": "b", "v": "f", "j": "g", "c": "k",
    "a": "", "e": "", "i": "", "o": "", "u": "", "y": "", "w": "",
}  # fmt: skip
_ARABIZI_PART = re.compile("|".join(re.escape(part) for part in sorted(_ARABIZI, key=len, reverse=True)))
_ARTICLES = frozenset({"al", "el", "il", "ال"})


def script(text: str) -> Script:
    """Return the script that most of the letters belong to."""
    arabic, cyrillic = len(_ARABIC.findall(text)), len(_CYRILLIC.findall(text))
    if arabic > cyrillic and arabic:
        return "arabic"
    return "cyrillic" if cyrillic else "latin"


def latin(folded: str) -> str:
    """Return folded Cyrillic or Latin text in the rough Latin spelling."""
    text = _MIXED_WORD.sub(lambda found: found[0].translate(_CHAT_DIGITS), folded)
    text = _DIGRAPH.sub(lambda found: _DIGRAPHS[found[0]], text)
    return _DOUBLE.sub(r"\1", text.translate(_FROM_CYRILLIC))


def consonants(folded: str) -> str:
    """Return folded Arabic or Arabizi text as its consonants; articles are left out."""
    words = []
    for word in folded.split():
        if word in _ARTICLES:
            continue
        if _ARABIC.search(word):
            bare = word[2:] if word.startswith("ال") and len(word) > 4 else word
            sounds = bare.translate(_FROM_ARABIC)
        elif word.isdigit():
            sounds = word
        else:
            sounds = _ARABIZI_PART.sub(lambda found: _ARABIZI[found[0]], word)
        sounds = _DOUBLE.sub(r"\1", sounds)
        if len(sounds) > 1 and sounds.endswith("h"):
            sounds = sounds[:-1]  # the ending of feminine words is written, or not
        if sounds:
            words.append(sounds)
    return " ".join(words)
