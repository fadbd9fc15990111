"""Whether a message may go to a person now without a price, and whether they have it already.

Viber asks a price for messages outside a session: 24 hours from the person's last message. (Some partners count from
the first one of a session; what Viber really charged is told in each answer and counted.) And the welcome is no message
at all but the body of Viber's own request: what the turn of that event says has been shown when it comes to be sent.

What this process saw itself is remembered; for all else the store's transcript is asked, so it does not matter which of
several processes was called and which one sends.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from msgspec import Struct

from core.errors import StoreError
from core.ids import Millis
from core.messages import Address, Edited, Inbound, Start, Subscribed, Unsubscribed
from core.reasons import reason
from core.records import Heard, Line
from core.sending import Hold

__all__ = ["SESSION", "WELCOME", "LookBack", "Past", "Sessions", "Spend", "past_of"]

#: A session's length.
SESSION: Final[Millis] = 24 * 3_600_000
#: Begins the message id of a start that was answered with the welcome.
WELCOME: Final = "welcome/"
#: How soon to look again while the person's latest message waits for its turn, or the store is away.
_SOON: Final[Millis] = 2_000
_HOUR: Final[Millis] = 3_600_000
#: People remembered at once; the others are looked up.
_PEOPLE: Final = 10_000


class Past(Struct, frozen=True, kw_only=True):
    """What the transcript knows about a conversation."""

    #: When the person last wrote; None when they never did.
    heard: Millis | None
    #: Turns (``conversation/generation/turn``) whose messages were the welcome.
    welcomed: frozenset[str] = frozenset()
    #: Events wait for their turn; one of them may be a message.
    pending: bool = False


#: Asks the store.
LookBack = Callable[[Address], Awaitable[Past]]
#: Takes one of the day's paid messages; False when there is none left.
Spend = Callable[[Millis], Awaitable[bool]]


def past_of(lines: list[Line], *, pending: bool, created: Millis | None) -> Past:
    """Return what ``lines``, the end of a transcript, say.

    Where the person has no line at all, everything before was just erased on their wish: then it began at ``created``.
    """
    heard: Millis | None = None
    nobody = True
    welcomed = set()
    for line in lines:
        body = line.entry.body
        if not isinstance(body, Heard):
            continue
        nobody = False
        message = body.message
        if (message.message_id or "").startswith(WELCOME):
            welcomed.add(_turn(line.entry.id))
        if _opens(message):
            heard = line.entry.at
    return Past(heard=created if nobody else heard, welcomed=frozenset(welcomed), pending=pending)


def _turn(entry_id: str) -> str:
    return entry_id.rpartition("/")[0]


def _opens(message: Inbound) -> bool:
    """Say whether this opens a session: a message does, opening the chat or subscribing does not."""
    return not isinstance(message.content, Start | Subscribed | Unsubscribed | Edited)


class _Seen:
    """What this process saw of one person."""

    __slots__ = ("heard", "welcomed")

    def __init__(self) -> None:
        self.heard: Millis | None = None
        self.welcomed = False


class Sessions:
    """The sessions of one account. ``look`` is None where no store is at hand: then only this process counts."""

    def __init__(self, look: LookBack | None, spend: Spend | None) -> None:
        self._look = look
        self._spend = spend
        self._people: OrderedDict[str, _Seen] = OrderedDict()

    def note(self, peer: str, message: Inbound, now: Millis) -> None:
        """Remember what a person did."""
        seen = self._people.get(peer)
        if seen is None:
            seen = self._people[peer] = _Seen()
            if len(self._people) > _PEOPLE:
                self._people.popitem(last=False)
        else:
            self._people.move_to_end(peer)
        if (message.message_id or "").startswith(WELCOME):
            seen.welcomed = True
        if _opens(message):
            # A callback that comes late opened its session when it was written.
            at = min(now, message.occurred_at) if message.occurred_at is not None else now
            seen.heard = at if seen.heard is None else max(seen.heard, at)

    async def is_open(self, address: Address, now: Millis) -> bool:
        """Say whether the person wrote within the last 24 hours; a store that is away counts as yes."""
        seen = self._people.get(address.peer)
        if seen is not None and _within(seen.heard, now):
            return True
        try:
            return self._look is None or _within((await self._look(address)).heard, now)
        except StoreError:
            return True

    async def gate(self, address: Address, entry_id: str, now: Millis) -> Hold | bool:
        """Say whether to send: True; False when the person has it already, as the welcome; or for how long not."""
        seen = self._people.get(address.peer)
        if seen is not None and _within(seen.heard, now) and not seen.welcomed:
            return True
        if self._look is None:
            return True
        try:
            past = await self._look(address)
            if _turn(entry_id) in past.welcomed:
                return False
            if _within(past.heard, now) or (seen is not None and _within(seen.heard, now)):
                return True
            if past.pending:
                return Hold(reason=reason("viber.reading"), after=_SOON)
            if self._spend is not None and await self._spend(now):
                return True
        except StoreError:
            return Hold(reason=reason("store"), after=_SOON)
        return Hold(
            reason=reason("viber.paid"),
            after=_HOUR,
        )


def _within(heard: Millis | None, now: Millis) -> bool:
    return heard is not None and now - heard < SESSION
