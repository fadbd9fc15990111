"""From Twilio's forms to neutral messages: every recorded payload, every kind, and whatever else may come."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import MultiDict

from bots.whatsapp_errors import ERRORS, reason_of
from bots.whatsapp_parse import Parsed, parse
from core.messages import Choice, Content, Location, Media, Text, Unknown
from core.reasons import reason
from tests.fakes.twilio_spec import read_spec

NOW = 1_780_000_000_000
PERSON = {
    "AccountSid": "AC1",
    "MessageSid": "SM1",
    "SmsStatus": "received",
    "From": "whatsapp:+491701234567",
    "To": "whatsapp:+14155238886",
    "ProfileName": "Ana",
    "NumMedia": "0",
}


def read(form: dict[str, str]) -> Parsed:
    return parse(MultiDict(form), "14155238886", NOW)


def contents(**fields: str) -> list[Content]:
    return [one.message.content for one in read(PERSON | fields).incoming]


def samples() -> dict[str, dict[str, str]]:
    recorded: dict[str, Any] = read_spec("whatsapp_webhooks.samples.json")
    one = {"open_chat_studio": recorded["open_chat_studio_text"]}
    return {**recorded["bottender_whatsapp"], **one, **recorded["synthetic_from_documented_fields"]}


def test_recorded_messages() -> None:
    expected: dict[str, Content] = {
        "textMessageReceived": Text(text="hi"),
        "open_chat_studio": Text(text="Dobroye utro"),
        "text": Text(text="hi"),
        "quick_reply": Choice(token="yes", label="Yes", of="MM" + "0" * 32),
        "list_reply": Choice(token="tia", label="Tirana", of="MM" + "0" * 32),
        "location": Location(latitude=50.76891, longitude=6.11499, label="Place, Street 1"),
        "username_only_user": Text(text="hi"),
    }
    all_of_them = samples()
    for name, content in expected.items():
        (one,) = read(all_of_them[name]).incoming
        assert one.message.content == content, name
        assert one.message.occurred_at is None
        form = all_of_them[name]
        assert one.event_id == f"tw:{form['AccountSid']}:{form['MessageSid']}"
    (picture,) = read(all_of_them["imageMessageReceived"]).incoming
    assert isinstance(picture.message.content, Media)
    assert (picture.message.content.kind, picture.message.content.caption) == ("photo", "xd")


def test_recorded_statuses() -> None:
    all_of_them = samples()
    for name, state in (("messageSent", "sent"), ("messageDelivered", "delivered"), ("messageRead", "read")):
        parsed = read(all_of_them[name])
        (receipt,) = parsed.receipts
        assert (receipt.state, receipt.provider_id) == (state, "SM338ac551ecd04d698821b50ea5dXXXXX")
        assert (receipt.channel, receipt.account, receipt.at) == ("whatsapp", "14155238886", NOW)
        assert parsed.incoming == ()


def test_the_person_is_named_by_the_user_id_where_there_is_one() -> None:
    (one,) = read(PERSON | {"Body": "hi"}).incoming
    assert (one.peer, one.thread, one.message.profile.name) == ("whatsapp:+491701234567", None, "Ana")
    (known,) = read(PERSON | {"Body": "hi", "ExternalUserId": "whatsapp:DE.123abc"}).incoming
    assert (known.peer, known.thread) == ("whatsapp:DE.123abc", "whatsapp:+491701234567")
    assert (one.aliases, known.aliases) == ((), ("whatsapp:+491701234567",))
    (hidden,) = read(
        PERSON | {"Body": "hi", "From": "whatsapp:DE.123abc", "ExternalUserId": "whatsapp:DE.123abc"}
    ).incoming
    assert (hidden.peer, hidden.thread, hidden.aliases) == ("whatsapp:DE.123abc", None, ())
    (told,) = read(PERSON | {"Body": "hi", "From": "whatsapp:DE.123abc", "WaId": "491701234567"}).incoming
    assert (told.peer, told.aliases) == ("whatsapp:DE.123abc", ("whatsapp:+491701234567",))
    assert told.thread == "whatsapp:+491701234567"
    (odd,) = read(PERSON | {"Body": "hi", "ExternalUserId": "whatsapp:not an id"}).incoming
    assert odd.peer == "whatsapp:+491701234567"


def test_several_files_are_several_things_and_the_first_has_the_text() -> None:
    files = {
        "NumMedia": "3",
        "MediaUrl0": "https://api.twilio.com/0",
        "MediaContentType0": "image/jpeg",
        "MediaUrl1": "https://api.twilio.com/1",
        "MediaContentType1": "application/pdf",
        "MediaUrl2": "https://api.twilio.com/2",
    }
    parsed = read(PERSON | files | {"Body": "my papers"})
    assert [one.event_id for one in parsed.incoming] == ["tw:AC1:SM1", "tw:AC1:SM1:1", "tw:AC1:SM1:2"]
    found = [one.message.content for one in parsed.incoming]
    assert found == [
        Media(kind="photo", ref="https://api.twilio.com/0", mime="image/jpeg", caption="my papers"),
        Media(kind="document", ref="https://api.twilio.com/1", mime="application/pdf"),
        Media(kind="document", ref="https://api.twilio.com/2"),
    ]


@pytest.mark.parametrize(
    ("mime", "message_type", "kind"),
    [
        ("image/png", "image", "photo"),
        ("image/webp", "sticker", "sticker"),
        ("image/webp", "", "sticker"),
        ("audio/ogg; codecs=opus", "audio", "voice"),
        ("audio/mpeg", "audio", "audio"),
        ("video/mp4", "video", "video"),
        ("text/vcard", "contacts", "document"),
        ("application/pdf", "document", "document"),
        ("", "document", "document"),
    ],
)
def test_kinds_of_files(mime: str, message_type: str, kind: str) -> None:
    fields = {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/0", "MediaContentType0": mime}
    (found,) = contents(**fields, MessageType=message_type)
    assert isinstance(found, Media)
    assert found.kind == kind


def test_a_button_without_payload_is_what_it_says() -> None:
    assert contents(Body="Yes", ButtonText="Yes") == [Text(text="Yes")]


def test_an_impossible_place_is_no_place() -> None:
    assert contents(Latitude="91", Longitude="0", Body="here") == [Text(text="here")]
    assert contents(Latitude="nan", Longitude="0", MessageType="location") == [Unknown(kind="location")]
    assert contents(Latitude="1", Longitude="2") == [Location(latitude=1, longitude=2)]


def test_what_is_not_understood_still_gets_an_answer() -> None:
    assert contents(MessageType="order") == [Unknown(kind="order")]
    assert contents() == [Unknown(kind="empty")]


@pytest.mark.parametrize(
    "form",
    [
        {},
        PERSON | {"From": "+491701234567"},
        PERSON | {"From": "messenger:1"},
        PERSON | {"MessageSid": "", "Body": "x"},
        {"MessageStatus": "queued", "MessageSid": "SM1"},
        {"MessageStatus": "born later", "MessageSid": "SM1"},
        {"MessageStatus": "sent"},
    ],
)
def test_what_is_not_for_us_is_ignored(form: dict[str, str]) -> None:
    parsed = read(form)
    assert (parsed.kind, parsed.incoming, parsed.receipts) == ("ignored", (), ())


def test_a_failure_has_a_reason_and_a_closed_window_is_noticed() -> None:
    form = {"MessageStatus": "undelivered", "MessageSid": "SM1", "To": "whatsapp:+491701234567", "ErrorCode": "63016"}
    parsed = read(form)
    (receipt,) = parsed.receipts
    assert receipt.state == "held"
    assert (receipt.reason or "").split("\n")[0] == reason("whatsapp.window")
    assert parsed.closed == "whatsapp:+491701234567"
    (other,) = read(form | {"ErrorCode": "63024"}).receipts
    assert (other.state, other.reason) == ("failed", reason_of(63024))
    for code in ("63005", "63021", "21656"):
        assert [one.state for one in read(form | {"ErrorCode": code}).receipts] == ["again"]
    assert read(form | {"ErrorCode": "63024"}).closed is None
    (unknown,) = read(form | {"ErrorCode": "70000"}).receipts
    assert "70000" in (unknown.reason or "")
    (none,) = read(form | {"ErrorCode": "?"}).receipts
    assert none.reason == reason("whatsapp.failed")


def test_every_known_error_has_a_meaning() -> None:
    acts = {
        "retry_backoff": {"again", "later"},
        "retry_backoff_long": {"later"},
        "channel_down_alert": {"down"},
        "channel_misconfigured_alert": {"down"},
        "mark_contact_stopped": {"gone"},
        "fail_permanent": {"gone", "refused"},
        "fail_permanent_bug": {"refused", "content"},
        "fail_permanent_hint_sandbox": {"refused"},
        "degrade_media_to_link": {"refused"},
        "degrade_to_text_once": {"content"},
        "recreate_content_then_degrade": {"content"},
        "retry_once_then_link": {"refused"},
        "park_until_next_day": {"hold"},
        "send_template_or_wait_inbound": {"hold"},
    }
    for row in read_spec("error_codes.json")["codes"]:
        if row["phase"] != "inbound":
            assert ERRORS[row["code"]].act in acts[row["action"].split(" ")[0]], row["code"]


values = st.text(max_size=12) | st.sampled_from(
    ["received", "sent", "1", "2", "99999", "whatsapp:+491701234567", "-1", "٣"]
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([
    "MessageSid", "SmsSid", "AccountSid", "From", "To", "Body", "NumMedia", "MediaUrl0", "MediaContentType0",
    "Latitude", "Longitude", "ButtonPayload", "ListId", "MessageStatus", "SmsStatus", "ErrorCode", "MessageType",
    "ExternalUserId",
]), values))  # fmt: skip
def test_nothing_that_comes_breaks_it(form: dict[str, str]) -> None:
    parsed = read(form)
    assert len(parsed.incoming) <= 10
    assert not (parsed.incoming and parsed.receipts)
    assert len({one.event_id for one in parsed.incoming}) == len(parsed.incoming)
