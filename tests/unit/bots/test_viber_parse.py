"""Everything that Viber really sends is understood, as viberbot's own parser understands it, and nothing breaks us."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from viberbot.api.viber_requests import create_request

from bots.viber_parse import parse, token_of
from core.messages import Choice, Location, Media, SharedContact, Start, Subscribed, Text, Unknown, Unsubscribed
from tests.fakes.viber_specs import callbacks, read_spec

NOW = 1_780_000_000_000
BIG = 4_912_661_846_655_238_145
USER = {"id": "01234567890A=", "name": "John McClane", "language": "bg"}


def message(**content: Any) -> dict[str, Any]:
    return {"event": "message", "timestamp": NOW, "message_token": BIG, "sender": USER, "message": content}


def content_of(data: dict[str, Any]) -> Any:
    parsed = parse(data, "a1", NOW)
    assert parsed.incoming is not None
    return parsed.incoming.message.content


@pytest.mark.specs
def test_we_agree_with_viberbots_parser_on_every_recorded_callback() -> None:
    seen = 0
    for name, data in callbacks():
        ours = parse(json.loads(json.dumps(data)), "a1", NOW)
        assert ours.kind not in {"unreadable", "ignored"}, name
        if data["event"] == "webhook":
            assert ours.incoming is None
            continue
        if name == "aioviberbot_pr12_real_failed":
            with pytest.raises(KeyError):  # the gap in viberbot that ours does not have
                create_request(dict(data))
            assert ours.receipt is not None
            assert ours.receipt.state == "failed"
            seen += 1
            continue
        theirs = create_request(json.loads(json.dumps(data)))
        _agree(name, ours, theirs)
        seen += 1
    assert seen >= 16


def _agree(name: str, ours: Any, theirs: Any) -> None:
    token = str(theirs.message_token) if hasattr(theirs, "message_token") else None
    if ours.receipt is not None:
        assert ours.receipt.provider_id == token, name
        return
    assert ours.incoming is not None, name
    user = getattr(theirs, "sender", None) or getattr(theirs, "user", None)
    assert ours.incoming.peer == (user.id if user is not None else theirs.user_id), name
    assert ours.incoming.message.occurred_at == theirs.timestamp
    if token is not None:
        assert ours.incoming.event_id == f"vb:a1:{theirs.event_type}:{token}"
    if user is not None:
        assert ours.incoming.message.profile.name == user.name
        assert ours.incoming.message.profile.language == user.language
    content = ours.incoming.message.content
    match content:
        case Text(text=text):
            assert text == getattr(theirs.message, "text", None) or text == theirs.message.media
        case Media(ref=ref, kind=kind):
            if kind == "sticker":
                assert content.name == str(theirs.message.sticker_id)
            else:
                assert ref == theirs.message.media
        case SharedContact(phone=phone, name=name_):
            assert (phone, name_) == (theirs.message.contact.phone_number, theirs.message.contact.name)
        case Location(latitude=latitude, longitude=longitude):
            assert (latitude, longitude) == (theirs.message.location.latitude, theirs.message.location.longitude)
        case Start(payload=payload):
            assert payload == theirs.context
        case Subscribed() | Unsubscribed():
            pass
        case other:
            raise AssertionError(f"{name}: {other}")


@pytest.mark.specs
def test_the_kinds_of_the_recorded_callbacks() -> None:
    samples = read_spec("callbacks.samples.json")["bottender"]
    kinds = {name: parse(data, "a", NOW).kind for name, data in samples.items()}
    assert kinds["subscribed"] == "subscribed"
    assert kinds["unsubscribed"] == "unsubscribed"
    assert kinds["conversationStarted"] == "start"
    assert kinds["delivered"] == kinds["seen"] == kinds["failed"] == "receipt"
    assert content_of(samples["fileMessage"]) == Media(
        kind="document", ref="http://example.com/doc.pdf", size=3220, name="doc.pdf"
    )


def test_a_pressed_button_is_a_choice_with_its_label() -> None:
    token = "o:Ab-_56789012"
    plain = message(type="text", text=token)
    assert content_of(plain) == Choice(token=token)
    labelled = message(type="text", text=token, tracking_data=json.dumps({token: "Жилье"}))
    assert content_of(labelled) == Choice(token=token, label="Жилье")
    for tracking in ("[", "{", "{}", '["x"]', '{"o:Ab-_56789012": 5}', "x", None, 7, "{" * 100_000):
        assert content_of(message(type="text", text=token, tracking_data=tracking)) == Choice(token=token)


@pytest.mark.parametrize(
    "text", ["o:short", "o:Ab-_567890123", " o:Ab-_56789012", "o:Ab-_5678901!", "O:Ab-_56789012", ""]
)
def test_what_is_not_exactly_a_token_is_text(text: str) -> None:
    assert content_of(message(type="text", text=text)) == Text(text=text)


def test_tokens_stay_exact_and_are_told_apart() -> None:
    first = parse(message(type="text", text="a") | {"message_token": BIG}, "a", NOW).incoming
    second = parse(message(type="text", text="a") | {"message_token": BIG + 1}, "a", NOW).incoming
    assert first is not None
    assert second is not None
    assert first.event_id == f"vb:a:message:{BIG}"
    assert first.event_id != second.event_id
    assert first.message.message_id == str(BIG)


@pytest.mark.parametrize("value", [None, True, 1.5, 4.9e18, "", "12x", -5, [], {}, "9" * 21, 10**30])
def test_what_is_no_token(value: object) -> None:
    assert token_of(value) is None
    assert parse(message(type="text", text="a") | {"message_token": value}, "a", NOW).kind == "unreadable"


def test_a_keyboard_that_the_phone_refused_is_to_be_sent_plain() -> None:
    event = {"event": "failed", "timestamp": NOW, "message_token": BIG, "user_id": "u", "desc": "Keyboard is not valid"}
    receipt = parse(event, "bot", NOW).receipt
    assert receipt is not None
    assert receipt.state == "again"


def test_failed_with_and_without_a_reason() -> None:
    event = {"event": "failed", "timestamp": NOW, "message_token": BIG, "user_id": "u", "udid": None}
    without, with_desc = parse(event, "a", NOW).receipt, parse(event | {"desc": "keyboard\nis bad"}, "a", NOW).receipt
    assert without is not None
    assert with_desc is not None
    assert without.reason
    assert "keyboard is bad" in (with_desc.reason or "")
    odd = parse(event | {"desc": 5, "timestamp": "x"}, "a", NOW).receipt
    assert odd is not None
    assert odd.at == NOW


@pytest.mark.parametrize(
    ("given_content", "expected"),
    [
        ({"type": "url", "media": "https://example.org", "text": "look"}, Text(text="look\nhttps://example.org")),
        ({"type": "picture", "media": "u", "text": "hi"}, Media(kind="photo", ref="u", caption="hi")),
        ({"type": "sticker", "sticker_id": 46105}, Media(kind="sticker", ref="sticker:46105", name="46105")),
        ({"type": "location", "location": {"lat": "52.5", "lon": "13.4"}}, Location(latitude=52.5, longitude=13.4)),
        ({"type": "location", "location": {"lat": 90, "lon": -180}}, Location(latitude=90.0, longitude=-180.0)),
        ({"type": "location", "location": {"lat": "nan", "lon": 1}}, Unknown(kind="location")),
        ({"type": "location", "location": None}, Unknown(kind="location")),
        ({"type": "picture"}, Unknown(kind="picture")),
        ({"type": "contact", "contact": {"name": "A"}}, Unknown(kind="contact")),
        ({"type": "hologram", "x": 1}, Unknown(kind="hologram")),
        ({"type": "text", "text": None}, Unknown(kind="text")),
        ({"type": 7}, Unknown(kind="unreadable")),
        ({}, Unknown(kind="unreadable")),
    ],
)  # fmt: skip
def test_contents(given_content: dict[str, Any], expected: object) -> None:
    assert content_of(message(**given_content)) == expected


def test_starts() -> None:
    event = {"event": "conversation_started", "timestamp": NOW, "message_token": BIG, "user": USER}
    bare = parse(event, "a", NOW)  # without `type`, which viberbot does not survive
    assert bare.incoming is not None
    assert bare.incoming.message.content == Start()
    assert bare.incoming.message.profile.language == "bg"
    assert not bare.subscribed
    full = parse(event | {"context": "flyer-7", "subscribed": True, "type": "open"}, "a", NOW)
    assert full.incoming is not None
    assert full.incoming.message.content == Start(payload="flyer-7")
    assert full.subscribed


@pytest.mark.parametrize("event", ["client_status", "action", "born_later"])
def test_unknown_events_are_ignored(event: str) -> None:
    parsed = parse({"event": event, "timestamp": NOW, "message_token": BIG, "user": USER}, "a", NOW)
    assert (parsed.kind, parsed.incoming, parsed.receipt) == ("ignored", None, None)


def test_times_that_are_none() -> None:
    for at in (4977069964384421269, 0, -1, "1780000000000", None, True, 1.5):
        parsed = parse(message(type="text", text="a") | {"timestamp": at}, "a", NOW)
        assert parsed.incoming is not None
        assert parsed.incoming.message.occurred_at is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    event=st.sampled_from(["message", "conversation_started", "subscribed", "unsubscribed", "delivered", "failed"]),
    broken=st.dictionaries(
        st.sampled_from(
            ["timestamp", "message_token", "user", "user_id", "sender", "message", "desc", "context", "chat_id"]
        ),
        JSON,
        max_size=5,
    ),
)
def test_no_shape_of_a_callback_breaks_us(event: str, broken: dict[str, Any]) -> None:
    whole = message(type="text", text="a") | {"event": event, "user": USER, "user_id": "u"}
    parse(whole | broken, "a", NOW)


@given(
    inner=st.dictionaries(st.sampled_from(["text", "media", "location", "contact", "sticker_id", "file_size"]), JSON),
    kind=st.sampled_from(["text", "picture", "video", "file", "sticker", "contact", "url", "location", "x"]),
)
def test_no_shape_of_a_message_breaks_us(inner: dict[str, Any], kind: str) -> None:
    assert content_of(message(**(inner | {"type": kind}))) is not None
