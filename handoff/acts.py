"""What a counsellor does becomes an event in the conversation's mailbox; this waits for what became of it.

The page draws a random request id for each press. The event's id follows from it, so a double click or a repeat
after a lost answer changes nothing, and the same answer comes back.
"""

from __future__ import annotations

import asyncio
import contextlib
import re

import msgspec
from msgspec import Struct

from core.events import CaseAction, ConsoleActed
from core.ids import ConversationId, Millis
from core.ports import Clock, Store
from core.records import Arrival, Outcome
from handoff.access import Grant
from handoff.accounts import Account
from handoff.feed import ChangeFeed

__all__ = ["Acts", "Pressed", "valid_request"]

#: Outcomes are kept for an hour, so is the way to them.
_KEPT: Millis = 3600 * 1000
#: Seconds between two looks when the store gives no sign.
_LOOK = 0.2
_REQUEST = re.compile(r"[A-Za-z0-9_-]{16,64}")


class Pressed(Struct, frozen=True, kw_only=True):
    """One press of a button: which event of which conversation it became."""

    conversation: ConversationId
    event_id: str
    number: str
    verb: str


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Pressed)


def valid_request(request: object) -> str | None:
    """Return the request id if it has the shape of one."""
    return request if isinstance(request, str) and _REQUEST.fullmatch(request) else None


class Acts:
    """Puts acts into mailboxes and finds their outcomes."""

    def __init__(self, store: Store, clock: Clock, feed: ChangeFeed, patience: float) -> None:
        """``patience`` is how many seconds a request waits for the worker."""
        self._store = store
        self._clock = clock
        self._feed = feed
        self._patience = patience

    async def earlier(self, account: Account, request: str) -> Pressed | None:
        """Return what this request id stood for when this account sent it before."""
        record = await self._store.get("press", f"{account.id}:{request}", self._clock.now())
        return None if record is None else _decoder.decode(record.value)

    async def press(self, account: Account, grant: Grant, verb: str, action: CaseAction, request: str,
                    seen: int | None) -> Pressed:  # fmt: skip
        """Make the act durable. Raises :class:`core.errors.StoreUnavailable`; repeating is safe."""
        now = self._clock.now()
        pressed = Pressed(
            conversation=grant.conversation,
            event_id=f"desk:{account.id}:{request}",
            number=grant.case.number,
            verb=verb,
        )
        key = f"{account.id}:{request}"
        await self._store.put("press", key, _encoder.encode(pressed), now, expires=now + _KEPT)
        event = ConsoleActed(
            actor=account.id, name=account.name, action=action, case=grant.case.number, seen_version=seen
        )
        arrival = Arrival(
            conversation=pressed.conversation,
            address=grant.snapshot.address,
            event_id=pressed.event_id,
            event=event,
            at=now,
        )
        await self._store.ingest([arrival], now)
        return pressed

    async def outcome(self, pressed: Pressed, *, patience: float | None = None) -> Outcome | None:
        """Return what became of a press, waiting a little for the worker; None when it is still at work."""
        loop = asyncio.get_running_loop()
        end = loop.time() + (self._patience if patience is None else patience)
        # Listening starts before the first look, so the turn cannot fall between the two.
        with self._feed.subscribe() as changes:
            while True:
                found = await self._store.outcome(pressed.conversation, pressed.event_id, self._clock.now())
                left = end - loop.time()
                if found is not None or left <= 0:
                    return found
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changes.next(), min(left, _LOOK))
