"""Outside calls, small keyed records, counters and revived letters: the plain operations of the writer."""

from __future__ import annotations

import secrets

from core.errors import StoreError
from core.ids import CallId, ConversationId, Millis
from core.records import CallLease
from store import rules, sqlite_erase
from store.codec import CALL, POSTED, Posted
from store.sqlite_rows import post, wake_turn
from store.tx import Tx, open_address

__all__ = [
    "cancel_call",
    "claim_calls",
    "delete",
    "extend_call",
    "increment",
    "put",
    "release_call",
    "revive",
    "settle_call",
]

#: A call that cannot be read is looked at again after so long.
PUT_OFF: Millis = 60_000

_CALLS = """
select l.id, l.attempts, l.body, c.conversation, c.generation, c.address
from call l join conv c on c.id = l.conv where l.due <= ? order by l.due limit ?
"""


def claim_calls(tx: Tx, now: Millis, lease: Millis, limit: int) -> list[CallLease]:
    """See :meth:`core.ports.Store.claim_calls`."""
    leases: list[CallLease] = []
    base = secrets.token_hex(12)
    until = now + lease
    for call_id, tries, body, conversation, generation, address in tx.cur.execute(_CALLS, (now, limit)).fetchall():
        token = f"{base}{len(leases):x}"
        try:
            sealer = tx.keys.sealer(conversation, generation)
            if sealer is None:
                sqlite_erase.wipe(tx, conversation)
                continue
            call = CALL.unpack(sealer.open(b"call/" + call_id.encode(), body))
            leases.append(
                CallLease(
                    conversation=conversation,
                    generation=generation,
                    token=token,
                    until=until,
                    attempts=tries + 1,
                    address=open_address(sealer, address),
                    call=call,
                )
            )
        except StoreError as error:
            tx.trouble(error, conversation)
            tx.cur.execute("update call set due = ? where id = ?", (now + PUT_OFF, call_id))
            continue
        tx.cur.execute(
            "update call set token = ?, due = ?, attempts = ? where id = ?", (token, until, tries + 1, call_id)
        )
    return leases


def settle_call(tx: Tx, lease: CallLease) -> bool:
    """See :meth:`core.ports.Store.settle_call`."""
    tx.cur.execute("delete from call where id = ? and token = ?", (lease.call.id, lease.token))
    return tx.cur.rowcount == 1


def extend_call(tx: Tx, lease: CallLease, until: Millis) -> bool:
    """See :meth:`core.ports.Store.extend`."""
    tx.cur.execute("update call set due = ? where id = ? and token = ?", (until, lease.call.id, lease.token))
    return tx.cur.rowcount == 1


def release_call(tx: Tx, lease: CallLease, retry_at: Millis) -> bool:
    """See :meth:`core.ports.Store.release`."""
    tx.cur.execute(
        "update call set due = ?, token = null, attempts = attempts - 1 where id = ? and token = ?",
        (retry_at, lease.call.id, lease.token),
    )
    tx.wake.add("call")
    return tx.cur.rowcount == 1


def cancel_call(tx: Tx, conversation: ConversationId, call_id: CallId) -> None:
    """See :meth:`core.ports.Store.cancel_call`."""
    tx.cur.execute(
        "delete from call where id = ? and conv = (select id from conv where conversation = ?)",
        (call_id, conversation),
    )


def revive(tx: Tx, dead_id: str, now: Millis) -> bool:
    """See :meth:`core.ports.Store.revive`."""
    row = tx.cur.execute(
        "select d.key, d.body, c.id, c.conversation, c.generation, c.due, c.until"
        " from dead d join conv c on c.id = d.conv where d.n = ?",
        (dead_number(dead_id),),
    ).fetchone()
    if row is None:
        return False
    key, body, conv, conversation, generation, due, until = row
    sealer = tx.keys.sealer(conversation, generation)
    if sealer is None:
        sqlite_erase.wipe(tx, conversation)
        return False
    letter = POSTED.unpack(sealer.open(b"dead/" + key, body))
    again = Posted(rules.revived_event_id(letter.event_id, dead_id), letter.event)
    if post(tx, conv, sealer, tx.ids.event(conversation, again.event_id), again, now, now):
        wake_turn(tx, conv, due, until, now)
    tx.cur.execute("delete from dead where n = ?", (dead_number(dead_id),))
    return True


def dead_number(dead_id: str) -> int:
    """Return the row of a dead letter's id, or one that does not exist for an id that is none of ours."""
    return int(dead_id) if dead_id.isascii() and dead_id.isdecimal() and len(dead_id) < 19 else -1


def put(
    tx: Tx, kind: str, key: str, value: bytes, now: Millis, expires: Millis | None, expect: int | None
) -> int | None:
    """See :meth:`core.ports.Store.put`."""
    row = tx.cur.execute(
        "select version from record where kind = ? and key = ? and (expires is null or expires > ?)", (kind, key, now)
    ).fetchone()
    current = 0 if row is None else int(row[0])
    if expect is not None and expect != current:
        return None
    tx.cur.execute(
        "insert or replace into record (kind, key, version, expires, value) values (?, ?, ?, ?, ?)",
        (kind, key, current + 1, expires, tx.records.seal(kind, key, value)),
    )
    return current + 1


def delete(tx: Tx, kind: str, key: str) -> bool:
    """See :meth:`core.ports.Store.delete`."""
    tx.cur.execute("delete from record where kind = ? and key = ?", (kind, key))
    return tx.cur.rowcount == 1


def increment(tx: Tx, kind: str, key: str, now: Millis, expires: Millis) -> int:
    """See :meth:`core.ports.Store.increment`."""
    tx.cur.execute("delete from counter where kind = ? and key = ? and expires <= ?", (kind, key, now))
    row = tx.cur.execute(
        "insert into counter values (?, ?, 1, ?) on conflict (kind, key) do update set n = n + 1 returning n",
        (kind, key, expires),
    ).fetchone()
    return int(row[0])
