"""Reading a store on SQLite to carry it over: each a function on a reader."""

from __future__ import annotations

import hashlib

from msgspec.structs import replace

from core.errors import StoreCorrupt
from core.ids import PARTITIONS, ConversationId, partition
from core.records import Timer
from store.codec import ADDRESS, CALL, ENTRY, LABELS, OUTCOME, POSTED, TIMERS
from store.rules import timer_event_id
from store.seal import Sealer
from store.sqlite_blobs import HEAD, SPAN
from store.sqlite_reads import Reader
from store.sqlite_turns import timer_head
from store.timers import timer_order
from store.transfer import (
    CallPart,
    CounterPart,
    FilePart,
    LetterPart,
    Loose,
    MailPart,
    OutcomePart,
    RecordPart,
    RowPart,
    Sending,
    StrayPart,
    Whole,
)
from store.tx import ENTRY_SPAN

__all__ = ["chunk", "conversations", "counters", "export", "names", "numbers", "records", "seen", "strays"]

#: Things of a portion.
_PAGE = 2_000

_CONV = """
select c.id, c.generation, c.created, c.turn, c.epoch, c.due, c.until, c.head, c.attempts, c.ddue, c.duntil, c.dseq,
       c.dtries, c.held, c.last, c.expires, c.labels, c.timers, c.address, c.state, c.erased, c.rest, c.main
from conv c where c.conversation = ?
"""
_ENTRIES = """
select id, at, kind, epoch, expires, open, state, due, attempts, missed, maybe, plain, back, changed, pids, reason, body
from entry where id between ? and ? order by id
"""


def conversations(reader: Reader) -> list[ConversationId]:
    """Return all conversations, sorted."""
    return [ConversationId(row[0]) for row in reader.rows("select conversation from conv order by conversation", ())]


def names(reader: Reader) -> dict[ConversationId, ConversationId]:
    """Return all further names of conversations, and what each leads to."""
    rows = reader.rows("select name, conversation from alias", ())
    return {ConversationId(name): ConversationId(conversation) for name, conversation in rows}


def export(reader: Reader, conversation: ConversationId) -> Whole | None:
    """Return a conversation, or None when there is none."""
    rows = reader.rows(_CONV, (conversation,))
    if not rows:
        return None
    (
        conv, generation, created, turn, epoch, due, until, head, attempts, look, sending_until, sending_seq, tries,
        held, last, expires, labels, timers, address, state, erased, rest, main,
    ) = rows[0]  # fmt: skip
    sealer = reader.sealer(conversation, generation)
    if sealer is None:
        return None
    # Nobody sends while a store is copied: a lease that is there has lost its sender.
    lost = (sending_seq, tries) if sending_until is not None else (None, 0)
    timed = () if timers is None else tuple(TIMERS.unpack(sealer.open(b"timers", timers)))
    mail = _mail(reader, conv, sealer)
    return Whole(
        conversation=conversation,
        generation=generation,
        created=created,
        address=ADDRESS.unpack(sealer.open(b"address", address)),
        turn=turn,
        epoch=epoch,
        state=None if state is None else sealer.open(b"state", state),
        labels=() if labels is None else LABELS.unpack(labels),
        timers=timed,
        due=due,
        until=until,
        tries=attempts if head is not None and head == _next_head(reader, conv, timed) else 0,
        look=look,
        held=bool(held),
        last=last,
        expires=expires,
        erased=erased,
        rest=rest if erased is not None else None,
        main=main,
        names=tuple(
            row[0]
            for row in reader.rows("select name from alias where conversation = ? order by name", (conversation,))
        ),
        mail=mail,
        rows=_rows(reader, conv, sealer, last, lost),
        calls=_calls(reader, conv, sealer),
        outcomes=tuple(
            OutcomePart(key=key, at=at, outcome=OUTCOME.unpack(sealer.open(b"outcome/" + key, body)))
            for key, at, body in reader.rows("select key, at, body from outcome where conv = ? order by key", (conv,))
        ),
        letters=tuple(
            LetterPart(
                key=key, kind=kind, reason=reason, at=at, posted=POSTED.unpack(sealer.open(b"dead/" + key, body))
            )
            for key, kind, reason, at, body in reader.rows(
                "select key, kind, reason, at, body from dead where conv = ? order by at, key", (conv,)
            )
        ),
        files=_files(reader, conv, sealer),
    )


