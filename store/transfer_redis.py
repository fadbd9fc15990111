"""The end of a copy on Redis."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Iterator, Sequence
from zlib import crc32

import msgspec

from core.ids import PARTITIONS, ConversationId, Millis
from core.records import ReceiptState
from store import rules
from store.redis import RedisStore
from store.redis_blobs import chunk_label
from store.redis_names import Known
from store.redis_receipts import PID_FOR
from store.redis_rows import numbers, packed
from store.transfer import CounterPart, End, Loose, RecordPart, StrayPart, Whole
from store.transfer_redis_in import Op, commands
from store.transfer_redis_out import export

__all__ = ["RedisEnd"]

#: Things of a portion.
_PAGE = 2_000
#: Pairs in one command.
_SOME = 500
_WAITS = 1 << 52

_stray = msgspec.msgpack.Decoder(tuple[ReceiptState, Millis, bytes | None]).decode


class RedisEnd:
    """Implements :class:`store.transfer.End`."""

    def __init__(self, store: RedisStore) -> None:
        self._store = store
        self._run = store.scripts.run
        self._parts = store.keys.parts
        self._owners: dict[ConversationId, list[ConversationId]] | None = None
        self._reading = asyncio.Lock()

    async def conversations(self) -> list[ConversationId]:
        """See :meth:`store.transfer.End.conversations`."""
        tables = await asyncio.gather(*(self._run("fields", (part.keys,), ()) for part in self._parts))
        return sorted(ConversationId(name.decode()) for flat in tables for name in flat[::2])

    async def export(self, conversation: ConversationId) -> Whole | None:
        """See :meth:`store.transfer.End.export`."""
        found = await export(self._store, conversation, ())
        if found is None:
            return None
        names = (await self._names_by_owner()).get(conversation, ())
        return msgspec.structs.replace(found, names=tuple(names))

    async def names(self) -> dict[ConversationId, ConversationId]:
        """See :meth:`store.transfer.End.names`."""
        keys = await asyncio.gather(*(self._run("fields", (part.keys,), ()) for part in self._parts))
        alive = {name + b"/" + value.partition(b":")[0] for flat in keys for name, value in _pairs(flat)}
        tables = await asyncio.gather(*(self._run("fields", (part.alias,), ()) for part in self._parts))
        return {
            ConversationId(name.decode()): ConversationId(to.decode().partition("/")[0])
            for flat in tables
            for name, to in _pairs(flat)
            if to in alive
        }

    async def _names_by_owner(self) -> dict[ConversationId, list[ConversationId]]:
        """Return the names by whose they are: read once, then kept up by :meth:`load`, as nobody else writes."""
        async with self._reading:
            if self._owners is None:
                self._owners = {}
                for name, owner in sorted((await self.names()).items()):
                    self._owners.setdefault(owner, []).append(name)
        return self._owners

    async def chunk(self, whole: Whole, number: int, part: int) -> bytes:
        """See :meth:`store.transfer.End.chunk`."""
        found = await self._store.blobs.chunk(whole.conversation, whole.generation, whole.files[number].name, part)
        return found or b""

    async def load(self, whole: Whole, source: End) -> None:
        """See :meth:`store.transfer.End.load`."""
        store, name = self._store, whole.conversation
        left = await store.look(name)
        if left is not None:
            await store.wipe(Known(name, left[0]))
        part, route = store.keys.of(name), f"{whole.address.channel}/{whole.address.account}"
        sealer, wrapped = store.sealers.make(name, whole.generation)
        files: list[int] = []
        for number, file in enumerate(whole.files):
            place = int(await self._ops((part.meta,), [["HINCRBY", 1, "file", 1]]))
            # In the index before there is content: what a broken-off copy leaves is swept.
            await self._ops((part.fileends,), [["ZADD", 1, 1, f"{name}/{place}"]])
            for n in range(file.chunks):
                sealed = sealer.seal(chunk_label(place, n), await source.chunk(whole, number, n))
                await self._ops((part.file(place),), [["HSET", 1, str(n), sealed]])
            files.append(place)
        letter = int(await self._ops((part.meta,), [["HINCRBY", 1, "letter", len(whole.letters)]]))
        change = int(await self._ops((part.meta,), [["HINCRBY", 1, "change", 1]]))
        ops = commands(store, whole, sealer, wrapped, change=change, letter=letter, files=files)
        await self._ops((*part.bundle(name, route), part.fileends), ops)
        await self._point(whole)
        (await self._names_by_owner())[name] = list(whole.names)

    async def _point(self, whole: Whole) -> None:
        """Let names and the providers' ids lead to a conversation."""
        store, to = self._store, f"{whole.conversation}/{whole.generation}"
        await asyncio.gather(*(store.ask("lead", name, to=to) for name in whole.names))
        for row in whole.rows:
            for pid in row.sending.pids if row.sending is not None else ():
                part = store.keys.of_provider(pid)
                await self._run("register", (part.pid(pid), part.stray), (f"{to}/{row.seq}/copied", pid.hex(), PID_FOR))

    async def _ops(self, keys: Sequence[str], ops: list[Op]) -> int:
        answer: int = await self._run("load", keys, (packed({"ops": ops}),))
        return answer

    # -- what belongs to no conversation --------------------------------------------------------------------

    async def loose(self) -> AsyncIterator[Loose]:
        """See :meth:`store.transfer.End.loose`."""
        yield await self._numbers()
        for kinds in self._store.records.all_kinds():
            for kind in sorted(await self._run("members", (kinds,), ())):
                async for portion in self._records(kind.decode()):
                    yield portion
        for part in self._parts:
            yield await self._counters(part.counters)
            yield await self._strays(part.stray)
            start = 0
            while found := numbers(await self._run("ranks", (part.seen,), (start, start + _PAGE - 1))):
                yield Loose(seen=tuple((key, at, part.number) for key, at in found if at < _WAITS))
                start += _PAGE

    async def _numbers(self) -> Loose:
        floors: list[tuple[int, int]] = []
        days: dict[tuple[str, str], int] = {}
        for part in self._parts:
            meta = await self._run("fields", (part.meta,), ())
            floor = dict(zip(meta[::2], meta[1::2], strict=True)).get(b"floor")
            floors += [(part.number, int(floor))] if floor is not None else []
            flat = await self._run("fields", (part.count,), ())
            for field, count in zip(flat[::2], flat[1::2], strict=True):
                day, _, name = field.decode().partition("\x1f")
                days[day, name] = days.get((day, name), 0) + int(count)
        return Loose(counts=tuple((day, name, n) for (day, name), n in sorted(days.items())), floors=tuple(floors))

    async def _records(self, kind: str) -> AsyncIterator[Loose]:
        after: str | None = None
        while found := await self._store.records.scan(kind, 0, _PAGE, after):
            yield Loose(
                records=tuple(
                    RecordPart(kind=kind, key=one.key, version=one.version, expires=one.expires, value=one.value)
                    for one in found
                )
            )
            after = found[-1].key

    async def _counters(self, table: str) -> Loose:
        flat = await self._run("fields", (table,), ())
        found: list[CounterPart] = []
        for field, value in zip(flat[::2], flat[1::2], strict=True):
            (kind, _, key), (count, _, ends) = field.decode().partition("\x1f"), value.partition(b":")
            found.append(CounterPart(kind=kind, key=key, count=int(count), expires=int(ends)))
        return Loose(counters=tuple(found))

    async def _strays(self, table: str) -> Loose:
        flat = await self._run("fields", (table,), ())
        found: list[StrayPart] = []
        for field, value in zip(flat[::2], flat[1::2], strict=True):
            state, at, sealed = _stray(value[9:])
            reason = None if sealed is None else self._store.records_sealer.open("stray", field.decode(), sealed)
            found.append(
                StrayPart(
                    key=bytes.fromhex(field.decode()),
                    state=state,
                    at=at,
                    seen=struct.unpack_from(">q", value)[0],
                    reason=None if reason is None else reason.decode(),
                )
            )
        return Loose(strays=tuple(found))

    async def load_loose(self, loose: Loose) -> None:
        """See :meth:`store.transfer.End.load_loose`."""
        tasks = [self._ops(keys, ops) for keys, ops in self._loose_ops(loose)]
        await asyncio.gather(*tasks)

    def _loose_ops(self, loose: Loose) -> list[tuple[Sequence[str], list[Op]]]:
        records, found = self._store.records, list[tuple[Sequence[str], list[Op]]]()
        for one in loose.records:
            sealed = self._store.records_sealer.seal(one.kind, one.key, one.value)
            ends = "" if one.expires is None else one.expires
            ops: list[Op] = [["HSET", 1, one.key, b"%d:%s:" % (one.version, str(ends).encode()) + sealed]]
            ops += [["ZADD", 2, 0, one.key], ["SADD", 4, one.kind]]
            ops += [["ZADD", 3, one.expires, f"{one.kind}\x1f{one.key}"]] if one.expires is not None else []
            found.append(((*records.table(one.kind), records.kinds(one.kind)), ops))
        for counter in loose.counters:
            member = f"{counter.kind}\x1f{counter.key}"
            keys = records.counters(crc32(member.encode()) % PARTITIONS)
            value = f"{counter.count}:{counter.expires}"
            found.append((keys, [["HSET", 1, member, value], ["ZADD", 2, counter.expires, member]]))
        for stray in loose.strays:
            part = self._store.keys.of_provider(stray.key)
            found.append(((part.stray, part.strayat), self._stray_ops(stray)))
        first = self._parts[0]
        found += [((first.count,), [["HSET", 1, f"{day}\x1f{name}", str(n)]]) for day, name, n in loose.counts]
        found += [((self._parts[n].meta,), [["HSET", 1, "floor", str(floor)]]) for n, floor in loose.floors]
        return found + self._seen_ops(loose)

    def _seen_ops(self, loose: Loose) -> list[tuple[Sequence[str], list[Op]]]:
        """Return the commands for the ids of handled events.

        SQLite does not say any more whose an event was; its id is then known in every partition, for two days.
        """
        found: list[tuple[Sequence[str], list[Op]]] = []
        for part in self._parts:
            here = [(at, key) for key, at, number in loose.seen if number in (None, part.number)]
            ops: list[Op] = [
                ["ZADD", 1, *(value for pair in here[start : start + _SOME] for value in pair)]
                for start in range(0, len(here), _SOME)
            ]
            if ops:
                found.append(((part.seen,), ops))
        return found

    def _stray_ops(self, stray: StrayPart) -> list[Op]:
        name, reason = stray.key.hex(), None
        if stray.reason is not None:
            reason = self._store.records_sealer.seal("stray", name, stray.reason.encode())
        value = struct.pack(">qB", stray.seen, rules.stray_rank(stray.state))
        value += msgspec.msgpack.encode((stray.state, stray.at, reason))
        return [["HSET", 1, name, value], ["ZADD", 2, stray.seen, name]]


def _pairs(flat: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    return zip(flat[::2], flat[1::2], strict=True)
