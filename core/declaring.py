"""How one setting is declared; the settings themselves are in ``core.settings``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Declared", "setting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One setting. ``parse`` raises :class:`core.setting_types.Malformed` with what the value should look like."""

    name: str
    parse: Callable[[str], Any]
    meaning: str
    #: The default as the table shows it.
    shown: str = ""
    #: Never shown, neither in errors nor in ``repr``.
    secret: bool = False


def setting(
    name: str, parse: Callable[[str], Any], meaning: str, *, shown: str = "", secret: bool = False
) -> dict[str, Declared]:
    """Return the metadata of a dataclass field that holds this setting."""
    return {"declared": Declared(name=name, parse=parse, meaning=meaning, shown=shown, secret=secret)}
