"""Reading: snapshot, find, transcript, changes and the like, on connections of their own that wait for no writer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.errors import StoreCorrupt
from core.ids import ConversationId, Millis
from core.records import Changes, Cursor, DeadRecord, Delivery, DeliveryState, Found, Line, Outcome, Record, Snapshot
from store import rules, schema
from store.codec import ADDRESS, ENTRY, LABELS, OUTCOME, POSTED
from store.keys import SealerCache, find_sealer, keys_path
from store.seal import Hasher, KeyRing, RecordSealer, Sealer
from store.sqlite_records import dead_number
from store.tx import ENTRY_SPAN

__all__ = ["Reader", "changes", "counts", "dead", "find", "get", "outcome", "scan", "snapshot", "transcript"]

_SNAPSHOT = """
select generation, turn, epoch, labels, waiting, open, created, expires, address, state
from conv where conversation = ?
"""
_LINES = """
select e.id, e.state, e.attempts, e.changed, e.reason, e.body, c.dseq, c.duntil, c.dtries, c.dat
from conv c join entry e on e.id between c.id * 16777216 + 1 and c.id * 16777216 + 16777215
where c.conversation = ?
"""


class Reader:
    """Read-only connections of one thread to both files."""

    def __init__(self, path: Path, ring: KeyRing, cache: SealerCache) -> None:
        self.data = schema.connect(path, readonly=True)
        self.keys = schema.connect(keys_path(path), readonly=True)
        self.ids = Hasher(ring.conversations)
        self.records = RecordSealer(ring.records)
        self._ring = ring
        self._cache = cache

    def rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query on the data."""
        return self.data.execute(sql, values).fetchall()

    def sealer(self, conversation: ConversationId, generation: int) -> Sealer | None:
        """Return the sealer of a conversation, or None when its key was destroyed."""
        return find_sealer(self.keys, self._ring, self._cache, conversation, generation)

    def close(self) -> None:
        """Let go of both files."""
        self.data.close()
        self.keys.close()


def snapshot(reader: Reader, conversation: ConversationId) -> Snapshot | None:
    """See :meth:`core.ports.Store.snapshot`."""
    for generation, turn, epoch, labels, waiting, undelivered, created, expires, address, state in reader.rows(
        _SNAPSHOT, (conversation,)
    ):
        sealer = reader.sealer(conversation, generation)
        if sealer is not None:
            return Snapshot(
                conversation=conversation,
                generation=generation,
                turn=turn,
                address=ADDRESS.unpack(sealer.open(b"address", address)),
                state=None if state is None else sealer.open(b"state", state),
                epoch=epoch,
                labels=() if labels is None else LABELS.unpack(labels),
                waiting_events=waiting,
                undelivered=undelivered,
                created=created,
                expires=expires,
            )
    return None


def resolve(reader: Reader, name: ConversationId) -> ConversationId:
    """See :meth:`core.ports.Store.resolve`."""
    found = reader.rows("select conversation from alias where name = ?", (name,))
    return ConversationId(found[0][0]) if found else name


def find(reader: Reader, label: str, limit: int, after: Found | None) -> list[Found]:
    """See :meth:`core.ports.Store.find`."""
    if after is None:
        rows = reader.rows(
            "select conversation, rank from label where name = ? order by rank, conversation limit ?", (label, limit)
        )
    else:
        rows = reader.rows(
            "select conversation, rank from label where name = ? and (rank, conversation) > (?, ?)"
            " order by rank, conversation limit ?",
            (label, after.rank, after.conversation, limit),
        )
    return [Found(conversation=conversation, rank=rank) for conversation, rank in rows]


def transcript(reader: Reader, conversation: ConversationId, after: int, limit: int) -> list[Line]:
    """See :meth:`core.ports.Store.transcript`."""
    # One snapshot for both questions: the generation must fit the lines.
    reader.data.execute("begin")
    try:
        found = reader.rows("select id, generation from conv where conversation = ?", (conversation,))
        if not found:
            return []
        conv, generation = found[0]
        if after < 0:
            rows = reader.rows(_LINES + " order by e.id desc limit ?", (conversation, -after))[::-1][:limit]
        else:
            rows = reader.rows(
                _LINES + " and e.id > ? order by e.id limit ?", (conversation, conv * ENTRY_SPAN + after, limit)
            )
    finally:
        reader.data.execute("commit")
    sealer = reader.sealer(conversation, generation)
    return [] if sealer is None else [_line(sealer, conv, row) for row in rows]


