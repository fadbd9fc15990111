"""What all parts of the reference model stand on: the tables, wake-ups, changes and the end of a rest."""

from __future__ import annotations

import itertools

from core.ids import Millis, partition
from store.memory_blobs import MemoryBlobs
from store.memory_rows import Conversation, Tables
from store.wakeups import Wakeups

__all__ = ["MemoryBase"]


class MemoryBase:
    """Shared steps. Every operation runs without a pause, so each is one step by itself."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.wakeups = Wakeups()
        self._tokens = itertools.count(1)
        self.blobs = MemoryBlobs(self.tables, self.changed)

    def token(self) -> str:
        """Return a token nobody had yet."""
        return f"token-{next(self._tokens)}"

    def changed(self, conversation: Conversation) -> None:
        """Mark a conversation as changed."""
        part = partition(conversation.id)
        self.tables.changes[part] += 1
        conversation.change = self.tables.changes[part]
        self.wakeups.mark(("change",))

    def erase(self, conversation: Conversation) -> None:
        """Delete a conversation; the ids of its events stay known."""
        self.tables.empty(conversation)
        del self.tables.conversations[conversation.id]
        self.changed(conversation)

    def finish_rest(self, conversation: Conversation, now: Millis, *, due: bool = False) -> bool:
        """Delete what remains of an erased person once it is delivered, or ``due``."""
        if conversation.erased is None:
            return False
        if not due and any(row.open and row.seq <= conversation.rest for row in conversation.rows):
            return False
        if conversation.turn == 0 and not conversation.mailbox:
            self.erase(conversation)
            return True
        sending = conversation.sending
        if sending is not None and sending.seq <= conversation.rest:
            conversation.sending = None
            conversation.delivery_token = None
        self.tables.drop_rows(conversation, conversation.rest)
        conversation.erased = None
        self.changed(conversation)
        return True
