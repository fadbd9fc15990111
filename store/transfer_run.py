"""Copying a store: every conversation is carried over, read back and compared, before the next portion begins.

What is in the target already and equal is left as it is, so a copy that broke off is gone on with by starting it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from msgspec import Struct
from msgspec.structs import replace

from core.errors import StoreError, StoreMismatch
from core.ids import ConversationId
from core.ports import Store
from store.redis import RedisStore
from store.sqlite import SqliteStore
from store.transfer import End, Loose, digest
from store.transfer_redis import RedisEnd
from store.transfer_sqlite import SqliteEnd

__all__ = ["LEFT_OUT", "Copied", "carry", "carry_over", "end_of"]

#: Conversations under way at once.
_AT_ONCE = 32
#: Kinds of records that are of the running processes and not of the store: locks, leases, signs of life, paces.
LEFT_OUT = frozenset({"copy", "lease", "process", "rate"})


class Copied(Struct, frozen=True, kw_only=True):
    """What a copy did."""

    #: Conversations in all, and those of them that were there already.
    conversations: int
    before: int
    #: Records, counters, receipts, numbers and ids.
    things: int


def end_of(store: Store) -> End:
    """Return a store as one end of a copy."""
    match store:
        case SqliteStore():
            return SqliteEnd(store)
        case RedisStore():
            return RedisEnd(store)
        case _:
            raise StoreMismatch("this kind of store keeps nothing, so there is nothing to copy")


async def carry_over(source: End, target: End, progress: Callable[[int, int], None] = lambda done, of: None) -> Copied:
    """Copy everything of ``source`` to ``target`` and compare it; ``progress`` is told (done, of) conversations.

    Nobody may work on either of them. Raises StoreMismatch when the target holds conversations that the source does
    not have, having written nothing, and StoreError when something does not come out as it went in.
    """
    wanted = await source.conversations()
    strange = set(await target.conversations()).difference(wanted)
    if strange:
        raise StoreMismatch(
            f"the target holds {len(strange)} conversations that the source does not have: copy into an empty store"
        )
    things = 0
    async for portion in source.loose():
        kept = tuple(one for one in portion.records if one.kind not in LEFT_OUT)
        await target.load_loose(replace(portion, records=kept))
        things += portion.things
    before = 0
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        done = await asyncio.gather(*(carry(source, target, one) for one in some))
        before += sum(done)
        progress(start + len(some), len(wanted))
    await _compare(source, target, wanted)
    return Copied(conversations=len(wanted), before=before, things=things)


async def carry(source: End, target: End, conversation: ConversationId) -> bool:
    """Copy one conversation and compare; True when it was there already."""
    whole = await source.export(conversation)
    if whole is None:
        return False
    there = await target.export(conversation)
    if there is not None and digest(there) == digest(whole):
        return True
    await target.load(whole, source)
    there = await target.export(conversation)
    if there is None or digest(there) != digest(whole):
        raise StoreError(f"conversation {conversation} does not read as it was written: copy again")
    return False


async def _compare(source: End, target: End, wanted: list[ConversationId]) -> None:
    if await target.conversations() != wanted:
        raise StoreError("the target does not hold all conversations: was anybody at work? Copy again")
    if await target.names() != await source.names():
        raise StoreError("not all names lead where they led: was anybody at work? Copy again")
    there, here = await _all(target.loose()), await _all(source.loose())
    missing = {name for name, value in here.items() if there.get(name) != value}
    if missing:
        raise StoreError(f"{len(missing)} records or numbers do not read as they were written: copy again")


async def _all(portions: AsyncIterator[Loose]) -> dict[object, object]:
    """Return what must be the same on both ends, by name."""
    found: dict[object, object] = {}
    async for one in portions:
        found |= {("record", part.kind, part.key): part for part in one.records if part.kind not in LEFT_OUT}
        found |= {("counter", part.kind, part.key): part for part in one.counters}
        found |= {("stray", part.key): part for part in one.strays}
        found |= {("count", day, name): n for day, name, n in one.counts}
        found |= {("seen", key): at for key, at, _ in one.seen}
    return found
