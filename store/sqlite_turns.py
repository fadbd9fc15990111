"""Events in and turns out: ingest, claim, commit, extend and release, each a function on the transaction of a batch.

The fence is here. A commit is stored only under the token of the last claim, and only while the event it was leased
for is still there; everything else (due times, lease ends) is efficiency, not safety.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Sequence

from core.errors import StoreCorrupt, StoreError
from core.events import Received, TimerFired
from core.ids import ConversationId, Millis
from core.messages import Address
from core.records import Accepted, Arrival, Commit, Committed, Duplicate, LeaseLost, Timer, TurnLease
from store import rules, sqlite_erase, sqlite_names
from store.codec import ADDRESS, CALL, LABELS, OUTCOME, POSTED, TIMERS, Posted
from store.seal import Sealer
from store.sqlite_rows import floor, open_timers, post, set_labels, wake_turn, write_entries
from store.timers import merged_timers, timer_order
from store.tx import Tx, open_address

__all__ = ["claim", "commit", "extend", "ingest", "release", "timer_head"]

#: A conversation that cannot be read is looked at again after so long.
PUT_OFF: Millis = 60_000

_CONV = """
select id, generation, due, until, held, address from conv where conversation = ?
"""
_NEW = """
insert into conv (conversation, route, generation, created, change, address) values (?, ?, ?, ?, 0, ?)
"""
_CLAIM = """
select c.id, c.conversation, c.generation, c.turn, c.epoch, c.head, c.attempts, c.timers, c.address, c.state,
       m.seq, m.key, m.at, m.event
from conv c left join mail m on m.seq = (select min(seq) from mail where conv = c.id and event is not null)
where c.due <= ? order by c.due limit ?
"""
_LEASE = "update conv set token = ?, until = ?, due = ?, head = ?, attempts = ? where id = ?"
_HELD = """
select id, generation, turn, token, head, waiting, ddue, duntil, open, oseq, last, timers, labels
from conv where conversation = ?
"""
_COMMIT = """
update conv set turn = turn + 1, epoch = ?, change = ?, due = ?, until = 0, token = null, head = null, attempts = 0,
    waiting = ?, timers = ?, labels = ?, state = ?, expires = ?, ddue = ?, open = ?, oseq = ?, last = ?
