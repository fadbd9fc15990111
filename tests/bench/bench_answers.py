"""How often the right answer is found, beside plain BM25 in the same run.

Asked are the project's own question set (``tests/data/questions``), which nothing ever learns from; its fingerprint is
printed. While there is none, examples are held out of the index by folds, as ``streetwork faq tune`` does it.

Plain BM25 has no idea of when to be silent. To compare false answers, its threshold is set so that it answers as many
questions as ours does by letters.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from flows.encoders import load_encoder
from flows.faq import Faq
from flows.loader import load
from flows.question_sets import Question, read_questions
from flows.tuning import Texts, held_out
from flows.understanding import judge
from handlers.asking import Verdict
from handlers.measuring import Tally, measure, table
from tests.bench.bm25 import Bm25
from tests.bench.report import Report, machine, percentile, quick
from tests.fakes.bots import BERLIN

QUESTIONS = Path(__file__).parent.parent / "data" / "questions"
FIRST, AMONG, FALSE = 85.0, 95.0, 3.0
DAY = date(2026, 11, 27)
#: Looks a question up: what is shown or offered, best first, and how sure that is.
Find = Callable[[Question], Verdict]


def ours(faq: Faq) -> Find:
    """Return how our search answers."""

    def find(question: Question) -> Verdict:
        judged = judge(faq.search(question.text, question.language, 3))
        return Verdict(
            text=question.text,
            language=question.language,
            kind=judged.kind,
            ids=tuple(match.id for match in judged.matches),
            scores=tuple(match.score for match in judged.matches),
        )

    return find


def plain(known: Bm25, least: float) -> Find:
    """Return how plain BM25 answers: the best entry from a score of ``least`` on, else the best three."""

    def find(question: Question) -> Verdict:
        ranked = known.rank(question.text, question.language)[:3]
        sure = bool(ranked) and ranked[0][1] >= least
        return Verdict(
            text=question.text,
            language=question.language,
            kind="answer" if sure else "offer" if ranked else "unknown",
            ids=tuple(entry for entry, _ in (ranked[:1] if sure else ranked)),
        )

    return find


def as_sure(known: Bm25, questions: Iterable[Question], share: float) -> float:
    """Return the score from which on BM25 answers this share of the questions that have an answer."""
    scores = sorted((known.rank(one.text, one.language)[:1] or [("", 0.0)])[0][1] for one in questions if one.entry)
    return scores[min(len(scores) - 1, int(len(scores) * (1 - share)))] if scores else 0.0


def main() -> None:
    """Measure and print."""
    print(f"  {machine()}")
    report = Report(name="answers")
    encoder = None if quick() else load_encoder("auto")
    loaded = load(BERLIN, today=DAY, encoder=encoder)
    if loaded.program is None:
        raise SystemExit("the shipped bot has errors")
    faq = loaded.program.faq
    parts = _parts(report, faq)
    questions = [question for part, _ in parts for question in part]
    found = {id(question): part for part in parts for question in part[0]}
    letters = {id(part): Faq(part[1], tuned=faq.tuned) for part in parts}
    answered = _tell(report, "by letters", questions, lambda one: ours(letters[id(found[id(one)])])(one))
    if faq.encodes and len(parts) == 1:
        _tell(report, "with the encoder", questions, ours(faq), goal=True)
    else:
        report.note("with the encoder: not measured here; see what `streetwork faq tune` wrote")
    words = {id(part): Bm25(part[1]) for part in parts}
    share = (answered.right + answered.wrong) / max(1, answered.asked)
    least = {key: as_sure(known, questions, share) for key, known in words.items()}
    _tell(report, "plain BM25", questions, lambda one: plain(words[id(part := found[id(one)])], least[id(part)])(one))
    report.finish()


def _parts(report: Report, faq: Faq) -> list[tuple[list[Question], Texts]]:
    """Return questions, and the texts that are known when they are asked."""
    if QUESTIONS.is_dir() and any(QUESTIONS.glob("*.yaml")):
        known = read_questions(QUESTIONS)
        report.note(f"{len(known.questions)} questions, SHA-256 {known.fingerprint}")
        return [(list(known.questions)[: 40 if quick() else None], dict(faq.texts))]
    report.note("there is no question set yet: every fourth example is held out, four times")
    return [
        (
            [
                Question(text=text, language=language, kind="paraphrase", entry=entry or "")
                for entry, language, text in held
            ],
            known,
        )
        for known, held in ((texts, asked[: 10 if quick() else None]) for texts, asked in held_out(faq.texts))
    ]


def _tell(report: Report, name: str, questions: list[Question], find: Find, *, goal: bool = False) -> Tally:
    times: list[float] = []

    def timed(question: Question) -> Verdict:
        begun = time.perf_counter()
        verdict = find(question)
        times.append((time.perf_counter() - begun) * 1000)
        return verdict

    groups = measure(questions, timed)
    report.note(f"{name}: p50 {percentile(times, 0.5):.1f} ms, p99 {percentile(times, 0.99):.1f} ms a question")
    for line in table(groups):
        report.note(line)
    total = groups["all"]
    languages = [one for key, one in groups.items() if len(key) == 2 and one.asked]
    first = min((100 * one.first / one.asked for one in languages), default=0.0)
    among = min((100 * one.among / one.asked for one in languages), default=0.0)
    false = 100 * total.false / max(1, total.outside)
    met = first >= FIRST and among >= AMONG and false <= FALSE if goal else None
    report.row(
        f"right answer first / among three, worst language, {name}",
        f">= {FIRST:.0f} / {AMONG:.0f} %" if goal else "-",
        f"{first:.1f} / {among:.1f} %",
        met=met,
    )
    if total.outside:
        report.row(f"out of scope answered, {name}", f"<= {FALSE:.0f} %", f"{false:.1f} %", met=false <= FALSE)
    return total


if __name__ == "__main__":
    main()
