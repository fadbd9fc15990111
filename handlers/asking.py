"""What the bot would do with a question, as data: for ``streetwork ask``, ``streetwork faq test`` and the benchmarks.

It calls what the chain calls, in the chain's order: :meth:`flows.crisis.Crisis.match`, then
:func:`flows.understanding.understand` and :func:`flows.understanding.judge`. A test holds both ways together.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct

from flows.program import Program
from flows.understanding import judge, present, understand

__all__ = ["Verdict", "ask"]


class Verdict(Struct, frozen=True, kw_only=True):
    """What the bot would do with a text."""

    text: str
    #: In which it would answer.
    language: str
    kind: Literal["crisis", "rumour", "answer", "offer", "unknown"]
    #: Entry shown, or entries offered, best first; of danger its kind, and the entries that have just this answer.
    ids: tuple[str, ...] = ()
    #: From 0.6 on an entry is shown, from 0.2 on entries are offered, see :mod:`flows.tuned`.
    scores: tuple[float, ...] = ()


def ask(program: Program, text: str, language: str | None = None, *, today: date) -> Verdict:
    """Return what the bot would do with ``text``, written where it would be taken for a question.

    ``language`` is what the person has used so far; None leaves it to the text. ``today`` decides which centres are
    still there.
    """
    danger = program.crisis.match(text)
    found = understand(program, text, language, quick=danger is not None)
    if danger is not None:
        ids = (danger, *(name for name, entry in program.faq_entries.items() if entry.danger == danger))
        return Verdict(text=text, language=found.language, kind="crisis", ids=ids, scores=(1.0,) * len(ids))
    judged = judge(present(program, found.matches, today))
    kind: Literal["rumour", "answer", "offer", "unknown"] = judged.kind
    if judged.kind == "answer" and judged.matches[0].id in program.shelf.rumours:
        kind = "rumour"
    return Verdict(
        text=text,
        language=found.language,
        kind=kind,
        ids=tuple(match.id for match in judged.matches),
        scores=tuple(match.score for match in judged.matches),
    )
