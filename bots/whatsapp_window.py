"""WhatsApp's 24-hour window: free messages reach a person only within a day after the last thing they wrote.

Known from what arrived here, from the store (another process may have taken the message in), and from Twilio's error
63016. What nobody knows counts as open: the attempt costs nothing and Twilio tells.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from msgspec import Struct

from bots.whatsapp_templates import Records
from core.errors import StoreError
from core.ids import Millis
from core.messages import Address
from core.ports import Clock

__all__ = ["Closed", "LastHeard", "LastWords", "Window"]


class LastWords(Struct, frozen=True, kw_only=True):
    """What the store knows about a person's last message."""

    #: When it arrived; None when that is not known.
    at: Millis | None
    #: Something arrived that no turn has seen yet; it may be a message.
    waiting: bool = False


class Closed(Struct, frozen=True, kw_only=True):
    """The window is closed. ``since`` is when the person wrote last, 0 when nobody knows."""

    since: Millis
    #: It may open at once: see :class:`LastWords`.
    waiting: bool = False


#: Asks the store about the person at an address.
LastHeard = Callable[[Address], Awaitable[LastWords]]

#: A minute less than a day: a message needs time to get from here to WhatsApp.
_OPEN: Final[Millis] = 24 * 3_600_000 - 60_000
#: People remembered at once; others are looked up in the store.
_PEOPLE: Final = 20_000
#: How long it is remembered that a person was asked to write.
_ASKED: Final[Millis] = 90 * 86_400_000


class Window:
    """The windows of one account, by the address that we write to."""

    def __init__(self, clock: Clock, last_heard: LastHeard | None, records: Records | None, secret: str) -> None:
        self._clock = clock
        self._last_heard = last_heard
        self._records = records
        self._secret = secret.encode()
        self._heard: OrderedDict[str, Millis] = OrderedDict()
        self._closed: OrderedDict[str, Millis] = OrderedDict()
        self._asked: OrderedDict[str, Millis] = OrderedDict()

    def heard(self, to: str) -> None:
        """Note that the person at ``to`` wrote now."""
        _note(self._heard, to, self._clock.now())

    def close(self, to: str) -> None:
        """Note that Twilio says the window of ``to`` is closed."""
        _note(self._closed, to, self._clock.now())

    async def closed(self, address: Address, to: str) -> Closed | None:
        """Return None while the window is open."""
        now = self._clock.now()
        if self._is_open(to, now):
            return None
        words = await self._ask(address)
        if words.at is not None and words.at > self._heard.get(to, -1):
            _note(self._heard, to, words.at)
        latest = self._heard.get(to)
        if (latest is None and to not in self._closed) or self._is_open(to, now):
            return None
        return Closed(since=latest or 0, waiting=words.waiting)

    async def _ask(self, address: Address) -> LastWords:
        if self._last_heard is None:
            return LastWords(at=None)
        try:
            return await self._last_heard(address)
        except StoreError:
            return LastWords(at=None, waiting=True)

    def _is_open(self, to: str, now: Millis) -> bool:
        latest = self._heard.get(to)
        return latest is not None and now - latest < _OPEN and self._closed.get(to, -1) < latest

    async def may_ask(self, to: str, since: Millis) -> bool:
        """Say whether the person was not yet asked to write in this silence, which began at ``since``."""
        key = self._key(to)
        asked = self._asked.get(key)
        if asked is None and self._records is not None:
            try:
                record = await self._records.get("template", key, self._clock.now())
            except StoreError:
                return False  # rather once less than twice: it costs money
            asked = int(record.value) if record is not None else None
        return asked is None or asked < since

    async def asked(self, to: str) -> None:
        """Note that the person was asked now."""
        key, now = self._key(to), self._clock.now()
        _note(self._asked, key, now)
        if self._records is not None:
            try:
                await self._records.put("template", key, str(now).encode(), now, expires=now + _ASKED)
            except StoreError:
                return  # memory knows, until the next start

    def _key(self, to: str) -> str:
        """Return a pseudonym: keys of records are not sealed."""
        return "asked:" + hmac.new(self._secret, to.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:40]


def _note(times: OrderedDict[str, Millis], key: str, at: Millis) -> None:
    times[key] = at
    times.move_to_end(key)
    if len(times) > _PEOPLE:
        times.popitem(last=False)
