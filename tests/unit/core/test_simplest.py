"""The simplest form: one plain text that says the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.capabilities import CAPABILITIES
from core.messages import Option, Say, SendLocation, SendMedia, Span
from core.rendering import simplest

WORDS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=30)


@pytest.mark.parametrize("channel", sorted(CAPABILITIES))
@given(text=WORDS, labels=st.lists(WORDS, max_size=30))
def test_every_word_is_there_and_nothing_to_press(channel: str, text: str, labels: list[str]) -> None:
    options = tuple(Option(token=f"t{n}", label=label) for n, label in enumerate(labels))
    say = Say(text=text, spans=(Span(start=0, end=1, style="bold"),), options=options, request="location")
    plain = simplest(say, CAPABILITIES[channel])
    assert isinstance(plain, Say)
    assert (plain.options, plain.spans, plain.request) == ((), (), None)
    first, *rest = plain.text.split("\n\n")
    assert first == text
    for number, (label, line) in enumerate(zip(labels, "".join(rest).split("\n"), strict=False), 1):
        assert f"{number}. " in line
        assert label in line


def test_links_keep_their_addresses() -> None:
    say = Say(text="read", options=(Option(token="t", label="here", url="https://example.org"),))
    plain = simplest(say, CAPABILITIES["telegram"])
    assert isinstance(plain, Say)
    assert plain.text == "read\n\n1. here: https://example.org"


def test_a_public_file_becomes_its_address_and_others_stay() -> None:
    viber = CAPABILITIES["viber"]
    public = SendMedia(kind="photo", ref="https://example.org/a.jpg", caption="Plan", name="a.jpg")
    assert simplest(public, viber) == Say(text="Plan\na.jpg\nhttps://example.org/a.jpg")
    for other in (SendMedia(kind="photo", ref="blob/1"), SendLocation(latitude=1, longitude=2)):
        assert simplest(other, viber) == other
