"""Erasure: of a person on their wish, of a conversation by its age, and what a crash left of either.

Deleting the data key is what erases; deleting rows is tidying. ``renew`` is the erasure within a commit: the old
generation goes as a whole, and a new one under a new key holds the address and the confirmation (its *rest*) until
that is delivered, one hour at most. An event that comes meanwhile begins an ordinary conversation of the new
generation.
"""

from __future__ import annotations

from core.ids import ConversationId, Millis
from core.records import Commit, TurnLease
from core.sweeping import Swept
from store import rules, sqlite_names
from store.codec import ADDRESS, LABELS, OUTCOME
from store.seal import Sealer
from store.sqlite_blobs import orphan_blobs, sweep_blobs
from store.sqlite_rows import raise_floor, write_entries
from store.tx import ENTRY_SPAN, Tx, open_address

__all__ = ["finish_rest", "forget", "mend", "renew", "sweep", "wipe"]


def wipe(tx: Tx, conversation: ConversationId) -> int | None:
    """Delete every row of a conversation; return its generation, or None when there is no such conversation.

    Ids of its events stay known (as keyed hashes without any link), or a repeated webhook would bring it back.
    """
    row = tx.cur.execute("select id, generation, labels from conv where conversation = ?", (conversation,)).fetchone()
    if row is None:
        return None
    conv, generation, labels = row
    _empty(tx, conv, conversation, labels)
    tx.cur.execute("update mail set event = null, conv = 0 where conv = ? and event is not null", (conv,))
    tx.cur.execute("delete from conv where id = ?", (conv,))
    raise_floor(tx, conversation, generation)
    tx.bump()
    return int(generation)


def _empty(tx: Tx, conv: int, conversation: ConversationId, labels: bytes | None) -> None:
    """Delete what a conversation owns, apart from its mailbox."""
    sqlite_names.drop_aliases(tx, conversation)
    _drop_entries(tx, conv, ENTRY_SPAN - 1)
    orphan_blobs(tx, conv)
    if labels is not None:
        tx.cur.executemany(
            "delete from label where name = ? and rank = ? and conversation = ?",
            [(label.name, label.rank, conversation) for label in LABELS.unpack(labels)],
        )
    for sql in (
        "delete from call where conv = ?",
        "delete from outcome where conv = ?",
        "delete from dead where conv = ?",
    ):
        tx.cur.execute(sql, (conv,))


def _drop_entries(tx: Tx, conv: int, last: int) -> None:
    """Delete the entries up to seq ``last`` and the providers' ids that point at them."""
    span = (conv * ENTRY_SPAN, conv * ENTRY_SPAN + last)
    for number, pids in tx.cur.execute(
        "select id, pids from entry where id between ? and ? and pids is not null", span
    ).fetchall():
        tx.cur.executemany(
            "delete from provider where key = ? and entry = ?",
            [(pids[i : i + 16], number) for i in range(0, len(pids), 16)],
        )
    tx.cur.execute("delete from entry where id between ? and ?", span)


def forget(tx: Tx, conversation: ConversationId) -> bool:
    """See :meth:`core.ports.Store.forget`."""
    _forget_others(tx, conversation)
    generation = wipe(tx, conversation)
    if generation is None:
        return False
    tx.keys.destroy(conversation, generation)
    return True


def _forget_others(tx: Tx, conversation: ConversationId) -> None:
    """Erase the other conversations of the same person."""
    for other, generation in sqlite_names.others(tx, conversation):
        wipe(tx, other)
        tx.keys.destroy(other, generation)


def renew(tx: Tx, lease: TurnLease, commit: Commit, conv: int, old: Sealer, now: Millis) -> None:
    """Erase within a commit whose event is popped already; keeps only its entries, outcome and the waiting events."""
    conversation = lease.conversation
    row = tx.cur.execute("select generation, labels, last, waiting, address from conv where id = ?", (conv,)).fetchone()
    before, labels, last, _, address_blob = row
    address = open_address(old, address_blob)
    generation = max(now, before + 1)
    _forget_others(tx, conversation)
    fresh = tx.keys.create(conversation, generation)
    tx.keys.destroy(conversation, before, after=True)
    _empty(tx, conv, conversation, labels)
    waiting = _reseal_mail(tx, conv, old, fresh)
    rest, added = write_entries(tx, conv, fresh, commit, last, now)
    if commit.outcome is not None:
        key = tx.ids.event(conversation, lease.event_id)
        body = fresh.seal(b"outcome/" + key, OUTCOME.pack(commit.outcome))
        tx.cur.execute("insert into outcome values (?, ?, ?, ?)", (conv, key, now, body))
    tx.cur.execute(
        "update conv set generation = ?, created = ?, turn = 0, epoch = 0, change = ?, due = ?, until = 0,"
        " token = null, head = null, attempts = 0, waiting = ?, ddue = ?, duntil = null, dtoken = null, dseq = null,"
        " open = ?, oseq = ?, held = 0, last = ?, expires = null, labels = null, timers = null, address = ?,"
        " state = null, main = null, erased = ?, rest = ? where id = ?",
        (
            generation,
            now,
            tx.bump(),
            now if waiting else None,
            waiting,
            now if added else None,
            added,
            last + 1,
            rest,
            fresh.seal(b"address", ADDRESS.pack(address)),
            now,
            rest,
            conv,
        ),
    )
    raise_floor(tx, conversation, before)
    tx.wake.update(("turn", "delivery"))
    if not added:
        finish_rest(tx, conversation, now)


