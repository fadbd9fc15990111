"""Deliveries: claim_delivery, settle, extend and release, each a function on the transaction of a batch.

Theory of operation. A conversation's undelivered entries go out one at a time. A running delivery lease lives in the
conversation's row alone (``dseq`` names the entry, ``duntil`` is set): the entry itself is rewritten only when the send
has ended, so a lease given back leaves it as it was. ``ddue`` is a hint when to look: a look drops what may not be sent
any more, leases the first entry that is due, or moves ``ddue`` to when the next one will be. The first entry blocks the
ones behind it, except that the first crisis entry may overtake it. A lease that ran out says that the entry may have
been sent; the entry is marked so at the next look. The last token stays after settling, so a repeat finds itself done.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from core.errors import StoreError
from core.ids import ConversationId, Millis
from core.records import (
    DeliveryLease,
    DeliveryState,
    Entry,
    Failed,
    Held,
    RetryAt,
    Sent,
    Settlement,
    Uncertain,
    Wrote,
)
from store import rules, sqlite_erase
from store.codec import ENTRY
from store.seal import Sealer
from store.sqlite_receipts import apply_strays, register
from store.sqlite_rows import report_failure
from store.tx import ENTRY_SPAN, Tx, open_address

__all__ = ["claim_delivery", "extend", "release", "settle"]

#: A conversation that cannot be read is looked at again after so long.
PUT_OFF: Millis = 60_000

_HEADS = """
select c.ddue, c.id, c.conversation, c.generation, c.epoch, c.duntil, c.address,
       c.open > 1 and exists (
           select 1 from entry
           where id between c.id * 16777216 + c.oseq and c.id * 16777216 + c.last and open = 1
               and kind = 'bot' and (epoch < c.epoch or expires <= ?)),
       e.id, e.kind, e.epoch, e.expires, e.due, e.attempts, e.missed, e.maybe, e.plain,
       e.body
from conv c left join entry e on e.id = (
    select min(id) from entry
    where id between c.id * 16777216 + c.oseq and c.id * 16777216 + c.last and open = 1)
where c.route = ? and c.ddue <= ? order by c.ddue limit ?
"""
_OPEN = """
select id, kind, epoch, expires, due, attempts, missed, maybe, plain, body from entry
where id between ? and ? and open = 1 order by id
"""
_LEASE = """
update conv set dtoken = ?, duntil = ?, ddue = ?, dseq = ?, dtries = ?, dat = ? where id = ?
"""
_LEASED = """
select id, generation, dtoken, duntil, dseq, dtries, open, due, until, rest from conv where conversation = ?
"""
_SETTLED = """
update entry
set pids = coalesce(?, pids), state = ?, open = ?, due = ?, attempts = ?, missed = missed + ?, maybe = ?, changed = ?,
    reason = ?
