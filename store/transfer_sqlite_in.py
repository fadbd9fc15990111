"""Writing a store on SQLite that is carried over: each a function on the transaction.

Files go first, without an owner, so that the sweep takes what a broken-off copy leaves; the conversation takes them
over in the step that writes it.
"""

from __future__ import annotations

from core.errors import StoreCorrupt
from store import sqlite_erase
from store.codec import ADDRESS, CALL, ENTRY, LABELS, OUTCOME, POSTED, TIMERS
from store.rules import timer_event_id
from store.seal import Sealer
from store.sqlite_blobs import HEAD, SPAN
from store.sqlite_rows import set_labels
from store.sqlite_turns import timer_head
from store.timers import timer_order
from store.transfer import FilePart, Loose, RowPart, Whole
from store.tx import ENTRY_SPAN, Tx

__all__ = ["add_chunk", "begin", "begin_file", "end_file", "load", "load_loose"]


def begin(tx: Tx, whole: Whole) -> None:
    """Remove what a broken-off copy left and make the key."""
    row = tx.cur.execute("select generation from conv where conversation = ?", (whole.conversation,)).fetchone()
    if row is not None:
        sqlite_erase.wipe(tx, whole.conversation)
        if row[0] != whole.generation:
            tx.keys.destroy(whole.conversation, row[0])
    tx.keys.create(whole.conversation, whole.generation)


def _sealer(tx: Tx, whole: Whole) -> Sealer:
    sealer = tx.keys.sealer(whole.conversation, whole.generation)
    if sealer is None:
        raise StoreCorrupt(f"conversation {whole.conversation} was erased while it was copied: copy again")
    return sealer


def begin_file(tx: Tx, whole: Whole, file: FilePart) -> int:
    """Begin a file and return its number."""
    # Without an owner until the end: what a broken-off copy leaves is swept.
    tx.cur.execute("insert into blob (conv, name, expires) values (0, ?, 0)", (file.name,))
    return int(tx.cur.lastrowid or 0)


def add_chunk(tx: Tx, whole: Whole, place: int, part: int, data: bytes) -> None:
    """Write a chunk of a file."""
    number = place * SPAN + part
    tx.cur.execute("insert into chunk values (?, ?)", (number, _sealer(tx, whole).seal(b"file/%d" % number, data)))
    tx.cur.execute("update blob set size = size + ? where id = ?", (len(data), place))


def end_file(tx: Tx, whole: Whole, place: int, file: FilePart) -> None:
    """Write the head of a file; it waits for its conversation."""
    head = _sealer(tx, whole).seal(b"file-head/%d" % place, HEAD.pack(file.head))
    tx.cur.execute("update blob set head = ?, name = ? where id = ?", (head, _pending(whole, file), place))


def _pending(whole: Whole, file: FilePart) -> str:
    return f"{whole.conversation}/{whole.generation}/{file.name}"


def load(tx: Tx, whole: Whole) -> None:
    """Write a conversation, and give it its files."""
    sealer = _sealer(tx, whole)
    open_rows = [row for row in whole.rows if row.sending is not None and row.sending.open]
    tx.cur.execute(
        "insert into conv (conversation, route, generation, created, turn, epoch, change, due, until, attempts,"
        " waiting, ddue, open, oseq, held, last, expires, labels, timers, address, state, erased, rest, main)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            whole.conversation,
            tx.route(whole.address.channel, whole.address.account),
            whole.generation,
            whole.created,
            whole.turn,
            whole.epoch,
            tx.bump(),
            whole.due,
            whole.until,
            whole.tries,
            len(whole.mail),
            whole.look,
            len(open_rows),
            open_rows[0].seq if open_rows else 0,
            int(whole.held),
            whole.last,
            whole.expires,
            LABELS.pack(whole.labels) if whole.labels else None,
            sealer.seal(b"timers", TIMERS.pack(list(whole.timers))) if whole.timers else None,
            sealer.seal(b"address", ADDRESS.pack(whole.address)),
            None if whole.state is None else sealer.seal(b"state", whole.state),
            whole.erased,
            whole.rest,
            whole.main,
        ),
    )
    conv = int(tx.cur.lastrowid or 0)
    first = _load_mail(tx, whole, conv, sealer)
    if first is None and whole.timers:
        timer = min(whole.timers, key=timer_order)
        first = timer_head(timer_event_id(timer.name, timer.at))
    if whole.tries:
        tx.cur.execute("update conv set head = ? where id = ?", (first, conv))
    for row in whole.rows:
        _load_row(tx, conv, sealer, row)
    _load_tables(tx, whole, conv, sealer)


