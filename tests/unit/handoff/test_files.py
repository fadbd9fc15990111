"""Files at the desk: shown safely to whoever may read the case, sent once, and refused in words."""

from __future__ import annotations

import contextlib
import io
import secrets
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.blobs import CHUNK, BlobHead, BlobKey, keep, no_file
from core.capabilities import CAPABILITIES, sent_as
from core.errors import Refused
from core.messages import Media, SendMedia
from core.records import Wrote
from handoff.files import Limits
from handoff.serving import shown_name
from tests.fakes.desk_window import Window
from tests.fakes.desk_world import DeskWorld
from tests.fakes.file_shelf import JPEG, PDF

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>'
GIF = b"GIF89a" + bytes(20)
DAY = 86_400_000


async def parts(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def sent_in(world: DeskWorld, data: bytes | None, *, name: str | None = None, peer: str = "p") -> int:
    """Let the person of case K-1 send a file, and return its line's seq."""
    await world.talk(peer, Media(kind="document", ref="at-the-provider", name=name))
    (line,) = (await world.store.transcript(world.conversation(peer), -1, 1))[-1:]
    if data is not None:
        key, now = BlobKey(line.entry.id), world.clock.now()
        await keep(world.blobs, key, parts(data), most=1 << 30, now=now, expires=now + DAY, name=name)
    return line.seq


async def open_case(world: DeskWorld) -> Window:
    window = await world.staff("mariam")
    await world.ask("p", "K-1")
    assert (await window.post("cases/K-1/claim"))[0] == 200
    return window


async def fetch(window: Window, seq: int | str, query: str = "", **headers: str) -> tuple[int, bytes, Any]:
    async with window.http.get(f"{window.base}/desk/api/cases/K-1/files/{seq}{query}", headers=headers) as answer:
        return answer.status, await answer.read(), answer.headers


async def view(window: Window, seq: int) -> dict[str, Any] | None:
    _, body = await window.get("cases/K-1")
    found: dict[str, Any] | None = next(line for line in body["lines"] if line["seq"] == seq).get("file")
    return found


async def send(window: Window, data: bytes, name: str = "a.jpg", **fields: str) -> tuple[int, Any]:
    form = aiohttp.FormData()
    for field, value in ({"request": secrets.token_hex(16)} | fields).items():
        form.add_field(field, value)
    form.add_field("file", io.BytesIO(data), filename=name, content_type="image/png")
    async with window.http.post(
        f"{window.base}/desk/api/cases/K-1/files", data=form, headers=window.headers()
    ) as answer:
        return answer.status, await answer.json()


# -- what the page is told ---------------------------------------------------------------------------------


async def test_a_line_tells_how_its_file_stands(world: DeskWorld) -> None:
    window = await open_case(world)
    seq = await sent_in(world, None, name="x")
    assert await view(window, seq) == {"state": "fetching"}
    assert (await fetch(window, seq))[0] == 404
    lines = await world.store.transcript(world.conversation("p"), seq - 1, 1)
    key, now = BlobKey(lines[0].entry.id), world.clock.now()
    await no_file(world.blobs, key, "too_large", now=now, expires=now + DAY)
    assert await view(window, seq) == {"state": "failed", "reason": "too_large"}
    assert (await fetch(window, seq))[0] == 410
    await keep(world.blobs, key, parts(JPEG), most=1 << 20, now=now, expires=now + DAY, name="x")
    assert await view(window, seq) == {
        "state": "ready", "mime": "image/jpeg", "size": len(JPEG), "name": "x.jpg", "inline": True,
    }  # fmt: skip
    other = await sent_in(world, None)
    world.fake.advance(DAY)
    await window.sign_in("mariam")
    assert (await view(window, seq) or {})["state"] == "expired"
    assert (await fetch(window, seq))[0] == 410
    assert await view(window, other) == {"state": "failed", "reason": "lost"}


# -- fetching ----------------------------------------------------------------------------------------------


async def test_a_picture_is_shown_and_nothing_in_it_can_run(world: DeskWorld) -> None:
    window = await open_case(world)
    status, data, headers = await fetch(window, await sent_in(world, JPEG, name="паспорт.jpg"))
    assert (status, data) == (200, JPEG)
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["Content-Disposition"].startswith("inline;")
    assert "filename*=UTF-8''%D0%BF" in headers["Content-Disposition"]
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (SVG, "a.jpg"),
        (b"<!doctype html><script>alert(1)</script>", "a.png"),
        (b"MZ\x90\x00" + bytes(100), "photo.jpg"),
        (b"#!/bin/sh\nrm -rf /", "a.pdf"),
        (b"PK\x03\x04" + bytes(50), "a.zip"),
        (b"just words", "a.txt"),
        (bytes(100), "a"),
        (b"<a href=x>GIF89a", "a.gif"),
    ],
)
async def test_what_could_run_is_only_ever_saved(world: DeskWorld, data: bytes, name: str) -> None:
    window = await open_case(world)
    seq = await sent_in(world, data, name=name)
    _, _, headers = await fetch(window, seq)
    assert headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in headers["Content-Security-Policy"]
    found = await view(window, seq)
    assert found is not None
    assert not found.get("inline")