def _reseal_mail(tx: Tx, conv: int, old: Sealer, fresh: Sealer) -> int:
    rows = tx.cur.execute("select seq, key, event from mail where conv = ? and event is not null", (conv,)).fetchall()
    tx.cur.executemany(
        "update mail set event = ? where seq = ?",
        [(fresh.seal(b"event/" + key, old.open(b"event/" + key, event)), seq) for seq, key, event in rows],
    )
    return len(rows)


def finish_rest(tx: Tx, conversation: ConversationId, now: Millis, *, due: bool = False) -> bool:
    """Delete a rest whose entries are all delivered (or which is ``due``), and a conversation that was nothing else."""
    row = tx.cur.execute(
        "select id, rest, turn, waiting, generation, open from conv where conversation = ? and erased is not null",
        (conversation,),
    ).fetchone()
    if row is None:
        return False
    conv, rest, turn, waiting, generation, undelivered = row
    span = (conv * ENTRY_SPAN, conv * ENTRY_SPAN + rest)
    left = tx.cur.execute("select count(*) from entry where id between ? and ? and open = 1", span).fetchone()[0]
    if left and not due:
        return False
    if turn == 0 and not waiting:
        wipe(tx, conversation)
        tx.keys.destroy(conversation, generation)
        return True
    _drop_entries(tx, conv, rest)
    # A send under way loses its lease when its entry goes.
    tx.cur.execute(
        "update conv set erased = null, rest = null, open = ?, change = ?,"
        " duntil = iif(dseq <= ?, null, duntil), dtoken = iif(dseq <= ?, null, dtoken),"
        " dseq = iif(dseq <= ?, null, dseq), ddue = ? where id = ?",
        (undelivered - left, tx.bump(), rest, rest, rest, now if undelivered > left else None, conv),
    )
    return True


def sweep(tx: Tx, now: Millis, limit: int) -> Swept:
    """See :meth:`core.ports.Store.sweep`."""
    gone = {"conversations": _sweep_expired(tx, now, limit), "rests": _sweep_rests(tx, now, limit)}
    for kind, sql, before in _SWEEPS:
        tx.cur.execute(sql, (now - before, limit))
        gone[kind] = max(tx.cur.rowcount, 0)
    gone["files"] = sweep_blobs(tx, now, limit)
    mend(tx, limit)
    tx.keys.rewrap(limit)
    return Swept(**gone)


_EXPIRED = """
select conversation, generation from conv
where expires <= ? and (expires <= ? or (waiting = 0 and not exists (
    select 1 from entry where id between conv.id * 16777216 + oseq and conv.id * 16777216 + last
        and open = 1 and kind <> 'bot')))
order by expires limit ?
"""

#: Kind, statement and age, for what is deleted by age alone.
_SWEEPS = (
    ("ids", "delete from mail where seq in (select seq from mail where event is null and seen <= ? limit ?)",
     rules.SEEN_FOR),
    ("outcomes", "delete from outcome where (conv, key) in (select conv, key from outcome where at <= ? limit ?)",
     rules.OUTCOME_FOR),
    ("receipts", "delete from stray where key in (select key from stray where seen <= ? limit ?)", rules.STRAY_FOR),
    ("letters", "delete from dead where n in (select n from dead where at <= ? order by n limit ?)", rules.DEAD_FOR),
    ("records", "delete from record where (kind, key) in (select kind, key from record where expires <= ? limit ?)", 0),
    ("counters",
     "delete from counter where (kind, key) in (select kind, key from counter where expires <= ? limit ?)", 0),
)  # fmt: skip


def _sweep_expired(tx: Tx, now: Millis, limit: int) -> int:
    rows = tx.cur.execute(_EXPIRED, (now, now - rules.GRACE, limit)).fetchall()
    for conversation, generation in rows:
        wipe(tx, conversation)
        tx.keys.destroy(conversation, generation)
    return len(rows)


def _sweep_rests(tx: Tx, now: Millis, limit: int) -> int:
    rows = tx.cur.execute(
        "select conversation from conv where erased <= ? order by erased limit ?", (now - rules.REST_FOR, limit)
    ).fetchall()
    return sum(finish_rest(tx, conversation, now, due=True) for (conversation,) in rows)


def mend(tx: Tx, limit: int) -> None:
    """Finish erasures that a crash cut short: the data of a destroyed key, or the key of data that is gone."""
    for conversation, generation in tx.keys.unfinished(limit):
        row = tx.cur.execute("select generation from conv where conversation = ?", (conversation,)).fetchone()
        current = row is not None and row[0] == generation
        in_use = current and tx.keys.has(conversation, generation)
        if current and not in_use:
            wipe(tx, conversation)
        tx.keys.settle_gone(conversation, generation, keep_key=in_use)
