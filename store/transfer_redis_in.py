"""Writing a conversation on Redis that is carried over: what it holds, as commands for one script."""

from __future__ import annotations

import struct

import msgspec

from store.codec import ADDRESS, CALL, ENTRY, OUTCOME, POSTED, TIMERS
from store.redis import RedisStore
from store.redis_keys import route_of
from store.redis_rows import KINDS, STATES, Letter, label_text, mail_item, packed, packed_letter
from store.seal import Sealer
from store.transfer import RowPart, Whole

__all__ = ["Op", "commands"]

#: Command, number of its key in the bundle, arguments.
Op = list[object]

HEAD, MAIL, LOG, ROW, CALLS, OUTS, DEAD, BLOBS, META, KEYS = 1, 2, 3, 4, 5, 6, 7, 9, 10, 11
SEEN, DUE, DDUE, ROUTES, CDUE, CHG, EXP, REST, OLD, LABEL, NLABEL = 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22
OUTS_AT, DEAD_AT, FILE_ENDS = 23, 24, 28
#: See ``lua/lib/mail.lua``: the id of an event that waits never counts as old.
_WAITS = 1 << 52
#: Values in one command: a script takes no more than 8,000 at once.
_SOME = 500

_encode = msgspec.msgpack.Encoder().encode


def commands(
    store: RedisStore, whole: Whole, sealer: Sealer, wrapped: bytes, *, change: int, letter: int, files: list[int]
) -> list[Op]:
    """Return the commands that write a conversation, on the keys of its bundle with the ends of files behind.

    ``change`` and ``letter`` are numbers taken for it, ``files`` those under which its files lie.
    """
    name, open_rows = whole.conversation, [row for row in whole.rows if row.sending is not None and row.sending.open]
    head: list[object] = ["m", _head(store, whole, open_rows)]
    head += ["a", sealer.seal(b"address", ADDRESS.pack(whole.address))]
    if whole.state is not None:
        head += ["s", sealer.seal(b"state", whole.state)]
    if whole.timers:
        head += ["t", sealer.seal(b"timers", TIMERS.pack(list(whole.timers)))]
    ops: list[Op] = [["DEL", one] for one in (HEAD, MAIL, LOG, ROW, CALLS, OUTS, DEAD, 8, BLOBS)]
    ops += [["HSET", HEAD, *head], ["HSET", KEYS, name, wrapped], ["ZADD", CHG, change, name]]
    ops += [["SADD", ROUTES, route_of(whole.address.channel, whole.address.account)]]
    for key, moment in ((DUE, whole.due), (DDUE, whole.look), (EXP, whole.expires), (REST, whole.erased)):
        ops += [["ZADD", key, moment, name]] if moment is not None else []
    if open_rows:
        ops += [["HINCRBY", META, "open", len(open_rows)], ["ZADD", OLD, open_rows[0].entry.at, name]]
    for one in whole.mail:
        sealed = sealer.seal(b"event/" + one.key, POSTED.pack(one.posted))
        ops += [["RPUSH", MAIL, mail_item(one.key, one.at, one.seen, sealed)]]
        ops += [["ZADD", SEEN, one.seen + _WAITS, one.key]]
    bodies = [sealer.seal(b"entry/%d" % row.seq, ENTRY.pack(row.entry)) for row in whole.rows]
    ops += [["RPUSH", LOG, *bodies[at : at + _SOME]] for at in range(0, len(bodies), _SOME)]
    ops += [op for row in whole.rows for op in _row(sealer, row)]
    return ops + _labels(whole) + _tables(whole, sealer, letter) + _files(whole, sealer, files)


def _head(store: RedisStore, whole: Whole, open_rows: list[RowPart]) -> bytes:
    head: dict[str, object] = {
        "gen": whole.generation, "created": whole.created, "turn": whole.turn, "epoch": whole.epoch,
        "route": route_of(whole.address.channel, whole.address.account), "ah": store.address_hash(whole.address),
        "labels": [label_text(label) for label in whole.labels], "open": [row.seq for row in open_rows],
        "til": whole.until, "tries": whole.tries, "dtries": 0, "dat": 0, "last": whole.last,
        "base": whole.rows[0].seq - 1 if whole.rows else whole.last,
        "main": whole.main, "names": list(whole.names) or None, "expires": whole.expires,
        "tat": min((timer.at for timer in whole.timers), default=None), "held": whole.held or None,
        "erased": whole.erased, "rest": whole.rest,
    }  # fmt: skip
    if whole.tries:
        head["head"] = whole.mail[0].key if whole.mail else "t"
    return packed({name: value for name, value in head.items() if value is not None})


