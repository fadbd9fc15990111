"""Who else looks at a case, and who is writing there: so that two do not answer the same person.

Known by a small record for each account and case that expires by itself: a desk that closes without a word is forgotten
within seconds, and several processes see the same. It says who and where, and nothing of what is written.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from core.ids import Millis
from core.ports import Store

__all__ = ["FRESH", "Looker", "Looking"]

_KIND = "looking"
#: A desk that looks says so again well within this time.
FRESH: Millis = 20_000
#: Somebody who stopped typing is not writing any more.
WRITING: Millis = 6_000
#: More people than this never look at one case.
_MOST = 50


class Looker(Struct, frozen=True, kw_only=True):
    """Somebody who has a case open."""

    name: str
    writing: bool


class _Seen(Struct, frozen=True, kw_only=True):
    account: str
    name: str
    wrote: Millis
    at: Millis


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Seen)


class Looking:
    """Notes who looks, and tells the others."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def note(self, number: str, account: str, name: str, *, writing: bool, now: Millis) -> bool:
        """Note that an account looks at a case; return whether that is news for the others."""
        key = f"{number}:{account}"
        record = await self._store.get(_KIND, key, now)
        old = None if record is None else _decoder.decode(record.value)
        wrote = now if writing else 0
        news = old is None or (now - old.wrote < WRITING) != writing
        # Said again and again by every open desk: it is written only when it would soon be forgotten.
        if news or old is None or now - old.at > FRESH // 3 or (writing and now - old.wrote > WRITING // 3):
            seen = _Seen(account=account, name=name, wrote=wrote, at=now)
            await self._store.put(_KIND, key, _encoder.encode(seen), now, expires=now + FRESH)
        return news

    async def leave(self, number: str, account: str) -> None:
        """Note that an account looks at a case no more."""
        await self._store.delete(_KIND, f"{number}:{account}")

    async def others(self, number: str, account: str, now: Millis) -> list[Looker]:
        """Return who else looks at a case, by name."""
        prefix = f"{number}:"
        records = await self._store.scan(_KIND, now, _MOST, prefix)
        seen = [_decoder.decode(record.value) for record in records if record.key.startswith(prefix)]
        found = [Looker(name=one.name, writing=now - one.wrote < WRITING) for one in seen if one.account != account]
        return sorted(found, key=lambda one: one.name)
