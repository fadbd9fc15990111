"""Letters that look alike: a word typed half in Cyrillic and half in Latin letters becomes a word of one script.

Phones, pasted text and people who mean to get past a filter mix them. Only words that mix are touched, and only where
every foreign letter has a twin.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["one_script"]

_TO_CYRILLIC = dict(zip("aceopxykmthbiABCEHKMOPTXYI", "асеорхукмтнвіАВСЕНКМОРТХУІ", strict=True))
_TO_LATIN = {cyrillic: latin for latin, cyrillic in _TO_CYRILLIC.items()}
_CYRILLIC = re.compile("[\u0400-\u052f]")
_LATIN = re.compile("[A-Za-z]")
_WORD = re.compile(r"[^\W\d_]+")


def one_script(text: str) -> str:
    """Return ``text`` with every word that mixes Cyrillic and Latin letters in the script of most of the text."""
    cyrillic, latin = len(_CYRILLIC.findall(text)), len(_LATIN.findall(text))
    if not (cyrillic and latin):
        return text
    table, foreign = (_TO_CYRILLIC, _LATIN) if cyrillic >= latin else (_TO_LATIN, _CYRILLIC)
    return _WORD.sub(lambda found: _mended(found[0], table, foreign), text)


def _mended(word: str, table: Mapping[str, str], foreign: re.Pattern[str]) -> str:
    strange = foreign.findall(word)
    if not strange or len(strange) == len(word) or not all(sign in table for sign in strange):
        return word
    return "".join(table.get(sign, sign) for sign in word)