async def test_a_pdf_is_shown_without_scripts_and_anything_can_be_saved(world: DeskWorld) -> None:
    window = await open_case(world)
    seq = await sent_in(world, PDF, name="a.pdf")
    _, _, headers = await fetch(window, seq)
    assert headers["Content-Disposition"].startswith("inline;")
    assert headers["Content-Security-Policy"].startswith("default-src 'none';")
    assert "script-src" not in headers["Content-Security-Policy"]
    _, _, headers = await fetch(window, seq, "?download")
    assert headers["Content-Disposition"].startswith("attachment;")


async def test_parts_for_a_player(world: DeskWorld) -> None:
    window = await open_case(world)
    film = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 3000
    assert len(film) > 2 * CHUNK
    seq = await sent_in(world, film)
    for asked, first, last in (
        ("bytes=0-", 0, len(film) - 1),
        ("bytes=5-9", 5, 9),
        (f"bytes={CHUNK - 2}-{2 * CHUNK + 1}", CHUNK - 2, 2 * CHUNK + 1),
        ("bytes=-7", len(film) - 7, len(film) - 1),
        (f"bytes=9-{len(film) * 2}", 9, len(film) - 1),
    ):
        status, data, headers = await fetch(window, seq, Range=asked)
        assert status == 206
        assert data == film[first : last + 1]
        assert headers["Content-Range"] == f"bytes {first}-{last}/{len(film)}"
    for asked in (f"bytes={len(film)}-", "bytes=9-5", "bytes=-", "bytes=0-1,3-4", "lines=1-2", "bytes=-0"):
        status, data, headers = await fetch(window, seq, Range=asked)
        assert (status, data, headers["Content-Range"]) == (416, b"", f"bytes */{len(film)}")


async def test_only_who_may_read_the_case_gets_its_files(world: DeskWorld) -> None:
    window = await open_case(world)
    seq = await sent_in(world, JPEG)
    other = await world.staff("boris")
    stranger = world.window()
    assert (await fetch(other, seq))[0] == 404
    assert (await fetch(stranger, seq))[0] == 401
    for nonsense in ("0", "-1", "x", "99999999999", str(seq + 50), "1"):
        assert (await fetch(window, nonsense))[0] == 404
    await world.erase("p")
    assert (await fetch(window, seq))[0] == 404


# -- sending -----------------------------------------------------------------------------------------------


async def last_sent(world: DeskWorld) -> list[SendMedia]:
    lines = await world.store.transcript(world.conversation("p"), 0, 100)
    return [
        line.entry.body.message
        for line in lines
        if isinstance(line.entry.body, Wrote) and isinstance(line.entry.body.message, SendMedia)
    ]


async def test_a_counsellor_sends_a_file_once(world: DeskWorld) -> None:
    window = await open_case(world)
    press = secrets.token_hex(16)
    for _ in range(2):
        status, body = await send(window, JPEG, "letter.png", request=press, text="Please sign")
        assert (status, body["code"]) == (200, "ok")
    (message,) = await last_sent(world)
    assert (message.kind, message.caption, message.name, message.mime) == (
        "photo", "Please sign", "letter.png.jpg", "image/jpeg",
    )  # fmt: skip
    line = (await world.store.transcript(world.conversation("p"), -1, 1))[0]
    assert (await fetch(window, line.seq))[1] == JPEG
    assert (await view(window, line.seq) or {})["state"] == "ready"


async def test_what_cannot_be_sent_is_refused_in_words(world: DeskWorld) -> None:
    window = await open_case(world)
    assert (await send(window, b""))[1]["code"] == "file_empty"
    too_large = await send(window, bytes((20 << 20) + 1))
    assert too_large == (422, {"code": "file_too_large", "detail": {"most": "20 MB"}})
    assert (await send(window, JPEG, request="short"))[1]["code"] == "malformed"
    assert (await send(window, JPEG, text="x" * 9000))[1]["code"] == "too_long"
    assert await last_sent(world) == []


