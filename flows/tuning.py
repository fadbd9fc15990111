"""How sure must a match be? Fitted on the bot's own examples by cross-validation, never typed in.

Theory of operation
-------------------
Three kinds of questions are asked of indexes that have not seen them:

- *examples*: in each of four folds every fourth example of each entry is held out, in all languages at once (the lines
  of translations are often translations of each other). They are asked as written, and mistyped or in Latin letters.
- *left out*: in each of four groups a quarter of the entries is left out whole. Their questions are near the bot's
  subject and have no answer: the hardest kind of question to be silent at.
- *outside*: a list of questions that no advice bot answers, which ships with the framework.

Of each the best entry's nearness and share are noted, and whether it is the right one. A curve is fitted to that
(logistic regression on two figures), and two thresholds are read off it: see :func:`_thresholds`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from flows.classes import Classes
from flows.encoders import Encoder
from flows.faq import Faq, Meaning, nearness, shares_of
from flows.lexical import EntryTexts, Likeness
from flows.training import train
from flows.tuned import UNTUNED, Curve, Tuned, fingerprint, log_odds
from flows.variants import mistyped
from i18n.transliterate import transliterations

_Found = TypeVar("_Found")

__all__ = ["Texts", "held_out", "questions_of", "tune"]

Texts = Mapping[str, tuple[EntryTexts, ...]]
_FOLDS = 4
#: Of questions without an answer, so many may be answered outright, the left-out ones counted as a quarter of them.
_FALSE_ANSWERS = 0.0225
_LEFT_OUT_SHARE = 1 / 4
#: Of the answers shown, so many may be of another entry.
_WRONG_ANSWERS = 0.05
#: Of the questions whose entry is among the best three, so many must at least be offered.
_OFFERED = 0.99
#: Questions looked at; more make no better fit and every one costs a search.
_MOST = {"example": 2400, "left_out": 900, "outside": 600}


class _Seen(Struct, frozen=True):
    """What a search said to one question."""

    kind: Literal["example", "left_out", "outside"]
    near: float
    share: float
    right: bool
    #: The right entry is among the best three.
    among: bool


def tune(
    texts: Texts,
    outside: Mapping[str, Sequence[str]],
    encoder: Encoder | None,
    *,
    progress: Callable[[str], None] = lambda line: None,
) -> tuple[Tuned, Classes | None]:
    """Return what the bot's examples teach; the classes are None without an encoder."""
    asked = list(_asked(texts, outside))
    classes = train(texts, encoder) if encoder is not None else None
    lexical: list[_Seen] = []
    encoded: list[_Seen] = []
    for number, (kind, known, questions) in enumerate(asked, 1):
        faq = _index(known, encoder)
        for wanted, language, text in questions:
            like = faq.likeness(text, language)
            lexical.append(_seen(kind, like, None, wanted))
            if encoder is not None:
                encoded.append(_seen(kind, like, faq.meaning(text, language), wanted))
        progress(f"{number} of {len(asked)} parts")
    curve, figures = _curve(lexical)
    measured = {"lexical": figures}
    tuned = Tuned(texts=fingerprint(texts), lexical=curve, measured=measured)
    if encoder is None or classes is None:
        return tuned, None
    curve, measured["encoded"] = _curve(encoded)
    return replace(tuned, encoded=curve, encoder=encoder.name), classes


def _index(known: Texts, encoder: Encoder | None) -> Faq:
    """Return an index of ``known``; its curve does not matter, only nearness and log-odds are asked for."""
    if encoder is None:
        return Faq(known)
    pretended = replace(UNTUNED, encoded=UNTUNED.lexical, encoder=encoder.name)
    return Faq(known, tuned=pretended, classes=train(known, encoder), encoder=encoder)


