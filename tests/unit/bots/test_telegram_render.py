"""Whatever the bot wants to say reaches Telegram in a form that the specification accepts, uncut."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bots.telegram_render import CannotRender, File, Message, Place, render, utf16_length
from core.messages import Option, Outbound, Say, SendLocation, SendMedia, Span
from tests.fakes.telegram_spec import Specification, utf16

WORDS = st.text(alphabet=st.sampled_from("ab \nя水مر👍🏽👨‍👩‍👧é"), min_size=1, max_size=200).filter(str.strip)
SPANS = st.builds(
    lambda start, length, style: Span(
        start=start, end=start + length, style=style, url="https://example.org" if style == "link" else None
    ),
    st.integers(0, 220),
    st.integers(0, 60),
    st.sampled_from(["bold", "italic", "link"]),
)
OPTIONS = st.builds(
    lambda token, label, url: Option(token=token, label=label, url=url),
    st.text(alphabet="abc:./-0", min_size=1, max_size=64),
    st.text(alphabet="abя👍م ", min_size=1, max_size=40).filter(str.strip),
    st.sampled_from([None, None, "https://example.org/a?b=c"]),
)
SAYS = st.builds(
    Say,
    text=WORDS,
    spans=st.lists(SPANS, max_size=6).map(tuple),
    options=st.lists(OPTIONS, max_size=14).map(tuple),
    language=st.sampled_from([None, "en", "ar", "bg", "ru", "xx"]),
    request=st.sampled_from([None, "location", "contact"]),
)


@pytest.fixture(scope="module")
def spec() -> Specification:
    return Specification.load()


def as_json(message: Message) -> dict[str, Any]:
    """Return the fields of the call as they are sent."""
    fields: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(message.parameters()))
    return {"chat_id": 5} | {name: value for name, value in fields.items() if value is not None}


@pytest.mark.specs
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(say=SAYS, private=st.booleans())
def test_any_say_is_accepted_by_the_specification(spec: Specification, say: Say, private: bool) -> None:
    call = render(say, private=private)
    assert isinstance(call, Message)
    accepted = spec.check_call("sendMessage", as_json(call))
    assert accepted["text"].startswith(say.text)  # nothing is cut
    shown = json.dumps(accepted.get("reply_markup", {}), ensure_ascii=False) + accepted["text"]
    for option in say.options:
        assert option.label in shown
        if option.url:
            assert option.url in shown


@given(text=WORDS, start=st.integers(0, 200), length=st.integers(1, 60))
def test_entities_cover_exactly_the_span(text: str, start: int, length: int) -> None:
    call = render(Say(text=text, spans=(Span(start=start, end=start + length, style="bold"),)))
    assert isinstance(call, Message)
    wanted = text[start : start + length]
    if not wanted:
        assert call.entities == ()
        return
    (entity,) = call.entities
    units = text.encode("utf-16-le")
    start, end = entity["offset"], entity["offset"] + entity["length"]
    assert units[start * 2 : end * 2].decode("utf-16-le") == wanted


@given(st.text(max_size=50))
def test_utf16_length_counts_as_telegram_does(text: str) -> None:
    assert utf16_length(text) == utf16(text)


def rows(message: Outbound) -> list[list[str]]:
    call = render(message)
    assert isinstance(call, Message)
    assert call.reply_markup is not None
    return [[button["text"] for button in row] for row in call.reply_markup["inline_keyboard"]]


def test_short_labels_stand_two_in_a_row() -> None:
    labels = ["Yes", "No", "Something rather long", "Back", "One more quite long", "A", "B", "C"]
    options = tuple(Option(token=str(n), label=label) for n, label in enumerate(labels))
    assert rows(Say(text="?", options=options)) == [
        ["Yes", "No"],
        ["Something rather long"],
        ["Back"],
        ["One more quite long"],
        ["A", "B"],
        ["C"],
    ]


def test_a_request_becomes_a_share_button_in_the_persons_language() -> None:
    call = render(Say(text="?", request="contact", language="ar-EG", options=(Option(token="s", label="Skip"),)))
    assert isinstance(call, Message)
    assert call.reply_markup is not None
    share, skip = (row[0] for row in call.reply_markup["keyboard"])
    assert share["request_contact"] is True
    assert "هاتف" in share["text"]
    assert skip == {"text": "Skip"}


def test_a_plain_text_takes_the_share_keyboard_away_but_never_in_a_group() -> None:
    alone, group = render(Say(text="x")), render(Say(text="x"), private=False)
    assert isinstance(alone, Message)
    assert isinstance(group, Message)
    assert alone.reply_markup == {"remove_keyboard": True}
    assert group.reply_markup is None


@pytest.mark.parametrize(
    "message",
    [
        Say(text="  \n"),
        Say(text="x" * 4097),
        Say(text="👍" * 2049),
        Say(text="x", options=(Option(token="t" * 65, label="a"),)),
        Say(text="x", options=(Option(token="я" * 33, label="a"),)),
        Say(text="x", options=(Option(token="", label="a"),)),
        Say(text="x", options=(Option(token="t", label=" "),)),
        Say(text="x", options=tuple(Option(token=str(n), label="a") for n in range(101))),
        SendMedia(kind="photo", ref="https://example.org/a.jpg", caption="x" * 1025),
    ],
)
def test_what_telegram_would_not_take_is_refused_not_cut(message: Outbound) -> None:
    with pytest.raises(CannotRender):
        render(message)


def test_the_limits_themselves_are_fine() -> None:
    assert isinstance(render(Say(text="👍" * 2048)), Message)
    assert isinstance(render(Say(text="x", options=(Option(token="t" * 64, label="a"),))), Message)


def test_files_and_places() -> None:
    assert render(SendMedia(kind="voice", ref="k1", caption="", name="a.ogg")) == File(
        kind="voice", ref="k1", name="a.ogg"
    )
    assert render(SendLocation(latitude=1.5, longitude=2.5, label="Office")) == Place(
        latitude=1.5, longitude=2.5, title="Office"
    )
