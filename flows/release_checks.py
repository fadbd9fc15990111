"""What stands between a bot and people who depend on it: drafts, texts nobody read, values nobody looked up.

These findings are errors of ``streetwork check --release`` only. A bot can be tried with all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from flows.bot_texts import BotText
from flows.completeness import State, states
from flows.draft import Draft
from flows.findings import Finding, finding
from flows.knowledge_checks import checked_things
from flows.reviews import read_reviews
from flows.translation_checks import Translations
from flows.yaml_nodes import Span

__all__ = ["check_release"]

_CONTEXT = re.compile(r'^msgctxt "(.*)"$')


def check_release(draft: Draft, texts: Sequence[BotText], translations: Translations, today: date) -> Iterator[Finding]:
    """Yield everything that must be done before the bot answers people in earnest."""
    if draft.bot is None:
        return
    for doc, path, spec in checked_things(draft):
        if spec.status != "reviewed":
            yield _at(doc.file, doc.span(path, key=True), "E901", f"“{path[-1]}” is a draft")
        if spec.review_by < today:
            span = doc.span((*path, "review_by"))
            yield _at(doc.file, span, "E902", f"“{path[-1]}” was to be checked again by {spec.review_by}")
    yield from _facts(draft, today)
    yield from _numbers(draft)
    languages = list(dict.fromkeys((draft.bot.languages.source, *draft.bot.languages.offered)))
    source = draft.bot.languages.source
    lines = {language: _lines(file.data) for language, file in translations.files.items()}
    for one in states(texts, translations, read_reviews(draft.folder), languages, source):
        if one.state != "done":
            yield _text(draft, one, source, translations, lines.get(one.language, {}))


def _facts(draft: Draft, today: date) -> Iterator[Finding]:
    doc = draft.facts_doc
    for name, spec in draft.facts.items():
        for index, value in enumerate(spec.values):
            over = value.until is not None and value.until < today
            if not over and value.certainty == "C":
                span = doc.span((name, "values", index, "certainty"))
                yield _at(doc.file, span, "E905", f"nobody has looked up this value of “{name}”")
            if not over and value.review_by is not None and value.review_by < today:
                span = doc.span((name, "values", index, "review_by"))
                yield _at(doc.file, span, "E902", f"this value of “{name}” was to be looked up by {value.review_by}")
        if not any(v.start <= today and (v.until is None or today <= v.until) for v in spec.values):
            yield _at(doc.file, doc.span((name,), key=True), "E905", f"“{name}” has no value today")


def _numbers(draft: Draft) -> Iterator[Finding]:
    doc = draft.crisis_doc
    for name, kind in draft.crisis.items():
        for index, number in enumerate(kind.numbers):
            if number.certainty == "C":
                span = doc.span((name, "numbers", index, "number"))
                yield _at(doc.file, span, "E905", f"nobody has looked up the number {number.number}")


def _text(draft: Draft, one: State, source: str, translations: Translations, lines: dict[str, int]) -> Finding:
    context = one.text.context
    if one.language == source:
        return _at(one.text.doc.file, one.text.span, "E903", f"nobody has read {context}")
    message = {
        "missing": f"{context} is not translated into {one.language}",
        "fuzzy": f"the translation of {context} into {one.language} is fuzzy",
        "unreviewed": f"nobody has read the translation of {context} into {one.language}",
    }[one.state]
    file = translations.files.get(one.language)
    if file is None or context not in lines:
        return _at(one.text.doc.file, one.text.span, "E904", message)
    shown = f"{draft.shown}/{file.path.relative_to(draft.folder).as_posix()}"
    return finding("E904", shown, lines[context], 1, message)


def _lines(data: bytes) -> dict[str, int]:
    """Return where each context stands in a catalogue; that of a shared context is its first place."""
    found: dict[str, int] = {}
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        context = _CONTEXT.match(line)
        if context is not None:
            found.setdefault(context[1], number)
    return found


def _at(file: str, span: Span, code: str, message: str) -> Finding:
    return finding(code, file, span.line, span.column, message, length=span.length)
