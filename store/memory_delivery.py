"""Deliveries and receipts of the reference model."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from core.events import SendFailed
from core.ids import ConversationId, Millis
from core.records import (
    DeliveryLease,
    Failed,
    Held,
    Receipt,
    RetryAt,
    Sent,
    Settlement,
    Uncertain,
    Wrote,
)
from store import rules
from store.memory_base import MemoryBase
from store.memory_rows import Conversation, Row

__all__ = ["MemoryDelivery"]


class MemoryDelivery(MemoryBase):
    """The delivery lane."""

    async def claim_delivery(
        self,
        worker: str,
        now: Millis,
        lease: Millis,
        limit: int,
        accounts: Sequence[tuple[str, str]] | None = None,
    ) -> list[DeliveryLease]:
        """See :meth:`core.ports.Store.claim_delivery`."""
        self.wakeups.clear("delivery")
        ready: list[tuple[Millis, Conversation, Row]] = []
        for conversation in list(self.tables.conversations.values()):
            account = (conversation.address.channel, conversation.address.account)
            if accounts is not None and account not in accounts:
                continue
            row = self._first_sendable(conversation, now)
            if row is not None:
                ready.append((row.due, conversation, row))
        ready.sort(key=lambda one: one[0])
        return [self._lease(conversation, row, now, lease) for _, conversation, row in ready[:limit]]

    def _first_sendable(self, conversation: Conversation, now: Millis) -> Row | None:
        if conversation.sending is not None:
            if conversation.delivery_until > now:
                return None
            # Its sender is gone: the row may have been sent.
            if conversation.sending.open:
                conversation.sending.maybe = True
                conversation.sending.attempts = conversation.sending_attempts
            conversation.sending = None
            conversation.delivery_token = None
        dropped = [self._drop(conversation, row, now) for row in conversation.undelivered()]
        if any(dropped):
            self.changed(conversation)
            self.finish_rest(conversation, now)
        rows = conversation.undelivered()
        crisis = [row for row in rows if row.entry.dispatch is not None and row.entry.dispatch.kind == "crisis"]
        for row in [*rows[:1], *crisis[:1]]:
            if row.due <= now:
                return row
        return None

    def _drop(self, conversation: Conversation, row: Row, now: Millis) -> bool:
        dispatch = row.entry.dispatch
        assert dispatch is not None  # noqa: S101 - only dispatched rows are ever undelivered
        reason = rules.drop_reason(
            kind=dispatch.kind, epoch=dispatch.epoch, now_epoch=conversation.epoch, expires=dispatch.expires, now=now
        )
        if reason is None:
            return False
        row.state, row.open, row.changed = "dropped", False, now
        row.reason = rules.later(reason, row.maybe)
        return True

    def _lease(self, conversation: Conversation, row: Row, now: Millis, lease: Millis) -> DeliveryLease:
        conversation.sending = row
        conversation.sending_attempts = row.attempts + 1
        conversation.sending_since = now
        conversation.delivery_until = now + lease
        conversation.delivery_token = self.token()
        assert isinstance(row.entry.body, Wrote)  # noqa: S101 - check_commit saw to it
        return DeliveryLease(
            conversation=conversation.id,
            generation=conversation.generation,
            token=conversation.delivery_token,
            until=now + lease,
            attempts=row.attempts + 1,
            missed=row.missed,
            maybe_sent=row.maybe,
            plain=row.plain,
            address=conversation.address,
            entry=row.entry,
            message=row.entry.body.message,
        )

    def leased_to(self, lease: DeliveryLease) -> Conversation | None:
        """Return the conversation that ``lease`` was the last to hold."""
        found = self.tables.conversations.get(lease.conversation)
        if found is None or found.generation != lease.generation or found.delivery_token != lease.token:
            return None
        return found

    async def settle(self, lease: DeliveryLease, settlement: Settlement, now: Millis) -> bool:
        """See :meth:`core.ports.Store.settle`."""
        conversation = self.leased_to(lease)
        if conversation is None:
            return False
        row = conversation.sending
        if row is None:
            return True
        conversation.sending = None
        if isinstance(settlement, Sent):
            self._register(lease, row, settlement.provider_ids)
        elif isinstance(settlement, Uncertain):
            self._register(lease, row, (row.entry.id,))
        if row.open:
            row.attempts = conversation.sending_attempts - (not rules.is_attempt(settlement))
            row.missed += rules.is_miss(settlement)
            row.changed = now
            self._end(conversation, row, settlement, now)
        if isinstance(settlement, Sent):
            self._apply_strays(conversation, lease, row, settlement.provider_ids, now)
        self.changed(conversation)
        self.finish_rest(conversation, now)
        self.wakeups.mark(("delivery",))
        return True

    def _end(self, conversation: Conversation, row: Row, settlement: Settlement, now: Millis) -> None:
        match settlement:
            case Sent():
                row.state, row.open, row.reason = "sent", False, None
            case RetryAt():
                row.state, row.due = "uncertain" if row.maybe else "pending", settlement.at
                row.reason = settlement.reason
            case Uncertain():
                row.state, row.maybe, row.reason = "uncertain", True, settlement.reason
                row.open = settlement.retry_at is not None
                row.due = settlement.retry_at or 0
            case Held():
                row.state, row.due, row.reason = "held", settlement.until, settlement.reason
            case Failed():
                row.state, row.open, row.reason = "failed", False, settlement.reason
                self._report(conversation, row, settlement.blocked, now)

    def _report(self, conversation: Conversation, row: Row, blocked: bool, now: Millis) -> None:
        if conversation.erased is not None and row.seq <= conversation.rest:
            return
        event = SendFailed(entry_id=row.entry.id, reason=row.reason or "", blocked=blocked)
        if self.tables.post(conversation, rules.failed_event_id(row.entry.id), event, now, now):
            self.wakeups.mark(("turn",))

    def _register(self, lease: DeliveryLease, row: Row, provider_ids: Sequence[str]) -> None:
        for one in provider_ids:
            key = (lease.address.channel, lease.address.account, one)
            self.tables.providers[key] = (lease.conversation, row.seq)

    def _apply_strays(
        self, conversation: Conversation, lease: DeliveryLease, row: Row, provider_ids: Sequence[str], now: Millis
    ) -> None:
        for one in [*provider_ids, row.entry.id]:
            key = (lease.address.channel, lease.address.account, one)
            stray = self.tables.strays.get(key)
            if stray is not None and stray[1] > now - rules.STRAY_FOR:
                del self.tables.strays[key]
                self._raise(conversation, row, stray[0], now)

    def _raise(self, conversation: Conversation, row: Row, receipt: Receipt, now: Millis) -> None:
        if rules.gives_back(row.state, receipt.state):
            if receipt.state == "held" or not row.plain:
                self._give_back(conversation, row, receipt, now)
                return
            receipt = replace(receipt, state="failed")
        state = rules.raised(row.state, receipt.state)
        if state == row.state:
            return
        row.state, row.open, row.changed = state, False, receipt.at
        row.reason = receipt.reason
        if state == "failed":
            row.reason = receipt.reason or ""
            self._report(conversation, row, False, now)
        self.changed(conversation)

    def _give_back(self, conversation: Conversation, row: Row, receipt: Receipt, now: Millis) -> None:
        place = (conversation.id, row.seq)
        self.tables.providers = {key: one for key, one in self.tables.providers.items() if one != place}
        row.open, row.changed, row.reason = True, receipt.at, receipt.reason
        if receipt.state == "held":
            row.state, row.due = "held", now + rules.held_for(row.given_back)
            row.given_back += 1
        else:
            row.state, row.due, row.plain = "pending", now, True
        self.changed(conversation)

    async def receipt(self, receipt: Receipt, now: Millis) -> None:
        """See :meth:`core.ports.Store.receipt`."""
        key = (receipt.channel, receipt.account, receipt.provider_id)
        place = self.tables.providers.get(key)
        if place is None:
            known = self.tables.strays.get(key)
            fresh = known is not None and known[1] > now - rules.STRAY_FOR
            if known is not None and fresh and not rules.outranks(receipt.state, known[0].state):
                return
            self.tables.strays[key] = (receipt, now)
            return
        conversation = self._owner(place[0])
        row = next(row for row in conversation.rows if row.seq == place[1])
        self._raise(conversation, row, receipt, now)
        self.finish_rest(conversation, now)
        self.wakeups.mark(("delivery",))

    def _owner(self, conversation: ConversationId) -> Conversation:
        return self.tables.conversations[conversation]