where id = ?
"""


def ingest(tx: Tx, arrivals: Sequence[Arrival], now: Millis) -> list[Accepted | Duplicate]:
    """See :meth:`core.ports.Store.ingest`."""
    return [_arrive(tx, arrival, now) for arrival in arrivals]


def _arrive(tx: Tx, arrival: Arrival, now: Millis) -> Accepted | Duplicate:
    conversation = sqlite_names.target(tx, arrival)
    key = tx.ids.event(arrival.conversation, arrival.event_id)
    row = tx.cur.execute(_CONV, (conversation,)).fetchone()
    sealer = None if row is None else tx.keys.sealer(conversation, row[1])
    if row is not None and sealer is None:
        sqlite_erase.wipe(tx, conversation)
        row = None
    if row is None or sealer is None:
        if _seen(tx, key, now):
            return Duplicate(event_id=arrival.event_id)
        conversation = arrival.conversation
        row, sealer = _create(tx, conversation, arrival.address, now)
    conv, _, due, until, held, address = row
    if not post(tx, conv, sealer, key, Posted(arrival.event_id, arrival.event), arrival.at, now):
        return Duplicate(event_id=arrival.event_id)
    wake_turn(tx, conv, due, until, now)
    if isinstance(arrival.event, Received):
        if arrival.address != open_address(sealer, address):
            # The person wrote from another thread: answers go there.
            _move(tx, conv, sealer, arrival.address)
        if arrival.aliases:
            sqlite_names.take_names(tx, conversation, arrival, now)
        if held and rules.wakes_held(arrival.event):
            sqlite_names.wake_held(tx, conv, now)
    return Accepted(event_id=arrival.event_id)


def _create(
    tx: Tx, conversation: ConversationId, address: Address, now: Millis
) -> tuple[tuple[int, int, None, int, int, bytes], Sealer]:
    generation = max(now, floor(tx, conversation) + 1)
    sealer = tx.keys.create(conversation, generation)
    blob = sealer.seal(b"address", ADDRESS.pack(address))
    route = tx.route(address.channel, address.account)
    tx.cur.execute(_NEW, (conversation, route, generation, now, blob))
    return (int(tx.cur.lastrowid or 0), generation, None, 0, 0, blob), sealer


def _move(tx: Tx, conv: int, sealer: Sealer, address: Address) -> None:
    blob = sealer.seal(b"address", ADDRESS.pack(address))
    route = tx.route(address.channel, address.account)
    tx.cur.execute("update conv set address = ?, route = ? where id = ?", (blob, route, conv))


def _seen(tx: Tx, key: bytes, now: Millis) -> bool:
    row = tx.cur.execute("select seen, event is not null from mail where key = ?", (key,)).fetchone()
    return row is not None and (bool(row[1]) or row[0] > now - rules.SEEN_FOR)


def claim(tx: Tx, now: Millis, lease: Millis, limit: int) -> list[TurnLease]:
    """See :meth:`core.ports.Store.claim`."""
    leases: list[TurnLease] = []
    updates: list[tuple[str, Millis, Millis, int, int, int]] = []
    base = secrets.token_hex(12)
    until = now + lease
    for row in tx.cur.execute(_CLAIM, (now, limit)).fetchall():
        conv, conversation, generation, turn, epoch, head, tries, timers, address, state, seq, key, at, event = row
        try:
            sealer = tx.keys.sealer(conversation, generation)
            if sealer is None:
                sqlite_erase.wipe(tx, conversation)
                continue
            if seq is not None:
                posted = POSTED.unpack(sealer.open(b"event/" + key, event))
            else:
                timer = _due_timer(tx, conv, sealer, timers, now)
                if timer is None:
                    continue
                at = timer.at
                posted = Posted(rules.timer_event_id(timer.name, at), TimerFired(name=timer.name, data=timer.data))
                seq = timer_head(posted.event_id)
            attempts = tries + 1 if seq == head else 1
            token = f"{base}{len(leases):x}"
            leases.append(
                TurnLease(
                    conversation=conversation,
                    generation=generation,
                    turn=turn + 1,
                    token=token,
                    until=until,
                    attempts=attempts,
                    address=open_address(sealer, address),
                    state=None if state is None else sealer.open(b"state", state),
                    epoch=epoch,
                    event_id=posted.event_id,
                    event=posted.event,
                    at=at,
                )
            )
        except StoreError as error:
            tx.trouble(error, conversation)
            tx.cur.execute("update conv set due = ? where id = ?", (now + PUT_OFF, conv))
            continue
        updates.append((token, until, until, seq, attempts, conv))
    tx.cur.executemany(_LEASE, updates)
    return leases


def timer_head(event_id: str) -> int:
    """Return what stands in ``conv.head`` while a timer is leased."""
    # Negative, so that it is no seq of a mailbox; only used to count the claims of one head.
    return -1 - zlib.crc32(event_id.encode("utf-8", "surrogatepass"))


def _due_timer(tx: Tx, conv: int, sealer: Sealer, timers: bytes | None, now: Millis) -> Timer | None:
    earliest = min(open_timers(sealer, timers), key=timer_order, default=None)
    if earliest is not None and earliest.at <= now:
        return earliest
    tx.cur.execute("update conv set due = ? where id = ?", (None if earliest is None else earliest.at, conv))
    return None


def holds(token: str | None, generation: int, lease: TurnLease) -> bool:
    """The fence: say whether ``lease`` is still the one the conversation was claimed under."""
    return token == lease.token and generation == lease.generation


def commit(tx: Tx, lease: TurnLease, commit: Commit, now: Millis) -> Committed | LeaseLost:
    """See :meth:`core.ports.Store.commit`."""
    rules.check_commit(commit)
    row = tx.cur.execute(_HELD, (lease.conversation,)).fetchone()
    if row is None or not holds(row[3], row[1], lease):
        return LeaseLost()
    conv, generation, _, _, head, waiting, ddue, duntil, undelivered, oseq, last, timer_blob, label_blob = row
    sealer = tx.keys.sealer(lease.conversation, generation)
    if sealer is None:
        sqlite_erase.wipe(tx, lease.conversation)
        return LeaseLost()
    timers = open_timers(sealer, timer_blob)
    timers = _pop(tx, conv, head, timers, lease)
    if head is not None and head > 0:
        waiting -= 1
    tx.count(now, commit.counts)
    if commit.erase:
        sqlite_erase.renew(tx, lease, commit, conv, sealer, now)
        return Committed()
    timers = merged_timers(timers, commit)
    first = last + 1
    last, added = write_entries(tx, conv, sealer, commit, last, now)
    if undelivered == 0:
        oseq = first
    if added or (undelivered and commit.epoch != lease.epoch):
        # A new epoch may free entries that wait behind old ones of the bot: have a look at once.
        ddue = rules.sooner(ddue, max(now, duntil or 0))
        tx.wake.add("delivery")
    if (label_blob or commit.labels) and (labels := LABELS.pack(commit.labels)) != label_blob:
        set_labels(tx, lease.conversation, label_blob, commit.labels)
        label_blob = labels
    if timers or timer_blob is not None:
        timer_blob = sealer.seal(b"timers", TIMERS.pack(timers)) if timers else None
    _side_effects(tx, conv, sealer, lease, commit, now)
    due = next_due(waiting, timers, now)
    if waiting:
        tx.wake.add("turn")
    tx.cur.execute(
        _COMMIT,
        (
            commit.epoch,
            tx.bump(),
            due,
            waiting,
            timer_blob,
            label_blob,
            sealer.seal(b"state", commit.state),
            commit.expires,
            ddue,
            undelivered + added,
            oseq,
            last,
            conv,
        ),
    )
    return Committed()


def _pop(tx: Tx, conv: int, head: int | None, timers: list[Timer], lease: TurnLease) -> list[Timer]:
    """Remove the event that the lease was for; raises StoreCorrupt when it is not there any more."""
    if head is not None and head > 0:
        tx.cur.execute(
            "update mail set event = null, conv = 0 where seq = ? and conv = ? and event is not null", (head, conv)
        )
        if tx.cur.rowcount == 1:
            return timers
    elif isinstance(lease.event, TimerFired):
        left = [timer for timer in timers if (timer.name, timer.at) != (lease.event.name, lease.at)]
        if len(left) < len(timers):
            return left
    raise StoreCorrupt(
        f"conversation {lease.conversation}: the event of turn {lease.turn} is gone from the mailbox though its lease "
        "holds; was the store changed from outside? Restore it or forget the conversation"
    )


def next_due(waiting: int, timers: list[Timer], now: Millis) -> Millis | None:
    """Return when the next turn is due: at once while events wait, else with the earliest timer."""
    if waiting:
        return now
    return min((timer.at for timer in timers), default=None)


def _side_effects(tx: Tx, conv: int, sealer: Sealer, lease: TurnLease, commit: Commit, now: Millis) -> None:
    """Store calls, outcome and dead letter: most turns have none of them."""
    for call in commit.calls:
        body = sealer.seal(b"call/" + call.id.encode(), CALL.pack(call))
        tx.cur.execute(
            "insert or ignore into call (id, conv, due, body) values (?, ?, ?, ?)", (call.id, conv, now, body)
        )
        tx.wake.add("call")
    if commit.outcome is not None:
        key = tx.ids.event(lease.conversation, lease.event_id)
        body = sealer.seal(b"outcome/" + key, OUTCOME.pack(commit.outcome))
        tx.cur.execute("insert or replace into outcome values (?, ?, ?, ?)", (conv, key, now, body))
    if commit.dead is not None:
        key = tx.ids.event(lease.conversation, lease.event_id)
        body = sealer.seal(b"dead/" + key, POSTED.pack(Posted(lease.event_id, lease.event)))
        tx.cur.execute(
            "insert into dead (conv, key, kind, reason, at, body) values (?, ?, ?, ?, ?, ?)",
            (conv, key, rules.event_kind(lease.event), commit.dead.reason, now, body),
        )


def extend(tx: Tx, lease: TurnLease, until: Millis) -> bool:
    """See :meth:`core.ports.Store.extend`."""
    tx.cur.execute(
        "update conv set until = ?, due = ? where conversation = ? and generation = ? and token = ?",
        (until, until, lease.conversation, lease.generation, lease.token),
    )
    return tx.cur.rowcount == 1


def release(tx: Tx, lease: TurnLease, retry_at: Millis) -> bool:
    """See :meth:`core.ports.Store.release`. The backoff is kept in ``until``, which ingest respects."""
    tx.cur.execute(
        "update conv set token = null, until = ?, due = ?, attempts = attempts - 1"
        " where conversation = ? and generation = ? and token = ?",
        (retry_at, retry_at, lease.conversation, lease.generation, lease.token),
    )
    tx.wake.add("turn")
    return tx.cur.rowcount == 1