def _line(sealer: Sealer, conv: int, row: tuple[Any, ...]) -> Line:
    number, state, attempts, changed, reason, body, leased, lease_end, tries, leased_at = row
    seq = number - conv * ENTRY_SPAN
    entry = ENTRY.unpack(sealer.open(b"entry/%d" % seq, body))
    if entry.dispatch is None:
        return Line(seq=seq, entry=entry)
    shown: DeliveryState = state
    if lease_end is not None and leased == seq and state in ("pending", "held", "uncertain"):
        shown, attempts, changed = "sending", tries, leased_at
    told = None if reason is None else sealer.open(b"reason/%d" % seq, reason).decode("utf-8", "surrogatepass")
    return Line(seq=seq, entry=entry, delivery=Delivery(state=shown, reason=told, attempts=attempts, at=changed))


def changes(reader: Reader, cursor: Cursor | None, limit: int) -> Changes:
    """See :meth:`core.ports.Store.changes`.

    One counter for all partitions: this store has one writer at a time, and one counter keeps the index in one place.
    """
    reader.data.execute("begin")
    try:
        reached = reader.rows("select value from meta where name = 'changes'")[0][0]
        if cursor is None:
            return Changes(cursor=(reached,), conversations=())
        if len(cursor) != 1:
            raise StoreCorrupt(f"a change cursor has {len(cursor)} counters instead of 1: ask anew, with None")
        rows = reader.rows(
            "select conversation, change from conv where change > ? order by change limit ?", (cursor[0], limit)
        )
    finally:
        reader.data.execute("commit")
    if len(rows) == limit and rows:
        reached = rows[-1][1]
    # With less than the limit the cursor moves to the end, also where a change was an erasure and left no row.
    return Changes(cursor=(reached,), conversations=tuple(row[0] for row in rows))


def outcome(reader: Reader, conversation: ConversationId, event_id: str, now: Millis) -> Outcome | None:
    """See :meth:`core.ports.Store.outcome`."""
    key = reader.ids.event(conversation, event_id)
    for generation, body in reader.rows(
        "select c.generation, o.body from conv c join outcome o on o.conv = c.id and o.key = ?"
        " where c.conversation = ? and o.at > ?",
        (key, conversation, now - rules.OUTCOME_FOR),
    ):
        sealer = reader.sealer(conversation, generation)
        if sealer is not None:
            return OUTCOME.unpack(sealer.open(b"outcome/" + key, body))
    return None


def counts(reader: Reader, since_day: str) -> dict[tuple[str, str], int]:
    """See :meth:`core.ports.Store.counts`."""
    return {
        (day, name): n for day, name, n in reader.rows("select day, name, n from count where day >= ?", (since_day,))
    }


def dead(reader: Reader, limit: int, after: str | None) -> list[DeadRecord]:
    """See :meth:`core.ports.Store.dead`."""
    letters: list[DeadRecord] = []
    for n, conversation, generation, key, kind, reason, at, body in reader.rows(
        "select d.n, c.conversation, c.generation, d.key, d.kind, d.reason, d.at, d.body"
        " from dead d join conv c on c.id = d.conv where d.n > ? order by d.n limit ?",
        (-1 if after is None else dead_number(after), limit),
    ):
        sealer = reader.sealer(conversation, generation)
        if sealer is not None:
            event_id = POSTED.unpack(sealer.open(b"dead/" + key, body)).event_id
            letters.append(
                DeadRecord(
                    id=f"{n:016d}", conversation=conversation, event_id=event_id, kind=kind, reason=reason, at=at
                )
            )
    return letters


def get(reader: Reader, kind: str, key: str, now: Millis) -> Record | None:
    """See :meth:`core.ports.Store.get`."""
    for version, expires, value in reader.rows(
        "select version, expires, value from record where kind = ? and key = ? and (expires is null or expires > ?)",
        (kind, key, now),
    ):
        return Record(key=key, value=reader.records.open(kind, key, value), version=version, expires=expires)
    return None


def scan(reader: Reader, kind: str, now: Millis, limit: int, after: str | None) -> list[Record]:
    """See :meth:`core.ports.Store.scan`."""
    rows = reader.rows(
        "select key, version, expires, value from record"
        " where kind = ?1 and (?2 is null or key > ?2) and (expires is null or expires > ?3) order by key limit ?4",
        (kind, after, now, limit),
    )
    return [
        Record(key=key, value=reader.records.open(kind, key, value), version=version, expires=expires)
        for key, version, expires, value in rows
    ]
