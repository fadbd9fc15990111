"""The fake Bot API is worth something only if it refuses what Telegram would refuse."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.fakes.telegram_api import TOKEN, FakeTelegram
from tests.fakes.telegram_spec import Specification, read_spec

ROOT = Path(__file__).resolve().parents[3]


class Client:
    """Calls the fake without any library between."""

    def __init__(self, fake: FakeTelegram, session: aiohttp.ClientSession) -> None:
        self.fake = fake
        self._session = session

    async def __call__(self, method: str, token: str = TOKEN, **parameters: Any) -> tuple[int, dict[str, Any]]:
        async with self._session.post(f"{self.fake.url}/bot{token}/{method}", json=parameters) as response:
            return response.status, await response.json()


@pytest.fixture
async def call() -> AsyncIterator[Client]:
    async with FakeTelegram(spec=Specification.load()) as fake, aiohttp.ClientSession() as session:
        fake.world.person(5)
        yield Client(fake, session)


@pytest.mark.parametrize(
    ("method", "parameters", "status", "description"),
    [
        ("sendMessage", {"chat_id": 5}, 400, "parameter text of sendMessage is missing"),
        ("sendMessage", {"chat_id": 5, "text": ""}, 400, "message text is empty"),
        ("sendMessage", {"chat_id": 5, "text": "x" * 4097}, 400, "message is too long"),
        ("sendMessage", {"chat_id": 5, "text": "👍" * 2049}, 400, "message is too long"),
        ("sendMessage", {"chat_id": 5, "text": "x", "colour": "red"}, 400, "unknown parameters ['colour']"),
        ("sendMessage", {"chat_id": 5, "text": ["x"]}, 400, "sendMessage.text: not String"),
        ("sendMessage", {"chat_id": 6, "text": "x"}, 400, "Bad Request: chat not found"),
        ("sendMessage", {"chat_id": 5, "text": "x", "message_thread_id": 3}, 400, "message thread not found"),
        ("sendMessage", {"chat_id": 5, "text": "x", "reply_markup": {"inline": []}}, 400, "InlineKeyboardMarkup"),
        (
            "sendPhoto",
            {"chat_id": 5, "photo": "https://e.org/a.jpg", "caption": "x" * 1025},
            400,
            "caption is too long",
        ),
        ("sendLocation", {"chat_id": 5, "latitude": 91, "longitude": 0}, 400, "latitude is out of range"),
        ("answerCallbackQuery", {"callback_query_id": "old"}, 400, "query is too old"),
        ("answerCallbackQuery", {"callback_query_id": "old", "text": "x" * 201}, 400, "message is too long"),
        ("setWebhook", {"url": "https://e.org", "secret_token": "a b"}, 400, "unallowed characters"),
        ("sendTelepathy", {"chat_id": 5}, 404, "Not Found"),
    ],
)
async def test_what_telegram_refuses_is_refused(
    call: Client, method: str, parameters: dict[str, Any], status: int, description: str
) -> None:
    found, answer = await call(method, **parameters)
    assert (found, answer["ok"]) == (status, False)
    assert description in answer["description"]
    assert call.fake.world.chats[5].log == []


@pytest.mark.parametrize(
    ("button", "description"),
    [
        ({"text": "a", "callback_data": "x" * 65}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "callback_data": "я" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": " ", "callback_data": "x"}, "button text is empty"),
        ({"text": "a"}, "text buttons are unallowed"),
        ({"text": "a", "url": "not an address"}, "BUTTON_URL_INVALID"),
        ({"text": "a", "callback_data": "x", "colour": "red"}, "has no field colour"),
    ],
)
async def test_bad_buttons_are_refused(call: Client, button: dict[str, Any], description: str) -> None:
    status, answer = await call("sendMessage", chat_id=5, text="x", reply_markup={"inline_keyboard": [[button]]})
    assert status == 400
    assert description in answer["description"]
    assert len(call.fake.world.refused) == 1


@pytest.mark.parametrize(
    "entity",
    [
        {"type": "bold", "offset": 0, "length": 9},
        {"type": "bold", "offset": 1, "length": 1},
        {"type": "bold", "offset": 0, "length": 0},
        {"type": "text_link", "offset": 0, "length": 2},
        {"type": "bold", "offset": 0},
    ],
)
async def test_bad_entities_are_refused(call: Client, entity: dict[str, Any]) -> None:
    assert (await call("sendMessage", chat_id=5, text="👍 a", entities=[entity]))[0] == 400


async def test_what_it_answers_is_what_telegram_answers(call: Client) -> None:
    spec = call.fake.spec
    assert spec is not None
    markup = {"inline_keyboard": [[{"text": "a", "callback_data": "x"}]]}
    answers = [
        ("Message", await call("sendMessage", chat_id=5, text="x", reply_markup=json.dumps(markup))),
        ("Message", await call("sendVenue", chat_id=5, latitude=1, longitude=2, title="t", address="a")),
        ("Message", await call("sendSticker", chat_id=5, sticker="https://e.org/s.webp")),
        ("WebhookInfo", await call("getWebhookInfo")),
        ("User", await call("getMe")),
    ]
    for kind, (status, answer) in answers:
        assert status == 200
        spec.check_object(kind, answer["result"] | ({"can_join_groups": True} if kind == "User" else {}))
    press = call.fake.world.press(5, "a")
    update = next(one for one in call.fake.world.updates if one["update_id"] == press)
    update["callback_query"]["message"].pop("shown_markup", None)
    spec.check_object("Update", update)


async def test_blocked_moved_and_wrong_token(call: Client) -> None:
    world = call.fake.world
    world.block(5)
    assert (await call("sendMessage", chat_id=5, text="x"))[1]["description"].startswith("Forbidden: bot was blocked")
    world.group(-7).moved_to = -8
    assert (await call("sendMessage", chat_id=-7, text="x"))[1]["parameters"] == {"migrate_to_chat_id": -8}
    assert (await call("getMe", token=TOKEN + "x"))[0] == 401


async def test_errors_read_as_the_real_ones(call: Client) -> None:
    table = read_spec("errors.json")["errors"]
    real = {(one["http"], one["description"]) for one in table if "description" in one}
    world = call.fake.world
    world.group(-7).moved_to = -8
    world.person(6).blocked = True
    provoked = [
        await call("sendMessage", chat_id=99, text="x"),
        await call("sendMessage", chat_id=6, text="x"),
        await call("sendMessage", chat_id=-7, text="x"),
        await call("sendMessage", chat_id=5, text="x", message_thread_id=3),
        await call("sendMessage", chat_id=5, text="x" * 5000),
        await call("answerCallbackQuery", callback_query_id="old"),
        await call("getMe", token=TOKEN + "x"),
        await call("sendTelepathy"),
    ]
    assert {(status, answer["description"]) for status, answer in provoked} <= real


async def test_a_second_poll_ends_the_first_and_offsets_confirm(call: Client) -> None:
    first = asyncio.create_task(call("getUpdates", timeout=30))
    await call.fake.world.until(lambda: any(one.method == "getUpdates" for one in call.fake.world.calls))
    second = asyncio.create_task(call("getUpdates", timeout=30))
    assert (await first)[0] == 409
    number = call.fake.world.say(5, "hi")
    assert [one["update_id"] for one in (await second)[1]["result"]] == [number]
    assert len((await call("getUpdates"))[1]["result"]) == 1  # not confirmed yet
    assert (await call("getUpdates", offset=number + 1))[1]["result"] == []


async def test_lenient_mode_needs_no_specification_and_knows_everybody() -> None:
    async with FakeTelegram(spec=None) as fake, aiohttp.ClientSession() as session:
        call = Client(fake, session)
        assert (await call("sendMessage", chat_id=77, text="x"))[0] == 200
        assert fake.world.chats[77].texts == ["x"]
        assert (await call("answerCallbackQuery", callback_query_id="any"))[0] == 200


async def test_it_runs_as_a_process() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.telegram_api", "--lenient", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        url = line.removeprefix("listening on ").strip()
        async with aiohttp.ClientSession() as session:
            async with session.post(f"{url}/control/say", json={"chat": 5, "text": "hi"}) as response:
                assert response.status == 200
            async with session.get(f"{url}/bot{TOKEN}/getUpdates") as response:
                assert (await response.json())["result"][0]["message"]["text"] == "hi"
            async with session.post(f"{url}/bot{TOKEN}/sendMessage", data={"chat_id": 5, "text": "yes"}) as response:
                assert response.status == 200
            async with session.get(f"{url}/control/log") as response:
                assert (await response.json())["chats"]["5"][0]["text"] == "yes"
    finally:
        process.terminate()
        await process.wait()
