"""Files on SQLite: rows of sealed chunks of 256 KiB, so that neither writing, reading nor sweeping holds a whole file.

Each chunk is sealed under the data key of its conversation and bound to its file and place. Destroying the key erases
it; the rows of an erased owner lose their owner in the erasing step and their content in the sweep, in portions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from core.blobs import CHUNK, DRAFT_FOR, EXPIRED, BlobHead, BlobKey, Draft, owner_of
from core.ids import ConversationId, Millis
from store.codec import Codec
from store.seal import Sealer
from store.tx import Tx

if TYPE_CHECKING:
    from store.sqlite_reads import Reader

__all__ = ["MISCOUNTS", "SqliteBlobs", "orphan_blobs", "sweep_blobs"]

#: Chunks of one file are numbered below this.
SPAN = 65_536
#: Chunks that one sweep deletes: 32 MiB, a few milliseconds of the writer.
CHUNKS_AT_ONCE = 128

HEAD: Codec[BlobHead] = Codec(BlobHead, "file's head")

#: For ``Store.check``: what is wrong if it is more than zero.
MISCOUNTS = (
    (
        "select count(*) from chunk where id / 65536 not in (select id from blob)",
        "{} chunks belong to no file: harmless, nobody can read them",
    ),
    (
        "select count(*) from blob where conv <> 0 and conv not in (select id from conv)",
        "{} files belong to no conversation: the next sweeps take them once they expire",
    ),
)


class SqliteBlobs:
    """Implements :class:`core.ports.Blobs` through the writer and the readers of a store."""

    def __init__(self, write: Callable[..., Any], read: Callable[..., Any]) -> None:
        self._write = write
        self._read = read

    async def begin(self, key: BlobKey, now: Millis) -> Draft | None:
        """See :meth:`core.ports.Blobs.begin`."""
        found: Draft | None = await self._write(_begin, key, now)
        return found

    async def add(self, draft: Draft, number: int, data: bytes) -> bool:
        """See :meth:`core.ports.Blobs.add`."""
        if not 0 < len(data) <= CHUNK or not 0 <= number < SPAN:
            raise ValueError("a chunk is too long, empty or beyond the last place")
        return bool(await self._write(_add, draft, number, data))

    async def finish(self, draft: Draft, head: BlobHead, *, now: Millis, expires: Millis) -> bool:
        """See :meth:`core.ports.Blobs.finish`."""
        return bool(await self._write(_finish, draft, head, expires))

    async def heads(self, keys: Sequence[BlobKey], now: Millis) -> dict[BlobKey, BlobHead]:
        """See :meth:`core.ports.Blobs.heads`."""
        found: dict[BlobKey, BlobHead] = await self._read(_heads, keys, now)
        return found

    async def read(self, key: BlobKey, number: int, now: Millis) -> bytes | None:
        """See :meth:`core.ports.Blobs.read`."""
        found: bytes | None = await self._read(_chunk, key, number, now)
        return found

    async def held(self, conversation: ConversationId) -> int:
        """See :meth:`core.ports.Blobs.held`."""
        return int(await self._read(_held, conversation))


# -- writing ----------------------------------------------------------------------------------------------


def _owner(tx: Tx, key: BlobKey) -> tuple[int, str, Sealer] | None:
    """Return row, name and sealer of a key's conversation, if that is still the one that the key names."""
    owner = owner_of(key)
    if owner is None:
        return None
    conversation, generation, name = owner
    row = tx.cur.execute(
        "select id from conv where conversation = ? and generation = ?", (conversation, generation)
    ).fetchone()
    sealer = tx.keys.sealer(conversation, generation) if row is not None else None
    return (int(row[0]), name, sealer) if row is not None and sealer is not None else None


def _begin(tx: Tx, key: BlobKey, now: Millis) -> Draft | None:
    owner = _owner(tx, key)
    if owner is None:
        return None
    conv, name, _ = owner
    tx.cur.execute("insert into blob (conv, name, expires) values (?, ?, ?)", (conv, name, now + DRAFT_FOR))
    return Draft(key=key, number=int(tx.cur.lastrowid or 0))


def _draft(tx: Tx, draft: Draft) -> tuple[int, str, Sealer] | None:
    """Return the owner of a draft that is still one."""
    owner = _owner(tx, draft.key)
    if owner is None:
        return None
    row = tx.cur.execute(
        "select 1 from blob where id = ? and conv = ? and name = ? and ready = 0", (draft.number, *owner[:2])
    ).fetchone()
    return owner if row is not None else None


