"""Fitting the classifier over text vectors: multinomial logistic regression, by accelerated gradient steps.

The only part of the search that needs numpy, which comes with the extra ``[embed]``; it runs at ``streetwork faq tune``
and never while the bot does. The same texts and vectors give the same result: no chance is involved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from flows.classes import Classes
from flows.encoders import Encoder, cleaned
from flows.faq import Faq
from flows.lexical import EntryTexts
from flows.tuned import fingerprint
from flows.variants import retyped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    type_of_numbers = NDArray[np.float64]

__all__ = ["texts_of", "train"]

#: How little the directions are held back (the C of logistic regression); 20 to 80 were equally good by k-fold.
_FREEDOM = 40.0
_STEPS = 250


def train(entries: Mapping[str, Sequence[EntryTexts]], encoder: Encoder) -> Classes:
    """Return the classifier for these texts, all languages together: questions, examples and answers.

    Arabic is learned as it comes back from Latin letters too: people write it so, and the way back is rough.
    """
    import numpy as np

    pairs = [(entry, text) for entry, text in texts_of(entries) if text]
    names = sorted({entry for entry, _ in pairs})
    numbers = {name: number for number, name in enumerate(names)}
    wanted = np.array([numbers[entry] for entry, _ in pairs], dtype=np.intp)
    vectors = np.array(encoder.encode([text for _, text in pairs]), dtype=np.float64).reshape(len(pairs), encoder.size)
    center = vectors.mean(axis=0) if pairs else np.zeros(encoder.size)
    moved = vectors - center
    moved /= np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
    directions = _fit(moved, wanted, len(names))
    rows = {name: directions[:, number].tolist() for number, name in enumerate(names)}
    return Classes(
        encoder.name, fingerprint({key: tuple(found) for key, found in entries.items()}), center.tolist(), rows
    )


def texts_of(entries: Mapping[str, Sequence[EntryTexts]]) -> Iterator[tuple[str, str]]:
    """Yield (entry, text) of everything that is learned, as it is encoded."""
    faq = Faq(entries)
    for language, found in entries.items():
        for one in found:
            for text in (*one.asked, one.told):
                yield one.entry, cleaned(text)
            for text in one.asked:
                for spelled in retyped(text, language):
                    yield one.entry, faq.encodable(spelled, language)


def _fit(vectors: type_of_numbers, wanted: NDArray[np.intp], count: int) -> type_of_numbers:
    """Return one column a class, by Nesterov's method with the step that the largest singular value allows."""
    import numpy as np

    directions = np.zeros((vectors.shape[1], count))
    if not len(vectors) or not count:
        return directions
    ahead, speed = directions.copy(), 1.0
    step = 1 / (0.5 * _FREEDOM * float(np.linalg.norm(vectors, 2)) ** 2 + 1)
    right = np.eye(count)[wanted]
    for _ in range(_STEPS):
        odds = vectors @ ahead
        odds -= odds.max(axis=1, keepdims=True)
        chances = np.exp(odds)
        chances /= chances.sum(axis=1, keepdims=True)
        downhill = _FREEDOM * (vectors.T @ (chances - right)) + ahead
        following = ahead - step * downhill
        faster = (1 + (1 + 4 * speed * speed) ** 0.5) / 2
        ahead = following + (speed - 1) / faster * (following - directions)
        directions, speed = following, faster
    return directions
