"""Direction of text: isolating values put into a sentence, and removing stray direction marks.

A phone number or a Latin name inside an Arabic sentence is torn apart on screen unless it stands between
U+2068 (first strong isolate) and U+2069 (pop directional isolate); the Unicode bidirectional algorithm (UAX 9)
then lays it out on its own. Nothing that is stored or compared may carry these marks.
"""

from __future__ import annotations

import unicodedata
from typing import Literal

from i18n.negotiate import direction

__all__ = ["BIDI_CONTROLS", "FSI", "PDI", "first_strong", "isolate", "strip_controls"]

FSI = "\u2068"
PDI = "\u2069"

#: Every character whose only effect is on direction (UAX 9, section 2).
BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_REMOVE = dict.fromkeys(map(ord, BIDI_CONTROLS))
_ISOLATES = frozenset("\u2066\u2067\u2068")
_RTL = frozenset({"R", "AL"})


def strip_controls(text: str) -> str:
    """Return ``text`` without any direction mark, embedding, override or isolate."""
    return text.translate(_REMOVE)


def isolate(value: str, language: str) -> str:
    """Return ``value`` ready to stand inside a sentence of ``language``.

    It is wrapped in U+2068/U+2069 where directions can differ: always in a right-to-left language (digits and
    punctuation move there too), and in a left-to-right language when the value has right-to-left letters.
    Marks already inside are removed first, so a value a person typed cannot turn the rest of the sentence.
    """
    if value.isascii() and direction(language) == "ltr":
        return value
    clean = strip_controls(value)
    if not clean:
        return clean
    if direction(language) == "rtl" or any(unicodedata.bidirectional(sign) in _RTL for sign in clean):
        return f"{FSI}{clean}{PDI}"
    return clean


def first_strong(text: str) -> Literal["ltr", "rtl"] | None:
    """Return the direction of the first letter that has one, skipping isolated parts; None when none has."""
    depth = 0
    for sign in text:
        if sign in _ISOLATES:
            depth += 1
        elif sign == PDI:
            depth = max(0, depth - 1)
        elif depth == 0:
            kind = unicodedata.bidirectional(sign)
            if kind == "L":
                return "ltr"
            if kind in _RTL:
                return "rtl"
    return None
