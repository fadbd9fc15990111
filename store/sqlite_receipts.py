"""Receipts: what a provider says later about a message, and the ids by which it names it.

Ids are stored as keyed hashes. A receipt that comes before its entry knows the id waits a day as a *stray*. An entry
whose send is uncertain is registered under its own id, for channels that hand our id to the provider.
"""

from __future__ import annotations

from core.ids import Millis
from core.messages import Address
from core.records import DeliveryLease, Receipt, ReceiptState
from store import rules, sqlite_erase
from store.codec import ENTRY
from store.seal import Sealer
from store.sqlite_rows import report_failure
from store.tx import ENTRY_SPAN, Tx

__all__ = ["apply_strays", "receipt", "register"]

_ENTRY = """
select c.id, c.conversation, c.generation, c.open, c.due, c.until, c.rest, e.state, e.open, e.plain, e.body
from entry e join conv c on c.id = e.id / 16777216 where e.id = ?
"""


def register(tx: Tx, number: int, address: Address, provider_ids: tuple[str, ...], tries: int) -> bytes | None:
    """Remember the provider's ids of an entry; return what its column ``pids`` is to hold, None for no change."""
    if not provider_ids:
        return None
    hashes = [tx.ids.provider(address.channel, address.account, one) for one in provider_ids]
    tx.cur.executemany("insert or replace into provider values (?, ?)", [(one, number) for one in hashes])
    known = b""
    if tries > 1:  # an earlier attempt may have left an id
        row = tx.cur.execute("select pids from entry where id = ?", (number,)).fetchone()
        known = b"" if row is None or row[0] is None else row[0]
    return known + b"".join(hashes)


def apply_strays(tx: Tx, number: int, lease: DeliveryLease, provider_ids: tuple[str, ...], now: Millis) -> None:
    """Take the receipts that came before their entry was settled."""
    for one in (*provider_ids, lease.entry.id):
        key = tx.ids.provider(lease.address.channel, lease.address.account, one)
        row = tx.cur.execute(
            "select state, at, reason from stray where key = ? and seen > ?", (key, now - rules.STRAY_FOR)
        ).fetchone()
        if row is not None:
            tx.cur.execute("delete from stray where key = ?", (key,))
            told, at, sealed = row
            reason = None if sealed is None else tx.records.open("stray", key.hex(), sealed).decode()
            raise_state(tx, number, told, reason, at, now)


def receipt(tx: Tx, receipt: Receipt, now: Millis) -> None:
    """See :meth:`core.ports.Store.receipt`."""
    key = tx.ids.provider(receipt.channel, receipt.account, receipt.provider_id)
    row = tx.cur.execute("select entry from provider where key = ?", (key,)).fetchone()
    if row is None:
        _keep_stray(tx, key, receipt, now)
    else:
        raise_state(tx, row[0], receipt.state, receipt.reason, receipt.at, now)


def raise_state(
    tx: Tx,
    number: int,
    told: ReceiptState,
    reason: str | None,
    at: Millis,
    now: Millis,
) -> None:
    """Raise an entry to what the provider told; an entry that was to be sent again is done with that."""
    row = tx.cur.execute(_ENTRY, (number,)).fetchone()
    if row is None:
        return
    conv, conversation, generation, undelivered, due, until, rest, before, was_open, plain, body = row
    sealer = tx.keys.sealer(conversation, generation)
    if sealer is None:
        sqlite_erase.wipe(tx, conversation)
        return
    if rules.gives_back(before, told):
        if told == "held" or not plain:
            _give_back(tx, conv, number, sealer, told, reason, at, now, was_open=bool(was_open))
            return
        told = "failed"
    state = rules.raised(before, told)
    if state == before:
        return
    seq = number - conv * ENTRY_SPAN
    if state == "failed" and reason is None:
        reason = ""
    sealed = None if reason is None else sealer.seal(b"reason/%d" % seq, reason.encode("utf-8", "surrogatepass"))
    tx.cur.execute(
        "update entry set state = ?, open = 0, due = null, changed = ?, reason = ? where id = ?",
        (state, at, sealed, number),
    )
    if was_open:
        undelivered -= 1
        look = now if undelivered else None
        # A send under way keeps its lease; its settling finds the entry closed.
        tx.cur.execute(
            "update conv set open = ?, ddue = iif(duntil is null, ?, ddue) where id = ?", (undelivered, look, conv)
        )
        tx.wake.add("delivery")
    tx.cur.execute("update conv set change = ? where id = ?", (tx.bump(), conv))
    if state == "failed" and (rest is None or seq > rest):
        entry = ENTRY.unpack(sealer.open(b"entry/%d" % seq, body))
        report_failure(tx, conv, sealer, conversation, entry, reason or "", False, due, until, now)
    if rest is not None:
        sqlite_erase.finish_rest(tx, conversation, now)


def _give_back(
    tx: Tx,
    conv: int,
    number: int,
    sealer: Sealer,
    told: ReceiptState,
    reason: str | None,
    at: Millis,
    now: Millis,
    *,
    was_open: bool,
) -> None:
    """Open an entry again that the provider took and did not deliver; receipts of that send are strays from now on."""
    seq = number - conv * ENTRY_SPAN
    pids, times = tx.cur.execute("select pids, back from entry where id = ?", (number,)).fetchone()
    hashes = [] if pids is None else [pids[i : i + 16] for i in range(0, len(pids), 16)]
    tx.cur.executemany("delete from provider where key = ? and entry = ?", [(one, number) for one in hashes])
    held = told == "held"
    due = now + rules.held_for(times) if held else now
    sealed = None if reason is None else sealer.seal(b"reason/%d" % seq, reason.encode("utf-8", "surrogatepass"))
    tx.cur.execute(
        "update entry set pids = null, open = 1, state = ?, due = ?, changed = ?, reason = ?, plain = plain or ?,"
        " back = back + ? where id = ?",
        ("held" if held else "pending", due, at, sealed, not held, held, number),
    )
    tx.cur.execute(
        # A send under way keeps its lease; its settling looks at what else is open. Else a look at once finds out
        # whether the entry may still be sent: it may have expired, or the microphone may have moved on.
        "update conv set open = open + ?1, oseq = iif(open = 0, ?2, min(oseq, ?2)), held = max(held, ?3), change = ?4,"
        " ddue = iif(duntil is null, min(coalesce(ddue, ?5), ?5), ddue) where id = ?6",
        (not was_open, seq, held, tx.bump(), now, conv),
    )
    tx.wake.add("delivery")


def _keep_stray(tx: Tx, key: bytes, receipt: Receipt, now: Millis) -> None:
    row = tx.cur.execute("select state, seen from stray where key = ?", (key,)).fetchone()
    if row is not None and row[1] > now - rules.STRAY_FOR and not rules.outranks(receipt.state, row[0]):
        return
    reason = None if receipt.reason is None else tx.records.seal("stray", key.hex(), receipt.reason.encode())
    tx.cur.execute("insert or replace into stray values (?, ?, ?, ?, ?)", (key, receipt.state, receipt.at, now, reason))
    tx.stray_came()
