"""Statements that several operations share: posting to a mailbox, waking a turn, appending entries, labels, timers."""

from __future__ import annotations

from core.events import SendFailed
from core.ids import ConversationId, Millis, partition
from core.records import Commit, Entry, Label, Timer
from store import rules
from store.codec import ENTRY, LABELS, POSTED, TIMERS, Posted
from store.seal import Sealer
from store.tx import ENTRY_SPAN, Tx

__all__ = [
    "floor",
    "open_timers",
    "post",
    "raise_floor",
    "report_failure",
    "set_labels",
    "wake_turn",
    "write_entries",
]

_POST = "insert into mail (conv, key, at, seen, event) values (?, ?, ?, ?, ?) on conflict (key) do nothing"
_NOTE = "insert into entry (id, at, changed, body) values (?, ?, ?, ?)"
_WRITE = """
insert into entry (id, at, kind, epoch, expires, open, state, due, changed, body)
values (?, ?, ?, ?, ?, 1, 'pending', ?, ?, ?)
"""


def post(tx: Tx, conv: int, sealer: Sealer, key: bytes, posted: Posted, at: Millis, now: Millis) -> bool:
    """Append an event to a mailbox unless its id is known; the caller wakes the conversation."""
    blob = sealer.seal(b"event/" + key, POSTED.pack(posted))
    values = (conv, key, at, now, blob)
    tx.cur.execute(_POST, values)
    if tx.cur.rowcount == 1:
        return True
    # The sweep may not have come by yet for an id that is too old to count.
    tx.cur.execute("delete from mail where key = ? and event is null and seen <= ?", (key, now - rules.SEEN_FOR))
    if tx.cur.rowcount == 1:
        tx.cur.execute(_POST, values)
        return True
    return False


def wake_turn(tx: Tx, conv: int, due: Millis | None, until: Millis, now: Millis) -> None:
    """Count one more waiting event and make its conversation due, keeping a running lease and a backoff."""
    tx.cur.execute(
        "update conv set due = ?, waiting = waiting + 1, change = ? where id = ?",
        (rules.sooner(due, max(now, until)), tx.bump(), conv),
    )
    tx.wake.add("turn")


def open_timers(sealer: Sealer, blob: bytes | None) -> list[Timer]:
    """Return a conversation's timers."""
    return [] if blob is None else TIMERS.unpack(sealer.open(b"timers", blob))


def write_entries(tx: Tx, conv: int, sealer: Sealer, commit: Commit, last: int, now: Millis) -> tuple[int, int]:
    """Append the commit's entries after seq ``last``; return the new last seq and how many are to be delivered."""
    added = 0
    for entry in commit.entries:
        last += 1
        body = sealer.seal(b"entry/%d" % last, ENTRY.pack(entry))
        number, dispatch = conv * ENTRY_SPAN + last, entry.dispatch
        if dispatch is None:
            tx.cur.execute(_NOTE, (number, entry.at, now, body))
            continue
        added += 1
        values = (number, entry.at, dispatch.kind, dispatch.epoch, dispatch.expires, now, now, body)
        tx.cur.execute(_WRITE, values)
    return last, added


def set_labels(tx: Tx, conversation: ConversationId, old: bytes | None, labels: tuple[Label, ...]) -> None:
    """Replace a conversation's labels in the index."""
    before = LABELS.unpack(old) if old is not None else ()
    tx.cur.executemany(
        "delete from label where name = ? and rank = ? and conversation = ?",
        [(label.name, label.rank, conversation) for label in before],
    )
    tx.cur.executemany(
        "insert or ignore into label values (?, ?, ?)", [(label.name, label.rank, conversation) for label in labels]
    )


def report_failure(
    tx: Tx,
    conv: int,
    sealer: Sealer,
    conversation: ConversationId,
    entry: Entry,
    reason: str,
    blocked: bool,
    due: Millis | None,
    until: Millis,
    now: Millis,
) -> None:
    """Put a SendFailed event into the mailbox, once per entry however often the failure is told."""
    event_id = rules.failed_event_id(entry.id)
    posted = Posted(event_id, SendFailed(entry_id=entry.id, reason=reason, blocked=blocked))
    if post(tx, conv, sealer, tx.ids.event(conversation, event_id), posted, now, now):
        wake_turn(tx, conv, due, until, now)


def floor(tx: Tx, conversation: ConversationId) -> int:
    """Return the highest generation ever erased in the partition of ``conversation``."""
    # The one without a number is of the time when there was one floor for all.
    found = tx.cur.execute("select max(value) from meta where name in ('floor', ?)", (_floor(conversation),)).fetchone()
    return int(found[0])


def raise_floor(tx: Tx, conversation: ConversationId, generation: int) -> None:
    """Note that a generation was erased."""
    tx.cur.execute(
        "insert into meta values (?, ?) on conflict (name) do update set value = max(value, excluded.value)",
        (_floor(conversation), generation),
    )


def _floor(conversation: ConversationId) -> str:
    return f"floor/{partition(conversation)}"
