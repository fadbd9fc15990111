"""What a sweep took away, by kind. Numbers only: a report must not point at anybody."""

from __future__ import annotations

import msgspec
from msgspec import Struct

__all__ = ["Swept"]


class Swept(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Counts of one sweep, or of many."""

    #: People whose time was over: everything about them, and their key.
    conversations: int = 0
    #: Confirmations of erasures that were not delivered within an hour.
    rests: int = 0
    #: Files whose content was over its time.
    files: int = 0
    letters: int = 0
    #: Small keyed records: drafts, sessions, samples, ...
    records: int = 0
    counters: int = 0
    #: Ids of handled events, outcomes for the desk, and receipts nobody asked for.
    ids: int = 0
    outcomes: int = 0
    receipts: int = 0

    @property
    def total(self) -> int:
        """Return how many things went."""
        return sum(msgspec.structs.astuple(self))

    def __add__(self, other: Swept) -> Swept:
        """Return both together."""
        pairs = zip(msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True)
        return Swept(**dict(zip(self.__struct_fields__, (one + two for one, two in pairs), strict=True)))
