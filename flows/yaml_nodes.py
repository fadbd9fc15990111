"""Reading a YAML file of a bot: every scalar stays a string, every key and value keeps its place, nothing is guessed.

PyYAML's C parser delivers events; the data and the table of places are built from them in one pass, so depth is bounded
before anything recurses. A file with an error is not given up: the line is mended or left out and the file is read
again, so that one run shows all mistakes. What was left out is told by ``partial``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, NamedTuple

import yaml

from flows.findings import Finding, finding
from flows.yaml_errors import explain, repair
from i18n.bidi import BIDI_CONTROLS

__all__ = ["TEXT_KEYS", "Document", "Path", "Span", "read_file", "read_yaml"]

#: Where a value stands inside a file: keys and indexes from the top.
Path = tuple[str | int, ...]

#: Deeper than any bot file; PyYAML itself is killed by 60,000 brackets.
DEEPEST = 32
#: A bot of 300 FAQ entries in four languages has 430 KiB in all.
LARGEST = 4_000_000
#: So often a broken file is mended and read again.
ATTEMPTS = 60
#: Keys whose value a person reads; their texts are looked at more closely.
TEXT_KEYS = frozenset(
    {
        *("say", "ask", "menu", "language", "faq", "label", "question", "answer", "note", "invalid", "skip"),
        *("words", "promise", "contact", "name", "about", "comment", "browse"),
        *("title", "steps", "bring", "deadline", "help", "truth", "share", "what", "who", "hours"),
    }
)

#: Texts whose key is also a short word elsewhere (``desk: {claim: mariam}``).
_ALSO_TEXTS = frozenset({"claim"})

_UNSHOWN = re.compile("[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BIDI = re.compile("[" + "".join(sorted(BIDI_CONTROLS)) + "]")
_LEADING_TAB = re.compile(r"( *)\t[ \t]*(?=\S)")
_CUT = re.compile(r"( *)#(.?)")


class Span(NamedTuple):
    """A stretch of a file; lines and columns from 1, the end column is the first one behind it."""

    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def length(self) -> int:
        """Return how many characters of the first line it covers, at least one."""
        return max(1, self.end_column - self.column) if self.end_line == self.line else 1


_TOP = Span(1, 1, 1, 2)


@dataclass(slots=True)
class Document:
    """One file as read: data of dicts, lists and strings, and where each key and value stands."""

    file: str
    lines: list[str] = field(default_factory=list)
    data: Any = None
    keys: dict[Path, Span] = field(default_factory=dict)
    values: dict[Path, Span] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    #: Lines had to be left out, so names may be missing that the editor did write.
    partial: bool = False

    def span(self, path: Path, *, key: bool = False) -> Span:
        """Return where a value (or its key) stands, or the nearest place above it that exists."""
        tables = (self.keys, self.values) if key else (self.values, self.keys)
        for end in range(len(path), 0, -1):
            for table in tables:
                found = table.get(path[:end])
                if found is not None:
                    return found
        return self.values.get((), _TOP)

    def inside(self, path: Path, text: str) -> Span:
        """Return where ``text`` stands inside a value, or the whole value when it is not found."""
        whole = self.span(path)
        for line in range(whole.line, min(whole.end_line, len(self.lines)) + 1):
            start = whole.column - 1 if line == whole.line else 0
            column = self.lines[line - 1].rfind(text, start) if text else -1
            if column >= 0:
                return Span(line, column + 1, line, column + 1 + len(text))
        return whole

    def add(self, code: str, span: Span, message: str, *, suggestion: str | None = None) -> None:
        """Note a finding of this file."""
        self.findings.append(
            finding(code, self.file, span.line, span.column, message, length=span.length, suggestion=suggestion)
        )


def read_file(path: FilePath, name: str) -> Document:
    """Read a file from disk; a file that cannot be opened is a finding too. ``name`` is shown to the editor."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        document = Document(file=name, partial=True)
        document.add("E112", _TOP, f"this file cannot be opened: {error.strerror or 'unknown reason'}")
        return document
    return read_yaml(raw, name)


