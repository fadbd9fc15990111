"""Small rules that every backend must share to the letter: how long things are kept, how receipts raise a state, and
the ids of events that the store makes itself. Pure functions; a backend's storage is its own affair."""

from __future__ import annotations

from datetime import UTC, datetime

from core.events import Event, Received
from core.ids import EntryId, Millis
from core.messages import Unsubscribed
from core.reasons import reason
from core.records import Commit, DeliveryState, DispatchKind, Held, ReceiptState, RetryAt, Settlement, Wrote

__all__ = [
    "DEAD_FOR",
    "EXPIRED_REASON",
    "FINAL",
    "GRACE",
    "MOVED_ON_REASON",
    "OUTCOME_FOR",
    "PROTECTED",
    "REST_FOR",
    "SEEN_FOR",
    "STRAY_FOR",
    "check_commit",
    "day_of",
    "drop_reason",
    "event_kind",
    "failed_event_id",
    "gives_back",
    "held_for",
    "is_attempt",
    "is_miss",
    "later",
    "outranks",
    "raised",
    "revived_event_id",
    "sooner",
    "stray_rank",
    "timer_event_id",
    "wakes_held",
]

_HOUR: Millis = 3_600_000
#: A repeated event id is recognised for so long: longer than any provider repeats a webhook (Telegram: 24 h).
SEEN_FOR: Millis = 48 * _HOUR
#: The desk reads an outcome within seconds; an hour covers a sleeping laptop.
OUTCOME_FOR: Millis = _HOUR
#: A receipt may overtake the answer to the send it speaks of; no provider sends one later than a day.
STRAY_FOR: Millis = 24 * _HOUR
#: Somebody must look at a dead letter within a month; it holds words of a person, so it cannot stay for ever.
DEAD_FOR: Millis = 30 * 24 * _HOUR
#: What remains of an erased person (address and confirmation) waits so long for its delivery.
REST_FOR: Millis = _HOUR
#: Extra life of an expired conversation in which something still waits.
GRACE: Millis = 24 * _HOUR

#: Kinds that are never dropped, and whose undelivered rows put an expiry off.
PROTECTED: frozenset[DispatchKind] = frozenset({"crisis", "notice", "counsellor"})

#: Delivery states in which nothing more is tried.
FINAL: frozenset[DeliveryState] = frozenset({"sent", "delivered", "read", "failed", "dropped"})

MOVED_ON_REASON = "The conversation had moved on before this could be sent."
EXPIRED_REASON = reason("too_late")
_MAYBE_REASON = " An earlier attempt may have arrived."

_RANK: dict[DeliveryState, int] = {
    "pending": 0,
    "held": 0,
    "sending": 1,
    "uncertain": 2,
    "sent": 3,
    "delivered": 4,
    "read": 5,
}
_STRAY_RANK: dict[ReceiptState, int] = {"sent": 1, "held": 2, "again": 2, "failed": 2, "delivered": 2, "read": 3}


def gives_back(current: DeliveryState, told: ReceiptState) -> bool:
    """Say whether a receipt that says ``told`` gives a row in ``current`` back, to be held or sent again."""
    return told in ("held", "again") and current in ("pending", "uncertain", "sent")


def held_for(times: int) -> Millis:
    """Return how long a row is held that was given back ``times`` times before.

    At first only a moment: the channel knows now that the window is closed and may ask the person to write.
    """
    return 2_000 if times == 0 else 24 * _HOUR


def stray_rank(told: ReceiptState) -> int:
    """Return the rank by which receipts whose entry is not known yet are told apart."""
    return _STRAY_RANK[told]


def outranks(told: ReceiptState, known: ReceiptState) -> bool:
    """Say whether, of two receipts whose entry is not known yet, the new one is to be kept."""
    return _STRAY_RANK[told] > _STRAY_RANK[known]


def raised(current: DeliveryState, told: ReceiptState) -> DeliveryState:
    """Return the state of a row in ``current`` after a receipt that says ``told``; never a lower one.

    ``failed`` counts only until the provider said ``delivered``; a failed or dropped row stays what it is.
    """
    if current in ("failed", "dropped"):
        return current
    if told == "held" or told == "again":
        return current  # see `gives_back`
    if told == "failed":
        return current if current in ("delivered", "read") else "failed"
    return told if _RANK[told] > _RANK[current] else current


def drop_reason(*, kind: DispatchKind, epoch: int, now_epoch: int, expires: Millis | None, now: Millis) -> str | None:
    """Return why an outbox row may not be sent any more, or None. Only the bot's own rows are ever dropped."""
    if kind != "bot":
        return None
    if epoch < now_epoch:
        return MOVED_ON_REASON
    if expires is not None and expires <= now:
        return EXPIRED_REASON
    return None


def later(reason: str, maybe_sent: bool) -> str:
    """Return a drop's reason, with a warning where an earlier attempt may have reached the person."""
    return reason + _MAYBE_REASON if maybe_sent else reason


def is_attempt(settlement: Settlement) -> bool:
    """Say whether a send that ended so counts as an attempt: not where it was only put off."""
    return not isinstance(settlement, Held) and not (isinstance(settlement, RetryAt) and settlement.paced)


def is_miss(settlement: Settlement) -> bool:
    """Say whether a send that ended so was an attempt that certainly did not arrive and will be made again."""
    return isinstance(settlement, RetryAt) and not settlement.paced


def sooner(a: Millis | None, b: Millis | None) -> Millis | None:
    """Return the earlier of two moments, either of which may be "never"."""
    if a is None:
        return b
    if b is None:
        return a
    return min(a, b)


def wakes_held(event: Event) -> bool:
    """Say whether ``event`` shows that the person can be written to again."""
    return isinstance(event, Received) and not isinstance(event.message.content, Unsubscribed)


def timer_event_id(name: str, at: Millis) -> str:
    """Return the event id under which a timer is handed out."""
    return f"timer/{name}/{at}"


def failed_event_id(entry_id: EntryId) -> str:
    """Return the event id of the SendFailed event of an entry: the same however often the failure is told."""
    return f"failed/{entry_id}"


def revived_event_id(event_id: str, dead_id: str) -> str:
    """Return a fresh event id for a dead letter put back, which the dedupe of the first arrival does not swallow."""
    return f"{event_id}/revived/{dead_id}"


def event_kind(event: Event) -> str:
    """Return the tag of the event's type, e.g. ``received``."""
    return str(event.__struct_config__.tag)


def day_of(now: Millis) -> str:
    """Return the day in UTC as YYYY-MM-DD."""
    return datetime.fromtimestamp(now / 1000, tz=UTC).strftime("%Y-%m-%d")


def check_commit(commit: Commit) -> None:
    """Raise ValueError for a commit that no backend can store: only written messages can be dispatched."""
    for entry in commit.entries:
        if entry.dispatch is not None and not isinstance(entry.body, Wrote):
            raise ValueError(f"entry {entry.id} has a dispatch but its body is not a message")
