"""Reading a conversation on Redis to carry it over."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

import msgspec

from core.errors import StoreCorrupt
from core.ids import ConversationId, Millis
from core.records import DeliveryState
from store.codec import ADDRESS, CALL, ENTRY, OUTCOME, POSTED, TIMERS
from store.redis import RedisStore
from store.redis_blobs import FILE_HEAD, chunk_label, head_label
from store.redis_keys import Part
from store.redis_rows import DROPPED, KINDS, STATES, Head, label_of, opened_mail, read_head, read_letter, read_row
from store.seal import Sealer
from store.transfer import CallPart, FilePart, LetterPart, MailPart, OutcomePart, RowPart, Sending, Whole

__all__ = ["export", "file_numbers"]

_unpack = msgspec.msgpack.decode


async def export(store: RedisStore, conversation: ConversationId, names: tuple[ConversationId, ...]) -> Whole | None:
    """Return a conversation, or None when there is none; ``names`` are those that lead to it."""
    part = store.keys.of(conversation)
    route = ""
    while isinstance(found := await store.ask("export", conversation, route), bytes):
        route = found.decode()
    if found is None:
        return None
    head = read_head(found[0])
    sealer = store.sealers.learn(conversation, head.gen, found[5])
    if sealer is None:
        return None
    address, state, timers, (until, tries, rest), _, due, look = found[1:8]
    mail, log, rows, calls, call_due, outcomes, letters, letter_at, blobs = found[8:]
    return Whole(
        conversation=conversation,
        generation=head.gen,
        created=head.created,
        address=ADDRESS.unpack(sealer.open(b"address", address)),
        turn=head.turn,
        epoch=head.epoch,
        state=None if state is None else sealer.open(b"state", state),
        labels=tuple(label_of(text) for text in head.labels),
        timers=() if timers is None else tuple(TIMERS.unpack(sealer.open(b"timers", timers))),
        due=_moment(due),
        until=until,
        tries=tries,
        look=_moment(look),
        held=head.held,
        last=head.last,
        expires=head.expires,
        erased=head.erased,
        rest=rest if head.erased is not None else None,
        main=head.main,
        names=names,
        mail=tuple(_mail(sealer, item) for item in mail),
        rows=_rows(sealer, head, log, _table(rows)),
        calls=_calls(sealer, calls, call_due),
        outcomes=_outcomes(sealer, _table(outcomes)),
        letters=_letters(sealer, letters, letter_at),
        files=await _files(store, part, sealer, head.gen, _table(blobs)),
    )


def _table(flat: list[bytes]) -> dict[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _moment(score: bytes | None) -> Millis | None:
    return None if score is None else int(float(score))


def _mail(sealer: Sealer, item: bytes) -> MailPart:
    key, at, seen, event = opened_mail(item)
    return MailPart(key=key, at=at, seen=seen, posted=POSTED.unpack(sealer.open(b"event/" + key, event)))


def _rows(sealer: Sealer, head: Head, log: list[bytes], rows: dict[bytes, bytes]) -> tuple[RowPart, ...]:
    return tuple(
        RowPart(
            seq=seq,
            entry=ENTRY.unpack(sealer.open(b"entry/%d" % seq, body)),
            sending=_sending(sealer, head, seq, rows),
        )
        for seq, body in enumerate(log, head.base + 1)
    )


def _sending(sealer: Sealer, head: Head, seq: int, rows: dict[bytes, bytes]) -> Sending | None:
    packed = rows.get(b"%d" % seq)
    if packed is None:
        return None
    row, pids, is_open = read_row(packed), rows.get(b"p%d" % seq, b""), seq in head.open
    # Nobody sends while a store is copied: a lease that is there has lost its sender.
    lost = is_open and head.dtil is not None and head.dseq == seq
    state: DeliveryState = STATES[row.state]
    return Sending(
        kind=KINDS[row.kind],
        epoch=row.epoch,
        expires=row.expires if row.expires >= 0 else None,
        open=is_open,
        state=state,
        due=row.due if is_open else 0,
        attempts=head.dtries if lost else row.attempts,
        missed=row.missed,
        maybe=bool(row.maybe) or lost,
        plain=bool(row.plain),
        back=row.back,
        changed=row.changed,
        pids=tuple(pids[i : i + 16] for i in range(0, len(pids), 16)),
        reason=_reason(sealer, seq, rows.get(b"r%d" % seq)),
    )


def _reason(sealer: Sealer, seq: int, stored: bytes | None) -> str | None:
    if stored is None:
        return None
    return DROPPED.get(stored) or sealer.open(b"reason/%d" % seq, stored).decode("utf-8", "surrogatepass")


def _calls(sealer: Sealer, flat: list[bytes], dues: list[bytes]) -> tuple[CallPart, ...]:
    table = _table(flat)
    due = dict(zip(flat[::2], dues, strict=True))
    names = sorted(field[1:] for field in table if field[:1] == b"b")
    return tuple(
        CallPart(
            call=CALL.unpack(sealer.open(b"call/" + name, table[b"b" + name])),
            due=int(float(due[b"b" + name])),
            attempts=_unpack(table[b"c" + name])["tries"],
        )
        for name in names
    )


def _outcomes(sealer: Sealer, table: dict[bytes, bytes]) -> tuple[OutcomePart, ...]:
    found: list[OutcomePart] = []
    for field in sorted(table):
        key, stored = bytes.fromhex(field.decode()), table[field]
        body = sealer.open(b"outcome/" + key, stored[8:])
        found.append(OutcomePart(key=key, at=struct.unpack_from(">q", stored)[0], outcome=OUTCOME.unpack(body)))
    return tuple(found)


def _letters(sealer: Sealer, flat: list[bytes], times: list[bytes]) -> tuple[LetterPart, ...]:
    table, at = _table(flat), dict(zip(flat[::2], times, strict=True))
    found: list[LetterPart] = []
    for field in table:
        if field[:1] == b"c":
            clear, body = read_letter(table[field]), table[b"b" + field[1:]]
            posted = POSTED.unpack(sealer.open(b"dead/" + clear.key, body))
            when = int(float(at[field]))
            found.append(LetterPart(key=clear.key, kind=clear.kind, reason=clear.reason, at=when, posted=posted))
    return tuple(sorted(found, key=_by_age))


def _by_age(letter: LetterPart) -> tuple[Millis, bytes]:
    return letter.at, letter.key


def file_numbers(generation: int, blobs: dict[bytes, bytes]) -> dict[str, int]:
    """Return the finished files of a generation: number by name."""
    prefix = b"f%d/" % generation
    return {
        field.removeprefix(prefix).decode(): int(number) for field, number in blobs.items() if field.startswith(prefix)
    }


async def _files(
    store: RedisStore, part: Part, sealer: Sealer, generation: int, blobs: dict[bytes, bytes]
) -> tuple[FilePart, ...]:
    found: list[FilePart] = []
    for name, number in sorted(file_numbers(generation, blobs).items()):
        clear: dict[str, Any] = _unpack(blobs[b"i%d" % number])
        hasher, chunks = hashlib.blake2b(digest_size=16), 0
        if clear.get("expires") is not None:
            while True:
                chunk = await store.scripts.run("blob_chunk", (part.file(number),), (chunks,))
                if chunk is None:
                    break
                hasher.update(sealer.open(chunk_label(number, chunks), chunk))
                chunks += 1
        sealed = blobs.get(b"h%d" % number)
        if sealed is None:
            raise StoreCorrupt(f"file {number} of partition {part.number} has no head: forget its conversation")
        head = FILE_HEAD.unpack(sealer.open(head_label(number), sealed))
        found.append(
            FilePart(name=name, head=head, expires=clear.get("expires"), chunks=chunks, content=hasher.digest())
        )
    return tuple(found)
