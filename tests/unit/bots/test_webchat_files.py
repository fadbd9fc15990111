"""Files in the web chat: sent once, shown in the own thread, and to nobody else."""

from __future__ import annotations

import io
import secrets
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from core.blobs import BlobKey, blob_key, keep
from core.messages import Media, SendMedia
from core.records import Noted, Wrote
from tests.fakes.chat_room import MOST, Room, line, open_room, visitor
from tests.fakes.file_shelf import JPEG, PDF

DAY = 86_400_000
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with open_room() as found:
        yield found


async def send(
    browser: aiohttp.ClientSession, data: bytes, name: str = "a.jpg", id_: str | None = None, **headers: str
) -> tuple[int, Any]:
    form = aiohttp.FormData()
    form.add_field("id", secrets.token_hex(8) if id_ is None else id_)
    form.add_field("file", io.BytesIO(data), filename=name, content_type="image/png")
    async with browser.post("/chat/files", data=form, headers=headers) as answer:
        body = await answer.json() if answer.content_type == "application/json" else None
        return answer.status, body


async def fetch(browser: aiohttp.ClientSession, seq: int | str) -> tuple[int, bytes, Any]:
    async with browser.get(f"/chat/files/{seq}") as answer:
        return answer.status, await answer.read(), answer.headers


async def parts(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def test_a_file_arrives_once_and_is_shown_in_the_thread(room: Room) -> None:
    browser, page = await visitor(room)
    for _ in range(2):
        assert await send(browser, JPEG, id_="abcdefgh") == (200, {"code": "ok", "id": "abcdefgh"})
    await room.work()
    word = await page.until(lambda word: any(one.get("own") == "abcdefgh" for one in word.get("lines", ())))
    (shown,) = [one for one in word["lines"] if one.get("own") == "abcdefgh"]
    assert shown["file"] == {"name": "a.jpg", "show": "image"}
    files = [event.message.content for event in room.handled if isinstance(event.message.content, Media)]
    assert [(file.kind, file.mime, file.size, file.name) for file in files] == [
        ("photo", "image/jpeg", len(JPEG), "a.jpg")
    ]
    status, data, headers = await fetch(browser, shown["seq"])
    assert (status, data) == (200, JPEG)
    assert headers["Content-Type"] == "image/jpeg"
    assert "sandbox" in headers["Content-Security-Policy"]


async def test_what_could_run_is_only_saved(room: Room) -> None:
    browser, page = await visitor(room)
    await send(browser, HTML, "a.jpg", id_="abcdefgh")
    await room.work()
    word = await page.until(lambda word: any(one.get("own") == "abcdefgh" for one in word.get("lines", ())))
    assert word["lines"][0]["file"] == {"name": "a.jpg"}
    _, _, headers = await fetch(browser, word["lines"][0]["seq"])
    assert headers["Content-Disposition"].startswith("attachment;")


async def test_nobody_else_gets_it(room: Room) -> None:
    browser, page = await visitor(room)
    await send(browser, JPEG, id_="abcdefgh")
    await room.work()
    word = await page.until(lambda word: any(one.get("own") == "abcdefgh" for one in word.get("lines", ())))
    seq = word["lines"][0]["seq"]
    other, _ = await visitor(room)
    assert (await fetch(other, seq))[0] == 404
    async with aiohttp.ClientSession(base_url=room.origin) as stranger:
        assert (await fetch(stranger, seq))[0] == 404
    for nonsense in ("0", "x", "-1", "999999999999", str(seq + 10), "1"):
        assert (await fetch(browser, nonsense))[0] == 404


async def test_a_counsellors_file_is_there_once_it_was_sent_and_a_note_never_is(room: Room) -> None:
    browser, page = await visitor(room)
    conversation = next(iter(room.store.tables.conversations))
    snapshot = await room.store.snapshot(conversation)
    assert snapshot is not None
    key = blob_key(conversation, snapshot.generation, "up/anna/x")
    now = room.clock.now()
    await keep(room.store.blobs, key, parts(PDF), most=1 << 20, now=now, expires=now + DAY, name="letter.pdf")
    message = SendMedia(kind="document", ref=key, name="letter.pdf", mime="application/pdf", caption="Please sign")
    await page.tell(type="text", id="abcdefgh", text="hello")
    await page.until(lambda word: word["type"] == "accepted")
    await room.think(
        lambda event: [
            line("counsellor", Wrote(message=message), "counsellor", "7"),
            line("counsellor", Noted(text="secret"), None, "7"),
        ]
    )
    seq = (await room.store.transcript(conversation, -2, 1))[0].seq
    assert (await fetch(browser, seq))[0] == 404, "not sent yet"
    await room.deliver()
    await page.until_text("Please sign")
    assert [one["file"] for one in page.lines if one["text"] == "Please sign"] == [{"name": "letter.pdf"}]
    assert (await fetch(browser, seq))[1] == PDF
    assert (await fetch(browser, seq + 1))[0] == 404


async def test_a_reference_to_somebody_elses_file_is_no_way_to_it(room: Room) -> None:
    browser, page = await visitor(room)
    await send(browser, JPEG, id_="abcdefgh")
    await room.work()
    word = await page.until(lambda word: any(one.get("own") == "abcdefgh" for one in word.get("lines", ())))
    victim = next(iter(room.store.tables.conversations))
    seen = (await room.store.transcript(victim, word["lines"][0]["seq"] - 1, 1))[0].entry.body
    key = BlobKey(seen.message.content.ref)  # type: ignore[union-attr]
    thief, other = await visitor(room)
    await other.tell(type="text", id="abcdefgh", text="hello")
    await other.until(lambda word: word["type"] == "accepted")
    await room.think(lambda event: [line("bot", Wrote(message=SendMedia(kind="photo", ref=key)), "bot", None)])
    await room.deliver()
    conversation = list(room.store.tables.conversations)[1]
    seq = (await room.store.transcript(conversation, -1, 1))[0].seq
    assert (await fetch(thief, seq))[0] == 404


@pytest.mark.parametrize(
    ("data", "id_", "code"),
    [
        (b"", "abcdefgh", "empty"),
        (bytes(MOST + 1), "abcdefgh", "too_large"),
        (JPEG, "short", "malformed"),
        (JPEG, "", "malformed"),
        (JPEG, "../../x/y/z", "malformed"),
    ],
)
async def test_what_is_refused(room: Room, data: bytes, id_: str, code: str) -> None:
    browser, _ = await visitor(room)
    status, body = await send(browser, data, id_=id_)
    assert (status, body["code"]) == (422, code)
    assert not await room.think()


async def test_only_our_own_page_can_send_one(room: Room) -> None:
    browser, _ = await visitor(room)
    assert (await send(browser, JPEG, Origin="https://evil.example.com"))[0] == 403
    async with aiohttp.ClientSession(base_url=room.origin, headers={"Origin": room.origin}) as stranger:
        assert (await send(stranger, JPEG))[0] == 403


async def test_before_the_conversation_began_and_beyond_what_one_person_may(room: Room) -> None:
    browser = await room.session()
    assert (await send(browser, JPEG))[1]["code"] == "later"
    browser, _ = await visitor(room)
    for _ in range(10):
        assert (await send(browser, bytes(MOST)))[0] == 200
    assert (await send(browser, JPEG))[1]["code"] == "too_many"
