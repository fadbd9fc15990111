"""How fast an account may send: token buckets for each chat and for the whole account, and pauses after a 429.

Nothing here waits. The delivery loop asks how long to wait and puts the entry back until then, so that no lease is
held while time passes. The state lives in this process; several workers share the limits by :mod:`bots.sharing`.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from msgspec import Struct

from core.ids import Millis

__all__ = ["LIMITS", "Limits", "Rate", "RateLimiter"]


class Rate(Struct, frozen=True, kw_only=True):
    """``burst`` messages at once, then one every ``every`` milliseconds."""

    every: float
    burst: int


class Limits(Struct, frozen=True, kw_only=True):
    """What one account of a channel may send."""

    chat: Rate
    group: Rate
    account: Rate


#: By channel name. Telegram: 1 message a second in a chat with short bursts, 20 a minute in a group, about 30 a second
#: overall (core.telegram.org/bots/faq). WhatsApp: 80 a second for a number, and Meta's pair rate, one in 6 seconds to a
#: person with bursts of 45 (Cloud API, throughput). Viber: the 100 messages an hour without a
#: reply are its status 12, which holds the entry; broadcasts may be 500 in 10 seconds (creators.viber.com), and single
#: messages are kept below that. Other channels are not limited here.
LIMITS: Final[dict[str, Limits]] = {
    "telegram": Limits(
        chat=Rate(every=1000, burst=3), group=Rate(every=3000, burst=3), account=Rate(every=1000 / 30, burst=30)
    ),
    "whatsapp": Limits(
        chat=Rate(every=6000, burst=45), group=Rate(every=6000, burst=45), account=Rate(every=1000 / 80, burst=80)
    ),
    "viber": Limits(
        chat=Rate(every=1000, burst=5), group=Rate(every=1000, burst=5), account=Rate(every=1000 / 40, burst=40)
    ),
}

#: Chats remembered at once. One that was not written to for `every * burst` is full again, so forgetting the
#: oldest ones changes nothing unless more than this many chats are written to within seconds.
_CHATS = 10_000
#: So many chats refused at the same time mean that the whole account is too fast.
_ACCOUNT_WIDE = 3
_UNLIMITED: Final = 1_000_000
#: Sums of thirds of a millisecond are not exact.
_ROUNDING: Final = 1e-3


class _Bucket:
    """A token bucket in the form of the moment at which it will be full (GCRA): one number, no timer."""

    __slots__ = ("full_at",)

    def __init__(self) -> None:
        self.full_at = 0.0

    def wait(self, rate: Rate, now: Millis) -> float:
        """Return how many milliseconds are missing until one message may go."""
        missing = self.full_at - now - rate.every * (rate.burst - 1)
        return missing if missing > _ROUNDING else 0.0

    def room(self, rate: Rate, now: Millis) -> int:
        """Return how many messages may go at once."""
        return int(rate.burst - max(0.0, self.full_at - now) / rate.every + _ROUNDING)

    def take(self, rate: Rate, now: Millis) -> None:
        """Use one message's worth."""
        self.full_at = max(self.full_at, float(now)) + rate.every


class RateLimiter:
    """The buckets and pauses of one account."""

    def __init__(self, limits: Limits | None) -> None:
        self._limits = limits
        self._account = _Bucket()
        self._chats: OrderedDict[str, _Bucket] = OrderedDict()
        #: Chats that the provider told us to leave alone, and until when.
        self._paused: dict[str, Millis] = {}
        self._account_paused: Millis = 0

    def take(self, peer: str, now: Millis) -> Millis:
        """Return 0 and count one message to ``peer``, or the milliseconds to wait (nothing is counted then)."""
        pause = max(self._account_paused, self._paused.get(peer, 0)) - now
        if pause > 0:
            return pause
        self._paused.pop(peer, None)
        if self._limits is None:
            return 0
        rate = self._limits.group if peer.startswith("-") else self._limits.chat
        chat = self._bucket(peer)
        wait = max(chat.wait(rate, now), self._account.wait(self._limits.account, now))
        if wait > 0:
            return int(wait) + 1
        chat.take(rate, now)
        self._account.take(self._limits.account, now)
        return 0

    def room(self, now: Millis) -> int:
        """Return how many messages the account as a whole may send now."""
        if now < self._account_paused:
            return 0
        return _UNLIMITED if self._limits is None else self._account.room(self._limits.account, now)

    def next_at(self, now: Millis) -> Millis:
        """Return when the account as a whole may send again."""
        wait = self._account.wait(self._limits.account, now) if self._limits is not None else 0.0
        return max(self._account_paused, now + int(wait) + 1 if wait > 0 else now)

    def rest(self, until: Millis) -> None:
        """Send nothing by this account before ``until``."""
        self._account_paused = max(self._account_paused, until)

    def refused(self, peer: str, until: Millis, now: Millis) -> None:
        """Leave ``peer`` alone until ``until``.

        Where an account has limits, several chats refused at once mean that it reached them: all of it rests.
        """
        self._paused = {chat: end for chat, end in self._paused.items() if end > now}
        self._paused[peer] = until
        if self._limits is not None and len(self._paused) >= _ACCOUNT_WIDE:
            self._account_paused = max(self._account_paused, until)

    def _bucket(self, peer: str) -> _Bucket:
        bucket = self._chats.get(peer)
        if bucket is None:
            bucket = self._chats[peer] = _Bucket()
            if len(self._chats) > _CHATS:
                self._chats.popitem(last=False)
        else:
            self._chats.move_to_end(peer)
        return bucket
