"""Identifiers and where they come from.

Ids are derived, never drawn: the same turn run twice gives the same ids, so a repeat after a crash cannot
store an effect twice. The only secret here is the key of :func:`conversation_id`.
"""

from __future__ import annotations

import hashlib
import hmac
import zlib
from typing import NewType

__all__ = [
    "PARTITIONS",
    "CallId",
    "ConversationId",
    "EntryId",
    "Millis",
    "conversation_id",
    "derived_id",
    "partition",
]

#: A conversation of one person with one bot on one channel: 32 hex digits of a keyed hash.
ConversationId = NewType("ConversationId", str)
#: One line of a transcript and, when it goes out, one outbox row: ``conversation/generation/turn/n``.
EntryId = NewType("EntryId", str)
#: One outside call; also its idempotency key. Same shape as an entry id.
CallId = NewType("CallId", str)
#: A moment: milliseconds since 1970-01-01 UTC. Whole numbers survive every backend (SQLite, Lua, JSON).
Millis = int

#: Fixed for the life of a store; a conversation's partition never changes.
PARTITIONS = 64


def conversation_id(key: bytes, *, bot: str, channel: str, account: str, peer: str) -> ConversationId:
    """Return the pseudonym of (bot, channel, account, peer) under ``key``.

    The key is kept apart from the sealing keys and never rotates: ids must not change. Without the key
    nobody can test whether a given phone number ever wrote.
    """
    text = "\x1f".join((bot, channel, account, peer))
    digest = hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
    return ConversationId(digest[:32])


def partition(conversation: ConversationId) -> int:
    """Return the partition, 0 to 63, that ``conversation`` lives in for ever."""
    return zlib.crc32(conversation.encode()) % PARTITIONS


def derived_id(conversation: ConversationId, generation: int, turn: int, n: int) -> str:
    """Return the id of the ``n``-th effect of a turn; a re-run of the turn gives the same id.

    ``generation`` sets a person who returns after erasure apart from the one who was erased.
    """
    return f"{conversation}/{generation}/{turn}/{n}"
