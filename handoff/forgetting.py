"""What the desk keeps about a person outside of their conversation, and how it goes with them: the drafts.

Erasing a person destroys the key of their drafts in the same step (:mod:`handoff.drafts`), so nothing can be read any
more; here the empty shells are taken away. A crash between the two leaves shells, which expire by themselves.
"""

from __future__ import annotations

from core.ids import ConversationId, Millis
from core.ports import Store

__all__ = ["DRAFT", "drop_drafts", "forget_drafts", "forget_person"]

#: Kind of the records that hold drafts; their keys begin with the conversation.
DRAFT = "draft"
_PAGE = 200


async def forget_drafts(store: Store, conversation: ConversationId, now: Millis) -> int:
    """Delete all drafts about a person, of all cases and accounts; return how many there were."""
    return await drop_drafts(store, f"{conversation}/", now)


async def forget_person(store: Store, conversation: ConversationId, now: Millis) -> bool:
    """Erase a person from outside of a turn, drafts too; return whether there was such a person."""
    found = await store.forget(conversation, now)
    await forget_drafts(store, conversation, now)
    return found


async def drop_drafts(store: Store, prefix: str, now: Millis) -> int:
    """Delete the drafts whose keys begin with ``prefix``; return how many there were."""
    gone, after = 0, prefix
    while True:
        records = await store.scan(DRAFT, now, _PAGE, after)
        mine = [record.key for record in records if record.key.startswith(prefix)]
        for key in mine:
            gone += await store.delete(DRAFT, key)
        if len(mine) < _PAGE:
            return gone
        after = mine[-1]
