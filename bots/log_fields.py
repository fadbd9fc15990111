"""What may stand in a log: the names of fields, the shape of each value, and the words a message may be filled with."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any, Final, get_args

from core.capabilities import CAPABILITIES
from core.errors import StreetworkError
from core.sending import SendResult

__all__ = ["FIELDS", "HIDDEN", "Words"]

#: Stands where something was left out.
HIDDEN: Final = "?"
#: Larger numbers may be somebody's: chat ids and phone numbers.
_LARGEST: Final = 9_999_999

_WORD = re.compile(r"[a-z][a-z0-9_.-]{0,39}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,47}")
#: Codes and hashes; they may name what they are about: ``poll:telegram:4711``. Digits alone are none.
_CODE = re.compile(r"(?=.*[a-z])[a-z0-9][a-z0-9_.:-]{0,63}")
#: Whole, or the first digits as code that logs may have cut it already.
_PSEUDONYM = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}")
#: Nothing but names of errors, with or without their place in the code.
_ERROR = re.compile(r"(?!)")
#: As our loops describe an error: its class and the place it came from.
_AT = re.compile(r"(?P<name>\w{1,80}) at (?P<path>[\w./\\:-]{1,300}):(?P<line>\d{1,6})")

#: Every field that may be logged and what its value is: a pattern, or ``int`` for numbers.
FIELDS: Final[dict[str, re.Pattern[str] | type[int]]] = {
    "conversation": _PSEUDONYM,
    "channel": _WORD,
    "account": _ID,
    "case": _ID,
    "case_number": _ID,
    "actor": _ID,
    "verb": _WORD,
    "result": _WORD,
    "code": _CODE,
    "kind": _WORD,
    "release": _ID,
    "worker": _ID,
    "lane": _WORD,
    "error": _ERROR,
    "error_type": _ERROR,
    "status": int,
    "ms": int,
    "count": int,
    "attempts": int,
    "port": int,
}


class Words:
    """Decides about values: what is a known word may be shown, whoever logs it."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = {*CAPABILITIES, *(kind.__name__ for kind in get_args(SendResult)), *known}

    def learn(self, known: Iterable[str]) -> None:
        """Show these words from now on, such as the accounts of our channels."""
        self._known.update(known)

    def field(self, name: str, value: Any) -> str | int | float | None:
        """Return what stands for the value of a field of ``FIELDS``; a pseudonym is cut to its first 8 digits."""
        shape = FIELDS[name]
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(shape, type):
            return value if isinstance(value, int) and abs(value) <= _LARGEST else HIDDEN
        text = str(value) if isinstance(value, str | int) else ""
        if shape.fullmatch(text):
            return text[:8] if shape is _PSEUDONYM else text
        return self._error(text) or HIDDEN

    def argument(self, value: Any, fields: Collection[str] = ()) -> Any:
        """Return what stands for ``value`` in a message; ``fields`` are the values of the record's own fields."""
        if value is None or isinstance(value, bool | int | float):
            return value if value is None or abs(value) <= _LARGEST else HIDDEN
        if isinstance(value, StreetworkError):
            return f"{type(value).__qualname__}[{value.code}]: {value}"
        if isinstance(value, BaseException):
            return type(value).__qualname__
        if isinstance(value, type):
            return value.__qualname__
        if not isinstance(value, str):
            return HIDDEN
        if value in self._known or value in fields:
            return value
        if len(value) == 32 and _PSEUDONYM.fullmatch(value):
            return value[:8]
        return self._error(value) or HIDDEN

    def _error(self, text: str) -> str | None:
        """Return ``text`` if it is the name of an exception class, one of our codes, or such a name with its place."""
        if (at := _AT.fullmatch(text)) and self._names_an_error(at["name"]):
            short = "/".join(at["path"].replace("\\", "/").split("/")[-2:])
            return f"{at['name']} at {short}:{at['line']}"
        return text if self._names_an_error(text) else None

    def _names_an_error(self, word: str) -> bool:
        if word in self._known:
            return True
        if not word.replace("-", "_").isidentifier():
            return False
        found = any(kind.__name__ == word for kind in _all_below(BaseException))
        found = found or any(getattr(kind, "code", None) == word for kind in _all_below(StreetworkError))
        if found:
            self._known.add(word)
        return found


def _all_below(kind: type[BaseException]) -> Iterable[type[BaseException]]:
    for below in kind.__subclasses__():
        yield below
        yield from _all_below(below)