def _seen(
    kind: Literal["example", "left_out", "outside"],
    like: Mapping[str, Likeness],
    means: Meaning | None,
    wanted: str | None,
) -> _Seen:
    if not like:
        return _Seen(kind, 0.0, 0.0, False, False)
    shares = shares_of(like, means)
    ranked = sorted(shares, key=lambda entry: (-shares[entry], entry))[:3]
    return _Seen(kind, nearness(like, ranked[0]), shares[ranked[0]], ranked[0] == wanted, wanted in ranked)


# -- what is asked ------------------------------------------------------------------------------------------

_Question = tuple[str | None, str, str]
_Part = tuple[Literal["example", "left_out", "outside"], Texts, list[_Question]]


def questions_of(texts: Texts, outside: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield every question that :func:`tune` will ask, as it is encoded, so that that can be done before."""
    for _, known, questions in _asked(texts, outside):
        faq = Faq(known)
        for _, language, text in questions:
            yield faq.encodable(text, language)


def _asked(texts: Texts, outside: Mapping[str, Sequence[str]]) -> Iterator[_Part]:
    """Yield (kind, the texts that are known, the questions that are asked)."""
    for fold in range(_FOLDS):
        known, examples = _without_examples(texts, fold)
        yield "example", known, _some([*_variants(examples)], _MOST["example"] // _FOLDS)
    names = sorted({one.entry for found in texts.values() for one in found})
    for group in range(_FOLDS):
        left = set(names[group::_FOLDS])
        known = {language: tuple(one for one in found if one.entry not in left) for language, found in texts.items()}
        held: list[_Question] = [
            (None, language, text)
            for language, found in texts.items()
            for one in found
            if one.entry in left
            for text in one.asked
        ]
        yield "left_out", known, _some(held, _MOST["left_out"] // _FOLDS)
    listed: list[_Question] = [(None, language, text) for language, found in outside.items() for text in found]
    yield "outside", texts, _some(listed, _MOST["outside"])


def held_out(texts: Texts) -> Iterator[tuple[Texts, list[_Question]]]:
    """Yield, for each fold, the texts without every fourth example, and those: (entry, language, text)."""
    for fold in range(_FOLDS):
        yield _without_examples(texts, fold)


def _without_examples(texts: Texts, fold: int) -> tuple[Texts, list[_Question]]:
    """Return the texts without every fourth example, and those examples; the question itself always stays."""
    known: dict[str, tuple[EntryTexts, ...]] = {}
    held: list[_Question] = []
    for language, found in texts.items():
        kept = []
        for one in found:
            examples = one.asked[one.own :]
            held += [(one.entry, language, text) for text in examples[fold::_FOLDS]]
            left = tuple(text for number, text in enumerate(examples) if number % _FOLDS != fold)
            kept.append(replace(one, asked=(*one.asked[: one.own], *left)))
        known[language] = tuple(kept)
    return known, held


def _variants(held: Sequence[_Question]) -> Iterator[_Question]:
    """Yield each question as written, and once more as people type: with a slip, or in Latin letters."""
    for number, (entry, language, text) in enumerate(held):
        yield entry, language, text
        spelled = transliterations(text, language)
        yield entry, language, (spelled[number // 2 % len(spelled)] if spelled and number % 2 else mistyped(text))


def _some(questions: list[_Question], most: int) -> list[_Question]:
    """Return at most so many, spread evenly."""
    if len(questions) <= most:
        return questions
    return [questions[number * len(questions) // most] for number in range(most)]


# -- the curve ----------------------------------------------------------------------------------------------


def _curve(seen: Sequence[_Seen]) -> tuple[Curve, dict[str, float]]:
    """Return the curve and thresholds for what was seen, and what they give, in per cent."""
    bias, near, share = _logistic([(one.near, log_odds(one.share)) for one in seen], [one.right for one in seen])
    curve = Curve(bias=round(bias, 4), near=round(near, 4), share=round(share, 4), answer=1.0, offer=0.5)
    chances = [(one, curve.chance(one.near, one.share)) for one in seen]
    answer, offer = _thresholds(chances)
    return replace(curve, answer=answer, offer=offer), _figures(chances, answer, offer)


def _logistic(points: Sequence[tuple[float, float]], right: Sequence[bool]) -> tuple[float, float, float]:
    """Return bias and two weights by Newton's method; a little held back, so that it always ends."""
    weights = [0.0, 0.0, 0.0]
    for _ in range(25):
        pull = [-0.01 * weight for weight in weights]
        bend = [[0.01 if i == j else 0.0 for j in range(3)] for i in range(3)]
        for (near, share), yes in zip(points, right, strict=True):
            point = (1.0, near, share)
            odds = sum(weight * value for weight, value in zip(weights, point, strict=True))
            chance = 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))
            for i in range(3):
                pull[i] += (yes - chance) * point[i]
                for j in range(3):
                    bend[i][j] += chance * (1 - chance) * point[i] * point[j]
        weights = [weight + step for weight, step in zip(weights, _solved(bend, pull), strict=True)]
    return weights[0], weights[1], weights[2]


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Return the solution of three equations, by Gauss."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for at in range(3):
        top = max(range(at, 3), key=lambda number: abs(rows[number][at]))
        rows[at], rows[top] = rows[top], rows[at]
        for other in range(3):
            if other != at:
                factor = rows[other][at] / rows[at][at]
                rows[other] = [value - factor * above for value, above in zip(rows[other], rows[at], strict=True)]
    return [rows[at][3] / rows[at][at] for at in range(3)]


