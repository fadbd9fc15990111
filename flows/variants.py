"""Texts as people type them, with a slip or in Latin letters: made from the bot's examples, to learn and fit on."""

from __future__ import annotations

import hashlib

from i18n.transliterate import transliterations

__all__ = ["mistyped", "retyped"]


def mistyped(text: str) -> str:
    """Return ``text`` in small letters with one slip in twenty letters: swapped, left out, doubled."""
    signs = list(text.lower())
    dice = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    for number in range(min(max(1, len(signs) // 20), 10)):
        at = int.from_bytes(dice[3 * number : 3 * number + 2], "big") % max(1, len(signs) - 1)
        pair = signs[at : at + 2]
        signs[at : at + 2] = ([*reversed(pair)], pair[1:], [*pair[:1], *pair])[dice[3 * number + 2] % 3]
    return "".join(signs)


def retyped(text: str, language: str) -> tuple[str, ...]:
    """Return ``text`` in the Latin spellings of Arabic, from which the way back is rough; () for other languages.

    What comes back from Bulgarian and Russian in Latin letters is nearly what was meant, so nothing is to be learned.
    """
    return transliterations(text, language) if language == "ar" else ()
