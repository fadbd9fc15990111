"""What the scripts keep in the clear, as Python reads it; and the few byte layouts that both sides know.

Nothing here is content: content is sealed before it goes to the server, and no script looks into it.
"""

from __future__ import annotations

import struct
from typing import Any

import msgspec

from core.ids import ConversationId, Millis
from core.records import Delivery, DeliveryState, DispatchKind, Label
from store import rules
from store.seal import Sealer

__all__ = [
    "DROPPED",
    "KINDS",
    "STATES",
    "Head",
    "Letter",
    "Row",
    "label_bounds",
    "label_of",
    "label_text",
    "mail_item",
    "numbers",
    "opened_mail",
    "packed",
    "packed_letter",
    "read_head",
    "read_letter",
    "read_row",
    "shown",
]

#: In the order of the numbers that ``lua/lib/rows.lua`` knows.
KINDS: tuple[DispatchKind, ...] = ("bot", "crisis", "notice", "counsellor")
STATES: tuple[DeliveryState, ...] = (
    "pending", "held", "uncertain", "sent", "delivered", "read", "failed", "dropped",
)  # fmt: skip
#: Why a row was dropped, as ``send.lua`` writes it, with whether an earlier attempt may have arrived.
DROPPED = {
    b"m0": rules.MOVED_ON_REASON,
    b"m1": rules.later(rules.MOVED_ON_REASON, True),
    b"x0": rules.EXPIRED_REASON,
    b"x1": rules.later(rules.EXPIRED_REASON, True),
}
_OFFSET = 1 << 63

_encode = msgspec.msgpack.Encoder().encode


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The clear metadata of a conversation; the scripts know a few fields more."""

    gen: int
    created: Millis
    route: str
    ah: str
    turn: int
    epoch: int
    labels: list[str]
    open: list[int]
    last: int
    base: int
    tries: int
    token: str | None = None
    dtries: int
    dat: Millis
    main: ConversationId | None = None
    names: list[ConversationId] = []
    expires: Millis | None = None
    tat: Millis | None = None
    dtok: str | None = None
    dtil: Millis | None = None
    dseq: int | None = None
    held: bool = False
    erased: Millis | None = None


class Row(msgspec.Struct, frozen=True, array_like=True):
    """The delivery of one entry, as an array: see ``lua/lib/rows.lua``."""

    kind: int
    epoch: int
    expires: Millis
    state: int
    due: Millis
    attempts: int
    missed: int
    maybe: int
    plain: int
    back: int
    changed: Millis
    at: Millis


class Letter(msgspec.Struct, frozen=True, array_like=True):
    """What is clear of a dead letter."""

    key: bytes
    kind: str
    reason: str


def _text(data: bytes) -> msgspec.Raw:
    """Return bytes as a MessagePack string: the servers' Lua library does not know the type for bytes."""
    size = len(data)
    if size < 256:
        return msgspec.Raw(b"\xd9" + size.to_bytes(1, "big") + data)
    if size < 65_536:
        return msgspec.Raw(b"\xda" + size.to_bytes(2, "big") + data)
    return msgspec.Raw(b"\xdb" + size.to_bytes(4, "big") + data)


def _for_lua(value: object) -> object:
    match value:
        case bytes():
            return _text(value)
        case dict():
            return {name: _for_lua(one) for name, one in value.items()}
        case list() | tuple():
            return [_for_lua(one) for one in value]
        case _:
            return value


def packed(args: dict[str, object]) -> bytes:
    """Return the arguments of a script as ``lua/lib/keys.lua`` reads them."""
    return _encode(_for_lua(args))


_head = msgspec.msgpack.Decoder(Head)
_row = msgspec.msgpack.Decoder(Row)
_letter = msgspec.msgpack.Decoder(Letter)


def read_head(data: bytes) -> Head:
    """Return a head as a script packed it."""
    return _head.decode(data)


def read_row(data: bytes) -> Row:
    """Return a row as a script packed it."""
    return _row.decode(data)


def packed_letter(letter: Letter) -> bytes:
    """Return what is clear of a dead letter; no script looks into it."""
    return _encode(letter)


def read_letter(data: bytes) -> Letter:
    """Return what is clear of a dead letter."""
    return _letter.decode(data)


def shown(head: Head, seq: int, data: bytes, reason: bytes | None, sealer: Sealer) -> Delivery:
    """Return how an entry stands."""
    row = read_row(data)
    state, attempts, at = STATES[row.state], row.attempts, row.changed
    if head.dtil is not None and head.dseq == seq and seq in head.open:
        state, attempts, at = "sending", head.dtries, head.dat
    told = None
    if reason is not None:
        told = DROPPED.get(reason) or sealer.open(b"reason/%d" % seq, reason).decode("utf-8", "surrogatepass")
    return Delivery(state=state, reason=told, attempts=attempts, at=at)


def mail_item(key: bytes, at: Millis, now: Millis, event: bytes) -> bytes:
    """Return an item of a mailbox."""
    return key + struct.pack(">qq", at, now) + event


def opened_mail(item: bytes) -> tuple[bytes, Millis, Millis, bytes]:
    """Return event key, at, when it was seen, and the sealed event."""
    at, seen = struct.unpack_from(">qq", item, 16)
    return item[:16], at, seen, item[32:]


def label_text(label: Label) -> str:
    """Return a label as it stands in heads and, with the conversation behind it, in the index."""
    return f"{label.name}\0{label.rank + _OFFSET:016x}"


def label_of(text: str) -> Label:
    """Return the label of :func:`label_text`."""
    name, _, rank = text.rpartition("\0")
    return Label(name=name, rank=int(rank, 16) - _OFFSET)


def label_bounds(name: str, after: tuple[int, str] | None) -> tuple[bytes, bytes]:
    """Return the bounds of a label in the index, behind (rank, conversation)."""
    start = f"{name}\0".encode()
    if after is None:
        return b"[" + start, b"(" + start + b"g"
    return b"(" + f"{label_text(Label(name=name, rank=after[0]))}\0{after[1]}".encode(), b"(" + start + b"g"


def numbers(flat: list[Any]) -> list[tuple[bytes, int]]:
    """Return members and scores of a flat answer."""
    return [(flat[i], int(flat[i + 1])) for i in range(0, len(flat), 2)]
