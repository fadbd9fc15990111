"""The reference model of the store: dictionaries, one process, gone when it ends. Nothing is sealed.

It is the specification that every backend is held against, and the store of unit tests and of the simulator. Each
operation is written to be read against its docstring in :class:`core.ports.Store`; speed does not matter here.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import StoreCorrupt
from core.events import Received, TimerFired
from core.ids import PARTITIONS, ConversationId, Millis, partition
from core.records import (
    Accepted,
    Arrival,
    CallLease,
    Changes,
    Commit,
    Committed,
    Cursor,
    DeadRecord,
    DeliveryLease,
    Duplicate,
    Found,
    Lane,
    LeaseLost,
    Line,
    Outcome,
    Snapshot,
    Stats,
    Timer,
    TurnLease,
)
from store import rules
from store.memory_delivery import MemoryDelivery
from store.memory_names import MemoryNames
from store.memory_records import MemoryRecords
from store.memory_rows import Conversation, Letter, Mail, Work

__all__ = ["MemoryStore"]


class MemoryStore(MemoryDelivery, MemoryRecords, MemoryNames):
    """Implements :class:`core.ports.Store` in memory."""

    # -- the way in -------------------------------------------------------------------------------------

    async def ingest(self, arrivals: Sequence[Arrival], now: Millis) -> list[Accepted | Duplicate]:
        """See :meth:`core.ports.Store.ingest`."""
        return [self._arrive(arrival, now) for arrival in arrivals]

    def _arrive(self, arrival: Arrival, now: Millis) -> Accepted | Duplicate:
        if self.tables.knows(arrival.conversation, arrival.event_id, now):
            return Duplicate(event_id=arrival.event_id)
        conversation = self.target(arrival)
        if conversation is None:
            conversation = Conversation(
                id=arrival.conversation,
                generation=max(now, self.tables.floor[partition(arrival.conversation)] + 1),
                address=arrival.address,
                created=now,
            )
            self.tables.conversations[arrival.conversation] = conversation
        self.tables.post(conversation, arrival.event_id, arrival.event, arrival.at, now, arrival.conversation)
        if isinstance(arrival.event, Received):
            self.name(conversation, arrival, now)
            conversation.address = arrival.address
            if rules.wakes_held(arrival.event):
                conversation.wake_held(now)
        self.changed(conversation)
        self.wakeups.mark(("turn", "delivery"))
        return Accepted(event_id=arrival.event_id)

    # -- turns ------------------------------------------------------------------------------------------

    async def claim(self, worker: str, now: Millis, lease: Millis, limit: int) -> list[TurnLease]:
        """See :meth:`core.ports.Store.claim`."""
        self.wakeups.clear("turn")
        due = [one for one in self.tables.conversations.values() if one.due is not None and one.due <= now]
        due.sort(key=lambda one: one.due or 0)
        return [self._claimed(conversation, now, now + lease) for conversation in due[:limit]]

    def _claimed(self, conversation: Conversation, now: Millis, until: Millis) -> TurnLease:
        mail = self._head(conversation)
        head = (mail.event_id,)
        conversation.attempts = conversation.attempts + 1 if head == conversation.head else 1
        conversation.head = head
        conversation.token = self.token()
        conversation.until = conversation.due = until
        return TurnLease(
            conversation=conversation.id,
            generation=conversation.generation,
            turn=conversation.turn + 1,
            token=conversation.token,
            until=until,
            attempts=conversation.attempts,
            address=conversation.address,
            state=conversation.state,
            epoch=conversation.epoch,
            event_id=mail.event_id,
            event=mail.event,
            at=mail.at,
        )

    def _head(self, conversation: Conversation) -> Mail:
        """Return the first event, or else the earliest timer as an event."""
        if conversation.mailbox:
            return conversation.mailbox[0]
        timer = min(conversation.timers.values(), key=lambda one: (one.at, one.name))
        fired = TimerFired(name=timer.name, data=timer.data)
        event_id = rules.timer_event_id(timer.name, timer.at)
        return Mail(event_id=event_id, event=fired, at=timer.at, name=conversation.id)

    def _held(self, lease: TurnLease) -> Conversation | None:
        found = self.tables.conversations.get(lease.conversation)
        if found is None or found.generation != lease.generation or found.token != lease.token:
            return None
        return found

    async def commit(self, lease: TurnLease, commit: Commit, now: Millis) -> Committed | LeaseLost:
        """See :meth:`core.ports.Store.commit`."""
        rules.check_commit(commit)
        conversation = self._held(lease)
        if conversation is None:
            return LeaseLost()
        self._pop(conversation, lease)
        for name in commit.counts:
            key = (rules.day_of(now), name)
            self.tables.day_counts[key] = self.tables.day_counts.get(key, 0) + 1
        conversation.token = None
        conversation.head = None
        conversation.attempts = 0
        conversation.until = 0
        if commit.erase:
            self._renew(conversation, lease, commit, now)
            return Committed()
        conversation.turn += 1
        conversation.state = commit.state
        conversation.epoch = commit.epoch
        conversation.labels = commit.labels
        conversation.expires = commit.expires
        conversation.append(commit, now)
        self._set_timers(conversation, commit)
        for call in commit.calls:
            conversation.calls.setdefault(call.id, Work(call=call, due=now))
        if commit.outcome is not None:
            conversation.outcomes[lease.event_id] = (commit.outcome, now)
        if commit.dead is not None:
            self._bury(lease, commit.dead.reason, now)
        conversation.due = now if conversation.mailbox else self._next_timer(conversation)
        self.changed(conversation)
        self.wakeups.mark(("turn", "delivery", "call"))
        return Committed()

    def _pop(self, conversation: Conversation, lease: TurnLease) -> None:
        if conversation.mailbox and conversation.mailbox[0].event_id == lease.event_id:
            del conversation.mailbox[0]
            return
        if isinstance(lease.event, TimerFired):
            timer = conversation.timers.get(lease.event.name)
            if timer is not None and timer.at == lease.at:
                del conversation.timers[timer.name]
                return
        raise StoreCorrupt(f"conversation {lease.conversation}: the event of turn {lease.turn} is gone")

    def _set_timers(self, conversation: Conversation, commit: Commit) -> None:
        for name in commit.cancel_timers:
            if name == "*":
                conversation.timers.clear()
            conversation.timers.pop(name, None)
        for timer in commit.set_timers:
            conversation.timers[timer.name] = timer

    def _next_timer(self, conversation: Conversation) -> Millis | None:
        moments: list[Timer] = list(conversation.timers.values())
        return min((timer.at for timer in moments), default=None)

    def _bury(self, lease: TurnLease, reason: str, now: Millis) -> None:
        number = f"{self.next_letter():016d}"
        record = DeadRecord(
            id=number,
            conversation=lease.conversation,
            event_id=lease.event_id,
            kind=rules.event_kind(lease.event),
            reason=reason,
            at=now,
        )
        self.tables.letters[number] = Letter(record=record, event=lease.event)

    def _renew(self, conversation: Conversation, lease: TurnLease, commit: Commit, now: Millis) -> None:
        """Erase the person; only the address, this commit's entries and outcome and the waiting events live on."""
        for one in self.person(conversation):
            if one is not conversation:
                self.erase(one)
        self.tables.empty(conversation)
        fresh = Conversation(
            id=conversation.id,
            generation=max(now, conversation.generation + 1),
            address=conversation.address,
            created=now,
            mailbox=conversation.mailbox,
            last_seq=conversation.last_seq,
            due=now if conversation.mailbox else None,
            erased=now,
        )
        self.tables.conversations[fresh.id] = fresh
        fresh.append(commit, now)
        fresh.rest = fresh.last_seq
        if commit.outcome is not None:
            fresh.outcomes[lease.event_id] = (commit.outcome, now)
        self.changed(fresh)
        self.finish_rest(fresh, now)
        self.wakeups.mark(("turn", "delivery"))

    async def extend(self, lease: TurnLease | DeliveryLease | CallLease, until: Millis) -> bool:
        """See :meth:`core.ports.Store.extend`."""
        if isinstance(lease, CallLease):
            return self.extend_call(lease, until)
        if isinstance(lease, DeliveryLease):
            sending = self.leased_to(lease)
            if sending is None or sending.sending is None:
                return False
            sending.delivery_until = until
            return True
        conversation = self._held(lease)
        if conversation is None:
            return False
        conversation.until = conversation.due = until
        return True

    async def release(self, lease: TurnLease | DeliveryLease | CallLease, retry_at: Millis, now: Millis) -> bool:
        """See :meth:`core.ports.Store.release`."""
        if isinstance(lease, CallLease):
            return self.release_call(lease, retry_at)
        if isinstance(lease, DeliveryLease):
            sending = self.leased_to(lease)
            if sending is None or sending.sending is None:
                return False
            sending.sending.due = retry_at
            sending.sending = None
            sending.delivery_token = None
            self.wakeups.mark(("delivery",))
            return True
        conversation = self._held(lease)
        if conversation is None:
            return False
        conversation.token = None
        conversation.attempts -= 1
        conversation.until = conversation.due = retry_at
        self.wakeups.mark(("turn",))
        return True

    async def outcome(self, conversation: ConversationId, event_id: str, now: Millis) -> Outcome | None:
        """See :meth:`core.ports.Store.outcome`."""
        found = self.tables.conversations.get(conversation)
        outcome = None if found is None else found.outcomes.get(event_id)
        return outcome[0] if outcome is not None and outcome[1] > now - rules.OUTCOME_FOR else None

    # -- reading ----------------------------------------------------------------------------------------

    async def snapshot(self, conversation: ConversationId) -> Snapshot | None:
        """See :meth:`core.ports.Store.snapshot`."""
        found = self.tables.conversations.get(conversation)
        if found is None:
            return None
        return Snapshot(
            conversation=conversation,
            generation=found.generation,
            turn=found.turn,
            address=found.address,
            state=found.state,
            epoch=found.epoch,
            labels=found.labels,
            waiting_events=len(found.mailbox),
            undelivered=len(found.undelivered()),
            created=found.created,
            expires=found.expires,
        )

    async def find(self, label: str, limit: int, after: Found | None = None) -> list[Found]:
        """See :meth:`core.ports.Store.find`."""
        found = {
            (one.rank, conversation.id)
            for conversation in self.tables.conversations.values()
            for one in conversation.labels
            if one.name == label
        }
        behind = sorted(one for one in found if after is None or one > (after.rank, after.conversation))
        return [Found(conversation=conversation, rank=rank) for rank, conversation in behind[:limit]]

    async def transcript(self, conversation: ConversationId, after: int, limit: int) -> list[Line]:
        """See :meth:`core.ports.Store.transcript`."""
        found = self.tables.conversations.get(conversation)
        if found is None:
            return []
        rows = found.rows[after:] if after < 0 else [row for row in found.rows if row.seq > after]
        return [found.line(row) for row in rows[:limit]]

    async def changes(self, cursor: Cursor | None, limit: int) -> Changes:
        """See :meth:`core.ports.Store.changes`."""
        self.wakeups.clear("change")
        if cursor is None:
            return Changes(cursor=tuple(self.tables.changes), conversations=())
        found: list[ConversationId] = []
        reached = list(cursor)
        for n in range(PARTITIONS):
            newer = [
                one for one in self.tables.conversations.values() if partition(one.id) == n and one.change > cursor[n]
            ]
            newer.sort(key=lambda one: one.change)
            taken = newer[: limit - len(found)]
            found += [one.id for one in taken]
            if len(taken) == len(newer):
                reached[n] = self.tables.changes[n]
            elif taken:
                reached[n] = taken[-1].change
        return Changes(cursor=tuple(reached), conversations=tuple(found))

    async def stats(self, now: Millis) -> Stats:
        """See :meth:`core.ports.Store.stats`."""
        everyone = list(self.tables.conversations.values())
        first = [one.undelivered()[0].entry.at for one in everyone if one.undelivered()]
        due = [one.due for one in everyone if one.due is not None and one.due <= now]
        labels: dict[str, set[ConversationId]] = {}
        for one in everyone:
            for label in one.labels:
                labels.setdefault(label.name.partition(":")[0], set()).add(one.id)
        return Stats(
            conversations=len(everyone),
            due_turns=len(due),
            oldest_due=max(0, now - min(due)) if due else 0,
            undelivered=sum(len(one.undelivered()) for one in everyone),
            oldest_undelivered=max(0, now - min(first)) if first else 0,
            open_calls=sum(len(one.calls) for one in everyone),
            dead=len(self.tables.letters),
            labels={name: len(found) for name, found in labels.items()},
        )

    async def counts(self, since_day: str) -> dict[tuple[str, str], int]:
        """See :meth:`core.ports.Store.counts`."""
        return {key: count for key, count in self.tables.day_counts.items() if key[0] >= since_day}

    # -- care ------------------------------------------------------------------------------------------

    async def wait(self, lane: Lane, timeout: float) -> None:
        """See :meth:`core.ports.Store.wait`."""
        await self.wakeups.wait(lane, timeout)

    async def check(self) -> list[str]:
        """See :meth:`core.ports.Store.check`."""
        return ["this store lives in memory: everything is lost when the process ends"]

    async def close(self) -> None:
        """See :meth:`core.ports.Store.close`."""