async def test_what_a_messenger_does_not_take_goes_as_a_link_where_we_can_be_reached(world: DeskWorld) -> None:
    window = await open_case(world)
    routes, whatsapp = world.desk._files, CAPABILITIES["whatsapp"]
    routes._limits = Limits(capabilities=lambda _: whatsapp)
    too_large = await send(window, bytes((16 << 20) + 1))
    assert too_large == (422, {"code": "file_too_large", "detail": {"most": "16 MB"}})
    assert (await send(window, GIF))[1]["code"] == "file_type"
    assert await last_sent(world) == []
    routes._limits = Limits(capabilities=lambda _: whatsapp, links=True)
    for data in (GIF, b"%PDF-1.7\n" + bytes(16 << 20), JPEG):
        assert (await send(window, data, "form", text="Please sign"))[1]["code"] == "ok"
    gif, pdf, jpeg = await last_sent(world)
    assert [(one.kind, one.link) for one in (gif, pdf, jpeg)] == [
        ("document", True),
        ("document", True),
        ("photo", False),
    ]
    assert (await send(window, bytes((20 << 20) + 1)))[1]["detail"] == {"most": "20 MB"}, "our own limit stays"
    routes._limits = Limits(capabilities=lambda _: CAPABILITIES["terminal"], links=True)
    assert (await send(window, JPEG))[1]["code"] == "no_files"


async def test_nobody_sends_into_a_case_that_is_not_theirs(world: DeskWorld) -> None:
    await open_case(world)
    other = await world.staff("boris")
    assert (await send(other, JPEG))[0] == 404
    window = world.window()
    with contextlib.suppress(aiohttp.ClientError):  # the connection may end before all of it went out
        assert (await send(window, JPEG))[0] == 401
    assert await world.blobs.held(world.conversation("p")) == 0


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{}", "application/json"),
        (b"", "multipart/form-data; boundary=x"),
        (b"nonsense", "multipart/form-data; boundary=x"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--\r\n", "multipart/form-data; boundary=x"),
        (b"--x--\r\n", "multipart/form-data"),
    ],
)
async def test_a_form_that_is_none(world: DeskWorld, body: bytes, content_type: str) -> None:
    window = await open_case(world)
    async with window.http.post(
        f"{window.base}/desk/api/cases/K-1/files",
        data=body,
        headers=window.headers(**{"Content-Type": content_type}),
    ) as answer:
        assert (answer.status, (await answer.json())["code"]) == (422, "malformed")


# -- limits of the messengers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "mime", "size", "kind"),
    [
        ("telegram", "image/jpeg", 10 << 20, "photo"),
        ("telegram", "image/jpeg", (10 << 20) + 1, "document"),
        ("telegram", "application/zip", 50 << 20, "document"),
        ("telegram", "video/mp4", (50 << 20) + 1, "file_too_large"),
        ("viber", "image/png", 1 << 20, "photo"),
        ("viber", "image/png", (1 << 20) + 1, "document"),
        ("whatsapp", "image/jpeg", 5 << 20, "photo"),
        ("whatsapp", "image/jpeg", (5 << 20) + 1, "file_too_large"),
        ("whatsapp", "application/pdf", (16 << 20) + 1, "file_too_large"),
        ("whatsapp", "application/zip", 10, "file_type"),
        ("whatsapp", "image/gif", 10, "file_type"),
        ("webchat", "application/zip", 10, "document"),
        ("terminal", "image/png", 10, "no_files"),
    ],
)
def test_limits(channel: str, mime: str, size: int, kind: str) -> None:
    found = sent_as(CAPABILITIES[channel], mime, size)
    assert (found.reason if isinstance(found, Refused) else found) == kind


# -- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "mime", "shown"),
    [
        ("a.jpg", "image/jpeg", "a.jpg"),
        ("a.JPEG", "image/jpeg", "a.JPEG"),
        ("invoice.pdf.exe", "application/pdf", "invoice.pdf.exe.pdf"),
        ("invoice.pdf", "application/vnd.microsoft.portable-executable", "invoice.pdf.bin"),
        ("../../etc/passwd", "text/plain", "etc passwd.txt"),
        ("photo\u202egpj.exe", "application/zip", "photo gpj.exe.zip"),
        ("", "image/png", "file.png"),
        (None, "application/octet-stream", "file"),
        ("...", "video/mp4", "file.mp4"),
    ],
)
def test_names(name: str | None, mime: str, shown: str) -> None:
    assert shown_name(BlobHead(name=name, mime=mime)) == shown


@given(st.text(max_size=300))
def test_any_name_fits_into_a_header_and_a_folder(name: str) -> None:
    shown = shown_name(BlobHead(name=name, mime="image/png"))
    assert shown.endswith(".png")
    assert not set(shown) & set('/\\:*?"<>|\r\n\0')
    assert len(shown) <= 130
