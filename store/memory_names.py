"""Names of the reference model: which conversation an event belongs to when a person has several names."""

from __future__ import annotations

from core.events import Received
from core.ids import ConversationId, Millis
from core.records import Arrival
from store import rules
from store.memory_base import MemoryBase
from store.memory_rows import Conversation

__all__ = ["MemoryNames"]


class MemoryNames(MemoryBase):
    """Aliases. What the house does names the conversation itself; only what people do goes by names."""

    async def resolve(self, name: ConversationId) -> ConversationId:
        """See :meth:`core.ports.Store.resolve`."""
        return self.tables.aliases.get(name, name)

    def _by_name(self, name: ConversationId) -> Conversation | None:
        return self.tables.conversations.get(self.tables.aliases.get(name, name))

    def target(self, arrival: Arrival) -> Conversation | None:
        """Return the conversation that takes ``arrival``, or None where it begins one."""
        if not isinstance(arrival.event, Received):
            return self.tables.conversations.get(arrival.conversation)
        return next(iter(self._same_person(arrival)), None)

    def _same_person(self, arrival: Arrival) -> list[Conversation]:
        """Return the conversations of the one who wrote, the one that goes on first."""
        found: list[Conversation] = []
        for name in (arrival.conversation, *arrival.aliases):
            one = self._by_name(name)
            own = name == arrival.conversation or (one is not None and one.main in (None, arrival.conversation))
            if one is not None and own and one not in found:
                found.append(one)
        return sorted(found, key=lambda one: not one.labels)

    def name(self, conversation: Conversation, arrival: Arrival, now: Millis) -> None:
        """Let all names of ``arrival`` lead to ``conversation``."""
        if not arrival.aliases:
            return
        for one in self._same_person(arrival):
            one.main = arrival.conversation
            if one is not conversation and rules.wakes_held(arrival.event) and one.wake_held(now):
                self.changed(one)
        conversation.main = arrival.conversation
        for name in (arrival.conversation, *arrival.aliases):
            self.tables.aliases.pop(name, None)
            if name != conversation.id:
                self.tables.aliases[name] = conversation.id

    def person(self, conversation: Conversation) -> list[Conversation]:
        """Return all conversations of the person whose ``conversation`` is."""
        if conversation.main is None:
            return [conversation]
        going_on = self._by_name(conversation.id)
        root = going_on if going_on is not None and going_on.main == conversation.main else conversation
        others = [
            one
            for one in self.tables.conversations.values()
            if self.tables.aliases.get(one.id) == root.id and one.main == root.main and one is not root
        ]
        return [root, *others]