def _thresholds(chances: Sequence[tuple[_Seen, float]]) -> tuple[float, float]:
    """Return (answer, offer).

    Answer: the lowest chance at which both kinds of false answers stay rare enough. Offer: the highest at which hardly
    any question is lost whose entry is among the three that would be offered.
    """
    found, shown, wrong = 0.9999, 0, 0
    falsely = {"left_out": 0, "outside": 0}
    asked = {kind: sum(one.kind == kind for one, _ in chances) or 1 for kind in falsely}
    for one, chance in sorted(chances, key=lambda pair: (-pair[1], pair[0].kind == "example")):
        if one.kind == "example":
            shown += 1
            wrong += not one.right
        else:
            falsely[one.kind] += 1
        false = _LEFT_OUT_SHARE * falsely["left_out"] / asked["left_out"]
        false += (1 - _LEFT_OUT_SHARE) * falsely["outside"] / asked["outside"]
        # Two wrong answers among the first few say nothing about the rate.
        if false <= _FALSE_ANSWERS and wrong <= _WRONG_ANSWERS * shown + 2:
            found = min(found, chance)
    among = sorted(chance for one, chance in chances if one.among)
    lowest = among[int(len(among) * (1 - _OFFERED))] if among else 0.5
    return found, min(max(lowest, 0.001), found)


def _rate(found: Sequence[_Found], holds: Callable[[_Found], bool]) -> float:
    return sum(map(holds, found)) / len(found) if found else 0.0


def _figures(chances: Sequence[tuple[_Seen, float]], answer: float, offer: float) -> dict[str, float]:
    """Return what these thresholds give, in per cent of the questions of each kind."""
    by_kind = {
        kind: [(one, chance) for one, chance in chances if one.kind == kind]
        for kind in ("example", "left_out", "outside")
    }
    examples = by_kind["example"]
    figures = {
        "questions": float(len(examples)) / 100,
        "top1": _rate(examples, lambda pair: pair[0].right),
        "top3": _rate(examples, lambda pair: pair[0].among),
        "answered_right": _rate(examples, lambda pair: pair[0].right and pair[1] >= answer),
        "answered_wrong": _rate(examples, lambda pair: not pair[0].right and pair[1] >= answer),
        "silent": _rate(examples, lambda pair: pair[1] < offer),
        "left_out_answered": _rate(by_kind["left_out"], lambda pair: pair[1] >= answer),
        "outside_answered": _rate(by_kind["outside"], lambda pair: pair[1] >= answer),
        "outside_silent": _rate(by_kind["outside"], lambda pair: pair[1] < offer),
    }
    return {name: round(100 * value, 1) for name, value in figures.items()}
