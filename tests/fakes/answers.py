"""Answers as text: what a typed answer becomes, in one line."""

from __future__ import annotations

import datetime as dt
from typing import Any

from core.messages import Text
from flows.inputs import Accepted, Rules, parse
from flows.values import Kind, Value

#: A Sunday.
TODAY = dt.date(2026, 11, 22)


def answer(kind: Kind, text: str, language: str = "en", **rules: Any) -> Value:
    """Return the value, or the reason behind an exclamation mark."""
    found = parse(kind, Text(text=text), Rules(**rules), language=language, today=TODAY)
    return found.value if isinstance(found, Accepted) else f"!{found.reason}"
