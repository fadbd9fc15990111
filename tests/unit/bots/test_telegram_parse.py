"""Every update kind that a person can cause becomes the right neutral message; everything else does no harm."""

from __future__ import annotations

from typing import Any

import pytest

from bots.telegram_parse import Parsed, parse
from core.messages import (
    Choice,
    Content,
    Edited,
    Location,
    Media,
    SharedContact,
    Start,
    Subscribed,
    Text,
    Unknown,
    Unsubscribed,
)
from tests.fakes.telegram_spec import Specification, read_spec
from tests.fakes.telegram_world import World

BOT = "123456789"

#: What each sample update becomes; None: ignored.
EXPECTED: dict[str, type[Content] | None] = {
    "Photo message": Media,
    "textMessage": Text,
    "stickerMessage": Media,
    "videoMessage": Media,
    "voiceMessage": Media,
    "videoNoteMessage": Media,
    "contactMessage": SharedContact,
    "photoMessage": Media,
    "audioMessage": Media,
    "locationMessage": Location,
    "venueMessage": Location,
    "documentMessage": Media,
    "gameMessage": Unknown,
    "groupMessage": Text,
    "editedMessage": Edited,
    "groupEditedMessage": Edited,
    "channelPost": None,
    "editedChannelPost": None,
    "inlineQuery": None,
    "chosenInlineResult": None,
    "callbackQuery": Choice,
    "groupCallbackQuery": Choice,
    "shippingQuery": None,
    "preCheckoutQuery": None,
    "replyToTextMessage": Text,
    "x_start_deep_link": Start,
    "x_contact_shared": SharedContact,
    "x_forum_topic_message": Text,
    "x_callback_query_private": Choice,
    "x_callback_query_inaccessible_message": Choice,
    "x_my_chat_member_blocked": Unsubscribed,
    "x_my_chat_member_unblocked": Subscribed,
    "x_media_group_item": Media,
    "x_group_migrated": Unknown,
}


def content_of(parsed: Parsed) -> Content:
    assert parsed.incoming is not None
    return parsed.incoming.message.content


@pytest.fixture
def world() -> World:
    return World(int(BOT))


def parsed(world: World, update_id: int) -> Parsed:
    update = next(one for one in world.updates if one["update_id"] == update_id)
    return parse(update, BOT)


def private(**fields: Any) -> dict[str, Any]:
    world = World(int(BOT))
    return {"update_id": 7, "message": world.message(5, **fields)}


@pytest.mark.specs
class TestSamples:
    def test_every_sample_becomes_what_it_is(self) -> None:
        samples = read_spec("updates.valid.json")["updates"]
        assert set(samples) == set(EXPECTED)
        for name, update in samples.items():
            result = parse(update, BOT)
            assert result.kind != "unreadable", name
            found = type(result.incoming.message.content) if result.incoming else None
            assert found is EXPECTED[name], name
            if result.incoming is not None:
                if result.kind != "moved":
                    assert result.incoming.event_id == f"tg:{BOT}:{update['update_id']}"
                assert result.incoming.message.group is result.incoming.peer.startswith("-"), name

    def test_a_group_that_moved_is_told_the_same_in_both_chats(self) -> None:
        sample = read_spec("updates.valid.json")["updates"]["x_group_migrated"]
        told = sample["message"]
        new, old = told["chat"]["id"], told.get("migrate_from_chat_id")
        if old is None:
            new, old = told["migrate_to_chat_id"], told["chat"]["id"]
        there = {key: value for key, value in told.items() if not key.startswith("migrate_")}
        from_old = there | {"chat": {"id": old, "type": "group", "title": "g"}, "migrate_to_chat_id": new}
        from_new = there | {"chat": {"id": new, "type": "supergroup", "title": "g"}, "migrate_from_chat_id": old}
        first = parse({"update_id": 1, "message": from_old}, BOT).incoming
        second = parse({"update_id": 2, "message": from_new}, BOT).incoming
        assert first is not None
        assert first == second
        assert (first.peer, first.aliases, first.message.group) == (str(new), (str(old),), True)

    def test_the_details_of_samples(self) -> None:
        samples = read_spec("updates.valid.json")["updates"]
        photo = content_of(parse(samples["Photo message"], BOT))
        assert isinstance(photo, Media)
        assert photo.size == 173215  # the largest of four
        topic = parse(samples["x_forum_topic_message"], BOT).incoming
        assert topic is not None
        assert topic.thread == str(samples["x_forum_topic_message"]["message"]["message_thread_id"])
        start = content_of(parse(samples["x_start_deep_link"], BOT))
        assert isinstance(start, Start)
        assert samples["x_start_deep_link"]["message"]["text"] == f"/start {start.payload}"
        venue = content_of(parse(samples["venueMessage"], BOT))
        assert isinstance(venue, Location)
        assert venue.label == samples["venueMessage"]["message"]["venue"]["title"]
        shared = content_of(parse(samples["x_contact_shared"], BOT))
        foreign = content_of(parse(samples["contactMessage"], BOT))
        assert isinstance(shared, SharedContact)
        assert isinstance(foreign, SharedContact)
        assert (shared.own, foreign.own) == (True, False)

    def test_recorded_replay(self) -> None:
        recorded = read_spec("replay.vercel-chat.json")
        texts = [content_of(parse(recorded[name], BOT)) for name in ("mention", "followUp")]
        assert texts == [Text(text="@vercelchatsdkbot hi"), Text(text="how are you")]
        incoming = parse(recorded["mention"], BOT).incoming
        assert incoming is not None
        assert incoming.message.occurred_at == 1767224888000
        assert incoming.peer == "7527593"

    def test_what_the_fake_sends_is_what_telegram_would_send(self, world: World) -> None:
        spec = Specification.load()
        world.say(5, "hi")
        world.share_contact(5, "+49301234", own=False)
        world.share_location(5, 52.5, 13.4)
        world.block(5)
        world.group(-100)
        world.say(-100, "hello")
        for update in world.updates:
            spec.check_object("Update", update)


