"""Which of our accounts at the messengers do not work now: written by who sends, read by the desk, health and alerts.

Each is a small record that ends by itself some time after the last bad news, so a process that dies leaves none behind.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from core.ids import Millis
from core.ports import Store

__all__ = ["Outage", "outages", "over", "report"]

_KIND: Final = "outage"
#: Bad news comes again every ten minutes at least while an account is down.
_LIVES: Final[Millis] = 20 * 60_000
#: More accounts than any team has.
_MOST: Final = 100


class Outage(Struct, frozen=True, kw_only=True):
    """One account that does not work."""

    channel: str
    account: str
    #: A reason of :mod:`core.reasons`, with the setting to look at; nothing of a person.
    reason: str
    since: Millis


_decode = msgspec.json.Decoder(Outage).decode


async def report(store: Store, channel: str, account: str, reason: str, now: Millis) -> Outage | None:
    """Note that an account does not work; return the outage if this is news. Raises ``StoreUnavailable``."""
    key = f"{channel}/{account}"
    known = await store.get(_KIND, key, now)
    since = _decode(known.value).since if known is not None else now
    outage = Outage(channel=channel, account=account, reason=reason, since=since)
    await store.put(_KIND, key, msgspec.json.encode(outage), now, expires=now + _LIVES)
    return outage if known is None else None


async def over(store: Store, channel: str, account: str) -> bool:
    """Note that an account works again; False when nobody knew otherwise."""
    return await store.delete(_KIND, f"{channel}/{account}")


async def outages(store: Store, now: Millis) -> list[Outage]:
    """Return what does not work, by channel and account."""
    return [_decode(record.value) for record in await store.scan(_KIND, now, _MOST)]
