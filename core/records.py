"""What the store keeps and hands out: arrivals, leases, commits, transcript entries and how deliveries ended."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from core.events import Event
from core.ids import CallId, ConversationId, EntryId, Millis
from core.messages import Address, Inbound, Outbound
from core.settlements import Failed, Held, Receipt, ReceiptState, RetryAt, Sent, Settlement, Uncertain

__all__ = [
    "Accepted",
    "Arrival",
    "Author",
    "Body",
    "Call",
    "CallLease",
    "Changes",
    "Commit",
    "Committed",
    "Cursor",
    "DeadLetter",
    "DeadRecord",
    "Delivery",
    "DeliveryLease",
    "DeliveryState",
    "Dispatch",
    "DispatchKind",
    "Duplicate",
    "Entry",
    "Failed",
    "Found",
    "Heard",
    "Held",
    "Label",
    "Lane",
    "LeaseLost",
    "Line",
    "Marked",
    "Noted",
    "Outcome",
    "Receipt",
    "ReceiptState",
    "Record",
    "RetryAt",
    "Sent",
    "Settlement",
    "Snapshot",
    "Stats",
    "Timer",
    "TurnLease",
    "Uncertain",
    "Wrote",
]

#: The three kinds of work, each with its own due index. ``change`` is only a wake-up for live views.
Lane = Literal["turn", "delivery", "call", "change"]


class Arrival(Struct, frozen=True, kw_only=True):
    """One event on its way into a mailbox."""

    #: The name under which it came. A person may be known by another one already, see ``Store.ingest``.
    conversation: ConversationId
    #: Weaker names of the same person (a phone number beside a user id).
    aliases: tuple[ConversationId, ...] = ()
    address: Address
    #: Names the event for ever; a second arrival with the same id within 48 h changes nothing.
    event_id: str
    event: Event
    at: Millis


class Accepted(Struct, frozen=True, kw_only=True):
    """The event is durable and will be handled exactly once."""

    event_id: str


class Duplicate(Struct, frozen=True, kw_only=True):
    """The event was there already; nothing changed."""

    event_id: str


class Label(Struct, frozen=True, kw_only=True):
    """An enumerated mark by which conversations are found (``waiting``, ``owner:7``). Never text of a person."""

    name: str
    #: Order within the label, ascending.
    rank: int = 0


class TurnLease(Struct, frozen=True, kw_only=True):
    """The right to handle one event of one conversation until ``until``, fenced by ``token``."""

    conversation: ConversationId
    #: Set at creation, higher after each erasure.
    generation: int
    #: Number of this turn; a re-run after a crash has the same one.
    turn: int
    token: str
    until: Millis
    #: 1 on the first claim of this event; above 1 means that a worker died or paused while it held the event.
    attempts: int
    address: Address
    #: As the last commit wrote it; None for a new conversation.
    state: bytes | None
    epoch: int
    event_id: str
    event: Event
    #: When the event arrived (messages) or was due (timers): the time that the turn reckons with.
    at: Millis


Author = Literal["person", "bot", "counsellor", "system"]
DispatchKind = Literal["bot", "crisis", "notice", "counsellor"]


class Heard(Struct, frozen=True, kw_only=True, tag="heard"):
    """The person did this."""

    message: Inbound


class Wrote(Struct, frozen=True, kw_only=True, tag="wrote"):
    """This goes, or went, to the person."""

    message: Outbound
    #: Which text of which flow it is (``start.main``), for tests and the desk.
    source: str | None = None


class Noted(Struct, frozen=True, kw_only=True, tag="noted"):
    """A note of the team; has no dispatch, ever."""

    text: str


class Marked(Struct, frozen=True, kw_only=True, tag="marked"):
    """Something that happened to the case: claimed, released, closed, ..."""

    kind: str
    detail: dict[str, str] = {}


Body = Heard | Wrote | Noted | Marked


class Dispatch(Struct, frozen=True, kw_only=True):
    """How an entry is to be delivered."""

    kind: DispatchKind
    #: Microphone epoch of the turn that made it; ``bot`` rows of an older epoch than the conversation's are dropped.
    epoch: int
    #: ``bot`` rows not delivered by then are dropped.
    expires: Millis | None = None


class Entry(Struct, frozen=True, kw_only=True):
    """One line of the transcript; with a dispatch it is also one outbox row."""

    id: EntryId
    at: Millis
    author: Author
    body: Body
    #: Account id of the counsellor.
    actor: str | None = None
    dispatch: Dispatch | None = None


DeliveryState = Literal["pending", "sending", "sent", "delivered", "read", "uncertain", "held", "failed", "dropped"]


class Delivery(Struct, frozen=True, kw_only=True):
    """Where an outgoing entry stands."""

    state: DeliveryState
    #: In plain words, for the counsellor.
    reason: str | None = None
    attempts: int = 0
    #: Of the last change.
    at: Millis = 0


class Line(Struct, frozen=True, kw_only=True):
    """A transcript entry as read: with its place in the conversation and its delivery."""

    seq: int
    entry: Entry
    delivery: Delivery | None = None


class Timer(Struct, frozen=True, kw_only=True):
    """Comes back as ``TimerFired(name, data)`` at ``at``, after the messages that arrived before. One per name."""

    name: str
    at: Millis
    data: str = ""


class Call(Struct, frozen=True, kw_only=True):
    """An outside call to make, at least once; ``id`` is the idempotency key."""

    id: CallId
    name: str
    args: dict[str, str]
    #: After this the caller gives up and reports an error.
    timeout: Millis


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of an event, for the one who caused it. Kept for an hour; holds codes and ids, no text."""

    ok: bool
    code: str
    detail: dict[str, str] = {}


