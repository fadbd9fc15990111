"""The webhook answers what makes the provider do the right thing: acknowledge only what is durable, block nothing."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web

from bots.intake import Intake
from bots.telegram import TelegramChannel, set_webhook
from bots.telegram_settings import TelegramAccount
from bots.webhooks import MAX_BODY, webhook_routes
from core.messages import Choice, Text, Unknown
from core.ports import Store
from core.records import Accepted, Arrival, Duplicate
from tests.fakes.clock import FakeClock
from tests.fakes.inbox import Inbox
from tests.fakes.telegram_api import TOKEN, FakeTelegram
from tests.fakes.telegram_spec import Specification
from tests.fakes.telegram_world import World

BOT = "123456789"
SECRET = "s3cret_token"
HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Counts:
    """Metrics that a test can read."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []

    def count(self, name: str, **labels: str) -> None:
        self.seen.append((name, labels))

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        self.seen.append((name, labels))

    def kinds(self) -> list[str]:
        return [labels["kind"] for name, labels in self.seen if name == "telegram_updates"]


class Site:
    """A web server with the webhook of one Telegram bot."""

    def __init__(self, url: str, inbox: Inbox, channel: TelegramChannel, counts: Counts) -> None:
        self.url = url
        self.inbox = inbox
        self.channel = channel
        self.counts = counts

    async def post(
        self, body: bytes | dict[str, Any], *, secret: str | None = SECRET, path: str = f"telegram/{BOT}"
    ) -> tuple[int, bytes, dict[str, str]]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {HEADER: secret} if secret is not None else {}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/webhook/{path}", data=io.BytesIO(data), headers=headers) as response,
        ):
            return response.status, await response.read(), dict(response.headers)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    inbox, counts = Inbox(), Counts()
    intake = Intake(cast("Store", inbox), FakeClock(), bot="b", id_key=b"k")
    account = TelegramAccount(account=BOT, token=TOKEN, secret=SECRET)
    channel = TelegramChannel(account, api_url="http://127.0.0.1:1", metrics=counts)
    app = web.Application()
    app.add_routes(webhook_routes({("telegram", BOT): channel}, intake, counts))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield Site(f"http://127.0.0.1:{runner.addresses[0][1]}", inbox, channel, counts)
    await runner.cleanup()
    await channel.stop()


def text_update(text: str = "hi", update_id: int = 7) -> dict[str, Any]:
    return {"update_id": update_id, "message": World(int(BOT)).message(5, text=text)}


async def test_a_message_is_durable_before_it_is_acknowledged(site: Site) -> None:
    status, body, _ = await site.post(text_update())
    assert (status, body) == (200, b"")
    assert site.inbox.contents == [Text(text="hi")]
    assert (await site.post(text_update()))[0] == 200
    assert len(site.inbox.arrivals) == 1  # a repeat changes nothing


async def test_a_pressed_button_is_acknowledged_in_the_answer(site: Site) -> None:
    world = World(int(BOT))
    message = world.message(5, text="menu")
    query = {"id": "q9", "from": message["from"], "message": message, "chat_instance": "1", "data": "t1"}
    status, body, headers = await site.post({"update_id": 8, "callback_query": query})
    assert status == 200
    assert json.loads(body) == {"method": "answerCallbackQuery", "callback_query_id": "q9"}
    assert headers["Content-Type"].startswith("application/json")
    (content,) = site.inbox.contents
    assert isinstance(content, Choice)


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", "sécret", "s3cret_tokeN"])
async def test_a_wrong_secret_gets_in_nowhere(site: Site, secret: str | None) -> None:
    assert (await site.post(text_update(), secret=secret))[0] == 403
    assert site.inbox.calls == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"update_id": 7, "mess',
        b"\xff\xfe",
        b"[]",
        b'"x"',
        b"null",
        b"{}",
        b'{"update_id": "7"}',
        b"[" * 100_000,
        b'{"update_id": ' + b"9" * 5000 + b"}",
    ],
)
async def test_what_is_no_update_at_all_is_malformed(site: Site, body: bytes) -> None:
    assert (await site.post(body))[0] == 400
    assert site.inbox.calls == 0


async def test_large_bodies_are_refused_unread(site: Site) -> None:
    assert (await site.post(b"x" * (MAX_BODY + 1)))[0] == 413

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(5 * 16):
            yield b"x" * 65536

    async with aiohttp.ClientSession() as session:
        try:
            async with session.post(f"{site.url}/webhook/telegram/{BOT}", data=endless()) as response:
                assert response.status == 413
        except aiohttp.ClientConnectionError:
            pass  # the server hung up in the middle: as good
    assert site.inbox.calls == 0
    assert (await site.post(text_update()))[0] == 200


