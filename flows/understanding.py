"""What a typed text is taken for: the language it is written in and the entries it may ask for.

Slow for a turn (milliseconds, more with an encoder), so the worker obtains it in a thread and runs the turn again.
:func:`judge` decides what the entries are good for, in conversations and for ``streetwork ask`` alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from flows.effects import Match, Understood
from flows.tuned import ANSWER, OFFER
from i18n.detect import Detected, Detector
from i18n.lookalikes import one_script

if TYPE_CHECKING:
    from flows.program import Program

__all__ = ["Judged", "Tongues", "judge", "present", "understand"]

#: Matches that are looked for: enough for a step that asks for a topic to find some of it.
_MATCHES = 12
#: How likely the person's language is before a letter is read.
_OWN = 0.8
#: Letters in which another language than the person's must show itself; "ok" and "da" are no reason to change.
_LETTERS = 8
#: Characters of each language's texts that the detector learns from: a quarter of a second, ten megabytes.
_LEARNED = 40_000


class Tongues:
    """Tells the languages of a bot apart. Learns from the bot's own texts when it is first asked."""

    __slots__ = ("_corpus", "_detector", "languages")

    def __init__(self, corpus: Mapping[str, Sequence[str]]) -> None:
        self.languages = tuple(corpus)
        self._corpus = corpus
        self._detector: Detector | None = None

    def detect(self, text: str, language: str | None = None) -> Detected:
        """Return the language of ``text``; ``language`` is the one the person has used so far."""
        if self._detector is None:  # two threads at once would learn the same twice, and no harm done
            self._detector = Detector.train({name: _beginning(texts) for name, texts in self._corpus.items()})
        others = [name for name in self.languages if name != language]
        prior = {language: _OWN} if language in self.languages and language is not None else {}
        if prior:
            prior |= dict.fromkeys(others, (1 - _OWN) / max(1, len(others)))
        return self._detector.detect(text, prior)


def _beginning(texts: Sequence[str]) -> list[str]:
    """Return as many of the texts as are learned from."""
    found: list[str] = []
    left = _LEARNED
    for text in texts:
        if left <= 0:
            break
        found.append(text[:left])
        left -= len(text)
    return found


def understand(program: Program, text: str, language: str | None, *, quick: bool = False) -> Understood:
    """Return what ``text`` is taken for; ``language`` is the person's, None while it is not known.

    ``quick`` leaves the encoder out. Never raises for what a person can type.
    """
    whole = one_script(text)
    detected = program.tongues.detect(whole, language)
    sure = detected.language in program.languages and detected.letters >= _LETTERS
    written = detected.language if sure else None
    answered = written or language or _guessed(program, detected)
    matches = program.faq.search(whole, answered, _MATCHES, quick=quick)
    if language is not None and answered != language and detected.script == "Latn":
        # Arabizi and Cyrillic in Latin letters look like other languages: what was used so far may fit better.
        own = program.faq.search(whole, language, _MATCHES, quick=quick)
        if own and own[0].score > (matches[0].score if matches else 0.0):
            matches, answered, sure = own, language, True
    return Understood(
        text=text,
        language=answered,
        sure=sure,
        foreign=detected.foreign if detected.letters >= _LETTERS else None,
        matches=matches,
    )


def _guessed(program: Program, detected: Detected) -> str:
    """Return a language for an unsure text of somebody whose language is not known."""
    if detected.language in program.languages and detected.language is not None:
        return detected.language
    # Latin letters may be any language; Cyrillic and Arabic ones are at least read by those who write them.
    own_letters = detected.script in {"Arab", "Cyrl"}
    likely = own_letters or (detected.foreign is None and detected.letters >= _LETTERS)
    known = detected.likeliest if likely and detected.likeliest in program.languages else None
    return known or program.spec.languages.source


def present(program: Program, matches: Sequence[Match], today: date) -> list[Match]:
    """Return the matches as they can be shown on a day: what stands in for a centre that has ended, each only once."""
    found: dict[str, Match] = {}
    for match in matches:
        name = program.shelf.present(match.id, today) if match.id in program.shelf.centres else match.id
        if name is not None:
            found.setdefault(name, Match(id=name, score=match.score))
    return list(found.values())


class Judged(Struct, frozen=True, kw_only=True):
    """What is done with a question, and the entries that are shown or offered, best first."""

    kind: Literal["answer", "offer", "unknown"]
    matches: tuple[Match, ...] = ()


def judge(matches: Sequence[Match], show: int = 3) -> Judged:
    """Return whether the best entry is shown at once, the nearest ``show`` are offered, or nothing comes near.

    With ``show=0`` nothing is offered: only a sure answer is given.
    """
    good = tuple(match for match in matches if match.score >= OFFER)
    if good and good[0].score >= ANSWER:
        return Judged(kind="answer", matches=good[:1])
    if good and show:
        # The first one is near enough to offer; what stands behind it may be what was meant.
        return Judged(kind="offer", matches=tuple(matches[:show]))
    return Judged(kind="unknown")
