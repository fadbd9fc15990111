"""Everything that can happen to a conversation. Each is one event in its mailbox; one worker handles one at a time."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from core.ids import CallId, EntryId, Millis
from core.messages import Inbound, SendMedia

__all__ = [
    "SYSTEM",
    "AcceptTransfer",
    "CallReturned",
    "CaseAction",
    "Claim",
    "Close",
    "ConsoleActed",
    "DeclineTransfer",
    "EraseContact",
    "Event",
    "ExportContact",
    "OwnerGone",
    "Park",
    "ParkReason",
    "Received",
    "Release",
    "Reopen",
    "Reply",
    "ReturnToBot",
    "SendFailed",
    "SetDeadline",
    "SetTopic",
    "TakeBack",
    "TimerFired",
    "Transfer",
    "Wake",
    "WithdrawTransfer",
    "WriteNote",
]

#: Actor of what happens by itself at the desk: no account has this id.
SYSTEM = "system"


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

    #: For the team, in the counsellor's words or empty.
    reason: str = ""


ParkReason = Literal["date", "document", "person"]


class Park(Struct, frozen=True, kw_only=True, tag="park"):
    """Keep the case and look at it again at ``until``, or as soon as the person writes or sends something."""

    #: None: only when the person writes.
    until: Millis | None = None
    reason: ParkReason = "date"
    #: The person is told the date, so it is a promise.
    promised: bool = False


class Wake(Struct, frozen=True, kw_only=True, tag="wake"):
    """Go on with a parked case now."""


class Transfer(Struct, frozen=True, kw_only=True, tag="transfer"):
    """Offer the case to a colleague or to everybody of a queue; the owner stays responsible until somebody accepts."""

    #: Account id; exactly one of ``to`` and ``queue`` is set.
    to: str | None = None
    queue: str | None = None
    #: What the colleague must know; kept as a note of the team.
    note: str


class AcceptTransfer(Struct, frozen=True, kw_only=True, tag="accept"):
    """Take over a case that was offered."""


class DeclineTransfer(Struct, frozen=True, kw_only=True, tag="decline"):
    """Say no to a case that was offered; it stays with its owner."""


class WithdrawTransfer(Struct, frozen=True, kw_only=True, tag="withdraw"):
    """Take an offer back."""


class Reply(Struct, frozen=True, kw_only=True, tag="reply"):
    """Send this text to the person as the counsellor, a few seconds later; until then it can be taken back."""

    text: str
    #: Or this file; then ``text`` is what stands beneath it, or empty.
    file: SendMedia | None = None


class TakeBack(Struct, frozen=True, kw_only=True, tag="takeback"):
    """Do not send a reply that has not gone out yet."""

    #: Its id, from the outcome of the :class:`Reply`.
    reply: str


class WriteNote(Struct, frozen=True, kw_only=True, tag="note"):
    """Keep this text inside the team; no channel ever sees it."""

    text: str


class SetDeadline(Struct, frozen=True, kw_only=True, tag="deadline"):
    """Keep until when the person must have done something (an objection, an appointment); None: there is none."""

    #: YYYY-MM-DD, a day of the queue's zone.
    date: str | None


class SetTopic(Struct, frozen=True, kw_only=True, tag="topic"):
    """Say what the case is about: one of the bot's topics, or empty."""

    topic: str


class Close(Struct, frozen=True, kw_only=True, tag="close"):
    """End the case; the person gets a goodbye and the bot takes over again."""

    outcome: Literal["first_advice", "referral", "full_counselling", "left", "other"] = "other"
    #: As in :class:`SetTopic`; empty leaves what is known.
    topic: str = ""


class ReturnToBot(Struct, frozen=True, kw_only=True, tag="return"):
    """Give the conversation back to the bot at once, the case ends without a goodbye."""


class Reopen(Struct, frozen=True, kw_only=True, tag="reopen"):
    """Open a new case, linked to the person's last closed one and owned by the actor."""


class EraseContact(Struct, frozen=True, kw_only=True, tag="erase"):
    """Erase everything about this person, on their wish."""


class ExportContact(Struct, frozen=True, kw_only=True, tag="export"):
    """Send the person their own data, on their wish."""


class OwnerGone(Struct, frozen=True, kw_only=True, tag="owner_gone"):
    """Put a case back into the queue because its owner is not there any more. Only the system does this."""

    #: Account id of the owner that was found gone: a case that changed hands meanwhile is left alone.
    owner: str
    #: The shift ended, the owner is away, or the account was locked.
    reason: Literal["shift", "away", "disabled"]


CaseAction = (
    Claim
    | Release
    | Park
    | Wake
    | Transfer
    | AcceptTransfer
    | DeclineTransfer
    | WithdrawTransfer
    | Reply
    | TakeBack
    | WriteNote
    | SetDeadline
    | SetTopic
    | Close
    | ReturnToBot
    | Reopen
    | EraseContact
    | ExportContact
    | OwnerGone
)


class ConsoleActed(Struct, frozen=True, kw_only=True, tag="console"):
    """Somebody of the staff acted at the desk. The outcome is stored under the event's id for the desk to read."""

    #: Id of the account, or :data:`SYSTEM`.
    actor: str
    #: What the person is told: first name or role.
    name: str = ""
    action: CaseAction
    #: Case number and version the actor was looking at: acting on another case, or on an old view, is refused.
    case: str | None = None
    seen_version: int | None = None


Event = Received | TimerFired | ConsoleActed | CallReturned | SendFailed
