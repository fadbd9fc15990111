"""The door of the web chat: bad input, floods, foreign pages, cookies, and the page and its files themselves."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import WSMsgType

import bots.webchat_page
from bots import webchat
from bots.webchat import CLOSE_NO_COOKIE, CLOSE_TOO_MANY, MAX_FRAME, PER_PERSON
from bots.webchat_page import STATIC
from bots.webchat_socket import BURST
from core.messages import Address, Say, SendMedia, Text
from core.sending import Refused, Taken
from tests.fakes.chat_room import Page, Room, open_room, visitor

FIRST, SECOND = "client-id-0001", "client-id-0002"


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with open_room() as opened:
        yield opened


async def closing(page: Page) -> int | None:
    """Read to the end; return the code the server closed with."""
    async with asyncio.timeout(10):
        while (await page.socket.receive()).type not in {WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING}:
            pass
    return page.socket.close_code


# -- bad input -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "reason", "answered"),
    [
        ('{"type":"text","id":"client-id-0001","text":"' + "я" * 10_001 + '"}', "long", FIRST),
        ('{"type":"text","id":"client-id-0001","text":" \\n\\u00a0"}', "empty", FIRST),
        ('{"type":"text","id":"short","text":"x"}', "malformed", None),
        ('{"type":"text","id":"client-id-0001","text":5}', "malformed", None),
        ('{"type":"text","id":"client-id-0001","text":"\\ud800"}', "malformed", None),
        ('{"type":"choice","id":"client-id-0001","token":""}', "malformed", None),
        ('{"type":"ack","ids":["../../etc"]}', "malformed", None),
        ('{"type":"ack","ids":[' + ",".join(['"1/1/1"'] * 501) + "]}", "malformed", None),
        ('{"type":"unheard of"}', "malformed", None),
        ("not json", "malformed", None),
        ("[" * 5000, "malformed", None),
        ("", "malformed", None),
    ],
)
async def test_what_cannot_be_taken_is_refused_and_the_page_stays_open(
    room: Room, data: str, reason: str, answered: str | None
) -> None:
    _, page = await visitor(room)
    await page.socket.send_str(data)
    word = await page.until(lambda word: word["type"] == "refused")
    assert word == {"type": "refused", "id": answered, "reason": reason}
    await page.socket.send_bytes(b'{"type":"text","id":"client-id-0002","text":"\xff"}')
    assert (await page.until(lambda word: word["type"] == "refused"))["reason"] == "malformed"
    await page.tell(type="text", id=SECOND, text="still here")
    await page.until(lambda word: word == {"type": "accepted", "id": SECOND})
    assert len(await room.store.claim("w", room.clock.now(), 5000, 10)) == 1


async def test_ten_thousand_characters_are_taken(room: Room) -> None:
    _, page = await visitor(room)
    text = "ж" * 9_999 + "!"
    await page.tell(type="text", id=FIRST, text=text)
    await page.until(lambda word: word["type"] == "accepted")
    await room.think()
    assert room.handled[-1].message.content == Text(text=text)


async def test_an_oversized_frame_closes_the_socket(room: Room) -> None:
    _, page = await visitor(room)
    await page.socket.send_str('{"type":"text","id":"client-id-0001","text":"' + "x" * MAX_FRAME + '"}')
    assert await closing(page) == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
    assert await room.work() == 0


async def test_a_flood_is_told_to_wait_and_loses_nothing(room: Room) -> None:
    _, page = await visitor(room)
    for n in range(BURST + 5):
        await page.tell(type="text", id=f"flood-number-{n}", text=str(n))
    await page.tell(type="ping")
    await page.until(lambda word: word["type"] == "pong")
    later = [word for word in page.words if word["type"] == "later"]
    accepted = [word for word in page.words if word["type"] == "accepted"]
    assert later
    assert all(word["after"] > 0 for word in later)
    assert len(accepted) + len(later) == BURST + 5
    assert await room.work() == len(accepted)


# -- who may -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1", "null", "", None])
async def test_a_foreign_page_is_refused(room: Room, origin: str | None) -> None:
    browser, _ = await visitor(room)
    headers = {} if origin is None else {"Origin": origin}
    cookies = {cookie.key: cookie.value for cookie in browser.cookie_jar}
    async with aiohttp.ClientSession(room.origin, cookies=cookies) as foreign:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await foreign.ws_connect("/chat/ws", headers=headers)
        assert refused.value.status == 403
        async with foreign.post("/chat/session?fresh=1", headers=headers) as answer:
            assert answer.status == 403
            assert "Set-Cookie" not in answer.headers


async def test_without_a_cookie_there_is_no_chat(room: Room) -> None:
    for cookies in ({}, {"chat": "short"}, {"chat": "x" * 42 + "!"}):
        async with aiohttp.ClientSession(room.origin, cookies=cookies, headers={"Origin": room.origin}) as browser:
            assert await closing(await room.connect(browser)) == CLOSE_NO_COOKIE


async def test_the_cookie_is_strict_and_renewed_and_replaced_on_wish(room: Room) -> None:
    browser = await room.session()

    async def ask(path: str) -> str:
        async with browser.post(path) as answer:
            assert await answer.text() == ""
            return answer.headers["Set-Cookie"]

    first = await ask("/chat/session")
    value, *attributes = (part.strip() for part in first.split(";"))
    assert re.fullmatch(r"chat=[A-Za-z0-9_-]{43}", value)
    assert sorted(attributes) == ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Strict"]
    assert await ask("/chat/session") == first
    assert await ask("/chat/session?fresh=1") != first
    page = await room.connect(browser)
    assert (await page.hello())["lines"] == []


async def test_over_https_the_cookie_is_bound_to_host_and_scheme() -> None:
    public = "https://chat.example.org:443"
    origin = {"Origin": "https://chat.example.org"}
    async with open_room(public_url=public) as room, aiohttp.ClientSession(room.origin) as browser:
        async with browser.post("/chat/session", headers=origin) as answer:
            cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-chat=")
        assert "Secure" in cookie
        token = cookie.split(";")[0].split("=", 1)[1]
        headers = {**origin, "Cookie": f"__Host-chat={token}"}
        page = Page(await browser.ws_connect("/chat/ws", headers=headers))
        room.pages.append(page)
        await page.hello()
        # The same token in the unprotected cookie is worth nothing there.
        headers = {**origin, "Cookie": f"chat={token}"}
        assert await closing(Page(await browser.ws_connect("/chat/ws", headers=headers))) == CLOSE_NO_COOKIE
        # On the machine itself the page works without the proxy; from elsewhere only the public address does.
        async with browser.post("/chat/session", headers={"Origin": room.origin}) as answer:
            assert answer.status == 204
        local = {"Origin": "http://10.0.0.9", "Host": "10.0.0.9"}
        async with browser.post("/chat/session", headers=local) as answer:
            assert answer.status == 403


async def test_too_many_pages_of_one_person_wait(room: Room) -> None:
    browser = await room.session()
    pages = [await room.connect(browser) for _ in range(PER_PERSON)]
    for page in pages:
        await page.hello()
    assert await closing(await room.connect(browser)) == CLOSE_TOO_MANY
    await pages[0].socket.close()
    async with asyncio.timeout(10):
        while True:
            page = await room.connect(browser)
            await page.tell(type="ping")
            if (await page.socket.receive()).type is WSMsgType.TEXT:
                break


async def test_stopping_tells_pages_to_come_back(room: Room) -> None:
    _, page = await visitor(room)
    await asyncio.gather(room.chat.stop(), closing(page))
    assert page.socket.close_code == aiohttp.WSCloseCode.GOING_AWAY
    assert not room.chat._sessions


# -- a channel -------------------------------------------------------------------------------------------


async def test_sending_hands_the_line_to_the_thread(room: Room) -> None:
    assert (room.chat.name, room.chat.account, room.chat.capabilities.buttons) == ("webchat", "web", 24)
    address = Address(bot="berlin", channel="webchat", account="web", peer="p")
    assert await room.chat.send(address, Say(text="x"), entry_id="c/0/1/2") == Taken(provider_ids=("c/0/1/2",))
    blob = SendMedia(kind="photo", ref="blob-key")
    assert isinstance(await room.chat.send(address, blob, entry_id="c/0/1/3"), Refused)


# -- the page --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "accept", "lang", "direction"),
    [
        ("?lang=ar", "de", "ar", "rtl"),
        ("?lang=bg-BG", "", "bg", "ltr"),
        ("?lang=de", "", "de", "ltr"),
        ("", "fr;q=0.9, ru-RU;q=0.8", "ru", "ltr"),
        ("?lang=%22%3E%3Cscript%3E", "", "en", "ltr"),
        ("", "", "en", "ltr"),
    ],
)
async def test_the_page_speaks_the_wanted_language(
    room: Room, query: str, accept: str, lang: str, direction: str
) -> None:
    headers = {"Accept-Language": accept}
    async with aiohttp.ClientSession(room.origin) as browser, browser.get(f"/chat{query}", headers=headers) as answer:
        html = await answer.text()
        assert answer.content_type == "text/html"
        assert "Set-Cookie" not in answer.headers
    assert f'<html lang="{lang}" dir="{direction}">' in html
    assert "Streetwork Berlin" in html
    assert "<script>" not in html
    assert "style=" not in html
    assert not re.search(r"\son\w+=", html)
    assert set(re.findall(r'(?:src|href)="([^"]*)"', html)) <= {f"/chat/static/{name}" for name in STATIC}


async def test_files_are_served_once_and_only_those(room: Room) -> None:
    async with aiohttp.ClientSession(room.origin) as browser:
        for name in STATIC:
            async with browser.get(f"/chat/static/{name}") as answer:
                assert answer.status == 200
                assert answer.content_type in {"text/javascript", "text/css", "image/svg+xml"}
                tag = answer.headers["ETag"]
                body = await answer.text()
                assert "http://" not in body.replace("http://www.w3.org/2000/svg", "")
            async with browser.get(f"/chat/static/{name}", headers={"If-None-Match": tag}) as answer:
                assert answer.status == 304
        for name in ("chat-words.json", "nothing.js", "..%2f..%2fpyproject.toml", "%2e%2e/webchat.py"):
            async with browser.get(f"/chat/static/{name}") as answer:
                assert answer.status == 404


def test_the_pages_words_are_complete() -> None:
    folder = Path(bots.webchat_page.__file__).parent / "static"
    words = json.loads((folder / "chat-words.json").read_text("utf-8"))
    assert set(words) == {"en", "ar", "bg", "ru", "de"}
    for entries in words.values():
        assert entries.keys() == words["en"].keys()
        for key, text in entries.items():
            assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", words["en"][key]))
    used = "".join((folder / name).read_text("utf-8") for name in STATIC)
    used += (folder.parent / "templates" / "chat.html").read_text("utf-8")
    for key in words["en"]:
        assert re.search(rf'["\'.]{key}\b', used), key
    assert "innerHTML" not in used
    assert webchat.COOKIE_AGE == 30 * 24 * 3600