def _row(sealer: Sealer, row: RowPart) -> list[Op]:
    sending = row.sending
    if sending is None:
        return []
    numbers = [
        KINDS.index(sending.kind), sending.epoch, -1 if sending.expires is None else sending.expires,
        STATES.index(sending.state), sending.due, sending.attempts, sending.missed, int(sending.maybe),
        int(sending.plain), sending.back, sending.changed, row.entry.at,
    ]  # fmt: skip
    fields: list[object] = [str(row.seq), _encode(numbers)]
    if sending.pids:
        fields += [f"p{row.seq}", b"".join(sending.pids)]
    if sending.reason is not None:
        reason = sending.reason.encode("utf-8", "surrogatepass")
        fields += [f"r{row.seq}", sealer.seal(b"reason/%d" % row.seq, reason)]
    return [["HSET", ROW, *fields]]


def _labels(whole: Whole) -> list[Op]:
    ops: list[Op] = [["ZADD", LABEL, 0, f"{label_text(one)}\0{whole.conversation}"] for one in whole.labels]
    heads = dict.fromkeys(label.name.partition(":")[0] for label in whole.labels)
    return ops + [["HINCRBY", NLABEL, head, 1] for head in heads]


def _tables(whole: Whole, sealer: Sealer, letter: int) -> list[Op]:
    name = whole.conversation
    ops: list[Op] = []
    for one in whole.calls:
        sealed = sealer.seal(b"call/" + one.call.id.encode(), CALL.pack(one.call))
        clear = _encode({"tries": one.attempts})
        ops += [["HSET", CALLS, f"b{one.call.id}", sealed, f"c{one.call.id}", clear]]
        ops += [["ZADD", CDUE, one.due, f"{name}/{one.call.id}"]]
    for outcome in whole.outcomes:
        sealed = sealer.seal(b"outcome/" + outcome.key, OUTCOME.pack(outcome.outcome))
        ops += [["HSET", OUTS, outcome.key.hex(), struct.pack(">q", outcome.at) + sealed]]
        ops += [["ZADD", OUTS_AT, outcome.at, name + outcome.key.hex()]]
    for n, dead in enumerate(whole.letters, letter - len(whole.letters) + 1):
        clear = packed_letter(Letter(key=dead.key, kind=dead.kind, reason=dead.reason))
        sealed = sealer.seal(b"dead/" + dead.key, POSTED.pack(dead.posted))
        ops += [["HSET", DEAD, f"c{n:012d}", clear, f"b{n:012d}", sealed]]
        ops += [["ZADD", DEAD_AT, dead.at, f"{n:012d}/{name}"]]
    return ops


def _files(whole: Whole, sealer: Sealer, numbers: list[int]) -> list[Op]:
    from store.redis_blobs import FILE_HEAD, head_label

    ops: list[Op] = []
    for number, file in zip(numbers, whole.files, strict=True):
        clear: dict[str, object] = {
            "gen": whole.generation, "name": file.name, "size": file.head.size if file.chunks else 0, "ready": True,
            "bad": file.head.reason is not None,
        }  # fmt: skip
        if file.expires is not None:
            clear["expires"] = file.expires
            ops += [["ZADD", FILE_ENDS, file.expires, f"{whole.conversation}/{number}"]]
        else:
            ops += [["ZREM", FILE_ENDS, f"{whole.conversation}/{number}"]]
        head = sealer.seal(head_label(number), FILE_HEAD.pack(file.head))
        named = f"f{whole.generation}/{file.name}"
        ops += [["HSET", BLOBS, f"i{number}", packed(clear), f"h{number}", head, named, str(number)]]
    return ops
