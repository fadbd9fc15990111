"""Looking at every conversation on Redis, and mending: entries of indexes that lead nowhere, conversations that an
index does not know. Works while the bot runs; scripts look again before they write.

None of this comes about by crashes, since every step is one script. It comes from hands, and from defects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable

from core.ids import ConversationId, Millis
from store.redis import RedisStore
from store.redis_keys import Part
from store.redis_rows import numbers

__all__ = ["inspect"]

_PAGE = 1_000

#: What is wrong with a conversation, and what that means.
_WRONG = {
    b"head": "{} keys belong to no conversation: harmless, nothing is left that they open",
    b"turn": "{} conversations wait for their turn and would never get it",
    b"delivery": "{} conversations have messages that would never be sent",
    b"expiry": "{} conversations would never be erased by their age",
}


def _itself(member: str) -> str:
    return member


def _before_slash(member: str) -> str:
    return member.partition("/")[0]


def _behind_slash(member: str) -> str:
    return member.partition("/")[2]


def _before_hash(member: str) -> str:
    return member[:-32]


def _behind_zero(member: str) -> str:
    return member.rpartition("\0")[2]


async def inspect(store: RedisStore, now: Millis, *, mend: bool) -> list[str]:
    """Return what is wrong, in sentences, and with ``mend`` put it right. Reads everything once."""
    found: Counter[bytes] = Counter()
    orphans = 0
    for part in store.keys.parts:
        known = {name async for name in _conversations(store, part)}
        for index, owner in await _indexes(store, part):
            orphans += await _orphans(store, part, index, owner, known, mend=mend)
        for name in known:
            for wrong in set(await _look(store, ConversationId(name), now, mend=mend)):
                found[wrong] += 1
    told = [_WRONG[wrong].format(count) for wrong, count in sorted(found.items())]
    if orphans:
        told.append(f"{orphans} entries of indexes lead to no conversation: harmless, they are in the way")
    return [f"{one}; mended" for one in told] if mend else [f"{one} (mended with --mend)" for one in told]


async def _conversations(store: RedisStore, part: Part) -> AsyncIterator[str]:
    flat: list[bytes] = await store.scripts.run("fields", (part.keys,), ())
    for name in flat[::2]:
        yield name.decode()


async def _indexes(store: RedisStore, part: Part) -> list[tuple[str, Callable[[str], str]]]:
    """Return the indexes of a partition, and how to get the conversation out of their members."""
    routes = [route.decode() for route in await store.scripts.run("members", (part.routes,), ())]
    by_name = [part.due, part.exp, part.rest, part.chg, part.old, *(part.ddue(route) for route in routes)]
    found: list[tuple[str, Callable[[str], str]]] = [(index, _itself) for index in by_name]
    found += [(part.cdue, _before_slash), (part.fileends, _before_slash), (part.dead, _behind_slash)]
    return [*found, (part.outs, _before_hash), (part.label, _behind_zero)]


async def _orphans(
    store: RedisStore, part: Part, index: str, owner: Callable[[str], str], known: set[str], *, mend: bool
) -> int:
    strange: list[tuple[str, bytes]] = []
    start = 0
    while page := numbers(await store.scripts.run("ranks", (index,), (start, start + _PAGE - 1))):
        strange += [(owner(one.decode()), one) for one, _ in page if owner(one.decode()) not in known]
        start += _PAGE
    # Files of erased people wait for the sweep, which knows them by the set of those who are gone.
    if index == part.fileends:
        gone = {one.partition(b"/")[0].decode() for one in await store.scripts.run("members", (part.blobgone,), ())}
        strange = [one for one in strange if one[0] not in gone]
    count = 0
    for at in range(0, len(strange), _PAGE):
        some = strange[at : at + _PAGE]
        args = [value for name, member in some for value in (name, member)]
        count += int(await store.scripts.run("unindex", (part.keys, index), (int(mend), *args)))
        if mend and index == part.chg:
            for name, _ in some:
                await store.ask("leftover", ConversationId(name))
    return count


async def _look(store: RedisStore, conversation: ConversationId, now: Millis, *, mend: bool) -> list[bytes]:
    async def step(route: str) -> bytes | list[bytes]:
        answer: bytes | list[bytes] = await store.ask("mend", conversation, route, now=now, mend=mend)
        return answer

    return await store.routed("", step)
