"""The crisis set as data: phrases by somebody who has not seen ``crisis.yaml``. Only for measuring."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import yaml

__all__ = ["FINGERPRINT_OF", "PHRASES", "Phrase"]

FINGERPRINT_OF = Path(__file__).with_name("phrases.yaml")


class Phrase(NamedTuple):
    """One phrase; ``danger`` is "" where there is none. Every second phrase was held out while the rules were made."""

    text: str
    language: str
    danger: str
    how: str
    held_out: bool


PHRASES = [
    Phrase(
        text=row["text"],
        language=row["language"],
        danger="" if row["crisis"] == "none" else row["crisis"],
        how=row["how"],
        held_out=number % 2 == 1,
    )
    for number, row in enumerate(yaml.safe_load(FINGERPRINT_OF.read_bytes()))
]
