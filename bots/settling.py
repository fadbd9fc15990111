"""The decisions of the delivery loop, without any IO: what a send's end means for its entry and for its account."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from bots.rate import Limits, RateLimiter
from core.ids import ConversationId, Millis
from core.reasons import joined, reason
from core.records import DeliveryLease, Failed, Held, RetryAt, Sent, Settlement, Uncertain
from core.sending import Down, Hold, NotSent, Refused, SendResult, Taken, Unsure

__all__ = ["MAX_TRIES", "AccountState", "GiveBack", "backoff", "final_doubt", "settle_as"]

#: Tries of one entry that certainly did not arrive, while others of the account do.
MAX_TRIES: Final = 6
#: How long a receipt may take to come before an uncertain entry is sent once more.
_RESEND_AFTER: Final[Millis] = 10_000
#: So many conversations in a row that cannot be served mean that the account, not the message, is in trouble.
_OUTAGE: Final = 3
#: So many rests in a row (1, 2, 4 ... s) are more than a hiccup.
_LONG_OUTAGE: Final = 6
_MAYBE: Final = reason("perhaps")


class GiveBack(Struct, frozen=True, kw_only=True):
    """Release the lease: this try does not count, the next is at ``at``."""

    at: Millis


def backoff(failures: int, jitter: float, *, first: Millis = 1000, most: Millis = 60_000) -> Millis:
    """Return 1, 2, 4 ... 60 s in milliseconds for the 1st, 2nd ... failure, times 0.8 to 1.2 by ``jitter`` (0 to 1)."""
    return int(min(most, first * 2 ** min(max(failures, 1) - 1, 16)) * (0.8 + 0.4 * jitter))


def final_doubt(lease: DeliveryLease) -> Uncertain | None:
    """Return how an entry ends that may have been sent twice already: with doubt, shown, and without a third send."""
    perhaps = lease.attempts - 1 - lease.missed
    return Uncertain(reason=_MAYBE) if lease.maybe_sent and perhaps >= 2 else None


def settle_as(result: SendResult, lease: DeliveryLease, now: Millis, jitter: float) -> Settlement | GiveBack:
    """Return what becomes of the entry. ``Down`` is the account's affair: see :meth:`AccountState.ended`."""
    match result:
        case Taken():
            return Sent(provider_ids=result.provider_ids)
        case NotSent():
            return _not_sent(result, lease, now, jitter)
        case Unsure() if lease.maybe_sent:
            return Uncertain(reason=result.reason)
        case Unsure():
            return Uncertain(reason=result.reason, retry_at=now + _RESEND_AFTER)
        case Hold():
            return Held(until=now + result.after, reason=result.reason)
        case Refused():
            return Failed(reason=result.reason, blocked=result.blocked)
        case Down():
            return GiveBack(at=now)


def _not_sent(result: NotSent, lease: DeliveryLease, now: Millis, jitter: float) -> Settlement:
    if result.after is not None:
        # The provider set the pace; that is no failure of the message, however often it happens.
        return RetryAt(at=now + result.after + int(250 * jitter), reason=result.reason, paced=True)
    if lease.missed + 1 >= MAX_TRIES:
        if lease.maybe_sent:
            return Uncertain(reason=reason("perhaps_last"))
        return Failed(reason=joined(result.reason, reason("given_up", MAX_TRIES)))
    return RetryAt(at=now + backoff(lease.missed + 1, jitter), reason=result.reason)


class AccountState:
    """Whether one account may send now. An account in trouble rests alone, and its entries lose no tries by that."""

    def __init__(self, limits: Limits | None) -> None:
        self.limiter = RateLimiter(limits)
        self.paused_until: Millis = 0
        #: Sends under way.
        self.busy = 0
        self._down = 0
        self._outages = 0
        self._failing: set[ConversationId] = set()

    @property
    def down(self) -> bool:
        """The account does not work: refused by the provider, or not reached for a good minute."""
        return self._down > 0 or self._outages >= _LONG_OUTAGE

    def ready(self, now: Millis) -> bool:
        """Say whether anything may be sent."""
        return now >= self.paused_until

    def room(self, now: Millis) -> int:
        """Return how many messages the account may send at this moment."""
        return self.limiter.room(now) if self.ready(now) else 0

    def next_at(self, now: Millis) -> Millis:
        """Return when an account without room has room again; not after ``now`` for one that has."""
        return max(self.paused_until, self.limiter.next_at(now))

    def not_before(self, peer: str, now: Millis) -> Millis | None:
        """Return None and count a message to ``peer``, or the moment until which it must wait."""
        if now < self.paused_until:
            return self.paused_until
        wait = self.limiter.take(peer, now)
        return now + wait if wait else None

    def ended(self, result: SendResult, lease: DeliveryLease, now: Millis, jitter: float) -> Settlement | GiveBack:
        """Note how a send ended and return what becomes of its entry."""
        settlement = settle_as(result, lease, now, jitter)
        match result:
            case Taken() | Refused() | Hold():
                self._down = self._outages = 0
                self._failing.clear()
            case Down():
                self._stop(now)
                return GiveBack(at=self.paused_until)
            case NotSent(after=int(after)):
                self.limiter.refused(lease.address.peer, now + after, now)
            case NotSent():
                if self._outage(lease, now, jitter):
                    return GiveBack(at=self.paused_until)
            case Unsure():
                self._outage(lease, now, jitter)
        return settlement

    def _stop(self, now: Millis) -> None:
        """Rest for 60 seconds, twice as long each time, ten minutes at most."""
        if now < self.paused_until:
            return  # another send of the same moment said so already
        self._down += 1
        self.paused_until = now + backoff(self._down, 0.5, first=60_000, most=600_000)

    def _outage(self, lease: DeliveryLease, now: Millis, jitter: float) -> bool:
        """Count a failure that may be the provider's; True when it is no longer the message's fault."""
        self._failing.add(lease.conversation)
        if len(self._failing) < _OUTAGE:
            return False
        if now >= self.paused_until:
            self._outages += 1
            self.paused_until = now + backoff(self._outages, jitter)
        return True