where id = ? and open = 1
"""
_DONE = "update conv set duntil = null, dseq = null, ddue = ?, open = ?, held = max(held, ?), change = ? where id = ?"


def claim_delivery(
    tx: Tx, now: Millis, lease: Millis, limit: int, accounts: Sequence[tuple[str, str]] | None
) -> list[DeliveryLease]:
    """See :meth:`core.ports.Store.claim_delivery`."""
    wanted = None if accounts is None else set(accounts)
    routes = [
        number
        for number, channel, account in tx.cur.execute("select id, channel, account from route").fetchall()
        if wanted is None or (channel, account) in wanted
    ]
    looker = _Looker(tx, now, now + lease)
    while len(looker.leases) < limit:
        rows: list[tuple[Any, ...]] = []
        for route in routes:
            rows += tx.cur.execute(_HEADS, (now, route, now, limit - len(looker.leases))).fetchall()
        if not rows:
            break
        if len(routes) > 1:
            rows.sort(key=_by_due)
        for row in rows[: limit - len(looker.leases)]:
            looker.look(row)
        looker.write()
    return looker.leases


def _by_due(row: tuple[Any, ...]) -> tuple[Millis, int]:
    return row[0], row[1]


class _Looker:
    """One claim: looks at due conversations, one after another, and collects the leases."""

    def __init__(self, tx: Tx, now: Millis, until: Millis) -> None:
        self.leases: list[DeliveryLease] = []
        self._tx = tx
        self._now = now
        self._until = until
        self._base = secrets.token_hex(12)
        self._updates: list[tuple[str, Millis, Millis, int, int, Millis, int]] = []

    def write(self) -> None:
        """Write the leases given since the last call."""
        self._tx.cur.executemany(_LEASE, self._updates)
        self._updates.clear()

    def look(self, row: tuple[Any, ...]) -> None:
        """Lease the entry that may go out, or find out when to look again."""
        _, conv, conversation, generation, epoch, duntil, address, stale, *head = row
        tx = self._tx
        try:
            sealer = tx.keys.sealer(conversation, generation)
            if sealer is None:
                sqlite_erase.wipe(tx, conversation)
                return
            entry: Sequence[Any] | None = head
            plain = duntil is None and not stale and head[0] is not None and head[4] <= self._now
            if not plain or self._drop(head, epoch) is not None:
                entry = self._search(conv, conversation, generation, epoch, duntil, sealer)
            if entry is not None:
                self._lease(conv, conversation, generation, address, sealer, entry)
        except StoreError as error:
            tx.trouble(error, conversation)
            tx.cur.execute("update conv set ddue = ? where id = ?", (self._now + PUT_OFF, conv))

    def _drop(self, entry: Sequence[Any], epoch: int) -> str | None:
        return rules.drop_reason(kind=entry[1], epoch=entry[2], now_epoch=epoch, expires=entry[3], now=self._now)

    def _lease(
        self,
        conv: int,
        conversation: ConversationId,
        generation: int,
        address: bytes,
        sealer: Sealer,
        row: Sequence[Any],
    ) -> None:
        number, _, _, _, _, tries, missed, maybe, plain, body = row
        seq = number - conv * ENTRY_SPAN
        entry = ENTRY.unpack(sealer.open(b"entry/%d" % seq, body))
        if not isinstance(entry.body, Wrote):
            raise StoreError(f"conversation {conversation}: entry {entry.id} is to be sent but is no message")
        token = f"{self._base}{len(self.leases):x}"
        self.leases.append(
            DeliveryLease(
                conversation=conversation,
                generation=generation,
                token=token,
                until=self._until,
                attempts=tries + 1,
                missed=missed,
                maybe_sent=bool(maybe),
                plain=bool(plain),
                address=open_address(sealer, address),
                entry=entry,
                message=entry.body.message,
            )
        )
        self._updates.append((token, self._until, self._until, seq, tries + 1, self._now, conv))

    def _search(
        self,
        conv: int,
        conversation: ConversationId,
        generation: int,
        epoch: int,
        duntil: Millis | None,
        sealer: Sealer,
    ) -> Sequence[Any] | None:
        """Go through all undelivered entries; return the one to lease, having written everything else."""
        cur, now = self._tx.cur, self._now
        if duntil is not None:
            if duntil > now:
                cur.execute("update conv set ddue = ? where id = ?", (duntil, conv))
                return None
            _abandon(self._tx, conv)
        span = (conv * ENTRY_SPAN, (conv + 1) * ENTRY_SPAN - 1)
        left: list[Sequence[Any]] = []
        dropped = 0
        for row in cur.execute(_OPEN, span).fetchall():
            reason = self._drop(row, epoch)
            if reason is None:
                left.append(row)
            else:
                dropped += 1
                _write_drop(self._tx, conv, row[0], sealer, rules.later(reason, bool(row[7])), now)
        chosen, due = _choice(left, now)
        first = (left[0][0] if left else span[0]) - span[0]
        if dropped:
            cur.execute("update conv set change = ? where id = ?", (self._tx.bump(), conv))
        cur.execute(
            "update conv set dtoken = iif(duntil is null, dtoken, null), duntil = null, dseq = null,"
            " ddue = ?, open = ?, oseq = ? where id = ?",
            (due, len(left), first, conv),
        )
        if dropped:
            sqlite_erase.finish_rest(self._tx, conversation, now)
        return chosen


def _choice(left: list[Sequence[Any]], now: Millis) -> tuple[Sequence[Any] | None, Millis | None]:
    """Return the entry that may go out now, or None and when to look again."""
    if not left:
        return None, None
    crisis = next((row for row in left if row[1] == "crisis"), left[0])
    for row in (left[0], crisis):
        if row[4] <= now:
            return row, now
    return None, min(left[0][4], crisis[4], *(row[3] for row in left if row[1] == "bot" and row[3] is not None))


def next_look(due: Millis, kind: str | None, expires: Millis | None) -> Millis:
    """Return when a waiting entry must be looked at: when it is due, or, for the bot's own, when it expires."""
    return due if kind != "bot" or expires is None else min(due, expires)


def _abandon(tx: Tx, conv: int) -> None:
    """Take over from a sender whose lease ran out: its entry may have been sent."""
    tx.cur.execute(
        "update entry set maybe = 1, attempts = (select dtries from conv where id = ?1)"
        " where id = ?1 * 16777216 + (select dseq from conv where id = ?1) and open = 1",
        (conv,),
    )


def _write_drop(tx: Tx, conv: int, number: int, sealer: Sealer, reason: str, now: Millis) -> None:
    label = b"reason/%d" % (number - conv * ENTRY_SPAN)
    tx.cur.execute(
        "update entry set state = 'dropped', open = 0, due = null, changed = ?, reason = ? where id = ?",
        (now, sealer.seal(label, reason.encode("utf-8", "surrogatepass")), number),
    )


