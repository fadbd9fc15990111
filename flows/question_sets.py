"""Question sets: questions with the entry that answers them, to measure a bot's search with and for nothing else.

A folder of YAML lists. ``out_of_scope*.yaml`` hold questions without an answer; all other files name the entry. The
fingerprint over all files is printed with every figure, so that nobody can say later which questions they were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import yaml
from msgspec import Struct, ValidationError, convert
from msgspec.structs import replace

__all__ = ["Question", "QuestionSet", "read_questions"]

_BASE = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
#: Bytes of one file; a set is some hundred lines.
_LARGEST = 4_000_000


class Question(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question as somebody would type it."""

    text: str
    language: str
    kind: Literal["paraphrase", "typos", "latin", "mixed"]
    #: The entry that answers it; "" for a question that no entry answers.
    entry: str = ""
    #: Other entries that answer it too.
    also: tuple[str, ...] = ()
    #: Out of scope: whether it is near the bot's subject.
    near: Literal["yes", "no"] = "no"

    def answered_by(self, entry: str) -> bool:
        """Return whether this entry is a right answer."""
        return entry == self.entry or entry in self.also


class QuestionSet(Struct, frozen=True, kw_only=True):
    """All questions of a folder."""

    questions: tuple[Question, ...]
    #: SHA-256 over names and contents of all files.
    fingerprint: str


def read_questions(place: Path) -> QuestionSet:
    """Read a folder, or one file; raises ValueError that names the file and the number of the question."""
    files = sorted(place.glob("*.yaml")) if place.is_dir() else [place]
    digest = hashlib.sha256()
    found: list[Question] = []
    for file in files:
        data = file.read_bytes()
        digest.update(f"{file.name}\x1f{len(data)}\x1f".encode())
        digest.update(data)
        found += _read(file, data, outside=file.name.startswith("out_of_scope"))
    return QuestionSet(questions=tuple(found), fingerprint=digest.hexdigest())


def _bare(entry: str) -> str:
    """Return an id without ``rumour:`` or ``centre:``, which writers may put before it."""
    return entry.removeprefix("rumour:").removeprefix("centre:")


def _read(file: Path, data: bytes, *, outside: bool) -> Iterator[Question]:
    if len(data) > _LARGEST:
        raise ValueError(f"{file.name} is larger than {_LARGEST:,} bytes")
    try:
        rows = yaml.load(data, _BASE)  # noqa: S506 # the base loader makes texts, lists and mappings and nothing else
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{file.name} is no YAML: {error}") from None
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise ValueError(f"{file.name} must hold a list of questions")
    for number, row in enumerate(rows, 1):
        try:
            question = convert(row, Question)
        except ValidationError as error:
            raise ValueError(f"{file.name}, question {number}: {error}") from None
        if not question.text.strip():
            raise ValueError(f"{file.name}, question {number}: the text is empty")
        question = replace(question, entry=_bare(question.entry), also=tuple(map(_bare, question.also)))
        if outside != (not question.entry):
            wanted = "must not name an entry" if outside else "must name an entry"
            raise ValueError(f"{file.name}, question {number}: {wanted}")
        yield question
