"""A linear classifier over text vectors: for each FAQ entry a direction, and how far a question points that way.

Fitted by :mod:`flows.training` at ``streetwork faq tune``, kept in ``search/classes.bin``. Used in plain Python, so
that what answers people needs no numerical library: a hundred entries take one millisecond.
"""

from __future__ import annotations

import json
import math
import struct
from array import array
from collections.abc import Iterable, Mapping, Sequence
from operator import mul

__all__ = ["Classes", "read_classes", "write_classes"]


class Classes:
    """The directions of all entries. Immutable."""

    __slots__ = ("_center", "_rows", "encoder", "size", "texts")

    def __init__(self, encoder: str, texts: str, center: Sequence[float], rows: Mapping[str, Sequence[float]]) -> None:
        #: Name of the encoder whose vectors these are about.
        self.encoder = encoder
        #: Fingerprint of the texts they were fitted on.
        self.texts = texts
        self.size = len(center)
        self._center = array("f", center)
        self._rows = {entry: array("f", row) for entry, row in rows.items()}

    def knows(self, entries: Iterable[str]) -> bool:
        """Return whether each of these entries has a direction; one without would always lose against the others."""
        return self._rows.keys() >= set(entries)

    def scores(self, vector: Sequence[float]) -> dict[str, float]:
        """Return the log-odds of each entry; raises ValueError for a vector of another size."""
        if len(vector) != self.size:
            raise ValueError(f"a vector of {self.size} numbers is needed, not {len(vector)}")
        moved = [value - middle for value, middle in zip(vector, self._center, strict=True)]
        norm = math.sqrt(sum(map(mul, moved, moved))) or 1.0
        return {entry: sum(map(mul, moved, row)) / norm for entry, row in self._rows.items()}


def write_classes(classes: Classes) -> bytes:
    """Return the file: one line of JSON that says what follows, then numbers of half precision."""
    head = {
        "v": 1, "encoder": classes.encoder, "texts": classes.texts, "size": classes.size,
        "entries": list(classes._rows),
    }  # fmt: skip
    numbers = [*classes._center, *(value for row in classes._rows.values() for value in row)]
    return json.dumps(head).encode() + b"\n" + struct.pack(f"<{len(numbers)}e", *numbers)


def read_classes(data: bytes) -> Classes | None:
    """Return what a file holds, None when it is not such a file or is cut."""
    line, found, body = data.partition(b"\n")
    try:
        head = json.loads(line)
        encoder, texts, entries, size = head["encoder"], head["texts"], head["entries"], int(head["size"])
        if not found or head["v"] != 1 or size < 1 or not all(isinstance(name, str) for name in entries):
            return None
        numbers = struct.unpack(f"<{size * (len(entries) + 1)}e", body)
    except (ValueError, KeyError, TypeError, struct.error, RecursionError):
        return None
    if not isinstance(encoder, str) or not isinstance(texts, str) or not all(map(math.isfinite, numbers)):
        return None
    rows = {name: numbers[size * number : size * (number + 1)] for number, name in enumerate(entries, 1)}
    return Classes(encoder, texts, numbers[:size], rows)
