"""How the sending of an entry ended, in the store's words, and what the provider says about it later.

:mod:`core.records` hands these on, so that everything about the store is imported from there.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from core.ids import Millis

__all__ = ["Failed", "Held", "Receipt", "ReceiptState", "RetryAt", "Sent", "Settlement", "Uncertain"]


class Sent(Struct, frozen=True, kw_only=True):
    """The provider took it; receipts may name it by any of these ids."""

    provider_ids: tuple[str, ...] = ()


class RetryAt(Struct, frozen=True, kw_only=True):
    """Certainly not delivered; try again at ``at``, everything behind it waits.

    What may have been sent by an earlier attempt stays ``uncertain`` meanwhile.
    """

    at: Millis
    reason: str
    #: The provider only set the pace: that is no attempt.
    paced: bool = False


class Uncertain(Struct, frozen=True, kw_only=True):
    """It may have arrived. With ``retry_at`` it is sent once more unless a receipt comes; without, it is final."""

    reason: str
    retry_at: Millis | None = None


class Held(Struct, frozen=True, kw_only=True):
    """Waits until ``until`` or until the person writes, whichever comes first; crisis rows overtake it.

    Nothing was sent, so it is no attempt.
    """

    until: Millis
    reason: str


class Failed(Struct, frozen=True, kw_only=True):
    """Not deliverable for good; becomes a ``SendFailed`` event in the same atomic step."""

    reason: str
    blocked: bool = False


Settlement = Sent | RetryAt | Uncertain | Held | Failed


ReceiptState = Literal["sent", "delivered", "read", "failed", "held", "again"]


class Receipt(Struct, frozen=True, kw_only=True):
    """What the provider says later about a message it took. Raises a state, never lowers it.

    Two ends give an entry back, unless it was delivered: ``held`` (the person cannot be written to now, such as a
    closed window) holds it until they write, ``again`` (this form was not taken) sends it once more in its plain form,
    and a second ``again`` is ``failed``. The ids of the send that came to nothing are forgotten.
    """

    channel: str
    account: str
    provider_id: str
    state: ReceiptState
    at: Millis
    reason: str | None = None
