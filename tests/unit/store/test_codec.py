"""Bytes and types: versions, and text that MessagePack cannot hold."""

from __future__ import annotations

import pytest

from core.errors import StoreCorrupt
from core.events import Received
from core.messages import Inbound, Text
from core.records import Timer
from store.codec import POSTED, TIMERS, Posted


def posted(text: str) -> Posted:
    return Posted("e1", Received(message=Inbound(content=Text(text=text))))


@pytest.mark.parametrize("text", ["", "hello", "مرحبا", "\U0001f44b", "\x00\u202e", "lone \ud83d surrogate"])
def test_a_value_survives(text: str) -> None:
    assert POSTED.unpack(POSTED.pack(posted(text))) == posted(text)


def test_the_first_byte_is_the_version() -> None:
    assert POSTED.pack(posted("a"))[0] == 1
    assert POSTED.pack(posted("\ud83d"))[0] == 2


def test_an_unknown_version_is_refused_with_a_remedy() -> None:
    data = b"\x09" + TIMERS.pack([Timer(name="a", at=1)])[1:]
    with pytest.raises(StoreCorrupt, match=r"format 9.*newer version"):
        TIMERS.unpack(data)


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x01\xc1", b"\x02{", b"\x01" + b"\x93\x01\x02\x03"])
def test_broken_bytes_are_refused_without_quoting_them(data: bytes) -> None:
    with pytest.raises(StoreCorrupt, match="list of timers"):
        TIMERS.unpack(data)
