"""The audit log: who did what, when, with which case number. Never content, never a name of a person.

Each entry holds the hash of the one before it, so an entry that was changed, taken out or put in breaks the chain,
and :func:`verify` says where. Entries are small records named by their place; writing "the next place, if it is free"
lets several processes append without a lock, and costs the same however long the log is. A record beside them names
the last entry, so that cutting off the end is seen as well. After :data:`KEEP` old entries are erased; what is left
of them is the hash of the last one, from which the chain goes on.

A person's own lines are not here but in the transcript, and go with it. What stays after an erasure is a random case
number that leads nowhere.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re

import msgspec
from msgspec import Struct

from core.ids import Millis
from core.ports import Store

__all__ = ["KEEP", "Audit", "Entry", "newest", "verify"]

#: Two years: long enough for a complaint to be looked into, short enough for a log about the staff's own work.
KEEP: Millis = 2 * 365 * 24 * 3600 * 1000
#: So often, counted in entries, old ones are looked for; so many are erased at once.
_PRUNE_EVERY = 64
_PRUNE = 256
#: Entries read in one step when the chain is verified.
_BATCH = 500

KIND = "audit"
_HEAD_KIND = "audit-place"
_LOGGED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,47}")

_log = logging.getLogger("streetwork.audit")


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the log."""

    n: int
    at: Millis
    #: Account id; ``system`` for the program, ``console`` for whoever has the command line of the machine.
    actor: str
    #: ``claim``, ``sign-in``, ``roles``, ...
    verb: str
    #: ``ok``, ``asked`` (the outcome stands in the transcript), ``denied``, ``wrong``, ``locked``.
    result: str
    case: str = ""
    #: Account that it was done to.
    about: str = ""
    #: Hash of the entry before this one; empty for the very first.
    prev: str = ""


class _Place(Struct, frozen=True, kw_only=True):
    """A place in the chain: number and hash of an entry."""

    n: int = 0
    hash: str = ""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Entry)
_places = msgspec.json.Decoder(_Place)


class Audit:
    """Appends to the log; one object for each process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._one = asyncio.Lock()

    async def write(self, now: Millis, *, actor: str, verb: str, result: str, case: str = "", about: str = "") -> None:
        """Append one entry, durable when this returns, and log it. Values are ids and codes, cut to their shape."""
        actor, verb, result, case, about = (
            one if _LOGGED.fullmatch(one) else "" for one in (actor, verb, result, case, about)
        )
        fields = {"actor": actor, "verb": verb, "case_number": case, "result": result}
        _log.info("staff act", extra={name: value for name, value in fields.items() if value})
        async with self._one:
            place = await _read(self._store, "head", now)
            while True:
                entry = Entry(
                    n=place.n + 1, at=now, actor=actor, verb=verb, result=result, case=case, about=about,
                    prev=place.hash,
                )  # fmt: skip
                value = _encoder.encode(entry)
                if await self._store.put(KIND, _key(entry.n), value, now, expect=0) is not None:
                    break
                # Another process was faster, or ended before it could name its entry as the last one.
                place = await _follow(self._store, place, now)
            await _write(self._store, "head", _Place(n=entry.n, hash=_hash(value)), now)
        if entry.n % _PRUNE_EVERY == 0:
            await self._prune(now)

    async def _prune(self, now: Millis) -> None:
        """Erase entries older than :data:`KEEP`; their last hash is kept first, so that a crash breaks no chain."""
        old = []
        for record in await self._store.scan(KIND, now, _PRUNE):
            if _decoder.decode(record.value).at > now - KEEP:
                break
            old.append(record)
        if old:
            await _write(self._store, "base", _Place(n=int(old[-1].key), hash=_hash(old[-1].value)), now)
        for record in old:
            await self._store.delete(KIND, record.key)


async def newest(store: Store, now: Millis, limit: int, before: int | None = None) -> list[Entry]:
    """Return up to ``limit`` entries, the newest first, all of them before place ``before`` if it is given."""
    end = (await _read(store, "head", now)).n + 1 if before is None else before
    # The place of the last entry may lag behind by those that are being written now.
    extra = _BATCH if before is None else 0
    start = max(0, end - 1 - limit)
    records = await store.scan(KIND, now, limit + extra, _key(start))
    entries = [_decoder.decode(record.value) for record in records]
    return [entry for entry in reversed(entries) if before is None or entry.n < before][:limit]


async def verify(store: Store, now: Millis) -> list[str]:
    """Return what is wrong with the chain, in sentences; an empty list when it holds from end to end."""
    base, head = await _read(store, "base", now), await _read(store, "head", now)
    n, last, named = base.n, base.hash, base.n == head.n
    if head.n < base.n:
        return [f"The audit log ends at entry {head.n}, but entries up to {base.n} were erased as old."]
    # A process that ended while it erased old entries leaves some behind the place from which the chain goes on.
    while records := await store.scan(KIND, now, _BATCH, _key(n)):
        for record in records:
            n += 1
            problem = _fault(record.key, record.value, n, last)
            if problem:
                return [problem]
            last = _hash(record.value)
            if n == head.n:
                named = last == head.hash
                if not named:
                    return [f"Entry {n} of the audit log was changed."]
    if not named:
        return [f"The audit log ends at entry {n}, but {head.n} entries were written: its end was cut off."]
    return []


def _fault(key: str, value: bytes, n: int, last: str) -> str | None:
    if key != _key(n):
        return f"Entry {n} of the audit log is missing."
    try:
        entry = _decoder.decode(value)
    except msgspec.DecodeError:
        return f"Entry {n} of the audit log cannot be read."
    if entry.n != n or entry.prev != last:
        return f"Entry {n} of the audit log does not follow from the one before: one of them was changed."
    return None


def _key(n: int) -> str:
    return f"{n:016d}"


def _hash(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()


async def _follow(store: Store, place: _Place, now: Millis) -> _Place:
    """Return the last place of the chain, walking on from ``place``."""
    while records := await store.scan(KIND, now, _BATCH, _key(place.n)):
        place = _Place(n=int(records[-1].key), hash=_hash(records[-1].value))
    return place


async def _read(store: Store, which: str, now: Millis) -> _Place:
    record = await store.get(_HEAD_KIND, which, now)
    return _Place() if record is None else _places.decode(record.value)


async def _write(store: Store, which: str, place: _Place, now: Millis) -> None:
    """Move a place on, never back: another process may be further."""
    while True:
        record = await store.get(_HEAD_KIND, which, now)
        if record is not None and _places.decode(record.value).n >= place.n:
            return
        expect = 0 if record is None else record.version
        if await store.put(_HEAD_KIND, which, _encoder.encode(place), now, expect=expect) is not None:
            return
