"""What the reference model keeps: plain objects in dictionaries, nothing sealed, nothing clever."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.events import Event
from core.ids import PARTITIONS, ConversationId, Millis, partition
from core.messages import Address
from core.records import (
    Call,
    Commit,
    DeadRecord,
    Delivery,
    DeliveryState,
    Entry,
    Label,
    Line,
    Outcome,
    Receipt,
    Record,
    Timer,
)
from store import rules

__all__ = ["Conversation", "Letter", "Mail", "Row", "Tables", "Work"]


@dataclass(slots=True, kw_only=True)
class Mail:
    """One waiting event."""

    event_id: str
    event: Event
    at: Millis
    #: The conversation's name under which it came.
    name: ConversationId


@dataclass(slots=True, kw_only=True)
class Row:
    """One transcript entry; with a dispatch also an outbox row."""

    seq: int
    entry: Entry
    changed: Millis
    state: DeliveryState = "pending"
    reason: str | None = None
    attempts: int = 0
    #: Attempts that certainly did not arrive.
    missed: int = 0
    due: Millis = 0
    maybe: bool = False
    #: To be sent in its simplest form, and how often it was given back to be held.
    plain: bool = False
    given_back: int = 0
    #: Still to be delivered.
    open: bool = False


@dataclass(slots=True, kw_only=True)
class Work:
    """One outside call and its lease."""

    call: Call
    due: Millis
    token: str | None = None
    attempts: int = 0


@dataclass(slots=True, kw_only=True)
class Conversation:
    """Everything about one conversation."""

    id: ConversationId
    generation: int
    address: Address
    created: Millis
    #: The person's own name, beside which others are aliases; None while only one name is known.
    main: ConversationId | None = None
    #: Commits so far.
    turn: int = 0
    epoch: int = 0
    state: bytes | None = None
    labels: tuple[Label, ...] = ()
    expires: Millis | None = None
    change: int = 0
    mailbox: list[Mail] = field(default_factory=list)
    timers: dict[str, Timer] = field(default_factory=dict)
    calls: dict[str, Work] = field(default_factory=dict)
    outcomes: dict[str, tuple[Outcome, Millis]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    last_seq: int = 0
    # Turn lane.
    due: Millis | None = None
    until: Millis = 0
    token: str | None = None
    head: tuple[str, ...] | None = None
    attempts: int = 0
    # Delivery lane: a lease is running exactly while `sending` is set.
    sending: Row | None = None
    delivery_until: Millis = 0
    delivery_token: str | None = None
    sending_attempts: int = 0
    sending_since: Millis = 0
    #: When the person was erased, and the last entry of what remains.
    erased: Millis | None = None
    rest: int = 0

    def undelivered(self) -> list[Row]:
        """Return the rows still to be delivered, in order."""
        return [row for row in self.rows if row.open]

    def wake_held(self, now: Millis) -> bool:
        """Make held rows due; say whether there were any."""
        held = [row for row in self.undelivered() if row.state == "held"]
        for row in held:
            row.state, row.due = "pending", now
        return bool(held)

    def line(self, row: Row) -> Line:
        """Return a row as read."""
        if row.entry.dispatch is None:
            return Line(seq=row.seq, entry=row.entry)
        delivery = Delivery(state=row.state, reason=row.reason, attempts=row.attempts, at=row.changed)
        if row is self.sending and row.open:
            delivery = Delivery(
                state="sending", reason=row.reason, attempts=self.sending_attempts, at=self.sending_since
            )
        return Line(seq=row.seq, entry=row.entry, delivery=delivery)

    def append(self, commit: Commit, now: Millis) -> None:
        """Append a commit's entries."""
        for entry in commit.entries:
            self.last_seq += 1
            self.rows.append(Row(seq=self.last_seq, entry=entry, changed=now, due=now, open=entry.dispatch is not None))


@dataclass(slots=True, kw_only=True)
class Letter:
    """A dead letter with its event."""

    record: DeadRecord
    event: Event


class Tables:
    """All tables of the model, and the few steps that several operations share."""

    def __init__(self) -> None:
        self.conversations: dict[ConversationId, Conversation] = {}
        #: (conversation, event id) and when it was taken in.
        self.seen: dict[tuple[ConversationId, str], Millis] = {}
        #: (channel, account, provider's id) and the entry it names.
        self.providers: dict[tuple[str, str, str], tuple[ConversationId, int]] = {}
        self.strays: dict[tuple[str, str, str], tuple[Receipt, Millis]] = {}
        #: Names and the conversations that they lead to.
        self.aliases: dict[ConversationId, ConversationId] = {}
        self.letters: dict[str, Letter] = {}
        self.day_counts: dict[tuple[str, str], int] = {}
        self.records: dict[tuple[str, str], Record] = {}
        self.counters: dict[tuple[str, str], tuple[int, Millis]] = {}
        self.changes = [0] * PARTITIONS
        #: The highest generation ever erased, by partition: a backend keeps it beside the conversations.
        self.floor = [0] * PARTITIONS

    def post(
        self,
        conversation: Conversation,
        event_id: str,
        event: Event,
        at: Millis,
        now: Millis,
        name: ConversationId | None = None,
    ) -> bool:
        """Append an event to a mailbox unless its id is known under this name, and make the conversation due."""
        name = name or conversation.id
        if self.knows(name, event_id, now):
            return False
        self.seen[name, event_id] = now
        conversation.mailbox.append(Mail(event_id=event_id, event=event, at=at, name=name))
        conversation.due = rules.sooner(conversation.due, max(now, conversation.until))
        return True

    def knows(self, name: ConversationId, event_id: str, now: Millis) -> bool:
        """Say whether this event came already under this name."""
        seen = self.seen.get((name, event_id))
        return seen is not None and (seen > now - rules.SEEN_FOR or self.waits(name, event_id))

    def waits(self, name: ConversationId, event_id: str) -> bool:
        """Say whether this event lies in a mailbox."""
        return any(
            (mail.name, mail.event_id) == (name, event_id)
            for conversation in self.conversations.values()
            for mail in conversation.mailbox
        )

    def drop_rows(self, conversation: Conversation, last: int) -> None:
        """Delete the rows up to ``last`` and the providers' ids that name them."""
        conversation.rows = [row for row in conversation.rows if row.seq > last]
        self.providers = {
            key: (owner, seq) for key, (owner, seq) in self.providers.items() if owner != conversation.id or seq > last
        }

    def empty(self, conversation: Conversation) -> None:
        """Delete everything of a conversation but its mailbox."""
        self.drop_rows(conversation, conversation.last_seq)
        conversation.labels = ()
        conversation.timers.clear()
        conversation.calls.clear()
        conversation.outcomes.clear()
        self.letters = {
            key: letter for key, letter in self.letters.items() if letter.record.conversation != conversation.id
        }
        self.aliases = {name: owner for name, owner in self.aliases.items() if owner != conversation.id}
        part = partition(conversation.id)
        self.floor[part] = max(self.floor[part], conversation.generation)
