"""Which language a message is written in: naive Bayes over its letters, with a None for "not sure".

Trained at start from the bot's own texts, and from Latin spellings made of them, because that is how many people
type Bulgarian, Russian and Arabic. It never decides alone: the chosen language enters as a prior, the bot
only offers a button. One detection looks at 200 characters at most.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from i18n.everyday import EVERYDAY
from i18n.negotiate import base_language
from i18n.transliterate import transliterations

__all__ = ["Detected", "Detector", "Script"]

Script = Literal["Latn", "Cyrl", "Arab", "other", "none"]

#: Characters of a message that are looked at.
_CUT = 200
#: Characters of one training text and of all texts of one language: training stays below a second.
_TRAIN_TEXT = 4000
_TRAIN_TOTAL = 120_000
_ORDERS = (1, 2, 3, 4)
#: Kinds of n-grams there roughly are in any language, by their length, and the share of probability spread over
#: all of them. The same for every language: one with much training text must not lose by what it has never seen.
_KINDS = {1: 40, 2: 900, 3: 9000, 4: 40_000}
_SHARED = 0.1
_UNSEEN = {size: math.log(_SHARED / kinds) for size, kinds in _KINDS.items()}
#: Each letter is counted in four n-grams that are far from independent; without this every answer looks certain.
_TEMPERATURE = 4.0
#: How likely a language that nobody offers is, against the least likely of ours.
_DECOY_WEIGHT = 0.02
#: Below these the answer is "not sure".
_SURE = 0.85
_LETTERS_NEEDED = 4
#: So many of a text's groups of three letters must have been seen in the language. Whole sentences have three quarters,
#: "asdf qwer" a quarter.
_KNOWN = 0.3
#: Letters that a language never has. Two of them in a text say that it is a language nobody trained.
_STRANGE = {
    "ru": "іїєґўђћџљњјѓќ",
    "bg": "ыэёіїєґўђћџљњјѓќ",
    "uk": "ыэёъўђћџљњјѓќ",
    "ar": "پچژگکیټډړښځڅېۍںھہےۆێڕڵ",
}
_NOISE = re.compile(r"\{[^{}]{0,80}\}|(?:https?://|www\.)\S{1,200}|\S{1,80}@\S{1,80}")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*'?")
_DROP = re.compile("[\u0300-\u0305\u0640\u064b-\u065f\u0670\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


class Detected(Struct, frozen=True, kw_only=True):
    """``language`` is None when unsure; ``confidence`` is between 0 and 1 and belongs to the likeliest language."""

    language: str | None
    confidence: float
    script: Script
    #: The likeliest language of the corpus in this script, however unsure.
    likeliest: str | None = None
    #: A language that is surely none of the corpus.
    foreign: str | None = None
    #: Letters that were looked at.
    letters: int = 0


class _Model(Struct, frozen=True, kw_only=True):
    """The letters of one language in one script: log probability of each n-gram it was seen with."""

    language: str
    script: Script
    grams: dict[str, float]
    #: Known only so that its texts are not taken for another language's.
    decoy: bool = False


def _script_of(sign: str) -> Script:
    code = ord(sign)
    if code < 0x250 or 0x1E00 <= code < 0x1F00:
        return "Latn"
    if 0x400 <= code < 0x530:
        return "Cyrl"
    if 0x600 <= code < 0x780 or 0x8A0 <= code < 0x900 or 0xFB50 <= code < 0xFE00 or 0xFE70 <= code < 0xFF00:
        return "Arab"
    return "other"


def _clean(text: str) -> list[str]:
    """Return the lower-case words that have a letter, without placeholders, addresses and marks."""
    plain = _DROP.sub("", unicodedata.normalize("NFKC", _NOISE.sub(" ", text)).lower())
    return [word for word in _WORD.findall(plain) if any(sign.isalpha() for sign in word)]


def _grams(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        padded = f" {word} "
        for size in _ORDERS:
            for start in range(len(padded) - size + 1):
                yield padded[start : start + size]


def _train(language: str, script: Script, texts: Iterable[str], *, decoy: bool = False) -> _Model:
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(_grams(word for word in _clean(text) if _script_of(word[0]) == script or word[0].isdigit()))
    totals = Counter[int]()
    for gram, often in counts.items():
        totals[len(gram)] += often
    grams = {
        gram: math.log((1 - _SHARED) * often / totals[len(gram)] + _SHARED / _KINDS[len(gram)])
        for gram, often in counts.items()
    }
    return _Model(language=language, script=script, grams=grams, decoy=decoy)


def _main_script(texts: Iterable[str]) -> Script:
    scripts = Counter(_script_of(sign) for text in texts for sign in text if sign.isalpha())
    return scripts.most_common(1)[0][0] if scripts else "none"


def _bounded(texts: Sequence[str]) -> Iterator[str]:
    left = _TRAIN_TOTAL
    for text in texts:
        cut = text[: min(_TRAIN_TEXT, left)]
        left -= len(cut)
        yield cut
        if left <= 0:
            return


class Detector:
    """Tells the languages of its corpus apart; immutable after :meth:`train`, safe to share between threads."""

    __slots__ = ("_models",)

    def __init__(self, models: Sequence[_Model]) -> None:
        self._models = tuple(models)

    @classmethod
    def train(cls, corpus: Mapping[str, Sequence[str]]) -> Detector:
        """Return a detector for the languages of ``corpus``: texts by language, some hundred words each at least.

        Everyday words are added for the languages they exist for, Latin spellings for Bulgarian, Russian and Arabic.
        """
        models = []
        for language, given in corpus.items():
            base = base_language(language)
            texts = [*_bounded(given), *([EVERYDAY[base]] * 2 if base in EVERYDAY else [])]
            main = _main_script(texts)
            if main == "none":
                continue
            models.append(_train(language, main, texts))
            latin = [spelling for text in texts for spelling in transliterations(text, base)]
            if main != "Latn" and latin:
                models.append(_train(language, "Latn", latin))
        known = {base_language(language) for language in corpus}
        for language, text in EVERYDAY.items():
            if language not in known:
                models.append(_train(language, _main_script([text]), [text], decoy=True))
        return cls(models)

    def detect(self, text: str, prior: Mapping[str, float] | None = None) -> Detected:
        """Return the language of ``text``; None for the language when it is too short, too mixed or of none of ours.

        ``prior`` weighs languages before a letter is read (the chosen language 0.9, say); those it leaves out share
        the smallest weight in it. Digits, addresses and placeholders say nothing.
        """
        words = _clean(text[:_CUT])
        letters = Counter(_script_of(sign) for word in words for sign in word if sign.isalpha())
        if not letters:
            return Detected(language=None, confidence=0.0, script="none")
        script = letters.most_common(1)[0][0]
        models = [model for model in self._models if model.script == script]
        ours = sum(not model.decoy for model in models)
        if not ours:
            return Detected(language=None, confidence=0.0, script=script)
        fitting = [word for word in words if _fits(word, script)]
        best, confidence = _likeliest(models, fitting, prior or {})
        confidence *= _familiar(best, words)
        # The only language with its script needs no more than two letters; "da" could be anything.
        needed = 2 if ours == 1 and script != "Latn" else _LETTERS_NEEDED
        sure = confidence >= _SURE and letters[script] >= needed and letters[script] * 2 >= letters.total()
        sure = sure and _seen_before(best, fitting) >= _KNOWN
        likeliest = (
            best if not best.decoy else _likeliest([model for model in models if not model.decoy], fitting, {})[0]
        )
        return Detected(
            language=best.language if sure and not best.decoy else None,
            confidence=confidence,
            script=script,
            likeliest=likeliest.language,
            foreign=best.language if sure and best.decoy else None,
            letters=letters[script],
        )


def _seen_before(model: _Model, words: Sequence[str]) -> float:
    """Return the share of the groups of three letters that the model was trained with."""
    grams = [gram for gram in _grams(words) if len(gram) == 3]
    return sum(gram in model.grams for gram in grams) / len(grams) if grams else 0.0


def _familiar(model: _Model, words: Sequence[str]) -> float:
    """Return 1 when the letters are those of the model's language, less for one that is not, 0 for more."""
    never = _STRANGE.get(base_language(model.language), "")
    strange = sum(
        sign in never or (model.script == "Latn" and sign > "\u007f" and sign not in model.grams and sign not in "äöüß")
        for word in words
        for sign in word
    )
    return (1.0, 0.5)[strange] if strange < 2 else 0.0


def _fits(word: str, script: Script) -> bool:
    return any(_script_of(sign) == script for sign in word if sign.isalpha())


def _likeliest(models: Sequence[_Model], words: Sequence[str], prior: Mapping[str, float]) -> tuple[_Model, float]:
    """Return the likeliest model and its probability among ``models``."""
    least = min((weight for weight in prior.values() if weight > 0), default=1.0)
    grams = list(_grams(words))
    scores = []
    for model in models:
        likely = sum(model.grams.get(gram, _UNSEEN[len(gram)]) for gram in grams)
        before = least * _DECOY_WEIGHT if model.decoy else prior.get(model.language, least)
        scores.append(likely / _TEMPERATURE + math.log(max(before, 1e-6)))
    top = max(scores)
    weights = [math.exp(score - top) for score in scores]
    return models[scores.index(top)], 1.0 / sum(weights)
