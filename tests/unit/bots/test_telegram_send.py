"""Sending through the real library to a fake Bot API that refuses what the specification refuses."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bots.telegram import TelegramChannel, delete_webhook, set_webhook, webhook_status
from bots.telegram_settings import TelegramAccount
from core.errors import ChannelMisconfigured
from core.messages import (
    Address,
    MediaKind,
    Option,
    Outbound,
    RemoveOptions,
    Say,
    SendLocation,
    SendMedia,
    Span,
    Typing,
)
from core.sending import Down, NotSent, Refused, SendResult, Taken, Unsure
from tests.fakes.telegram_api import TOKEN, FakeTelegram
from tests.fakes.telegram_spec import Specification, read_spec

ENTRY = "abc/0/1/0"
PERSON = 5


async def blob(key: str) -> bytes | None:
    return b"content" if key == "there" else None


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram(spec=Specification.load()) as server:
        server.world.person(PERSON)
        yield server


@pytest.fixture
async def channel(fake: FakeTelegram) -> AsyncIterator[TelegramChannel]:
    account = TelegramAccount(account="123456789", token=TOKEN, secret="s3cret")
    made = TelegramChannel(account, api_url=fake.url, open_blob=blob, read_timeout=5.0)
    await made.start()
    yield made
    await made.stop()


async def send(channel: TelegramChannel, message: Outbound, peer: str = "5", thread: str | None = None) -> SendResult:
    address = Address(bot="b", channel="telegram", account="123456789", peer=peer, thread=thread)
    return await channel.send(address, message, entry_id=ENTRY)


class TestWhatArrives:
    async def test_text_with_entities_and_buttons(self, fake: FakeTelegram, channel: TelegramChannel) -> None:
        options = (Option(token="t1", label="Yes"), Option(token="x", label="Page", url="https://example.org"))
        say = Say(text="👍 *bold* <b>", spans=(Span(start=2, end=8, style="bold"),), options=options)
        result = await send(channel, say)
        (message,) = fake.world.chats[PERSON].log
        assert result == Taken(provider_ids=(f"abc:{message['message_id']}",))
        assert message["text"] == "👍 *bold* <b>"
        assert message["entities"] == [{"type": "bold", "offset": 3, "length": 6}]
        assert message["reply_markup"]["inline_keyboard"][0] == [
            {"text": "Yes", "callback_data": "t1"},
            {"text": "Page", "url": "https://example.org"},
        ]
        assert fake.world.refused == []

    @pytest.mark.parametrize("kind", ["photo", "voice", "audio", "video", "document", "sticker", "animation"])
    @pytest.mark.parametrize("ref", ["there", "https://example.org/f.jpg"])
    async def test_files(self, fake: FakeTelegram, channel: TelegramChannel, kind: MediaKind, ref: str) -> None:
        assert isinstance(await send(channel, SendMedia(kind=kind, ref=ref, caption="see", name="f.bin")), Taken)
        assert kind in fake.world.chats[PERSON].log[0]
        assert fake.world.refused == []

    async def test_places_and_requests(self, fake: FakeTelegram, channel: TelegramChannel) -> None:
        await send(channel, SendLocation(latitude=52.5, longitude=13.4))
        await send(channel, SendLocation(latitude=52.5, longitude=13.4, label="Office"))
        await send(channel, Say(text="Where?", request="location"))
        plain, venue, request = fake.world.chats[PERSON].log
        assert plain["location"]["latitude"] == 52.5
        assert venue["venue"]["title"] == "Office"
        assert request["shown_markup"]["keyboard"][0][0]["request_location"] is True
        assert fake.world.refused == []

    async def test_too_long_or_missing_is_refused_before_any_call(
        self, fake: FakeTelegram, channel: TelegramChannel
    ) -> None:
        before = len(fake.world.calls)
        for message in (Say(text="x" * 4097), SendMedia(kind="photo", ref="gone")):
            assert isinstance(await send(channel, message), Refused)
        assert isinstance(await send(channel, Say(text="x"), peer="nobody"), Refused)
        assert len(fake.world.calls) == before


class TestErrors:
    @pytest.mark.parametrize(
        ("status", "description", "parameters", "expected"),
        [
            (400, "Bad Request: chat not found", None, Refused(reason="", blocked=True)),
            (400, "Bad Request: BUTTON_DATA_INVALID", None, Refused(reason="")),
            (400, "Bad Request: message is too long", None, Refused(reason="")),
            (400, "Bad Request: something new", None, Refused(reason="")),
            (401, "Unauthorized", None, Down(reason="")),
            (403, "Forbidden: bot was blocked by the user", None, Refused(reason="", blocked=True)),
            (403, "Forbidden: user is deactivated", None, Refused(reason="", blocked=True)),
            (403, "Forbidden: bot was kicked from the group chat", None, Refused(reason="", blocked=True)),
            (404, "Not Found", None, Down(reason="")),
            (409, "Conflict: whatever", None, NotSent(reason="")),
            (413, "Request Entity Too Large", None, Refused(reason="")),
            (429, "Too Many Requests: retry after 5", {"retry_after": 5}, NotSent(reason="", after=5000)),
            (429, "Too Many Requests", None, NotSent(reason="")),
            (500, "Internal Server Error: restart", None, NotSent(reason="")),
            (502, "Bad Gateway", None, NotSent(reason="")),
            (503, "Service Unavailable", None, NotSent(reason="")),
            (504, "Gateway Timeout", None, Unsure(reason="")),
        ],
    )
    async def test_answers(
        self,
        fake: FakeTelegram,
        channel: TelegramChannel,
        status: int,
        description: str,
        parameters: dict[str, Any] | None,
        expected: SendResult,
    ) -> None:
        fake.world.fail("error", status=status, description=description, parameters=parameters)
        result = await send(channel, Say(text="x"))
        assert type(result) is type(expected)
        assert getattr(result, "blocked", None) == getattr(expected, "blocked", None)
        assert getattr(result, "after", None) == getattr(expected, "after", None)
        assert getattr(result, "reason", "")
        assert fake.world.chats[PERSON].log == []

    @pytest.mark.specs
    async def test_every_error_of_the_table_has_a_meaning(self, fake: FakeTelegram, channel: TelegramChannel) -> None:
        kinds = {
            "fail_permanent": Refused,
            "fail_permanent_bug": Refused,
            "mark_contact_stopped": Refused,
            "channel_down_alert": Down,
            "wait_retry_after_then_retry": NotSent,
            "retry_backoff": NotSent,
            "retry_once_without_thread_id": Taken,
            "retry_once_as_plain_text": Taken,
            "rekey_chat_and_retry": Taken,
        }
        fake.world.group(-1001305240521)
        fake.world.chats[PERSON].topics.add(3)
        for error in read_spec("errors.json")["errors"]:
            wanted = kinds.get(error["action"])
            if wanted is None:
                continue
            text = error.get("description") or error["description_prefix"]
            fake.world.fail("error", status=error["http"], description=text, parameters=error.get("parameters"))
            bold = Say(text="x", spans=(Span(start=0, end=1, style="bold"),))
            assert type(await send(channel, bold, thread="3")) is wanted, error

    async def test_a_deleted_topic_is_left_out(self, fake: FakeTelegram, channel: TelegramChannel) -> None:
        assert isinstance(await send(channel, Say(text="x"), thread="9"), Taken)
        sends = [call for call in fake.world.calls if call.method == "sendMessage"]
        assert [call.parameters.get("message_thread_id") for call in sends] == [9, None]

    async def test_a_moved_group_is_followed(self, fake: FakeTelegram, channel: TelegramChannel) -> None:
        fake.world.group(-7).moved_to = -1007
        new = fake.world.group(-1007)
        result = await send(channel, Say(text="x"), peer="-7")
        assert isinstance(result, Taken)
        assert (result.peer, len(result.provider_ids)) == ("-1007", 1)
        assert new.texts == ["x"]
        there = await send(channel, Say(text="y"), peer="-1007")
        assert isinstance(there, Taken)
        assert there.peer is None

    async def test_a_group_that_moves_for_ever_is_given_up(self, fake: FakeTelegram, channel: TelegramChannel) -> None:
        fake.world.group(-7).moved_to = -8
        fake.world.group(-8).moved_to = -7
        assert isinstance(await send(channel, Say(text="x"), peer="-7"), NotSent)

    async def test_a_file_that_cannot_be_fetched_goes_as_its_address(
        self, fake: FakeTelegram, channel: TelegramChannel
    ) -> None:
        fake.world.fail("error", status=400, description="Bad Request: Failed to get HTTP URL content")
        media = SendMedia(kind="photo", ref="https://example.org/f.jpg", caption="Plan")
        assert isinstance(await send(channel, media), Taken)
        assert fake.world.chats[PERSON].texts == ["Plan\nhttps://example.org/f.jpg"]


class TestLostAnswers:
    async def test_an_answer_that_got_lost_leaves_doubt(self, fake: FakeTelegram, channel: TelegramChannel) -> None:
        fake.world.fail("drop", accept=True)
        assert isinstance(await send(channel, Say(text="x")), Unsure)
        assert fake.world.chats[PERSON].texts == ["x"]  # it did arrive: exactly the doubt

    async def test_an_answer_that_never_comes_leaves_doubt(self, fake: FakeTelegram) -> None:
        account = TelegramAccount(account="123456789", token=TOKEN, secret="s")
        channel = TelegramChannel(account, api_url=fake.url, read_timeout=0.05)
        fake.world.fail("hang", accept=True)
        assert isinstance(await send(channel, Say(text="x")), Unsure)
        await channel.stop()

    async def test_an_unreadable_answer_leaves_doubt(self, fake: FakeTelegram, channel: TelegramChannel) -> None:
        fake.world.fail("garbage", accept=True)
        assert isinstance(await send(channel, Say(text="x")), Unsure)

    async def test_no_connection_means_not_sent(self, fake: FakeTelegram, unused_tcp_port: int) -> None:
        account = TelegramAccount(account="123456789", token=TOKEN, secret="s")
        channel = TelegramChannel(account, api_url=f"http://127.0.0.1:{unused_tcp_port}")
        await channel.start()  # an unreachable Telegram is no reason not to start
        assert isinstance(await send(channel, Say(text="x")), NotSent)
        await channel.stop()

    async def test_a_proxys_error_page_blames_nobody(self, channel: TelegramChannel, fake: FakeTelegram) -> None:
        from aiohttp import web

        async def page(request: web.Request) -> web.Response:
            return web.Response(status=403, text="<html>go away</html>")

        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", page)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        account = TelegramAccount(account="123456789", token=TOKEN, secret="s")
        behind = TelegramChannel(account, api_url=f"http://127.0.0.1:{runner.addresses[0][1]}")
        assert isinstance(await send(behind, Say(text="x")), NotSent)
        await behind.stop()
        await runner.cleanup()


class TestAccount:
    async def test_a_wrong_token_stops_the_start_and_is_not_shown(
        self, fake: FakeTelegram, caplog: pytest.LogCaptureFixture
    ) -> None:
        wrong = TOKEN[:-1] + "x"
        channel = TelegramChannel(TelegramAccount(account="1", token=wrong, secret="s"), api_url=fake.url)
        with caplog.at_level(logging.DEBUG), pytest.raises(ChannelMisconfigured) as caught:
            await channel.start()
        await channel.stop()
        assert "TELEGRAM_TOKEN" in str(caught.value)
        assert wrong not in str(caught.value) + caplog.text

    async def test_no_log_line_holds_the_token_or_a_text(
        self, fake: FakeTelegram, channel: TelegramChannel, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            await send(channel, Say(text="very private"))
            fake.world.fail("drop")
            await send(channel, Say(text="very private"))
            fake.world.fail("garbage")
            await send(channel, Say(text="very private"))
        assert TOKEN not in caplog.text
        assert "very private" not in caplog.text

    async def test_the_link_to_the_private_chat(self, fake: FakeTelegram, channel: TelegramChannel) -> None:
        assert channel.private_link == "https://t.me/test_bot"
        account = TelegramAccount(account="123456789", token=TOKEN, secret="s")
        unknown = TelegramChannel(account, api_url=fake.url)
        before = unknown.private_link
        await unknown.prepare_polling()  # learns it when the start could not
        assert (before, unknown.private_link) == (None, "https://t.me/test_bot")
        await unknown.stop()

    async def test_webhook_helpers(self, fake: FakeTelegram, channel: TelegramChannel) -> None:
        url = await set_webhook(channel, "https://bot.example.org/", "s3cret")
        assert url == "https://bot.example.org/webhook/telegram/123456789"
        fake.world.person(PERSON)
        status = await webhook_status(channel)
        assert (status.url, status.pending) == (url, 0)
        call = next(call for call in fake.world.calls if call.method == "setWebhook")
        assert call.parameters["secret_token"] == "s3cret"
        assert "my_chat_member" in call.parameters["allowed_updates"]
        await delete_webhook(channel)
        assert (await webhook_status(channel)).url == ""
        with pytest.raises(ChannelMisconfigured):
            await set_webhook(channel, "gopher://x", "s3cret")

    async def test_parallel_sends_share_one_pool(self, fake: FakeTelegram, channel: TelegramChannel) -> None:
        results = await asyncio.gather(*(send(channel, Say(text=str(n))) for n in range(50)))
        assert all(isinstance(result, Taken) for result in results)
        assert sorted(fake.world.chats[PERSON].texts, key=int) == [str(n) for n in range(50)]


async def test_typing_is_shown_in_the_chat(fake: FakeTelegram, channel: TelegramChannel) -> None:
    where = Address(bot="b", channel="telegram", account=channel.account, peer=str(PERSON))
    await channel.hint(where, Typing())
    assert fake.world.chats[PERSON].actions == ["typing"]


async def test_buttons_are_taken_off_a_message_once_and_for_all(fake: FakeTelegram, channel: TelegramChannel) -> None:
    await send(channel, Say(text="Do you agree?", options=(Option(token="t1", label="Yes"),)))
    (message,) = fake.world.chats[PERSON].log
    where = Address(bot="b", channel="telegram", account=channel.account, peer=str(PERSON))
    for of in (message["message_id"], message["message_id"], 4711):
        await channel.hint(where, RemoveOptions(of=str(of)))
    assert "reply_markup" not in message
    assert message["text"] == "Do you agree?"
    assert fake.world.refused == []