def _add(tx: Tx, draft: Draft, number: int, data: bytes) -> bool:
    owner = _draft(tx, draft)
    if owner is None:
        return False
    place = draft.number * SPAN + number
    tx.cur.execute("insert or replace into chunk values (?, ?)", (place, owner[2].seal(_label(place), data)))
    tx.cur.execute("update blob set size = size + ? where id = ?", (len(data), draft.number))
    return True


def _finish(tx: Tx, draft: Draft, head: BlobHead, expires: Millis) -> bool:
    owner = _draft(tx, draft)
    if owner is None:
        return False
    conv, name, sealer = owner
    before = tx.cur.execute(
        "select id, head from blob where conv = ? and name = ? and ready = 1", (conv, name)
    ).fetchone()
    if before is not None:
        if HEAD.unpack(sealer.open(_head_label(before[0]), before[1])).reason is None or head.reason is not None:
            tx.cur.execute("update blob set conv = 0, expires = 0 where id = ?", (draft.number,))
            return True
        tx.cur.execute("update blob set conv = 0, ready = 0, expires = 0, head = null where id = ?", (before[0],))
    tx.cur.execute(
        "update blob set ready = 1, expires = ?, head = ? where id = ?",
        (expires, sealer.seal(_head_label(draft.number), HEAD.pack(head)), draft.number),
    )
    tx.cur.execute("update conv set change = ? where id = ?", (tx.bump(), conv))
    return True


def orphan_blobs(tx: Tx, conv: int) -> None:
    """Take all files from a conversation that is being erased; their key goes in the same step."""
    tx.cur.execute("update blob set conv = 0, ready = 0, expires = 0, head = null where conv = ?", (conv,))


def sweep_blobs(tx: Tx, now: Millis, limit: int) -> int:
    """Delete content that is over its time, a bounded portion of it; return how many files lost theirs."""
    gone, left = 0, CHUNKS_AT_ONCE
    for blob, ready in tx.cur.execute(
        "select id, ready from blob where expires <= ? order by expires, id limit ?", (now, limit)
    ).fetchall():
        tx.cur.execute(
            "delete from chunk where id in (select id from chunk where id >= ? and id < ? order by id limit ?)",
            (blob * SPAN, (blob + 1) * SPAN, left),
        )
        left -= max(tx.cur.rowcount, 0)
        if left <= 0:
            break  # perhaps not all of this one
        if ready:
            tx.cur.execute("update blob set expires = null, size = 0 where id = ?", (blob,))
            gone += 1
        else:
            tx.cur.execute("delete from blob where id = ?", (blob,))
    return gone


# -- reading ----------------------------------------------------------------------------------------------


def _find(reader: Reader, key: BlobKey) -> tuple[int, Millis | None, Sealer, bytes] | None:
    """Return number, end of life, sealer and sealed head of a finished file."""
    owner = owner_of(key)
    if owner is None:
        return None
    conversation, generation, name = owner
    rows = reader.rows(
        "select b.id, b.expires, b.head from conv c join blob b on b.conv = c.id"
        " where c.conversation = ? and c.generation = ? and b.name = ? and b.ready = 1",
        (conversation, generation, name),
    )
    sealer = reader.sealer(conversation, generation) if rows else None
    if not rows or sealer is None:
        return None
    number, expires, head = rows[0]
    return number, expires, sealer, head


def _heads(reader: Reader, keys: Sequence[BlobKey], now: Millis) -> dict[BlobKey, BlobHead]:
    heads: dict[BlobKey, BlobHead] = {}
    for key in keys:
        found = _find(reader, key)
        if found is not None:
            number, expires, sealer, sealed = found
            head = HEAD.unpack(sealer.open(_head_label(number), sealed))
            over = head.reason is None and (expires is None or expires <= now)
            heads[key] = replace(head, reason=EXPIRED) if over else head
    return heads


def _chunk(reader: Reader, key: BlobKey, number: int, now: Millis) -> bytes | None:
    found = _find(reader, key)
    if found is None or found[1] is None or found[1] <= now or not 0 <= number < SPAN:
        return None
    place = found[0] * SPAN + number
    rows = reader.rows("select data from chunk where id = ?", (place,))
    return found[2].open(_label(place), rows[0][0]) if rows else None


def _held(reader: Reader, conversation: ConversationId) -> int:
    sql = "select coalesce(sum(size), 0) from blob where conv = (select id from conv where conversation = ?)"
    return int(reader.rows(sql, (conversation,))[0][0])


def _label(place: int) -> bytes:
    return b"file/%d" % place


def _head_label(number: int) -> bytes:
    return b"file-head/%d" % number
