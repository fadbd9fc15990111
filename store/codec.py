"""Bytes and types: every stored payload is one version byte and msgspec's MessagePack.

Version 1 is MessagePack. Version 2 is escaped JSON and holds what MessagePack cannot: text with lone surrogates, which
a provider's JSON may carry. An unknown version means that a newer Streetwork wrote it.
"""

from __future__ import annotations

import json
from typing import Any, Generic, TypeVar

import msgspec

from core.errors import StoreCorrupt
from core.events import Event
from core.messages import Address
from core.records import Call, Entry, Label, Outcome, Timer

__all__ = ["ADDRESS", "CALL", "ENTRY", "LABELS", "OUTCOME", "POSTED", "TIMERS", "Codec", "Posted"]

T = TypeVar("T")

_PACKED = 1
_ESCAPED = 2

_encoder = msgspec.msgpack.Encoder()


class Posted(msgspec.Struct, frozen=True, array_like=True):
    """An event as it lies in a mailbox or among the dead letters: with the id it arrived under."""

    event_id: str
    event: Event


class Codec(Generic[T]):
    """Turns values of one type into bytes and back. ``what`` names the type in errors."""

    __slots__ = ("_decode", "_type", "_what")

    def __init__(self, type_: Any, what: str) -> None:
        self._type = type_
        self._what = what
        self._decode = msgspec.msgpack.Decoder(type_).decode

    def pack(self, value: T) -> bytes:
        """Return ``value`` as bytes."""
        try:
            return b"\x01" + _encoder.encode(value)
        except UnicodeEncodeError:
            return b"\x02" + json.dumps(msgspec.to_builtins(value)).encode("ascii")

    def unpack(self, data: bytes) -> T:
        """Return the value; raises StoreCorrupt for an unknown version or bytes that do not fit the type."""
        try:
            if data[0] == _PACKED:
                return self._decode(memoryview(data)[1:])  # type: ignore[no-any-return]
            if data[0] == _ESCAPED:
                return msgspec.convert(json.loads(data[1:]), self._type)  # type: ignore[no-any-return]
        except (msgspec.MsgspecError, ValueError, IndexError) as error:
            # The cause may quote the data, so only its type is told.
            raise StoreCorrupt(f"a stored {self._what} cannot be read ({type(error).__name__})") from None
        raise StoreCorrupt(
            f"a stored {self._what} has format {data[0]}, which this version does not know: run the newer version"
        )


ADDRESS: Codec[Address] = Codec(Address, "address")
POSTED: Codec[Posted] = Codec(Posted, "event")
ENTRY: Codec[Entry] = Codec(Entry, "transcript entry")
TIMERS: Codec[list[Timer]] = Codec(list[Timer], "list of timers")
LABELS: Codec[tuple[Label, ...]] = Codec(tuple[Label, ...], "list of labels")
CALL: Codec[Call] = Codec(Call, "call")
OUTCOME: Codec[Outcome] = Codec(Outcome, "outcome")