def read_yaml(raw: bytes, name: str) -> Document:
    """Read the bytes of a file. Never raises; what is wrong is in ``findings``."""
    document = Document(file=name)
    if len(raw) > LARGEST:
        document.partial = True
        document.add("E112", _TOP, f"this file has {len(raw)} bytes; more than {LARGEST} are not read")
        return document
    lines = _decode(document, raw).split("\n")
    document.lines = list(lines)
    _scan_lines(document, lines)
    before = len(document.findings)
    mended: set[int] = set()
    for _ in range(ATTEMPTS):
        try:
            _Builder(document).build("\n".join(lines))
            return document
        except yaml.YAMLError as error:
            del document.findings[before:]
            problem = explain(error, lines)
            again = problem.line in mended
            if not again:
                span = Span(problem.line, problem.column, problem.line, problem.column + problem.length)
                document.add(problem.code, span, problem.message)
                before = len(document.findings)
            document.partial |= problem.loses or again
            if not repair(lines, problem, again=again):
                break
            mended.add(problem.line)
    document.partial = True
    document.data = None
    return document


def _decode(document: Document, raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace")
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        document.add("E001", Span(line, column, line, column + 1), "this sign is not UTF-8")
        text = raw.decode("utf-8-sig", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _scan_lines(document: Document, lines: list[str]) -> None:
    """Find what must not stand in any line, and put something harmless of the same width there."""
    above = ""
    for index, line in enumerate(lines):
        if not line.isascii() and (marked := _BIDI.search(line)):
            span = Span(index + 1, marked.start() + 1, index + 1, marked.start() + 2)
            document.add("E006", span, f"here stands an invisible direction mark (U+{ord(marked[0]):04X})")
        if unshown := _UNSHOWN.search(line):
            span = Span(index + 1, unshown.start() + 1, index + 1, unshown.start() + 2)
            document.add("E017", span, f"here stands a sign that cannot be shown (U+{ord(unshown[0]):04X})")
            lines[index] = line = _UNSHOWN.sub(" ", line)
        if tab := _LEADING_TAB.match(line):
            column = len(tab[1]) + 1
            document.add("E002", Span(index + 1, column, index + 1, column + 1), "this line is indented with a tab")
            indent = len(above) - len(above.lstrip()) + (2 if above.rstrip().endswith((":", "|")) else 0)
            lines[index] = line = " " * indent + line[tab.end() :]
        if line.strip():
            above = line


class _Level:
    """A mapping or a list that is being read."""

    __slots__ = ("container", "drop", "flow", "key", "path", "skip")

    def __init__(self, container: Any, path: Path, *, flow: bool, skip: bool) -> None:
        self.container = container
        self.path = path
        self.flow = flow
        #: The key that was read and still waits for its value.
        self.key: str | None = None
        #: The value of this key is not kept: the key was there before.
        self.drop = False
        #: Nothing in here is kept.
        self.skip = skip


class _Builder:
    """Turns events into data and places."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.stack: list[_Level] = []
        document.data = None
        document.keys = {}
        document.values = {}
        self.keys = document.keys
        self.values = document.values

    def build(self, text: str) -> None:
        """Read all events; raises yaml.YAMLError where the text is no YAML."""
        documents = 0
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                if len(self.stack) >= DEEPEST:
                    self.document.add("E005", _mark(event), f"this is nested deeper than {DEEPEST} levels")
                    self.document.partial = True
                    self.document.data = None
                    return
                self._open(event)
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                self._close(event)
            elif isinstance(event, yaml.AliasEvent):
                self._refuse(event, f"*{event.anchor} is an alias of YAML, not a text")
                self._put("", _mark(event), skip=True)
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.document.add("E016", _mark(event), "a second document begins here")
                    return

    def _refuse(self, event: Any, message: str) -> None:
        self.document.add("E004", _mark(event), message)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if event.anchor:
            self._refuse(event, f"&{event.anchor} is an anchor of YAML, not a text")
        elif event.tag:
            self._refuse(event, "a word that begins with ! is a tag of YAML, not a text")
        level = self.stack[-1] if self.stack else None
        if level is not None and isinstance(level.container, dict) and level.key is None:
            self._key(level, str(event.value), _mark(event))
            return
        span = _mark(event)
        key = level.key if level is not None else None
        if not event.style and key is not None and level is not None:
            self._check_cut(level, key, str(event.value), span)
        self._put(str(event.value), span, skip=level is not None and (level.skip or level.drop))

    def _key(self, level: _Level, key: str, span: Span) -> None:
        path = (*level.path, key)
        if key == "<<":
            self.document.add("E004", span, "<< is a merge key of YAML; write the keys out")
        first = self.keys.get(path)
        if first is not None and not level.skip:
            self.document.add("E003", span, f"“{key}” is here and in line {first.line}")
            level.key, level.drop = key, True
            return
        level.key, level.drop = key, False
        if not level.skip:
            self.keys[path] = span

    def _open(self, event: Any) -> None:
        if event.anchor:
            self._refuse(event, f"&{event.anchor} is an anchor of YAML; write the lines out")
        elif event.tag:
            self._refuse(event, "tags of YAML are not allowed here")
        container: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        parent = self.stack[-1] if self.stack else None
        flow = bool(event.flow_style)
        if parent is None:
            self.stack.append(_Level(container, (), flow=flow, skip=False))
            self.document.data = container
            self.values[()] = _mark(event)
            return
        if isinstance(parent.container, dict) and parent.key is None:
            self.document.add("E012", _mark(event), "a name was expected here, not a list or a mapping")
            parent.key, parent.drop = "", True
        path = self._path(parent)
        skip = parent.skip or parent.drop
        self._put(container, _mark(event), skip=skip)
        self.stack.append(_Level(container, path, flow=flow, skip=skip))

    def _close(self, event: Any) -> None:
        level = self.stack.pop()
        if level.flow and not level.skip and isinstance(level.container, dict):
            texts = level.path[-1:] == ("options",) or TEXT_KEYS & level.container.keys()
            if texts and level.container:
                self.document.add("E008", self.values[level.path], "a text stands in braces { }")
        if level.path in self.values and not level.skip:
            start = self.values[level.path]
            self.values[level.path] = start._replace(
                end_line=event.end_mark.line + 1, end_column=event.end_mark.column + 1
            )

    def _path(self, level: _Level) -> Path:
        here: str | int = len(level.container) if isinstance(level.container, list) else (level.key or "")
        return (*level.path, here)

    def _put(self, value: Any, span: Span, *, skip: bool) -> None:
        if not self.stack:
            self.document.data = value
            self.values[()] = span
            return
        level = self.stack[-1]
        if isinstance(level.container, dict) and level.key is None:
            level.key = str(value)  # an alias as a key; refused already
            return
        if not skip:
            self.values[self._path(level)] = span
        if isinstance(level.container, list):
            level.container.append(value)
            return
        if not skip:
            level.container[level.key or ""] = value
        level.key, level.drop = None, False

    def _check_cut(self, level: _Level, key: str, value: str, span: Span) -> None:
        """Find texts that a # cuts: ``say: Room #5`` reads as "Room"."""
        if key not in TEXT_KEYS | _ALSO_TEXTS and level.path[-1:] not in (("options",), ("texts",)):
            return
        line = self.document.lines[span.end_line - 1] if span.end_line <= len(self.document.lines) else ""
        found = _CUT.match(line, span.end_column - 1)
        if found is None or not found[1] or (len(found[1]) > 1 and found[2] == " "):
            return
        whole = (value + " " + line[found.start() + len(found[1]) :]).strip()
        column = found.start() + len(found[1]) + 1
        place = Span(span.end_line, column, span.end_line, column + 1)
        self.document.add("E007", place, f"this text is cut at #: people would read “{value}”, not “{whole}”")


def _mark(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)
