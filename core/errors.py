"""Every exception Streetwork raises on purpose.

    StreetworkError
    ├── SettingsError          a setting is unknown, missing or malformed
    ├── BotBroken              a bot folder has errors; carries its findings
    ├── StoreError
    │   ├── StoreUnavailable   full disk, locked file, lost connection: nothing is lost, try again
    │   ├── StoreMismatch      wrong master key, newer schema, foreign file: refuses to start
    │   └── StoreCorrupt       something that cannot be, with what to do
    │       └── StateNewer     written by a later version of the program: a process of that version must go on
    ├── ChannelMisconfigured   a token or an address that the provider refuses
    └── Refused                an action that is not allowed now, with a code for the desk

A message says what happened, where, and what to do.
"""

from __future__ import annotations

__all__ = [
    "BotBroken",
    "ChannelMisconfigured",
    "Refused",
    "SettingsError",
    "StateNewer",
    "StoreCorrupt",
    "StoreError",
    "StoreMismatch",
    "StoreUnavailable",
    "StreetworkError",
]


class StreetworkError(Exception):
    """Base of all; ``code`` is stable and documented."""

    code = "error"


class SettingsError(StreetworkError):
    """A setting is unknown, missing or malformed. Names the setting and what it should look like."""

    code = "settings"


class BotBroken(StreetworkError):
    """A bot folder has errors, so it cannot be run. ``report`` is the whole list as text."""

    code = "bot-broken"

    def __init__(self, report: str) -> None:
        super().__init__(report)
        self.report = report


class StoreError(StreetworkError):
    """Something about the store."""

    code = "store"


class StoreUnavailable(StoreError):
    """The store cannot take work now (full disk, locked file). Nothing is lost: answer 503 and try again."""

    code = "store-unavailable"


class StoreMismatch(StoreError):
    """These files belong to another key or a newer version; using them would lose data, so nothing was touched."""

    code = "store-mismatch"


class StoreCorrupt(StoreError):
    """The store holds something that cannot be. Names the conversation and the record."""

    code = "store-corrupt"


class StateNewer(StoreCorrupt):
    """A later version of the program wrote this, so what it means is not known here. Nothing is wrong with it."""

    code = "state-newer"


class ChannelMisconfigured(StreetworkError):
    """A provider refuses our credentials or address. Names the setting to look at."""

    code = "channel"


class Refused(StreetworkError):
    """An action is not allowed now; ``reason`` is a stable code the desk translates."""

    code = "refused"

    def __init__(self, reason: str, **detail: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail
