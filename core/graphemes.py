"""What a person sees as one character: where a text may be cut without breaking a letter, a flag or an emoji.

A simplified form of Unicode's text segmentation (UAX 29): combining marks, variation selectors, skin tones, tags and
joiners stay with what they modify, emoji joined by U+200D stay together, flags are pairs, Korean syllables are whole.
Indic conjuncts are not joined; none of the languages served needs them.
"""

from __future__ import annotations

import unicodedata
from typing import Literal

__all__ = ["Unit", "boundaries", "cut", "length"]

#: How a channel counts: UTF-16 code units (Telegram) or code points.
Unit = Literal["utf16", "codepoints"]

ZWJ = "\u200d"
#: Arabic and Syriac signs that go before the number they span (Unicode property Prepend).
PREPEND = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")
#: Pictographs outside the category So and outside the emoji planes.
PICTOGRAPHS = frozenset("\u203c\u2049\u2194\u2195\u3030\u303d")


def length(text: str, unit: Unit) -> int:
    """Return how long ``text`` is in the unit that the channel counts."""
    if unit == "codepoints" or text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def boundaries(text: str) -> list[int]:
    """Return every position, in code points, where a new visible character begins, and the end; ``[0]`` for ''."""
    if text.isascii() and "\r" not in text:
        return list(range(len(text) + 1))
    found = [0]
    flags = 0
    pictograph = False
    for i in range(1, len(text)):
        before, here = text[i - 1], text[i]
        flags = flags + 1 if _is_flag(before) else 0
        # An emoji before a joiner, with its modifiers between, decides whether the next emoji belongs to it.
        pictograph = _is_pictograph(before) or (pictograph and _extends(before))
        if not _joined(before, here, flags, pictograph):
            found.append(i)
    if text:
        found.append(len(text))
    return found


def cut(text: str, limit: int, unit: Unit) -> str:
    """Return ``text``, or its beginning with "…" when it is longer than ``limit``; no visible character is broken."""
    if length(text, unit) <= limit:
        return text
    kept = 0
    for end in boundaries(text):
        if length(text[:end], unit) > limit - 1:
            break
        kept = end
    return text[:kept].rstrip() + "…"


def _joined(before: str, here: str, flags: int, pictograph: bool) -> bool:
    """Return whether ``here`` belongs to the same visible character; ``flags`` counts flag letters up to ``before``."""
    if before == "\r" and here == "\n":
        return True
    if "\ud800" <= before <= "\udbff" and "\udc00" <= here <= "\udfff":
        return True
    if _is_control(before) or _is_control(here):
        return False
    return (
        _extends(here)
        or before in PREPEND
        or (before == ZWJ and pictograph and _is_pictograph(here))
        or (flags % 2 == 1 and _is_flag(here))
        or _same_syllable(before, here)
    )


def _is_control(char: str) -> bool:
    if char < " ":
        return True
    kind = unicodedata.category(char)
    return kind in {"Cc", "Zl", "Zp"} or (kind == "Cf" and not _extends(char) and char not in PREPEND)


def _extends(char: str) -> bool:
    if char < "\u0300":
        return False
    return (
        unicodedata.category(char) in {"Mn", "Me", "Mc"}
        or char in {ZWJ, "\u200c", "\uff9e", "\uff9f"}
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
    )


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _is_pictograph(char: str) -> bool:
    if char < "\u00a9":
        return False
    emoji_plane = "\U0001f000" <= char <= "\U0001faff" and not (_is_flag(char) or _extends(char))
    return emoji_plane or char in PICTOGRAPHS or unicodedata.category(char) == "So"


def _same_syllable(before: str, here: str) -> bool:
    """Return whether two Korean letters form one syllable block."""
    if before < "\u1100" or here < "\u1100":
        return False
    lead = "\u1100" <= before <= "\u115f" or "\ua960" <= before <= "\ua97c"
    if lead:
        return "\u1100" <= here <= "\u11a7" or "\ua960" <= here <= "\ua97c" or "\uac00" <= here <= "\ud7a3"
    vowel_or_syllable = (
        "\u1160" <= before <= "\u11a7" or "\ud7b0" <= before <= "\ud7c6" or "\uac00" <= before <= "\ud7a3"
    )
    if vowel_or_syllable and ("\u11a8" <= here <= "\u11ff" or "\ud7cb" <= here <= "\ud7fb"):
        return True
    return (
        ("\u1160" <= before <= "\u11a7" and "\u1160" <= here <= "\u11a7")
        or ("\uac00" <= before <= "\ud7a3" and (ord(before) - 0xAC00) % 28 == 0 and "\u1160" <= here <= "\u11a7")
        or ("\u11a8" <= before <= "\u11ff" and "\u11a8" <= here <= "\u11ff")
    )
