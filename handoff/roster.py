"""Who is at the desk: presence, shift, capacity and a word about an absence, one small record for each account.

An open desk renews "here" while its live line holds. Whoever is not heard of for two minutes is not here any more,
and neither is somebody whose shift is over. Nothing here decides about a case: the queue, the alerts and the list of
colleagues read it.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from core.errors import Refused, StoreCorrupt
from core.ids import Millis
from core.ports import Store

__all__ = [
    "CAPACITY",
    "FRESH",
    "Presence",
    "get_presence",
    "has_room",
    "load_of",
    "renew",
    "set_presence",
    "set_work",
    "team_presence",
]

KIND = "presence"
#: A desk that was not heard of for so long is closed; the live line renews far more often.
FRESH: Millis = 120_000
#: Cases that are ours to answer, for one person at the same time, unless they say otherwise.
CAPACITY = 5
MOST_CAPACITY = 50
#: Most cases that are counted as somebody's load.
_COUNTED = MOST_CAPACITY + 1
_LONGEST_ABSENCE = 200
#: As many as there can be accounts.
_MOST = 1000


class Presence(Struct, frozen=True, kw_only=True):
    """What one account said about being there."""

    account: str
    state: Literal["here", "away"] = "here"
    #: When their desk was last heard of; an open one is enough to be here, until they say that they are away.
    seen: Millis = 0
    #: The end of their shift, if they named one.
    shift_until: Millis | None = None
    capacity: int = CAPACITY
    #: What they like to counsel on: a wish that chooses among equals, never a filter.
    topics: tuple[str, ...] = ()
    #: For colleagues: "back on Monday".
    absence: str = ""

    def here(self, now: Millis) -> bool:
        """Return whether they are at the desk."""
        if self.state != "here" or now - self.seen >= FRESH:
            return False
        return self.shift_until is None or now < self.shift_until


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Presence)


async def get_presence(store: Store, account: str, now: Millis) -> Presence:
    """Return what is known of an account; nobody is here who never said so."""
    record = await store.get(KIND, account, now)
    return Presence(account=account) if record is None else _decode(record.value)


async def set_presence(
    store: Store,
    account: str,
    now: Millis,
    *,
    state: Literal["here", "away"],
    shift_until: Millis | None = None,
    capacity: int | None = None,
    absence: str | None = None,
    topics: tuple[str, ...] | None = None,
) -> Presence:
    """Write what somebody says about themselves; what is not named stays. Raises ``Refused("malformed")``."""
    if not (capacity is None or 1 <= capacity <= MOST_CAPACITY):
        raise Refused("malformed")
    if shift_until is not None and shift_until <= now:
        raise Refused("past")
    if absence is not None and (len(absence) > _LONGEST_ABSENCE or not absence.isprintable()):
        raise Refused("malformed")
    while True:
        old, version = await _read(store, account, now)
        changed = replace(
            old,
            state=state,
            seen=now if state == "here" else old.seen,
            shift_until=shift_until,
            capacity=old.capacity if capacity is None else capacity,
            absence=old.absence if absence is None else absence,
            topics=old.topics if topics is None else topics,
        )
        if await store.put(KIND, account, _encoder.encode(changed), now, expect=version) is not None:
            return changed


async def set_work(
    store: Store, account: str, now: Millis, *, capacity: int | None = None, topics: tuple[str, ...] | None = None
) -> None:
    """Write how many cases are an account's at the same time and what they are about, and nothing of being there.

    What is None stays as it was. Raises ``Refused("malformed")``.
    """
    if capacity is not None and not 1 <= capacity <= MOST_CAPACITY:
        raise Refused("malformed")
    while True:
        old, version = await _read(store, account, now)
        changed = replace(
            old,
            capacity=old.capacity if capacity is None else capacity,
            topics=old.topics if topics is None else topics,
        )
        value = _encoder.encode(changed)
        if await store.put(KIND, account, value, now, expect=version) is not None:
            return


async def renew(store: Store, account: str, now: Millis) -> None:
    """Note that a desk of this account is open; somebody who said that they are away stays away."""
    old, version = await _read(store, account, now)
    if old.state == "here" and now - old.seen >= FRESH // 4:
        # A write that lost the race is not repeated: somebody else has just written.
        await store.put(KIND, account, _encoder.encode(replace(old, seen=now)), now, expect=version)


async def team_presence(store: Store, now: Millis) -> dict[str, Presence]:
    """Return what is known of everybody who ever said anything."""
    return {record.key: _decode(record.value) for record in await store.scan(KIND, now, _MOST)}


async def load_of(store: Store, account: str) -> int:
    """Return how many cases are this account's to answer now. Parked ones count when they wake."""
    return len(await store.find(f"ours:{account}", _COUNTED))


async def has_room(store: Store, presence: Presence, now: Millis) -> bool:
    """Return whether this account is at the desk and has room for one more case."""
    return presence.here(now) and await load_of(store, presence.account) < presence.capacity


async def _read(store: Store, account: str, now: Millis) -> tuple[Presence, int]:
    record = await store.get(KIND, account, now)
    return (Presence(account=account), 0) if record is None else (_decode(record.value), record.version)


def _decode(value: bytes) -> Presence:
    try:
        return _decoder.decode(value)
    except msgspec.DecodeError as error:
        raise StoreCorrupt("a presence record cannot be read") from error
