"""How people write Bulgarian, Russian and Arabic with Latin letters, to train the language detector on.

Two spellings a language: the one of documents ("zhivot") and the one of chats ("jivot", "6te", "3arabi"). Made
for likeness to what arrives, not to be read back.
"""

from __future__ import annotations

import re

__all__ = ["TRANSLITERATED", "transliterations"]

_CYRILLIC = dict(
    zip(
        "абвгдезийклмнопрстуф",
        ("a", "b", "v", "g", "d", "e", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f"),
        strict=True,
    )
)
_BULGARIAN = _CYRILLIC | {
    "ж": "zh", "х": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sht", "ъ": "a", "ь": "y", "ю": "yu", "я": "ya",
    "ѝ": "i",
}  # fmt: skip
_BULGARIAN_CHAT = _BULGARIAN | {
    "ж": "j", "ц": "c", "ч": "4", "ш": "6", "щ": "6t", "ъ": "u", "ю": "iu", "я": "q", "й": "i", "в": "v",
}  # fmt: skip
_RUSSIAN = _CYRILLIC | {
    "ё": "yo", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "",
    "э": "e", "ю": "yu", "я": "ya",
}  # fmt: skip
_RUSSIAN_CHAT = _RUSSIAN | {
    "ё": "e", "ж": "j", "х": "h", "ц": "c", "щ": "sch", "ь": "'", "ю": "ju", "я": "ja", "й": "j", "ы": "i",
}  # fmt: skip
_ARABIC = {
    "ا": "a", "أ": "a", "إ": "i", "آ": "aa", "ٱ": "a", "ب": "b", "ت": "t", "ث": "th", "ج": "j", "ح": "h", "خ": "kh",
    "د": "d", "ذ": "th", "ر": "r", "ز": "z", "س": "s", "ش": "sh", "ص": "s", "ض": "d", "ط": "t", "ظ": "z", "ع": "a",
    "غ": "gh", "ف": "f", "ق": "q", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h", "و": "w", "ي": "i", "ى": "a",
    "ة": "a", "ء": "", "ئ": "i", "ؤ": "o",
}  # fmt: skip
_ARABIC_CHAT = _ARABIC | {
    "ح": "7", "خ": "5", "ع": "3", "ث": "t", "ذ": "z", "ط": "6", "ق": "2", "ج": "g", "ة": "e", "و": "o", "ي": "y",
    "أ": "2a", "ء": "2",
}  # fmt: skip

_TABLES = {
    "ar": (_ARABIC, _ARABIC_CHAT),
    "bg": (_BULGARIAN, _BULGARIAN_CHAT),
    "ru": (_RUSSIAN, _RUSSIAN_CHAT),
}
#: Languages that :func:`transliterations` knows.
TRANSLITERATED = frozenset(_TABLES)

_HARAKAT = re.compile("[\u0640\u064b-\u065f\u0670]")
_TWO_CONSONANTS = re.compile(r"(?<=[bdfghjklmnqrstz2356789])(?=[bdfgjklmnqrstz2356789])")


def transliterations(text: str, language: str) -> tuple[str, ...]:
    """Return ``text`` in the Latin spellings of ``language``; () for a language written in Latin or unknown here.

    Arabic script leaves short vowels out, people typing Latin do not: an ``a`` or ``e`` is put between consonants.
    """
    low = _HARAKAT.sub("", text.lower())
    spellings = ["".join(table.get(sign, sign) for sign in low) for table in _TABLES.get(language, ())]
    if language == "ar":
        return tuple(_TWO_CONSONANTS.sub(vowel, one) for one, vowel in zip(spellings, "ae", strict=True))
    return tuple(spellings)
