"""Vectors of texts that were encoded before, by the hash of the text: ``search/vectors.bin`` of a bot.

Encoding a bot's texts takes minutes, and most of them stay the same from one tuning to the next. Nothing reads this
file while the bot runs.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable, Iterable, Sequence

from flows.encoders import Encoder, cleaned

__all__ = ["Vectors"]

_KEY = 16
#: Texts encoded in one go, between two reports of progress.
_BATCH = 32


class Vectors:
    """Vectors of one encoder. Itself an encoder that encodes each text once."""

    def __init__(self, encoder: Encoder, data: bytes = b"") -> None:
        self.name = encoder.name
        self.size = encoder.size
        self._encoder = encoder
        self._known = _read(data, encoder.name, encoder.size)

    def encode(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return the vectors of ``texts``; those not known yet are encoded and remembered."""
        missing = [text for text in dict.fromkeys(texts) if _key(text) not in self._known]
        if missing:
            for text, vector in zip(missing, self._encoder.encode(missing), strict=True):
                self._known[_key(text)] = _packed(vector)
        return [_unpacked(self._known[_key(text)]) for text in texts]

    def prepare(self, texts: Iterable[str], progress: Callable[[int, int], None] = lambda done, of: None) -> None:
        """Encode what is missing of ``texts``, in batches."""
        missing = [text for text in dict.fromkeys(map(cleaned, texts)) if text and _key(text) not in self._known]
        for start in range(0, len(missing), _BATCH):
            self.encode(missing[start : start + _BATCH])
            progress(min(start + _BATCH, len(missing)), len(missing))

    def dump(self, texts: Iterable[str]) -> bytes:
        """Return the file with the vectors of ``texts`` and no others, in the order of their hashes."""
        keys = sorted({_key(text) for text in map(cleaned, texts)} & self._known.keys())
        head = {"v": 1, "encoder": self.name, "size": self.size, "count": len(keys)}
        return json.dumps(head).encode() + b"\n" + b"".join(key + self._known[key] for key in keys)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_KEY]


def _packed(vector: Sequence[float]) -> bytes:
    """Return a vector as a scale and one signed byte a number: a quarter of the room, no difference in the ranking."""
    scale = max(map(abs, vector), default=0.0) / 127 or 1.0
    return struct.pack(f"<f{len(vector)}b", scale, *(round(value / scale) for value in vector))


def _unpacked(data: bytes) -> list[float]:
    scale, *numbers = struct.unpack(f"<f{len(data) - 4}b", data)
    return [scale * number for number in numbers]


def _read(data: bytes, encoder: str, size: int) -> dict[bytes, bytes]:
    """Return the vectors of a file; none of a file that is broken or of another encoder: they are made again."""
    line, _, body = data.partition(b"\n")
    row = _KEY + 4 + size
    try:
        head = json.loads(line)
        fits = (head["v"], head["encoder"], head["size"], head["count"] * row) == (1, encoder, size, len(body))
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    if not fits:
        return {}
    rows = (body[start : start + row] for start in range(0, len(body), row))
    return {one[:_KEY]: one[_KEY:] for one in rows}
