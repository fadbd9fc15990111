"""Logging without anybody's words: what a record may say is listed here, and everything else is left out.

Theory of operation. A log is copied, shipped and kept in places that know no erasure, so it must not hold a text, a
name, a number or a token, not even when something breaks. Cleaning texts afterwards cannot be trusted; instead only
what is known to be harmless passes:

- the message of a record of our own is its template (written by a programmer, never an f-string: ruff checks it),
  filled with small numbers and known words (channels, our accounts, error classes and codes); all else becomes ``?``;
- fields given with ``extra=`` pass when their name is listed in ``FIELDS`` and their value has the listed shape;
- records of other packages keep their place in the code and their level, but not their message;
- an exception is its class and the places it went through, without source lines or values; the message stands
  there only for errors of our own tree, which are written to hold no content.

Output is JSON, one object a line, or the same as text for a terminal; no colours in either.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, TextIO

from bots.log_fields import FIELDS, Words
from core.errors import StreetworkError

__all__ = ["OWN", "Handler", "describe", "know", "places", "set_up"]

#: Packages whose messages are written under our own rules; ``streetwork`` is the audit log's.
OWN: Final = ("bots", "handlers", "handoff", "flows", "i18n", "core", "store", "streetwork")
#: Frames shown of a traceback, the innermost ones.
_FRAMES = 12
#: Loggers that speak of every request or poll; their records would only be noise without their messages.
_NOISY: Final = ("aiohttp.access", "httpx", "httpcore", "telegram", "asyncio", "watchfiles")


class _Formatter(logging.Formatter):
    """Turns a record into what may be written of it."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self.words = words

    def safe(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return the fields of the line, in order."""
        own = record.name.partition(".")[0] in OWN
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:23] + "Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": self._event(record) if own else f"{record.module}:{record.lineno}",
        }
        for name in FIELDS:
            if name in record.__dict__:
                line[name] = self.words.field(name, record.__dict__[name])
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = describe(record.exc_info[1])
            line["trace"] = places(record.exc_info[2])
        return line

    def _event(self, record: logging.LogRecord) -> str:
        template = str(record.msg)
        if not record.args:
            return template
        own_fields = {str(record.__dict__[name]) for name in FIELDS if name in record.__dict__}
        args = record.args.values() if isinstance(record.args, dict) else record.args
        safe = [self.words.argument(arg, own_fields) for arg in args]
        try:
            filled: Any = dict(zip(record.args, safe, strict=True)) if isinstance(record.args, dict) else tuple(safe)
            return str(template % filled)
        except (TypeError, ValueError, KeyError):
            return template


class _Json(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self.safe(record), ensure_ascii=True)


class _Plain(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = self.safe(record)
        event = line.pop("event").replace("\n", "\n    ")
        head = f"{line.pop('time')[11:19]} {line.pop('level').upper():<7} {line.pop('logger')}: {event}"
        trace = line.pop("trace", [])
        fields = "".join(f" {name}={value}" for name, value in line.items())
        return head + fields + "".join(f"\n    {place}" for place in trace)


def describe(error: BaseException) -> str:
    """Return an error's class, with its message where it is of our own tree, and the classes of its causes."""
    name = type(error).__qualname__
    if isinstance(error, StreetworkError):
        name = f"{name}[{error.code}]: {error}"
    elif isinstance(error, BaseExceptionGroup):
        name += f"({', '.join(describe(inner) for inner in error.exceptions[:8])})"
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return f"{name} <- {describe(cause)}" if cause is not None else name


def places(trace: TracebackType | None) -> list[str]:
    """Return where an error went through, outermost first: file, line and function, no values."""
    found = []
    while trace is not None:
        code = trace.tb_frame.f_code
        short = "/".join(code.co_filename.replace("\\", "/").split("/")[-2:])
        found.append(f"{short}:{trace.tb_lineno} {code.co_qualname}")
        trace = trace.tb_next
    return found[-_FRAMES:]


class Handler(logging.StreamHandler[TextIO]):
    """Writes safe lines; a line that cannot be written is not shown either."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Say only where the record came from: logging's own version would print its message and arguments."""
        kind = sys.exc_info()[0]
        if sys.stderr is not None and not isinstance(sys.exc_info()[1], OSError):
            sys.stderr.write(
                f"a log record of {record.name} could not be written ({kind.__name__ if kind else 'unknown'})\n"
            )


def set_up(
    level: str = "info", style: str = "auto", *, stream: TextIO | None = None, known: Iterable[str] = ()
) -> Callable[[], None]:
    """Send everything that is logged, warned or not caught through the rules of this file; return the way back.

    ``level`` and ``style`` are as in the settings; ``known`` are words that may stand in messages, such as the accounts
    of our channels. Calling it again replaces the earlier set-up.
    """
    out = stream if stream is not None else sys.stderr
    if style == "auto":
        style = "text" if out.isatty() else "json"
    words = Words(known)
    handler = Handler(out)
    handler.setFormatter(_Json(words) if style == "json" else _Plain(words))
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h, Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    former = root.level
    root.setLevel(level.upper())
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    _catch_what_nobody_catches()

    def undo() -> None:
        root.removeHandler(handler)
        root.setLevel(former)
        logging.captureWarnings(capture=False)
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks

    return undo


def know(words: Iterable[str]) -> None:
    """Let these words stand in messages from now on, such as the accounts of our channels."""
    learned = tuple(words)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, Handler) and isinstance(handler.formatter, _Formatter):
            handler.formatter.words.learn(learned)


def _catch_what_nobody_catches() -> None:
    """Log what would otherwise be printed with its message, which may quote what a person wrote."""
    log = logging.getLogger(__name__)

    def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        log.critical("not caught", exc_info=(kind, error, trace))

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            log.critical("not caught in a thread", exc_info=(args.exc_type, args.exc_value, args.exc_traceback))

    def unraisable(args: sys.UnraisableHookArgs) -> None:
        if args.exc_value is not None:
            log.error("not raisable", exc_info=(args.exc_type, args.exc_value, args.exc_traceback))

    sys.excepthook, threading.excepthook, sys.unraisablehook = uncaught, in_thread, unraisable
