"""What ``streetwork faq tune`` learned about a bot: how sure a match must be. Kept in ``search/tuned.json`` of the bot.

A match has two figures: how near its texts are (0 to 1), and its share of the likelihood among all entries, of which
the log-odds are taken: shares of 0.99 and 0.999 differ as much as 0.5 and 0.9. A curve makes one number of them, the
chance that the entry is the right one; two thresholds say from which chance on an entry is shown at once, and from
which on it is offered. What leaves the search is that number stretched so that the thresholds lie at fixed places,
:data:`ANSWER` and :data:`OFFER`, whichever bot and whichever way of searching it was.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from itertools import pairwise

import msgspec
from msgspec import Struct

from flows.lexical import EntryTexts

__all__ = ["ANSWER", "OFFER", "UNTUNED", "Curve", "Tuned", "fingerprint", "log_odds", "read_tuned", "write_tuned"]

#: From this score on an entry is shown at once.
ANSWER = 0.6
#: From this score on entries are offered.
OFFER = 0.2
#: Log-odds beyond this say no more.
_SUREST = 8.0


def log_odds(share: float) -> float:
    """Return the log-odds of a share, at most :data:`_SUREST` either way."""
    return max(-_SUREST, min(_SUREST, math.log(max(share, 1e-12) / max(1 - share, 1e-12))))


class Curve(Struct, frozen=True, kw_only=True):
    """Chance of being right: ``1 / (1 + exp(-(bias + near * nearness + share * log_odds(share))))``."""

    bias: float
    near: float
    share: float
    #: Chance from which on an entry is shown, and from which on it is offered.
    answer: float
    offer: float

    def chance(self, nearness: float, share: float) -> float:
        """Return the chance that this entry is the right one."""
        odds = self.bias + self.near * nearness + self.share * log_odds(share)
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, odds))))

    def score(self, nearness: float, share: float) -> float:
        """Return the chance stretched so that the thresholds lie at :data:`OFFER` and :data:`ANSWER`."""
        chance = self.chance(nearness, share)
        corners = ((0.0, 0.0), (self.offer, OFFER), (self.answer, ANSWER), (1.0, 1.0))
        for (low, low_score), (high, high_score) in pairwise(corners):
            if chance < high:
                return low_score + (chance - low) / (high - low) * (high_score - low_score)
        return 1.0


class Tuned(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The curves of a bot, and what they were fitted on."""

    v: int = 2
    #: Fingerprint of the texts; another one means that it is time to tune again.
    texts: str = ""
    lexical: Curve
    #: The same with an encoder, and its name.
    encoded: Curve | None = None
    encoder: str = ""
    #: What the fit measured, for readers: per cent, by cross-validation.
    measured: dict[str, dict[str, float]] = {}


#: Near what fits the shipped bot; for a bot that was never tuned, so it must be surer before it answers.
UNTUNED = Tuned(lexical=Curve(bias=-0.6, near=0.5, share=0.68, answer=0.93, offer=0.1))


def fingerprint(entries: Mapping[str, tuple[EntryTexts, ...]]) -> str:
    """Return a short hash over all texts of all languages that the search learns from."""
    digest = hashlib.sha256()
    for language in sorted(entries):
        for found in sorted(entries[language], key=lambda one: one.entry):
            for part in (language, found.entry, *found.asked, found.told):
                digest.update(f"{len(part)}\x1f{part}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]


def read_tuned(data: bytes) -> Tuned | None:
    """Return what a file says, None when it cannot be read or its numbers make no sense."""
    try:
        tuned = msgspec.json.decode(data, type=Tuned)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    curves = [tuned.lexical, *([tuned.encoded] if tuned.encoded else [])]
    return tuned if tuned.v == 2 and all(0 < curve.offer <= curve.answer <= 1 for curve in curves) else None


def write_tuned(tuned: Tuned) -> bytes:
    """Return the file, readable by people."""
    return msgspec.json.format(msgspec.json.encode(tuned), indent=2) + b"\n"
