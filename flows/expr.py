"""Conditions: a small typed language for ``when:``. Checked once when the bot is loaded, so they cannot fail later.

    age < 18 and not (housing is "flat")          contact.language in ("ar", "bg")
    deadline <= 2026-12-31                        city starts with "ber" or city is missing

A value that is missing makes every comparison false, ``is not`` and ``is missing`` apart. Typed text is compared as
people write it: case, accents and letter forms do not count.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from flows.findings import did_you_mean
from flows.values import Kind, Value
from i18n.plain import fold

__all__ = ["Condition", "ConditionError", "Getter", "parse_condition"]

Getter = Callable[[str], Value | None]
#: What a literal or a variable is compared as.
Plain = str | Decimal | bool | None
Test = Callable[[Getter], bool]
Reader = Callable[[Getter], Plain]

#: Longer conditions belong into steps of their own.
LONGEST = 1000
DEEPEST = 20

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*'|“[^“”]*”)|(?P<date>\d{4}-\d{2}-\d{2})(?!\w)|(?P<number>-?\d+(?:\.\d+)?)(?!\w)"""
    r"""|(?P<sign><=|>=|<|>|==|!=|=|\(|\)|,)|(?P<word>[A-Za-z_][\w.]*))"""
)
_ORDER: Mapping[str, Callable[[Decimal | str, Decimal | str], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WORDS = frozenset({"is", "not", "missing", "set", "in", "contains", "starts", "with", "and", "or", "yes", "no"})
_NUMBERS, _DATES, _YES_NO, _THINGS = "a number", "a date", "yes or no", "a place or a file"
_TEXT = "a text"
_GROUPS: Mapping[Kind, str] = {
    "number": _NUMBERS,
    "date": _DATES,
    "yes_no": _YES_NO,
    "location": _THINGS,
    "media": _THINGS,
}


class ConditionError(ValueError):
    """A condition is wrong. ``offset`` and ``length`` mark the place in its text; ``code`` is that of the finding."""

    def __init__(
        self, message: str, offset: int, *, length: int = 1, suggestion: str | None = None, code: str = "E214"
    ) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.length = length
        self.suggestion = suggestion
        self.code = code


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked condition. ``names`` are the variables it reads."""

    text: str
    names: frozenset[str]
    _test: Test

    def holds(self, get: Getter) -> bool:
        """Return whether it holds for the values that ``get`` knows. Never raises for any value."""
        return self._test(get)


class _Token(NamedTuple):
    kind: str
    text: str
    offset: int


class _Operand(NamedTuple):
    """One side of a comparison: a variable or a literal."""

    group: str
    read: Reader
    token: _Token
    #: Name of the variable; None for a literal.
    name: str | None = None
    literal: Plain = None


def parse_condition(
    text: str, types: Mapping[str, Kind], *, options: Mapping[str, Collection[str]] | None = None
) -> Condition:
    """Read a condition over the variables ``types``; ``options`` are what a choice can hold, where that is known.

    Raises :class:`ConditionError`.
    """
    if len(text) > LONGEST:
        raise ConditionError(f"this condition is longer than {LONGEST} signs", 0)
    parser = _Parser(text, types, options or {})
    test = parser.either(0)
    parser.finish()
    return Condition(text, frozenset(parser.names), test)


class _Parser:
    """Recursive descent: ``or`` of ``and`` of ``not`` of comparisons."""

    def __init__(self, text: str, types: Mapping[str, Kind], options: Mapping[str, Collection[str]]) -> None:
        self.types = types
        self.options = options
        self.names: set[str] = set()
        self.tokens = _tokens(text)
        self.at = 0

    # -- tokens ----------------------------------------------------------------------------------------

    def peek(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def word(self, *words: str) -> bool:
        """Take these words if they come next."""
        ahead = self.tokens[self.at : self.at + len(words)]
        if [token.text for token in ahead] != list(words) or any(token.kind == "text" for token in ahead):
            return False
        self.at += len(words)
        return True

    def finish(self) -> None:
        token = self.peek()
        if token.kind == "end":
            return
        if token.text in {"=", "==", "!="}:
            raise _wrong_sign(token)
        raise ConditionError(
            f"“{token.text}” does not fit here; join two conditions with and, or", token.offset, length=len(token.text)
        )

    # -- grammar ---------------------------------------------------------------------------------------

    def either(self, depth: int) -> Test:
        tests = [self.both(depth)]
        while self.word("or"):
            tests.append(self.both(depth))
        return tests[0] if len(tests) == 1 else lambda get: any(test(get) for test in tests)

    def both(self, depth: int) -> Test:
        tests = [self.negated(depth)]
        while self.word("and"):
            tests.append(self.negated(depth))
        return tests[0] if len(tests) == 1 else lambda get: all(test(get) for test in tests)

    def negated(self, depth: int) -> Test:
        if depth > DEEPEST:
            raise ConditionError("this condition is nested too deep", self.peek().offset)
        if self.word("not"):
            inner = self.negated(depth + 1)
            return lambda get: not inner(get)
        if self.word("("):
            inner = self.either(depth + 1)
            if not self.word(")"):
                raise ConditionError("here a ) is missing", self.peek().offset)
            return inner
        return self.comparison()

    def comparison(self) -> Test:
        left = self.operand()
        if left.name is None:
            raise ConditionError("a condition begins with the name of a variable", left.token.offset)
        if self.word("is"):
            return self.identity(left)
        if self.word("in"):
            return self.membership(left)
        if self.word("contains"):
            return self.texts(left, lambda whole, part: part in whole)
        if self.word("starts", "with"):
            return self.texts(left, lambda whole, part: whole.startswith(part))
        token = self.peek()
        if token.kind == "sign" and token.text in _ORDER:
            self.take()
            return self.order(left, token)
        if token.kind == "sign" and token.text in {"=", "==", "!="}:
            raise _wrong_sign(token)
        if left.group == _YES_NO:
            read = left.read
            return lambda get: read(get) is True
        raise ConditionError("after the name comes is, is not, <, >, in, contains or starts with", token.offset)

    def identity(self, left: _Operand) -> Test:
        wanted = not self.word("not")
        read = left.read
        if self.word("missing"):
            return lambda get: (read(get) is None) is wanted
        if self.word("set"):
            return lambda get: (read(get) is not None) is wanted
        right = self.same_kind(left, self.operand(left))
        other = right.read
        if wanted:
            return lambda get: (value := read(get)) is not None and value == other(get)
        return lambda get: (value := read(get)) is None or value != other(get)

    def membership(self, left: _Operand) -> Test:
        if not self.word("("):
            raise ConditionError('after in comes a list: in ("a", "b")', self.peek().offset)
        members = [self.same_kind(left, self.operand(left))]
        while self.word(","):
            members.append(self.same_kind(left, self.operand(left)))
        if not self.word(")"):
            raise ConditionError("here a ) is missing", self.peek().offset)
        read, others = left.read, [member.read for member in members]
        return lambda get: (value := read(get)) is not None and any(value == other(get) for other in others)

    def texts(self, left: _Operand, compare: Callable[[str, str], bool]) -> Test:
        right = self.operand(left)
        for side in (left, right):
            if side.group != _TEXT:
                raise ConditionError(
                    f"{_called(side)} is {side.group}; contains and starts with are for texts",
                    side.token.offset,
                    length=len(side.token.text),
                    code="E701",
                )
        read, other = _folding(left), _folding(right)

        def test(get: Getter) -> bool:
            whole, part = read(get), other(get)
            return whole is not None and part is not None and compare(whole, part)

        return test

    def order(self, left: _Operand, sign: _Token) -> Test:
        right = self.same_kind(left, self.operand(left))
        if left.group not in (_NUMBERS, _DATES):
            raise ConditionError(
                f"{_called(left)} is {left.group}; {sign.text} is for numbers and dates", sign.offset, code="E701"
            )
        read, other, compare = left.read, right.read, _ORDER[sign.text]

        def test(get: Getter) -> bool:
            one, two = read(get), other(get)
            if isinstance(one, Decimal) and isinstance(two, Decimal):
                return compare(one, two)
            return isinstance(one, str) and isinstance(two, str) and compare(one, two)

        return test

    # -- operands --------------------------------------------------------------------------------------

    def operand(self, left: _Operand | None = None) -> _Operand:
        token = self.take()
        match token.kind:
            case "text":
                value = token.text[1:-1]
                folded = value if left is None or left.name is None or self.types[left.name] != "text" else fold(value)
                return _Operand(_TEXT, lambda get: folded, token, literal=value)
            case "number":
                number = Decimal(token.text)
                return _Operand(_NUMBERS, lambda get: number, token, literal=number)
            case "date":
                day = _iso(token.text)
                if day is None:
                    raise ConditionError(f"there is no day {token.text}", token.offset, length=10)
                return _Operand(_DATES, lambda get: day, token, literal=day)
            case "word" if token.text in {"yes", "no"}:
                answer = token.text == "yes"
                return _Operand(_YES_NO, lambda get: answer, token, literal=answer)
            case "word" if token.text not in _WORDS:
                return self.variable(token, left)
            case "end":
                raise ConditionError("this condition ends too early", token.offset)
            case _:
                raise ConditionError(f"“{token.text}” does not fit here", token.offset, length=len(token.text))

    def variable(self, token: _Token, left: _Operand | None) -> _Operand:
        name = token.text
        kind = self.types.get(name)
        if kind is None:
            if left is not None and left.name is not None and name in self.options.get(left.name, ()):
                raise ConditionError(
                    f"put {name} in quotes", token.offset, length=len(name), suggestion=f'"{name}"', code="E214"
                )
            near = did_you_mean(name, self.types)
            raise ConditionError(
                f"there is no variable “{name}” here", token.offset, length=len(name), suggestion=near, code="E204"
            )
        self.names.add(name)
        group = _GROUPS.get(kind, _TEXT)
        return _Operand(group, _reader(name, kind, group), token, name=name)

    def same_kind(self, left: _Operand, right: _Operand) -> _Operand:
        if _THINGS in (left.group, right.group):
            message = "a place or a file can only be missing or set"
            raise ConditionError(message, left.token.offset, length=len(left.token.text), code="E701")
        if left.group != right.group:
            raise ConditionError(
                f"{_called(left)} is {left.group}, but {_called(right)} is {right.group}",
                right.token.offset,
                length=len(right.token.text),
                code="E701",
            )
        known = self.options.get(left.name or "")
        if known is not None and isinstance(right.literal, str) and right.literal not in known:
            raise ConditionError(
                f"“{right.literal}” is none of the options of {left.name}",
                right.token.offset,
                length=len(right.token.text),
                suggestion=did_you_mean(right.literal, known),
                code="E701",
            )
        return right


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            sign = text[start]
            message = "this quote is not closed" if sign in "\"'“”" else f"“{sign}” does not belong into a condition"
            raise ConditionError(message, start)
        kind = found.lastgroup
        tokens.append(_Token(kind, found[kind], found.start(kind)))
        at = found.end()
    tokens.append(_Token("end", "", end))
    return tokens


def _called(operand: _Operand) -> str:
    return operand.name or operand.token.text


def _wrong_sign(token: _Token) -> ConditionError:
    word = "is not" if token.text == "!=" else "is"
    return ConditionError(f"write {word} for {token.text}", token.offset, length=len(token.text), suggestion=word)


def _iso(text: str) -> str | None:
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return None


def _reader(name: str, kind: Kind, group: str) -> Reader:
    """Return how a variable is read for comparing; None stands for a value that is missing or of another kind."""

    def read(get: Getter) -> Plain:
        value = get(name)
        if value is None or value == "":
            return None
        if group == _NUMBERS:
            return _number(value)
        if group == _YES_NO:
            return value if isinstance(value, bool) else None
        if group == _DATES:
            return _iso(value) if isinstance(value, str) else None
        return fold(str(value)) if kind == "text" else str(value)

    return read


def _folding(operand: _Operand) -> Callable[[Getter], str | None]:
    read = operand.read

    def folded(get: Getter) -> str | None:
        value = read(get)
        return fold(value) if isinstance(value, str) else None

    return folded


def _number(value: Value) -> Decimal | None:
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value) if isinstance(value, float) else value)
    except (InvalidOperation, ValueError):
        return None
    return number if number.is_finite() else None