def _mail(reader: Reader, conv: int, sealer: Sealer) -> tuple[MailPart, ...]:
    sql = "select key, at, seen, event from mail where conv = ? and event is not null order by seq"
    return tuple(
        MailPart(key=key, at=at, seen=seen, posted=POSTED.unpack(sealer.open(b"event/" + key, event)))
        for key, at, seen, event in reader.rows(sql, (conv,))
    )


def _next_head(reader: Reader, conv: int, timers: tuple[Timer, ...]) -> int | None:
    rows = reader.rows("select min(seq) from mail where conv = ? and event is not null", (conv,))
    if rows[0][0] is not None:
        return int(rows[0][0])
    first = min(timers, key=timer_order, default=None)
    return None if first is None else timer_head(timer_event_id(first.name, first.at))


def _rows(reader: Reader, conv: int, sealer: Sealer, last: int, lost: tuple[int | None, int]) -> tuple[RowPart, ...]:
    found: list[RowPart] = []
    for row in reader.rows(_ENTRIES, (conv * ENTRY_SPAN, conv * ENTRY_SPAN + last)):
        number, _, kind, epoch, expires, is_open, state, due, attempts, missed, maybe, plain, back, changed = row[:14]
        pids, reason, body = row[14:]
        seq = number - conv * ENTRY_SPAN
        entry = ENTRY.unpack(sealer.open(b"entry/%d" % seq, body))
        sending = None
        if kind is not None:
            sending = Sending(
                kind=kind, epoch=epoch, expires=expires, open=bool(is_open), state=state,
                due=(due or 0) if is_open else 0, attempts=attempts, missed=missed, maybe=bool(maybe),
                plain=bool(plain), back=back, changed=changed, pids=_split(pids),
                reason=_reason(sealer, seq, reason),
            )  # fmt: skip
            if seq == lost[0] and sending.open:
                sending = replace(sending, maybe=True, attempts=lost[1])
        found.append(RowPart(seq=seq, entry=entry, sending=sending))
    return tuple(found)


def _reason(sealer: Sealer, seq: int, sealed: bytes | None) -> str | None:
    return None if sealed is None else sealer.open(b"reason/%d" % seq, sealed).decode("utf-8", "surrogatepass")


def _split(pids: bytes | None) -> tuple[bytes, ...]:
    return () if pids is None else tuple(pids[i : i + 16] for i in range(0, len(pids), 16))


def _calls(reader: Reader, conv: int, sealer: Sealer) -> tuple[CallPart, ...]:
    sql = "select id, due, attempts, body from call where conv = ? order by id"
    return tuple(
        CallPart(call=CALL.unpack(sealer.open(b"call/" + name.encode(), body)), due=due, attempts=attempts)
        for name, due, attempts, body in reader.rows(sql, (conv,))
    )


def _files(reader: Reader, conv: int, sealer: Sealer) -> tuple[FilePart, ...]:
    found: list[FilePart] = []
    sql = "select id, name, expires, head from blob where conv = ? and ready = 1 order by name"
    for number, name, expires, head in reader.rows(sql, (conv,)):
        hasher, chunks = hashlib.blake2b(digest_size=16), 0
        if expires is not None:
            for place, sealed in reader.data.execute(
                "select id, data from chunk where id >= ? and id < ? order by id", (number * SPAN, (number + 1) * SPAN)
            ):
                hasher.update(sealer.open(b"file/%d" % place, sealed))
                chunks += 1
        opened = HEAD.unpack(sealer.open(b"file-head/%d" % number, head))
        found.append(FilePart(name=name, head=opened, expires=expires, chunks=chunks, content=hasher.digest()))
    return tuple(found)