def settle(tx: Tx, lease: DeliveryLease, settlement: Settlement, now: Millis) -> bool:
    """See :meth:`core.ports.Store.settle`. A repeat under the same token is True and writes nothing."""
    row = tx.cur.execute(_LEASED, (lease.conversation,)).fetchone()
    if row is None or row[2] != lease.token or row[1] != lease.generation:
        return False
    conv, _, _, duntil, seq, tries, undelivered, due, until, rest = row
    if duntil is None:
        return True
    sealer = tx.keys.sealer(lease.conversation, lease.generation)
    if sealer is None:
        sqlite_erase.wipe(tx, lease.conversation)
        return False
    number = conv * ENTRY_SPAN + seq
    state, retry_at, reason = _ending(settlement, maybe=lease.maybe_sent)
    pids: bytes | None = None
    if isinstance(settlement, Sent):
        pids = register(tx, number, lease.address, settlement.provider_ids, tries)
    elif isinstance(settlement, Uncertain):
        # The only name by which a receipt can speak of it.
        pids = register(tx, number, lease.address, (lease.entry.id,), tries)
    sealed = None if reason is None else sealer.seal(b"reason/%d" % seq, reason.encode("utf-8", "surrogatepass"))
    final = retry_at is None
    tx.cur.execute(
        _SETTLED,
        (
            pids,
            state,
            0 if final else 1,
            retry_at,
            tries - (not rules.is_attempt(settlement)),
            rules.is_miss(settlement),
            1 if lease.maybe_sent or isinstance(settlement, Uncertain) else 0,
            now,
            sealed,
            number,
        ),
    )
    # A receipt may have closed the entry while it was being sent again; then only the lease ends here.
    written = tx.cur.rowcount == 1
    if written and final:
        undelivered -= 1
    if not written and pids is not None:
        tx.cur.execute("update entry set pids = ? where id = ?", (pids, number))
    if written and state == "failed" and (rest is None or seq > rest):
        blocked = isinstance(settlement, Failed) and settlement.blocked
        report_failure(tx, conv, sealer, lease.conversation, lease.entry, reason or "", blocked, due, until, now)
    look = _next_look_after(lease.entry, undelivered, retry_at if written else None, now)
    held = 1 if written and state == "held" else 0
    tx.cur.execute(_DONE, (look, undelivered, held, tx.bump(), conv))
    if look is not None:
        tx.wake.add("delivery")
    if isinstance(settlement, Sent) and tx.strays():
        apply_strays(tx, number, lease, settlement.provider_ids, now)
    if rest is not None:
        sqlite_erase.finish_rest(tx, lease.conversation, now)
    return True


def _ending(settlement: Settlement, *, maybe: bool) -> tuple[DeliveryState, Millis | None, str | None]:
    """Return the state, when to try again (None: never), and the reason."""
    match settlement:
        case Sent():
            return "sent", None, None
        case RetryAt():
            return "uncertain" if maybe else "pending", settlement.at, settlement.reason
        case Uncertain():
            return "uncertain", settlement.retry_at, settlement.reason
        case Held():
            return "held", settlement.until, settlement.reason
        case Failed():
            return "failed", None, settlement.reason


def _next_look_after(entry: Entry, undelivered: int, retry_at: Millis | None, now: Millis) -> Millis | None:
    if undelivered == 0:
        return None
    if undelivered > 1 or retry_at is None or entry.dispatch is None:
        return now
    return next_look(retry_at, entry.dispatch.kind, entry.dispatch.expires)


def extend(tx: Tx, lease: DeliveryLease, until: Millis) -> bool:
    """See :meth:`core.ports.Store.extend`."""
    tx.cur.execute(
        "update conv set duntil = ?, ddue = ?"
        " where conversation = ? and generation = ? and dtoken = ? and duntil is not null",
        (until, until, lease.conversation, lease.generation, lease.token),
    )
    return tx.cur.rowcount == 1


def release(tx: Tx, lease: DeliveryLease, retry_at: Millis, now: Millis) -> bool:
    """See :meth:`core.ports.Store.release`."""
    row = tx.cur.execute(_LEASED, (lease.conversation,)).fetchone()
    if row is None or row[2] != lease.token or row[1] != lease.generation or row[3] is None:
        return False
    conv, seq, undelivered = row[0], row[4], row[6]
    tx.cur.execute("update entry set due = ? where id = ? and open = 1", (retry_at, conv * ENTRY_SPAN + seq))
    again = retry_at if tx.cur.rowcount == 1 else None
    tx.cur.execute(
        "update conv set duntil = null, dtoken = null, dseq = null, ddue = ? where id = ?",
        (_next_look_after(lease.entry, undelivered, again, now), conv),
    )
    tx.wake.add("delivery")
    return True
