"""How one send ended, in a channel's words; the delivery loop turns it into a settlement with times.

A ``reason`` is one of :mod:`core.reasons`, or plain English words where there is no code for it.
"""

from __future__ import annotations

from msgspec import Struct

from core.ids import Millis

__all__ = ["Down", "Hold", "NotSent", "Refused", "SendResult", "Taken", "Unsure"]


class Taken(Struct, frozen=True, kw_only=True):
    """The provider took the message."""

    provider_ids: tuple[str, ...] = ()
    #: The chat has this new address (a group that became a supergroup); the message went there.
    peer: str | None = None


class NotSent(Struct, frozen=True, kw_only=True):
    """Certainly not delivered (no connection, too many requests): worth another try."""

    reason: str
    #: Milliseconds the provider asked us to wait; None leaves it to the backoff.
    after: Millis | None = None


class Unsure(Struct, frozen=True, kw_only=True):
    """The request went out and no usable answer came: it may have been delivered."""

    reason: str


class Hold(Struct, frozen=True, kw_only=True):
    """The provider takes nothing now (closed window, no reply for too long): wait for the person, or so long."""

    reason: str
    after: Millis


class Refused(Struct, frozen=True, kw_only=True):
    """The provider will never take this message, for a reason a counsellor can read."""

    reason: str
    #: The person blocked the bot or is gone.
    blocked: bool = False


class Down(Struct, frozen=True, kw_only=True):
    """Our account does not work (wrong token, closed account): stop this channel alone and alert."""

    reason: str


SendResult = Taken | NotSent | Unsure | Hold | Refused | Down