class DeadLetter(Struct, frozen=True, kw_only=True):
    """Put the event of this turn aside instead of handling it. ``reason`` names the error, never its data."""

    reason: str


class Commit(Struct, frozen=True, kw_only=True):
    """The whole effect of one turn, stored all or nothing."""

    state: bytes
    epoch: int
    #: Replaces all labels.
    labels: tuple[Label, ...] = ()
    entries: tuple[Entry, ...] = ()
    set_timers: tuple[Timer, ...] = ()
    #: Names; cancelled before ``set_timers`` are set. ``"*"`` cancels all.
    cancel_timers: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    #: Names of day counters to raise by one.
    counts: tuple[str, ...] = ()
    outcome: Outcome | None = None
    dead: DeadLetter | None = None
    #: The conversation is erased after this moment unless a later commit moves it.
    expires: Millis | None = None
    #: Erase the person: everything earlier and the data key go at once; only the address and this commit's
    #: entries live on, under a new key, until they are delivered, one hour at most.
    erase: bool = False


class Committed(Struct, frozen=True, kw_only=True):
    """The commit is durable."""


class LeaseLost(Struct, frozen=True, kw_only=True):
    """The token is no longer valid; nothing was written."""


class DeliveryLease(Struct, frozen=True, kw_only=True):
    """The right to send one entry. A conversation's entries go out one at a time, in order."""

    conversation: ConversationId
    generation: int
    token: str
    until: Millis
    #: 1 on the first claim. Retries count too; being held or told to wait does not.
    attempts: int
    #: How many of the earlier attempts certainly did not arrive.
    missed: int = 0
    #: An earlier attempt may have reached the provider: a crash while sending or an uncertain answer.
    maybe_sent: bool
    #: Its form was taken and then refused: send the simplest one that says the same.
    plain: bool = False
    address: Address
    entry: Entry
    message: Outbound


class CallLease(Struct, frozen=True, kw_only=True):
    """The right to make one outside call."""

    conversation: ConversationId
    generation: int
    token: str
    until: Millis
    attempts: int
    address: Address
    call: Call


class Snapshot(Struct, frozen=True, kw_only=True):
    """A conversation as it stands, for the desk and for tools."""

    conversation: ConversationId
    generation: int
    turn: int
    address: Address
    state: bytes | None
    epoch: int
    labels: tuple[Label, ...]
    #: Events not handled yet.
    waiting_events: int
    #: Entries not delivered yet.
    undelivered: int
    created: Millis
    expires: Millis | None


class Found(Struct, frozen=True, kw_only=True):
    """One conversation under a label."""

    conversation: ConversationId
    rank: int


#: One counter per partition; opaque to everybody but the store that made it.
Cursor = tuple[int, ...]


class Changes(Struct, frozen=True, kw_only=True):
    """Conversations that changed since a cursor, each once, and the cursor to ask with next."""

    cursor: Cursor
    conversations: tuple[ConversationId, ...]


class DeadRecord(Struct, frozen=True, kw_only=True):
    """A dead letter as listed: no content, only where it is and why."""

    id: str
    conversation: ConversationId
    event_id: str
    #: Tag of the event's type, e.g. ``received``.
    kind: str
    reason: str
    at: Millis


class Record(Struct, frozen=True, kw_only=True):
    """A small keyed value (account, session, counter). ``version`` rises with each write."""

    key: str
    value: bytes
    version: int
    expires: Millis | None = None


class Stats(Struct, frozen=True, kw_only=True):
    """Counts and ages for the metrics page, none of which points at a person."""

    conversations: int
    #: Events and timers due now.
    due_turns: int
    #: Milliseconds since the oldest of these was due; 0 when there is none.
    oldest_due: Millis = 0
    undelivered: int
    #: Milliseconds since the oldest undelivered entry was written; 0 when there is none.
    oldest_undelivered: Millis
    open_calls: int
    dead: int
    #: Conversations per label name without the part after a colon.
    labels: dict[str, int]
