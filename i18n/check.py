"""What can be wrong in a catalogue that gettext tools accept: lost placeholders, changed numbers, swapped plurals.

Babel knows only %-placeholders, so a translated ``{nome}`` would pass. Each problem carries the line of its
message in the ``.po`` file; how bad it is and what to do is said by the findings of the bot checker.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po
from msgspec import Struct

from i18n.bidi import BIDI_CONTROLS
from i18n.plain import digits, fold
from i18n.plural import header_problem, plural_rule

__all__ = ["Problem", "ProblemCode", "check_catalog", "placeholders"]

ProblemCode = Literal[
    "unreadable",
    "plural-header",
    "plural-forms",
    "untranslated",
    "fuzzy",
    "blank",
    "same-as-source",
    "placeholder-missing",
    "placeholder-unknown",
    "braces",
    "newlines",
    "bidi-control",
    "url-changed",
    "phone-changed",
    "number-changed",
]


class Problem(Struct, frozen=True, kw_only=True):
    """One thing wrong. ``message`` is a plain English sentence, ``line`` counts from 1 in the ``.po`` file."""

    code: ProblemCode
    language: str
    context: str
    message: str
    line: int


_PLACEHOLDER = re.compile(r"\{([^{}\n]{1,100})\}")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"'\u00bb\u201d\u201c]{1,2000}", re.IGNORECASE)
#: Six digits and more with a leading + or 0, parted by single signs.
_PHONE = re.compile(r"(?<![\d.,])(?:\+|0)\d(?:[ \u00a0\u202f()/\-]{0,2}\d){5,20}(?!\d|[.,]\d)")
#: A line of a catalogue that is no comment. Babel drops the last letter of an unclosed string without a word.
_LINE = re.compile(rb"(?:msg(?:ctxt|id|id_plural|str|str\[\d+\]))?\s*\"(?:[^\"\\]|\\.)*\"")
_NUMBER = re.compile(r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,:\u066b\u066c]\d+)*")
#: The name of an advice centre stays as it stands on its door, in every language.
_NAME = re.compile(r"centres\.[a-z0-9_]+\.name")


def placeholders(text: str) -> Counter[str]:
    """Return the names in braces and how often each stands in ``text``; ``{{`` and ``}}`` are plain braces."""
    return Counter(_PLACEHOLDER.findall(text.replace("{{", "").replace("}}", "")))


def check_catalog(data: bytes, language: str) -> list[Problem]:
    """Return every problem of the ``.po`` file ``data`` as a catalogue of ``language``, in the order of its lines."""
    for n, line in enumerate(map(bytes.strip, data.splitlines()), 1):
        if line and not line.startswith(b"#") and _LINE.fullmatch(line.removeprefix(b"\xef\xbb\xbf")) is None:
            return [_unreadable(language, "this line is not a quoted string with a keyword before it", n)]
    try:
        catalog = read_po(io.BytesIO(data), ignore_obsolete=True, abort_invalid=True)
    except PoFileError as error:
        return [_unreadable(language, str(error), (error.lineno or 0) + 1)]
    except (ValueError, LookupError, IndexError) as error:
        return [_unreadable(language, str(error), 1)]
    problems = list(_check_header(data, catalog, language))
    for message in catalog:
        if message.id:
            problems.extend(_check_message(message, catalog, language))
    return sorted(problems, key=lambda problem: problem.line)


def _unreadable(language: str, why: str, line: int) -> Problem:
    text = f"The catalogue cannot be read: {why}."
    return Problem(code="unreadable", language=language, context="", message=text, line=line)


def _check_header(data: bytes, catalog: Catalog, language: str) -> Iterator[Problem]:
    line = next((n for n, text in enumerate(data.splitlines(), 1) if b"Plural-Forms" in text), 0)
    plurals = any(isinstance(message.id, list | tuple) for message in catalog)
    if not line and not plurals:
        return  # no header and nothing that needs one
    header = f"nplurals={catalog.num_plurals}; plural={catalog.plural_expr};"
    wrong = header_problem(language, header) if line else "the Plural-Forms header is missing"
    if wrong is not None:
        text = f"Plural forms would land in the wrong place: {wrong}"
        yield Problem(code="plural-header", language=language, context="", message=text, line=line or 1)


def _check_message(message: Message, catalog: Catalog, language: str) -> Iterator[Problem]:
    sources = tuple(message.id) if isinstance(message.id, list | tuple) else (message.id,)
    plural = len(sources) > 1
    texts = tuple(message.string) if isinstance(message.string, list | tuple) else (message.string or "",)

    def problem(code: ProblemCode, text: str) -> Problem:
        line = message.lineno or 1
        return Problem(code=code, language=language, context=message.context or "", message=text, line=line)

    if not any(texts):
        yield problem("untranslated", "This text is not translated yet.")
        return
    if message.fuzzy:
        yield problem("fuzzy", "The source text changed after it was translated; the translation is not used.")
        return
    if plural and not all(texts):
        empty = ", ".join(str(n) for n, text in enumerate(texts) if not text)
        yield problem("plural-forms", f"These plural forms are empty: {empty}.")
    single = _forms_of_one_count(catalog) if plural else frozenset()
    for n, text in enumerate(texts):
        if text:
            # Form 0 belongs to the singular only where it stands for one count; else it must carry all of the plural.
            against = sources[0] if not plural or (n == 0 and n in single) else sources[-1]
            for code, wrong in _compare(against, text, optional=n in single, known=sources):
                if code == "same-as-source" and _NAME.fullmatch(message.context or ""):
                    continue
                yield problem(code, f"Form {n}: {wrong}" if plural else wrong)


def _forms_of_one_count(catalog: Catalog) -> frozenset[int]:
    """Return the forms that stand for exactly one count ("one", the Arabic dual): they may leave the number out."""
    try:
        rule = plural_rule(f"nplurals={catalog.num_plurals}; plural={catalog.plural_expr};")
    except ValueError:
        return frozenset()
    counted = Counter(rule(n) for n in range(1101))
    return frozenset(form for form, often in counted.items() if often == 1)


Found = tuple[ProblemCode, str]


def _compare(source: str, text: str, *, optional: bool, known: tuple[str, ...]) -> Iterator[Found]:
    """Yield what ``text`` lost, added or changed. ``optional``: names and numbers may be left out."""
    if not text.strip():
        yield "blank", "The translation is only blanks."
        return
    if text == source and len(fold(source).split()) >= 4:
        yield "same-as-source", "The translation is the same as the source text."
    if (text[:1] == "\n", text[-1:] == "\n") != (source[:1] == "\n", source[-1:] == "\n"):
        yield (
            "newlines",
            "The translation begins or ends with a line break where the source does not, or the other way round.",
        )
    controls = sorted({f"U+{ord(sign):04X}" for sign in text if sign in BIDI_CONTROLS})
    if controls:
        yield (
            "bidi-control",
            f"The translation has invisible direction marks ({', '.join(controls)}); they are added by the bot.",
        )
    yield from _compare_names(source, text, optional=optional, known=known)
    yield from _compare_facts(source, text, optional=optional)


def _compare_names(source: str, text: str, *, optional: bool, known: tuple[str, ...]) -> Iterator[Found]:
    wanted, found = placeholders(source), placeholders(text)
    allowed = Counter(name for one in known for name in placeholders(one))
    for name in sorted(set(found) - set(allowed)):
        yield "placeholder-unknown", f"The translation has {{{name}}}, which the source does not have."
    if not optional:
        for name in sorted(set(wanted) - set(found)):
            yield "placeholder-missing", f"The translation lost {{{name}}}."
    rest = _PLACEHOLDER.sub("", text.replace("{{", "").replace("}}", ""))
    if "{" in rest or "}" in rest:
        yield "braces", "A brace in the translation is not closed or not opened."


def _compare_facts(source: str, text: str, *, optional: bool) -> Iterator[Found]:
    """Compare addresses, phone numbers and numbers, each cut out before the next is looked for."""
    before, after = _PLACEHOLDER.sub(" ", source), digits(_PLACEHOLDER.sub(" ", text))
    before = digits(before)
    for code, name, pattern in (("url-changed", "addresses", _URL), ("phone-changed", "phone numbers", _PHONE)):
        here, there = _values(pattern, before), _values(pattern, after)
        if here != there:
            yield code, f"The {name} differ: {_listed(here)} became {_listed(there)}."  # type: ignore[misc]
        before, after = pattern.sub(" ", before), pattern.sub(" ", after)
    here, there = _values(_NUMBER, before), _values(_NUMBER, after)
    if here != there and not (optional and not there - here):
        yield "number-changed", f"The numbers differ: {_listed(here)} became {_listed(there)}."


def _values(pattern: re.Pattern[str], text: str) -> Counter[str]:
    """Return what ``pattern`` finds, without what languages write differently (separators, a sentence's full stop)."""
    if pattern is _URL:
        return Counter(found.rstrip(".,;:!?)\u061f\u060c\u061b") for found in pattern.findall(text))
    return Counter(re.sub(r"\D", "", found) for found in pattern.findall(text))


def _listed(values: Counter[str]) -> str:
    return ", ".join(sorted(values.elements())) or "none"
