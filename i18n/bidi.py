"""Direction of text: isolating values put into a sentence, and removing stray direction marks.

A phone number or a Latin name inside an Arabic sentence is torn apart on screen unless it stands between
U+2068 (first strong isolate) and U+2069 (pop directional isolate); the Unicode bidirectional algorithm (UAX 9)
then lays it out on its own. Values are isolated as a whole (:func:`isolate`), and what a translator typed into the
sentence piece by piece (:func:`isolate_parts`). Nothing that is stored or compared may carry these marks.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

from i18n.negotiate import direction

__all__ = ["BIDI_CONTROLS", "FSI", "PDI", "first_strong", "isolate", "isolate_parts", "strip_controls"]

FSI = "\u2068"
PDI = "\u2069"

#: Every character whose only effect is on direction (UAX 9, section 2).
BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_REMOVE = dict.fromkeys(map(ord, BIDI_CONTROLS))
_ISOLATES = frozenset("\u2066\u2067\u2068")
_RTL = frozenset({"R", "AL"})

_SIGN = r"[A-Za-z0-9\u00c0-\u024f]"
#: A word or number, with what can stand inside it: 13,90 and B1 and 2026-11-22 and vhs-Lernportal.
_WORD = rf"[+#@]?{_SIGN}+(?:[.,:/'\u2019\-_@&+]{_SIGN}+)*[%\u20ac\u00b0]?"
_GROUP = rf"(?:\u00a7{{1,2}}[ \u00a0]?)?{_WORD}|\({_WORD}(?:[ \u00a0]{_WORD})*\)"
#: Words and numbers that follow each other, and addresses: what keeps its own order from left to right.
_RUN = re.compile(
    rf"(?:https?://|www\.)[^\s\u060c\u061b\u2066-\u2069]+?(?=[.,;:!?)\]\u00bb\u201d\u201c\u061f]*(?:[\s\u060c\u061b]|$))"
    rf"|(?:{_GROUP})(?:[ \u00a0](?:{_GROUP}|[%\u20ac]))*"
)
#: A run without a number, and a single number such as 112, 13,90 or 31.12.2026, are laid out well without help.
_PLAIN = re.compile(r"\(?\d+(?:[.,:/]\d+)*\)?|[^\d]*")


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


@lru_cache(maxsize=4096)
def isolate_parts(text: str, language: str) -> str:
    """Return a sentence of ``language`` in which numbers of several groups, paragraphs of laws and addresses hold.

    The algorithm turns the groups of ``030 440 308 454``, the parts of ``§ 81 (4)`` and the end of ``https://x.org/``
    round in a right-to-left sentence; each is isolated. In other languages, and in what is isolated already, nothing
    changes, nor does any other character.
    """
    if direction(language) == "ltr":
        return text
    out: list[str] = []
    depth = 0
    for piece in re.split(r"([\u2066-\u2069])", text):
        depth = depth + 1 if piece in _ISOLATES else max(depth - 1, 0) if piece == PDI else depth
        out.append(piece if depth else _RUN.sub(_isolated, piece))
    return "".join(out)


def _isolated(found: re.Match[str]) -> str:
    run = found[0]
    return run if "://" not in run and _PLAIN.fullmatch(run) else f"{FSI}{run}{PDI}"


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
