"""Outside calls, dead letters, erasure by age and keyed records of the reference model."""

from __future__ import annotations

import itertools

from core.ids import CallId, ConversationId, Millis
from core.records import CallLease, DeadRecord, Record
from core.sweeping import Swept
from store import rules
from store.memory_names import MemoryNames
from store.memory_rows import Conversation, Work

__all__ = ["MemoryRecords"]


class MemoryRecords(MemoryNames):
    """Everything that is neither a turn nor a delivery."""

    def __init__(self) -> None:
        super().__init__()
        self._letters = itertools.count(1)

    def next_letter(self) -> int:
        """Return the number of the next dead letter."""
        return next(self._letters)

    # -- outside calls ----------------------------------------------------------------------------------

    async def claim_calls(self, worker: str, now: Millis, lease: Millis, limit: int) -> list[CallLease]:
        """See :meth:`core.ports.Store.claim_calls`."""
        self.wakeups.clear("call")
        due = [
            (work.due, conversation, work)
            for conversation in self.tables.conversations.values()
            for work in conversation.calls.values()
            if work.due <= now
        ]
        due.sort(key=lambda one: one[0])
        leases: list[CallLease] = []
        for _, conversation, work in due[:limit]:
            work.token = self.token()
            work.attempts += 1
            work.due = now + lease
            leases.append(
                CallLease(
                    conversation=conversation.id,
                    generation=conversation.generation,
                    token=work.token,
                    until=now + lease,
                    attempts=work.attempts,
                    address=conversation.address,
                    call=work.call,
                )
            )
        return leases

    def _called(self, lease: CallLease) -> tuple[Conversation, Work] | None:
        conversation = self.tables.conversations.get(lease.conversation)
        work = None if conversation is None else conversation.calls.get(lease.call.id)
        if conversation is None or work is None or work.token != lease.token:
            return None
        return conversation, work

    async def settle_call(self, lease: CallLease, now: Millis) -> bool:
        """See :meth:`core.ports.Store.settle_call`."""
        found = self._called(lease)
        if found is None:
            return False
        del found[0].calls[lease.call.id]
        return True

    def extend_call(self, lease: CallLease, until: Millis) -> bool:
        """Move the end of a call's lease."""
        found = self._called(lease)
        if found is None:
            return False
        found[1].due = until
        return True

    def release_call(self, lease: CallLease, retry_at: Millis) -> bool:
        """Give a call back unused."""
        found = self._called(lease)
        if found is None:
            return False
        found[1].due = retry_at
        found[1].token = None
        found[1].attempts -= 1
        self.wakeups.mark(("call",))
        return True

    async def cancel_call(self, conversation: ConversationId, call_id: CallId, now: Millis) -> None:
        """See :meth:`core.ports.Store.cancel_call`."""
        found = self.tables.conversations.get(conversation)
        if found is not None:
            found.calls.pop(call_id, None)

    # -- trouble and erasure ----------------------------------------------------------------------------

    async def dead(self, limit: int, after: str | None = None) -> list[DeadRecord]:
        """See :meth:`core.ports.Store.dead`."""
        letters = sorted(number for number in self.tables.letters if after is None or number > after)
        return [self.tables.letters[number].record for number in letters[:limit]]

    async def revive(self, dead_id: str, now: Millis) -> bool:
        """See :meth:`core.ports.Store.revive`."""
        letter = self.tables.letters.pop(dead_id, None)
        if letter is None:
            return False
        conversation = self.tables.conversations[letter.record.conversation]
        event_id = rules.revived_event_id(letter.record.event_id, dead_id)
        if self.tables.post(conversation, event_id, letter.event, now, now):
            self.changed(conversation)
            self.wakeups.mark(("turn",))
        return True

    async def forget(self, conversation: ConversationId, now: Millis) -> bool:
        """See :meth:`core.ports.Store.forget`."""
        found = self.tables.conversations.get(conversation)
        if found is None:
            return False
        for one in self.person(found):
            self.erase(one)
        return True

    async def sweep(self, now: Millis, limit: int) -> Swept:
        """See :meth:`core.ports.Store.sweep`."""
        everyone = list(self.tables.conversations.values())
        over = [one for one in everyone if self._over(one, now)][:limit]
        for conversation in over:
            self.erase(conversation)
        everyone = list(self.tables.conversations.values())
        rests = [one for one in everyone if one.erased is not None and one.erased <= now - rules.REST_FOR]
        ended = sum(self.finish_rest(conversation, now, due=True) for conversation in rests[:limit])
        return Swept(conversations=len(over), rests=ended) + self._sweep_ages(now, limit)

    def _over(self, conversation: Conversation, now: Millis) -> bool:
        if conversation.expires is None or conversation.expires > now:
            return False
        kinds = {row.entry.dispatch.kind for row in conversation.undelivered() if row.entry.dispatch is not None}
        if conversation.mailbox or kinds & rules.PROTECTED:
            return conversation.expires <= now - rules.GRACE
        return True

    def _sweep_ages(self, now: Millis, limit: int) -> Swept:
        tables = self.tables
        old_ids = [
            key for key, at in tables.seen.items() if at <= now - rules.SEEN_FOR and not tables.waits(key[0], key[1])
        ][:limit]
        for key in old_ids:
            del tables.seen[key]
        old_outcomes = [
            (conversation, event_id)
            for conversation in tables.conversations.values()
            for event_id, (_, at) in conversation.outcomes.items()
            if at <= now - rules.OUTCOME_FOR
        ][:limit]
        for conversation, event_id in old_outcomes:
            del conversation.outcomes[event_id]
        old_strays = [key for key, (_, at) in tables.strays.items() if at <= now - rules.STRAY_FOR][:limit]
        for provider_key in old_strays:
            del tables.strays[provider_key]
        old_letters = [key for key, one in tables.letters.items() if one.record.at <= now - rules.DEAD_FOR][:limit]
        for number in old_letters:
            del tables.letters[number]
        old_records = [key for key, one in tables.records.items() if one.expires is not None and one.expires <= now]
        for record_key in old_records[:limit]:
            del tables.records[record_key]
        old_counters = [key for key, (_, expires) in tables.counters.items() if expires <= now]
        for record_key in old_counters[:limit]:
            del tables.counters[record_key]
        return Swept(
            ids=len(old_ids),
            outcomes=len(old_outcomes),
            receipts=len(old_strays),
            letters=len(old_letters),
            records=len(old_records[:limit]),
            counters=len(old_counters[:limit]),
            files=self.blobs.sweep(now, limit),
        )

    # -- small keyed records ----------------------------------------------------------------------------

    async def get(self, kind: str, key: str, now: Millis) -> Record | None:
        """See :meth:`core.ports.Store.get`."""
        found = self.tables.records.get((kind, key))
        return found if found is not None and (found.expires is None or found.expires > now) else None

    async def put(
        self,
        kind: str,
        key: str,
        value: bytes,
        now: Millis,
        *,
        expires: Millis | None = None,
        expect: int | None = None,
    ) -> int | None:
        """See :meth:`core.ports.Store.put`."""
        found = await self.get(kind, key, now)
        current = 0 if found is None else found.version
        if expect is not None and expect != current:
            return None
        self.tables.records[kind, key] = Record(key=key, value=value, version=current + 1, expires=expires)
        return current + 1

    async def delete(self, kind: str, key: str) -> bool:
        """See :meth:`core.ports.Store.delete`."""
        return self.tables.records.pop((kind, key), None) is not None

    async def scan(self, kind: str, now: Millis, limit: int, after: str | None = None) -> list[Record]:
        """See :meth:`core.ports.Store.scan`."""
        found = [
            record
            for (one, key), record in self.tables.records.items()
            if one == kind and (after is None or key > after) and (record.expires is None or record.expires > now)
        ]
        return sorted(found, key=lambda record: record.key)[:limit]

    async def increment(self, kind: str, key: str, now: Millis, *, expires: Millis) -> int:
        """See :meth:`core.ports.Store.increment`."""
        count, ends = self.tables.counters.get((kind, key), (0, expires))
        if ends <= now:
            count, ends = 0, expires
        self.tables.counters[kind, key] = (count + 1, ends)
        return count + 1
