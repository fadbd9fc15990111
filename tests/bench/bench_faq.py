"""How long a question takes to be matched by letters, for 300 entries in four languages.

The entries are the shipped ones and variations of them, made by mixing words of different questions, so that words,
alphabets and lengths are those of a real bot; every entry has its question and three examples in each language. The
questions asked are examples with words left out and letters swapped, up to 60 characters.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Mapping, Sequence

from flows.faq import Faq
from flows.lexical import EntryTexts
from flows.program import Program
from tests.bench.report import Report, cores, machine, percentile, pin, quick
from tests.bench.walk import bot

P99 = 10.0
LANGUAGES = ("en", "ar", "bg", "ru")
EXAMPLES = 4
LONGEST = 60


def entries_of(program: Program, count: int, rng: random.Random) -> dict[str, dict[str, list[str]]]:
    """Return ``count`` entries: by language the question and examples."""
    pool: dict[str, list[str]] = {}
    for language in LANGUAGES:
        for name in program.faq_entries:
            texts = program.questions[name].get(language, ())
            pool.setdefault(language, []).extend(text for text in texts if text.strip())
    found: dict[str, dict[str, list[str]]] = {}
    for number in range(count):
        found[f"entry_{number}"] = {
            language: [_mixed(pool[language], rng) for _ in range(EXAMPLES)] for language in LANGUAGES
        }
    return found


def _mixed(pool: Sequence[str], rng: random.Random) -> str:
    first, second = rng.choice(pool).split(), rng.choice(pool).split()
    return " ".join((*first[: max(2, len(first) // 2 + 1)], *second[len(second) // 2 :]))


def asked(entries: Mapping[str, Mapping[str, Sequence[str]]], count: int, rng: random.Random) -> list[tuple[str, str]]:
    """Return (question, language) as people type them."""
    names = list(entries)
    found = []
    for number in range(count):
        language = LANGUAGES[number % len(LANGUAGES)]
        words = rng.choice(entries[rng.choice(names)][language]).split()
        if len(words) > 3:
            words.pop(rng.randrange(len(words)))
        text = " ".join(words)[:LONGEST]
        at = rng.randrange(max(1, len(text) - 1))
        found.append((text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :], language))
    return found


def measure(count: int, questions: int, report: Report) -> None:
    """Measure and tell ``report``."""
    program = bot()
    rng = random.Random(4)
    entries = entries_of(program, count, rng)
    faq = Faq(
        {
            language: [EntryTexts(entry=name, asked=tuple(known[language])) for name, known in entries.items()]
            for language in LANGUAGES
        }
    )
    begun = time.process_time()
    faq.warm()
    warming = time.process_time() - begun
    times: list[float] = []
    for question, language in asked(entries, questions, rng):
        begun = time.perf_counter()
        faq.search(question, language, 10)
        times.append((time.perf_counter() - begun) * 1000)
    p50, p99 = percentile(times, 0.5), percentile(times, 0.99)
    report.note(
        f"{count} entries x {len(LANGUAGES)} languages x {EXAMPLES} texts; {questions} questions up to {LONGEST} signs"
    )
    report.note(
        f"building the indexes takes {warming:.2f} s, once; p50 {p50:.2f} ms, p99 {p99:.2f} ms, max {max(times):.2f} ms"
    )
    report.row(
        f"FAQ question matched by letters, p99, {count} entries x {len(LANGUAGES)} languages",
        f"< {P99:.0f} ms",
        f"{p99:.2f} ms (p50 {p50:.2f})",
        ratio=f"{p99 / P99:.2f}",
        met=p99 < P99,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=20 if quick() else 300)
    parser.add_argument("--questions", type=int, default=20 if quick() else 2_000)
    options = parser.parse_args()
    print(f"  {machine()}")
    pin(cores()[0])
    report = Report(name="faq")
    measure(options.entries, options.questions, report)
    report.finish()


if __name__ == "__main__":
    main()