def _load_mail(tx: Tx, whole: Whole, conv: int, sealer: Sealer) -> int | None:
    first: int | None = None
    for one in whole.mail:
        tx.cur.execute("delete from mail where key = ?", (one.key,))
        tx.cur.execute(
            "insert into mail (conv, key, at, seen, event) values (?, ?, ?, ?, ?)",
            (conv, one.key, one.at, one.seen, sealer.seal(b"event/" + one.key, POSTED.pack(one.posted))),
        )
        first = first or int(tx.cur.lastrowid or 0)
    return first


def _load_row(tx: Tx, conv: int, sealer: Sealer, row: RowPart) -> None:
    number, entry, sending = conv * ENTRY_SPAN + row.seq, row.entry, row.sending
    body = sealer.seal(b"entry/%d" % row.seq, ENTRY.pack(entry))
    if sending is None:
        tx.cur.execute(
            "insert into entry (id, at, changed, body) values (?, ?, ?, ?)", (number, entry.at, entry.at, body)
        )
        return
    reason = sending.reason
    tx.cur.execute(
        "insert into entry (id, at, kind, epoch, expires, open, state, due, attempts, missed, maybe, plain, back,"
        " changed, pids, reason, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number, entry.at, sending.kind, sending.epoch, sending.expires, int(sending.open), sending.state,
            sending.due if sending.open else None, sending.attempts, sending.missed, int(sending.maybe),
            int(sending.plain), sending.back, sending.changed, b"".join(sending.pids) or None,
            None if reason is None else sealer.seal(b"reason/%d" % row.seq, reason.encode("utf-8", "surrogatepass")),
            body,
        ),
    )  # fmt: skip
    for pid in sending.pids:
        tx.cur.execute("insert or replace into provider values (?, ?)", (pid, number))


def _load_tables(tx: Tx, whole: Whole, conv: int, sealer: Sealer) -> None:
    set_labels(tx, whole.conversation, None, whole.labels)
    for name in whole.names:
        tx.cur.execute("insert or replace into alias values (?, ?)", (name, whole.conversation))
    for one in whole.calls:
        body = sealer.seal(b"call/" + one.call.id.encode(), CALL.pack(one.call))
        tx.cur.execute(
            "insert or replace into call (id, conv, due, attempts, body) values (?, ?, ?, ?, ?)",
            (one.call.id, conv, one.due, one.attempts, body),
        )
    for outcome in whole.outcomes:
        body = sealer.seal(b"outcome/" + outcome.key, OUTCOME.pack(outcome.outcome))
        tx.cur.execute("insert into outcome values (?, ?, ?, ?)", (conv, outcome.key, outcome.at, body))
    for letter in whole.letters:
        body = sealer.seal(b"dead/" + letter.key, POSTED.pack(letter.posted))
        tx.cur.execute(
            "insert into dead (conv, key, kind, reason, at, body) values (?, ?, ?, ?, ?, ?)",
            (conv, letter.key, letter.kind, letter.reason, letter.at, body),
        )
    for file in whole.files:
        tx.cur.execute(
            "update blob set conv = ?, name = ?, ready = 1, expires = ?"
            " where id = (select max(id) from blob where conv = 0 and name = ?)",
            (conv, file.name, file.expires, _pending(whole, file)),
        )


def load_loose(tx: Tx, loose: Loose) -> None:
    """Write a portion of what belongs to no conversation."""
    tx.cur.executemany(
        "insert into meta values (?, ?) on conflict (name) do update set value = max(value, excluded.value)",
        [(f"floor/{part}", floor) for part, floor in loose.floors],
    )
    for one in loose.records:
        value = tx.records.seal(one.kind, one.key, one.value)
        tx.cur.execute(
            "insert or replace into record (kind, key, version, expires, value) values (?, ?, ?, ?, ?)",
            (one.kind, one.key, one.version, one.expires, value),
        )
    for counter in loose.counters:
        values = (counter.kind, counter.key, counter.count, counter.expires)
        tx.cur.execute("insert or replace into counter (kind, key, n, expires) values (?, ?, ?, ?)", values)
    for stray in loose.strays:
        reason = None if stray.reason is None else tx.records.seal("stray", stray.key.hex(), stray.reason.encode())
        tx.cur.execute(
            "insert or replace into stray values (?, ?, ?, ?, ?)",
            (stray.key, stray.state, stray.at, stray.seen, reason),
        )
        tx.stray_came()
    tx.cur.executemany("insert or replace into count values (?, ?, ?)", loose.counts)
    _load_seen(tx, loose)


def _load_seen(tx: Tx, loose: Loose) -> None:
    tx.cur.executemany(
        "insert or ignore into mail (conv, key, at, seen, event) values (0, ?, ?, ?, null)",
        [(key, at, at) for key, at, _ in loose.seen],
    )
