"""Everything that can happen to a conversation. Each is one event in its mailbox; one worker handles one at a time."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from core.ids import CallId, EntryId
from core.messages import Inbound

__all__ = [
    "CallReturned",
    "CaseAction",
    "Claim",
    "Close",
    "ConsoleActed",
    "EraseContact",
    "Event",
    "Received",
    "Release",
    "Reply",
    "ReturnToBot",
    "SendFailed",
    "TimerFired",
    "WriteNote",
]


class Received(Struct, frozen=True, kw_only=True, tag="received"):
    """A person did something in the messenger."""

    message: Inbound


class TimerFired(Struct, frozen=True, kw_only=True, tag="timer"):
    """A timer that an earlier turn set came due; ``name`` and ``data`` are as that turn wrote them."""

    name: str
    data: str = ""


class CallReturned(Struct, frozen=True, kw_only=True, tag="call"):
    """An outside call ended. ``error`` is set exactly when it failed for good."""

    call_id: CallId
    values: dict[str, str] = {}
    error: str | None = None


class SendFailed(Struct, frozen=True, kw_only=True, tag="failed"):
    """A message could not be delivered for good; ``reason`` is in plain words for the counsellor."""

    entry_id: EntryId
    reason: str
    #: The person blocked the bot or is gone: nothing else will arrive either.
    blocked: bool = False


class Claim(Struct, frozen=True, kw_only=True, tag="claim"):
    """Take the waiting case. Exactly one of several racing claims wins; losers learn who won."""


class Release(Struct, frozen=True, kw_only=True, tag="release"):
    """Put the case back into the queue with its waiting age kept."""


class Reply(Struct, frozen=True, kw_only=True, tag="reply"):
    """Send this text to the person as the counsellor."""

    text: str


class WriteNote(Struct, frozen=True, kw_only=True, tag="note"):
    """Keep this text inside the team; no channel ever sees it."""

    text: str


class Close(Struct, frozen=True, kw_only=True, tag="close"):
    """End the case; the person gets a goodbye and the bot takes over again."""

    outcome: Literal["first_advice", "referral", "full_counselling", "left", "other"] = "other"


class ReturnToBot(Struct, frozen=True, kw_only=True, tag="return"):
    """Give the conversation back to the bot at once, the case ends without a goodbye."""


class EraseContact(Struct, frozen=True, kw_only=True, tag="erase"):
    """Erase everything about this person, on their wish."""


CaseAction = Claim | Release | Reply | WriteNote | Close | ReturnToBot | EraseContact


class ConsoleActed(Struct, frozen=True, kw_only=True, tag="console"):
    """Somebody of the staff acted at the desk. The outcome is stored under the event's id for the desk to read."""

    #: Id of the account.
    actor: str
    #: What the person is told: first name or role.
    name: str = ""
    action: CaseAction
    #: Case number and version the actor was looking at: acting on another case, or on an old view, is refused.
    case: str | None = None
    seen_version: int | None = None


Event = Received | TimerFired | ConsoleActed | CallReturned | SendFailed
