"""How well a bot finds answers: top-1, top-3 and false answers of a question set, by language and by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from flows.question_sets import Question
from handlers.asking import Verdict

__all__ = ["Tally", "measure", "table"]


class Tally(Struct, kw_only=True):
    """What came of the questions of one group."""

    #: Questions with an answer, those whose entry was first, and among the first three shown or offered.
    asked: int = 0
    first: int = 0
    among: int = 0
    #: Of these, entries shown at once that were right, and wrong.
    right: int = 0
    wrong: int = 0
    #: Questions without an answer, those answered all the same, and those met with silence.
    outside: int = 0
    false: int = 0
    silent: int = 0

    def add(self, question: Question, kind: str, ids: Sequence[str]) -> None:
        """Count what came of one question; ``ids`` as of :class:`handlers.asking.Verdict`."""
        answered = kind in {"answer", "rumour", "crisis"}
        if kind == "crisis":
            ids = ids[1:]  # the first is the kind of danger
        if not question.entry:
            self.outside += 1
            self.false += answered
            self.silent += kind == "unknown"
            return
        hits = [question.answered_by(entry) for entry in ids[:3]]
        self.asked += 1
        self.first += bool(hits) and hits[0]
        self.among += any(hits)
        self.right += answered and bool(hits) and hits[0]
        self.wrong += answered and not (bool(hits) and hits[0])


def measure(questions: Iterable[Question], find: Callable[[Question], Verdict]) -> dict[str, Tally]:
    """Return tallies of all questions, of each language, each kind, and each of both together; in this order."""
    groups: dict[str, Tally] = {"all": Tally()}
    parts: dict[str, Tally] = {}
    for question in questions:
        verdict = find(question)
        names = (question.language, question.kind, f"{question.language} {question.kind}")
        near = () if question.entry else (f"out of scope, {'near' if question.near == 'yes' else 'far'}",)
        for name in ("all", *names, *near):
            tally = groups if name == "all" else parts
            tally.setdefault(name, Tally()).add(question, verdict.kind, verdict.ids)
    return groups | dict(sorted(parts.items(), key=lambda part: (len(part[0].split()), part[0])))


def table(groups: dict[str, Tally]) -> list[str]:
    """Return the tallies as lines of text; per cent, a dash where nothing was asked."""
    head = ("", "questions", "top-1", "top-3", "answered right", "wrong", "out of scope", "answered", "silent")
    rows = [
        (
            name,
            str(one.asked),
            _share(one.first, one.asked),
            _share(one.among, one.asked),
            _share(one.right, one.asked),
            _share(one.wrong, one.asked),
            str(one.outside),
            _share(one.false, one.outside),
            _share(one.silent, one.outside),
        )
        for name, one in groups.items()
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if not number else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (head, *rows)
    ]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else "-"
