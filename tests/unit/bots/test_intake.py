"""Words are cleaned once, at the door, and conversations keep their names."""

from __future__ import annotations

import unicodedata
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.intake import MAX_NAME, MAX_TEXT, Incoming, Intake, clean_name, clean_text
from core.errors import StoreUnavailable
from core.events import Received
from core.messages import (
    Choice,
    Content,
    Edited,
    Inbound,
    Location,
    Media,
    Profile,
    SharedContact,
    Start,
    Text,
    Unknown,
)
from core.ports import Store
from core.records import Accepted, Duplicate
from tests.fakes.clock import FakeClock
from tests.fakes.inbox import Inbox

DIRTY = "a\x00b\u202ec\ud800d\u200fe"


def make() -> tuple[Intake, Inbox, FakeClock]:
    inbox, clock = Inbox(), FakeClock()
    return Intake(cast("Store", inbox), clock, bot="berlin", id_key=b"k" * 32), inbox, clock


def incoming(content: Content, event_id: str = "e1", **details: object) -> Incoming:
    return Incoming(peer="5", event_id=event_id, message=Inbound(content=content), **details)  # type: ignore[arg-type]


@given(st.text(alphabet=st.characters(exclude_categories=[]), max_size=300))
def test_any_text_comes_out_harmless(text: str) -> None:
    clean = clean_text(text)
    clean.encode("utf-8")  # no lone surrogates
    assert unicodedata.is_normalized("NFC", clean)
    assert clean_text(clean) == clean
    for char in clean:
        assert char in "\n\t" or unicodedata.category(char) != "Cc"
        assert unicodedata.bidirectional(char) not in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def test_what_belongs_to_the_words_stays() -> None:
    family, persian, flag = "👨‍👩‍👧", "می‌خواهم", "🏴\U000e0067\U000e0062\U000e007f"
    assert clean_text(f"{family} {persian} {flag}") == f"{family} {persian} {flag}"
    assert clean_text("a\r\nb\rc\u2028d\te") == "a\nb\nc\nd\te"
    assert clean_text("e\u0301") == "é"


def test_long_texts_and_names_are_cut() -> None:
    assert clean_text("я" * 10_001) == "я" * MAX_TEXT
    assert len(clean_name("x" * 500) or "") == MAX_NAME
    assert clean_name(" \u202e\n ") is None
    assert clean_name("Anna\nMaria") == "Anna Maria"


async def test_every_kind_is_cleaned_and_kept_in_order() -> None:
    intake, inbox, _ = make()
    contents: list[Content] = [
        Text(text=DIRTY),
        Choice(token=DIRTY, label=DIRTY, ack="q", of="1"),
        Media(kind="photo", ref="r", caption=DIRTY, name=DIRTY),
        Location(latitude=1, longitude=2, label=DIRTY),
        SharedContact(phone="+49\x00", name=DIRTY),
        Start(payload=DIRTY),
        Edited(of="1", text=DIRTY),
        Unknown(kind=DIRTY),
    ]
    await intake.accept("telegram", "1", [incoming(one, f"e{n}") for n, one in enumerate(contents)])
    clean = "abcde"
    assert inbox.contents == [
        Text(text=clean),
        Choice(token=clean, label=clean, ack="q", of="1"),
        Media(kind="photo", ref="r", caption=clean, name=clean),
        Location(latitude=1, longitude=2, label=clean),
        SharedContact(phone="+49", name=clean),
        Start(payload=clean),
        Edited(of="1", text=clean),
        Unknown(kind=clean),
    ]


async def test_names_of_the_sender_are_cleaned() -> None:
    intake, inbox, _ = make()
    message = Inbound(content=Text(text="x"), profile=Profile(name=DIRTY * 99, language="ar"))
    await intake.accept("telegram", "1", [Incoming(peer="5", event_id="e", message=message)])
    event = inbox.arrivals[0].event
    assert isinstance(event, Received)
    assert event.message.profile.name is not None
    assert event.message.profile.name.startswith("abcdeabcde")
    assert len(event.message.profile.name) <= MAX_NAME
    assert event.message.profile.language == "ar"


async def test_address_and_conversation() -> None:
    intake, inbox, clock = make()
    results = await intake.accept("telegram", "1", [incoming(Text(text="a"), thread="7")])
    repeat = await intake.accept("telegram", "1", [incoming(Text(text="a"))])
    assert (results, repeat) == ([Accepted(event_id="e1")], [Duplicate(event_id="e1")])
    (arrival,) = inbox.arrivals
    assert arrival.conversation == intake.conversation("telegram", "1", "5")
    assert (arrival.address.bot, arrival.address.peer, arrival.address.thread) == ("berlin", "5", "7")
    assert arrival.at == clock.now()
    others = {
        intake.conversation("telegram", "2", "5"),
        intake.conversation("viber", "1", "5"),
        intake.conversation("telegram", "1", "6"),
    }
    assert len(others | {arrival.conversation}) == 4


async def test_a_time_in_the_future_is_not_believed() -> None:
    intake, inbox, clock = make()
    times = [clock.now() - 5, clock.now() + 5]
    await intake.accept("t", "1", [incoming(Text(text="x"), f"e{at}", at=at) for at in times])
    assert [arrival.at for arrival in inbox.arrivals] == [clock.now() - 5, clock.now()]


async def test_nothing_to_do_needs_no_store_and_trouble_is_told() -> None:
    intake, inbox, _ = make()
    assert await intake.accept("telegram", "1", []) == []
    assert inbox.calls == 0
    inbox.failures = 1
    with pytest.raises(StoreUnavailable):
        await intake.accept("telegram", "1", [incoming(Text(text="x"))])