def chunk(reader: Reader, conversation: ConversationId, generation: int, name: str, part: int) -> bytes:
    """Return a chunk of a finished file."""
    rows = reader.rows(
        "select b.id, k.data from conv c join blob b on b.conv = c.id and b.name = ? and b.ready = 1"
        " join chunk k on k.id = b.id * 65536 + ? where c.conversation = ?",
        (name, part, conversation),
    )
    sealer = reader.sealer(conversation, generation)
    if not rows or sealer is None:
        raise StoreCorrupt(f"conversation {conversation}: a file lost a chunk while it was copied; copy again")
    return sealer.open(b"file/%d" % (rows[0][0] * SPAN + part), rows[0][1])


def numbers(reader: Reader) -> Loose:
    """Return the numbers of days and the floors."""
    known = dict(reader.rows("select name, value from meta where name like 'floor%'", ()))
    floors = ((part, max(known["floor"], known.get(f"floor/{part}", 0))) for part in range(PARTITIONS))
    return Loose(
        counts=tuple(reader.rows("select day, name, n from count order by day, name", ())),
        floors=tuple((part, floor) for part, floor in floors if floor),
    )


def records(reader: Reader, after: tuple[str, str] | None) -> tuple[Loose, tuple[str, str] | None]:
    """Return a portion of the records, and behind which the next one begins."""
    kind, key = after or ("", "")
    rows = reader.rows(
        "select kind, key, version, expires, value from record where (kind, key) > (?, ?) order by kind, key limit ?",
        (kind, key, _PAGE),
    )
    parts = tuple(
        RecordPart(kind=kind, key=key, version=version, expires=expires, value=reader.records.open(kind, key, value))
        for kind, key, version, expires, value in rows
    )
    return Loose(records=parts), (rows[-1][0], rows[-1][1]) if rows else None


def counters(reader: Reader, after: tuple[str, str] | None) -> tuple[Loose, tuple[str, str] | None]:
    """Return a portion of the counters, and behind which the next one begins."""
    kind, key = after or ("", "")
    rows = reader.rows(
        "select kind, key, n, expires from counter where (kind, key) > (?, ?) order by kind, key limit ?",
        (kind, key, _PAGE),
    )
    parts = tuple(CounterPart(kind=kind, key=key, count=n, expires=expires) for kind, key, n, expires in rows)
    return Loose(counters=parts), (rows[-1][0], rows[-1][1]) if rows else None


def strays(reader: Reader, after: bytes | None) -> tuple[Loose, bytes | None]:
    """Return a portion of the receipts nobody asked for, and behind which the next one begins."""
    rows = reader.rows("select * from stray where key > ? order by key limit ?", (after or b"", _PAGE))
    parts = tuple(
        StrayPart(
            key=key, state=state, at=at, seen=seen,
            reason=None if reason is None else reader.records.open("stray", key.hex(), reason).decode(),
        )
        for key, state, at, seen, reason in rows
    )  # fmt: skip
    return Loose(strays=parts), rows[-1][0] if rows else None


def seen(reader: Reader, after: int | None) -> tuple[Loose, int | None]:
    """Return a portion of the ids of handled events, and behind which the next one begins."""
    rows = reader.rows(
        "select m.seq, m.key, m.seen, c.conversation from mail m left join conv c on c.id = m.conv"
        " where m.event is null and m.seq > ? order by m.seq limit ?",
        (-1 if after is None else after, _PAGE),
    )
    found = ((key, at, None if name is None else partition(name)) for _, key, at, name in rows)
    return Loose(seen=tuple(found)), rows[-1][0] if rows else None
