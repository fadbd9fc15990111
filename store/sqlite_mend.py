"""Mending what a check found: remains that belong to nobody go, counts are counted anew, half erasures are finished.

Nothing is invented and nothing that can still be read is thrown away. Runs as one operation of the writer, so the bot
may run meanwhile. A damaged file or a wrong schema is nothing that can be mended here; that needs a backup.
"""

from __future__ import annotations

from typing import Final

from core.ids import Millis
from store import sqlite_erase
from store.sqlite_care import Doubt
from store.tx import Tx

__all__ = ["mend"]

#: What is done to remains, and how to say so. Event ids stay known, or a repeated webhook would come in once more.
_REMAINS: Final = (
    (
        "delete from entry where id / 16777216 not in (select id from conv)",
        "{} transcript entries that belonged to no conversation are deleted",
    ),
    (
        "update mail set event = null, conv = 0 where event is not null and conv not in (select id from conv)",
        "{} waiting events that belonged to no conversation are dropped",
    ),
    (
        "delete from alias where conversation not in (select conversation from conv)",
        "{} names that led to no conversation are deleted",
    ),
    (
        "delete from call where conv not in (select id from conv)",
        "{} outside calls that belonged to no conversation are deleted",
    ),
    (
        """
        update blob set conv = 0, ready = 0, expires = 0, head = null
        where conv <> 0 and conv not in (select id from conv)
        """,
        "{} files that belonged to no conversation are left to the next sweep",
    ),
    (
        "delete from chunk where id / 65536 not in (select id from blob)",
        "{} chunks that belonged to no file are deleted",
    ),
)
#: A conversation that waits although nothing is due would wait for ever, so it is looked at at once.
_MISCOUNTED: Final = """
update conv set
    waiting = (select count(*) from mail where conv = conv.id and event is not null),
    due = iif((select count(*) from mail where conv = conv.id and event is not null) > 0,
              max(?1, until), due)
where waiting <> (select count(*) from mail where conv = conv.id and event is not null)
"""


def mend(tx: Tx, doubts: list[Doubt], now: Millis) -> list[str]:
    """Mend what can be; return one sentence for each kind of thing done, an empty list when all was well."""
    told: list[str] = []
    unfinished = len(tx.keys.unfinished(1_000_000))
    sqlite_erase.mend(tx, 1_000_000)
    _say(told, unfinished, "{} erasures are finished")
    # Conversations without a key first: what belonged to them are remains afterwards.
    _say(told, _without_key(tx, doubts), "{} conversations without a key are deleted: they were erased")
    for sql, sentence in _REMAINS:
        tx.cur.execute(sql)
        _say(told, max(0, tx.cur.rowcount), sentence)
    tx.cur.execute(_MISCOUNTED, (now,))
    _say(told, max(0, tx.cur.rowcount), "{} conversations count their waiting events rightly again")
    _say(told, _without_data(tx, doubts), "{} keys that belonged to no conversation are destroyed")
    if told:
        tx.wake.add("turn")
    return told


def _say(told: list[str], count: int, sentence: str) -> None:
    if count:
        told.append(sentence.format(count))


def _without_key(tx: Tx, doubts: list[Doubt]) -> int:
    gone = [one for one in doubts if _current(tx, one) and not tx.keys.has(*one)]
    for conversation, _ in gone:
        sqlite_erase.wipe(tx, conversation)
    return len(gone)


def _without_data(tx: Tx, doubts: list[Doubt]) -> int:
    # A key without data opens what lies in older backups of somebody who is gone.
    gone = [one for one in doubts if tx.keys.has(*one) and not _current(tx, one)]
    for conversation, generation in gone:
        tx.keys.destroy(conversation, generation)
    return len(gone)


def _current(tx: Tx, doubt: Doubt) -> bool:
    conversation, generation = doubt
    row = tx.cur.execute("select generation from conv where conversation = ?", (conversation,)).fetchone()
    return row is not None and row[0] == generation
