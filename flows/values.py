"""What a variable of a flow can hold, and the kinds of answers a person can give."""

from __future__ import annotations

from typing import Literal

__all__ = ["Kind", "Value"]

#: Numbers with a fraction and dates travel as strings, so that nothing is rounded or shifted on the way.
Value = str | int | float | bool

#: Kinds of input an ``ask`` can demand and types a variable can have.
Kind = Literal[
    "text",
    "number",
    "date",
    "email",
    "phone",
    "postcode_de",
    "choice",
    "yes_no",
    "location",
    "media",
    "language",
]
