"""The channels there are: our own, and those that installed packages bring through ``streetwork.channels``.

The entry point's name is the channel's name. It leads to a callable that takes everything that was set, by name, and
returns the channels to run. What it carries as ``settings`` (of :class:`core.settings.Declared`) is accepted beside our
own settings, and its ``capabilities`` are the limits that texts and flow tests are held to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Protocol

from core.capabilities import CAPABILITIES, Capabilities
from core.errors import SettingsError
from core.ports import Channel
from core.settings import Declared

__all__ = ["Plug", "capabilities", "declared", "plugged"]


class Plug(Protocol):
    """What the entry point names; ``settings`` and ``capabilities`` may be missing."""

    def __call__(self, given: Mapping[str, str]) -> Iterable[Channel]:
        """Return a channel for each account that is set up, none where nothing is set."""


@cache
def plugged() -> Mapping[str, Plug]:
    """Return what installed packages bring, by channel name; looked up once, as packages do not change while we run.

    Raises :class:`core.errors.SettingsError` when two of them, or one and ours, have the same name.
    """
    found: dict[str, Plug] = {}
    for point in entry_points(group="streetwork.channels"):
        if point.name in CAPABILITIES or point.name in found:
            raise SettingsError(f"the channel {point.name!r} of {point.value} is there already: uninstall one of them")
        found[point.name] = point.load()
    return found


@cache
def capabilities() -> Mapping[str, Capabilities]:
    """Return the limits of every channel; one that declares none is taken to be like the web chat."""
    like = CAPABILITIES["webchat"]
    return CAPABILITIES | {name: getattr(plug, "capabilities", like) for name, plug in plugged().items()}


def declared() -> tuple[Declared, ...]:
    """Return the settings that installed channels declare."""
    return tuple(one for plug in plugged().values() for one in getattr(plug, "settings", ()))