async def test_unknown_kinds_are_acknowledged_and_counted(site: Site) -> None:
    for update in (
        {"update_id": 1, "subscription": {"born": "later"}},
        {"update_id": 2, "inline_query": {"id": "1"}},
        {"update_id": 3},
    ):
        assert (await site.post(update))[0] == 200
    assert site.inbox.arrivals == []
    assert site.counts.kinds() == ["ignored", "unreadable", "ignored"]


async def test_a_poison_update_blocks_nothing(site: Site) -> None:
    poison = {"update_id": 4, "message": {"chat": {"id": 5, "type": "private"}, "text": {"not": "text"}}}
    assert (await site.post(poison))[0] == 200
    assert site.counts.kinds() == ["unreadable"]
    assert site.inbox.contents == [Unknown(kind="unreadable")]
    assert (await site.post(text_update()))[0] == 200


async def test_odd_characters_arrive_clean(site: Site) -> None:
    update = text_update("a\x00\u202eb\ud83d")
    assert (await site.post(update))[0] == 200
    assert site.inbox.contents == [Text(text="ab")]


async def test_a_store_that_is_down_makes_the_provider_come_again(site: Site) -> None:
    site.inbox.failures = 1
    status, _, headers = await site.post(text_update())
    assert (status, headers["Retry-After"]) == (503, "2")
    assert (await site.post(text_update()))[0] == 200
    assert site.inbox.contents == [Text(text="hi")]


async def test_more_calls_at_once_than_memory_should_hold_come_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bots.webhooks.MOST_AT_ONCE", 2)
    gate, held = asyncio.Event(), asyncio.Event()
    ingest, waiting = site.inbox.ingest, []

    async def slow(arrivals: Sequence[Arrival], now: int) -> list[Accepted | Duplicate]:
        waiting.append(arrivals)
        if len(waiting) == 2:
            held.set()
        await gate.wait()
        return await ingest(arrivals, now)

    site.inbox.ingest = slow  # type: ignore[method-assign]
    first = [asyncio.create_task(site.post(text_update() | {"update_id": n})) for n in (1, 2)]
    await asyncio.wait_for(held.wait(), 10)
    status, body, headers = await site.post(text_update() | {"update_id": 3})
    assert (status, body, headers["Retry-After"]) == (503, b"busy", "2")
    gate.set()
    assert [answer[0] for answer in await asyncio.gather(*first)] == [200, 200]
    assert (await site.post(text_update() | {"update_id": 3}))[0] == 200
    assert len(site.inbox.arrivals) == 3


@pytest.mark.parametrize("path", ["telegram/1", "viber/1", f"webchat/{BOT}", "telegram/%00"])
async def test_other_addresses_do_not_exist(site: Site, path: str) -> None:
    assert (await site.post(text_update(), path=path))[0] == 404


async def test_telegrams_server_delivers_in_order_through_an_outage(site: Site) -> None:
    """The fake repeats as the real server does; a store that is down for four calls costs nothing and no order."""
    async with FakeTelegram(spec=Specification.load()) as fake:
        account = TelegramAccount(account=BOT, token=TOKEN, secret=SECRET)
        channel = TelegramChannel(account, api_url=fake.url)
        await set_webhook(channel, site.url, SECRET)
        site.inbox.failures = 4
        ids = [fake.world.say(5, f"m{n}") for n in range(5)]
        assert fake.pusher is not None
        pusher = fake.pusher
        await fake.world.until(lambda: len(pusher.delivered) == 5)
        assert site.inbox.contents == [Text(text=f"m{n}") for n in range(5)]
        assert pusher.attempts == [(ids[0], 503)] * 4 + [(one, 200) for one in ids]
        await channel.stop()
    assert fake.world.refused == []


async def test_a_press_through_telegrams_server_is_answered(site: Site) -> None:
    async with FakeTelegram(spec=Specification.load()) as fake:
        chat = fake.world.person(5)
        markup = {"inline_keyboard": [[{"text": "Go", "callback_data": "t1"}]]}
        chat.log.append(fake.world.message(5, text="menu", reply_markup=markup))
        account = TelegramAccount(account=BOT, token=TOKEN, secret=SECRET)
        channel = TelegramChannel(account, api_url=fake.url)
        await set_webhook(channel, site.url, SECRET)
        fake.world.press(5, "Go")
        await fake.world.until(lambda: fake.world.answered)
        assert not fake.world.open_queries
        await channel.stop()