def test_start_payload_is_kept_only_in_its_proper_form(world: World) -> None:
    cases = {
        "/start": Start(),
        "/start abc_DEF-1": Start(payload="abc_DEF-1"),
        "/start@test_bot abc": Start(payload="abc"),
        "/start two words": Start(),
        "/start " + "a" * 65: Start(),
        "/starting": Text(text="/starting"),
        "please /start": Text(text="please /start"),
    }
    for text, expected in cases.items():
        assert content_of(parsed(world, world.say(5, text))) == expected, text


def test_a_pressed_button_brings_token_label_and_ack(world: World) -> None:
    chat = world.person(5)
    markup = {"inline_keyboard": [[{"text": "Wages", "callback_data": "t1"}, {"text": "Stop", "callback_data": "t2"}]]}
    chat.log.append(world.message(5, text="menu", reply_markup=markup) | {"from": world.bot})
    result = parsed(world, world.press(5, "Stop"))
    choice = content_of(result)
    assert choice == Choice(token="t2", label="Stop", ack=result.ack, of=str(chat.log[0]["message_id"]))
    assert result.ack is not None


def test_a_contact_is_own_only_with_the_senders_id_and_unforwarded(world: World) -> None:
    own = content_of(parsed(world, world.share_contact(5, "+49301234")))
    other = content_of(parsed(world, world.share_contact(5, "+49301234", own=False)))
    origin = {"type": "hidden_user", "date": 1, "sender_user_name": "x"}
    contact = {"phone_number": "+4930", "first_name": "Test", "user_id": 5}
    forwarded = content_of(parse(private(contact=contact, forward_origin=origin), BOT))
    assert [getattr(one, "own", None) for one in (own, other, forwarded)] == [True, False, False]


def test_nothing_comes_from_other_bots(world: World) -> None:
    update = private(text="hi")
    update["message"]["from"]["is_bot"] = True
    assert parse(update, BOT).kind == "ignored"


def test_service_messages_are_ignored_and_new_content_is_unknown() -> None:
    assert parse(private(pinned_message=private(text="x")["message"]), BOT).kind == "ignored"
    assert content_of(parse(private(dice={"emoji": "x", "value": 1}), BOT)) == Unknown(kind="dice")
    assert content_of(parse(private(hologram={"id": "x"}), BOT)) == Unknown(kind="new")


def test_a_live_location_does_not_flood() -> None:
    moved = private(location={"latitude": 1.0, "longitude": 2.0, "live_period": 60}, edit_date=5)
    assert parse({"update_id": 1, "edited_message": moved["message"]}, BOT).kind == "ignored"


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 1},
        {"update_id": 1, "subscription": {"new": "kind"}},
        {"update_id": 1, "message": None},
        {"update_id": 1, "poll": {"broken": True}},
    ],
)
def test_unknown_kinds_are_ignored(update: dict[str, Any]) -> None:
    assert parse(update, BOT).incoming is None


@pytest.mark.parametrize(
    "message",
    [
        {"chat": {"id": 5, "type": "private"}},
        {"chat": {"id": 5, "type": "private"}, "date": "yesterday", "message_id": 1, "text": "x"},
        {"chat": {"id": 5, "type": "private"}, "date": 1, "message_id": 1, "from": {}, "text": ["x"]},
        {"chat": {"id": 5, "type": "private"}, "date": 10**30, "message_id": 1},
    ],
)
def test_what_the_library_cannot_read_still_gets_an_answer(message: dict[str, Any]) -> None:
    result = parse({"update_id": 9, "message": message}, BOT)
    assert result.kind == "unreadable"
    assert content_of(result) == Unknown(kind="unreadable")
    assert result.incoming is not None
    assert result.incoming.peer == "5"


@pytest.mark.parametrize("message", ["text", [], 5, {"chat": "x"}, {"chat": {"id": "5", "type": "private"}}])
def test_rubbish_is_counted_and_dropped(message: Any) -> None:
    assert parse({"update_id": 9, "message": message}, BOT).incoming is None
