"""The crisis sets as data: phrases by somebody who has not seen ``crisis.yaml``. Only for measuring.

``PHRASES`` is the first set and ``FRESH`` the second; both have been read whole by now, and rules were made for them.
``THIRD`` is by somebody who has seen neither rules nor the other sets; no phrase of it was read, no rule made for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import yaml

__all__ = ["FINGERPRINT_OF", "FRESH", "PHRASES", "THIRD", "Phrase"]

_HERE = Path(__file__).parent
FINGERPRINT_OF = _HERE / "phrases.yaml"


class Phrase(NamedTuple):
    """One phrase; ``danger`` is "" where there is none. Every second phrase was held out while the rules were made."""

    text: str
    language: str
    danger: str
    how: str
    held_out: bool


def _read(file: Path) -> list[Phrase]:
    return [
        Phrase(
            text=row["text"],
            language=row["language"],
            danger="" if row["crisis"] == "none" else row["crisis"],
            how=row["how"],
            held_out=number % 2 == 1,
        )
        for number, row in enumerate(yaml.safe_load(file.read_bytes()))
    ]


PHRASES = _read(FINGERPRINT_OF)
FRESH = [phrase for file in sorted(_HERE.glob("fresh-*.yaml")) for phrase in _read(file)]
THIRD = [phrase for file in sorted(_HERE.glob("third-*.yaml")) for phrase in _read(file)]
