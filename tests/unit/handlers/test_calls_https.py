"""Outside calls to https addresses: what is sent, what is refused, and servers that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from flows.program import Program
from handlers.calls import LONGEST_ANSWER, Caller
from tests.fakes.call_desk import CALL, Desk
from tests.fakes.hook_server import HookServer, hook_server


@pytest.fixture
def desk(program: Program) -> Desk:
    return Desk(program)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[HookServer]:
    async with hook_server(tmp_path) as made:
        yield made


# -- https -----------------------------------------------------------------------------------------------------


async def test_an_https_address_gets_the_arguments_and_an_idempotency_key(desk: Desk, server: HookServer) -> None:
    async def rooms(request: web.Request) -> web.StreamResponse:
        return web.json_response({"rooms": 3}, headers={"Set-Cookie": "who=you"})

    server.handler = rooms
    await desk.place(server.url("/rooms"), plz="10115")
    caller = desk.caller({}, session=server.session)
    answer = await desk.outcome(caller)
    await close(caller)
    assert (answer.values, answer.error) == ({"rooms": "3"}, None)
    ((path, headers, body),) = server.requests
    assert (path, body, headers["Idempotency-Key"]) == ("/rooms", {"plz": "10115"}, CALL)


async def test_cookies_of_one_call_are_not_sent_with_another(desk: Desk) -> None:
    from handlers import calls

    session = calls._session()
    try:
        assert isinstance(session.cookie_jar, aiohttp.DummyCookieJar)
    finally:
        await session.close()


async def test_plain_http_is_never_called(desk: Desk, server: HookServer) -> None:
    await desk.place(server.url("/rooms", scheme="http"), plz="10115")
    caller = desk.caller({}, session=server.session)
    assert (await desk.outcome(caller)).error == "LookupError"
    assert server.requests == []


async def test_a_certificate_that_nobody_vouches_for_is_refused(desk: Desk, server: HookServer) -> None:
    await desk.place(server.url("/rooms"), plz="10115")
    caller = desk.caller({}, session=lambda: server.session(trusting=False))
    answer = await desk.outcome(caller)
    await close(caller)
    assert answer.error is not None
    assert "Certificate" in answer.error
    assert server.requests == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_refused_and_not_followed(desk: Desk, server: HookServer, status: int) -> None:
    async def elsewhere(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": "/other"})

    server.handler = elsewhere
    await desk.place(server.url("/rooms"), plz="10115")
    caller = desk.caller({}, session=server.session)
    answer = await desk.outcome(caller)
    await close(caller)
    assert answer.error == "ValueError"
    assert [path for path, _, _ in server.requests] == ["/rooms"]


def _reply(text: str, status: int = 200) -> Any:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(text=text, status=status, content_type="application/json")

    return handler


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        (_reply('{"a": "1"}', 500), "ValueError"),
        (_reply('{"a": "1"}', 404), "ValueError"),
        (_reply('{"a": "1"}', 202), "ValueError"),
        (_reply("<html>"), "JSONDecodeError"),
        (_reply('["a"]'), "TypeError"),
        (_reply(f'{{"a": "{"x" * LONGEST_ANSWER}"}}'), "ValueError"),
    ],
    ids=["500", "404", "202", "html", "list", "too-long"],
)
async def test_answers_that_do_not_fit_fail_the_call(desk: Desk, server: HookServer, handler: Any, error: str) -> None:
    server.handler = handler
    await desk.place(server.url(), plz="10115")
    caller = desk.caller({}, session=server.session)
    answer = await desk.outcome(caller)
    await close(caller)
    assert (answer.values, answer.error) == ({}, error)


async def test_a_stream_without_end_is_cut_off(desk: Desk, server: HookServer) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b" " * 8_192)
        except ConnectionError:
            return response

    server.handler = endless
    await desk.place(server.url())
    caller = desk.caller({}, session=server.session)
    answer = await desk.outcome(caller)
    await close(caller)
    assert answer.error == "ValueError"


async def test_an_answer_that_comes_in_parts_is_read_whole(desk: Desk, server: HookServer) -> None:
    half = asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"rooms": ')
        await half.wait()
        await response.write(b'"3"}')
        return response

    server.handler = slow
    await desk.place(server.url())
    caller = desk.caller({}, session=server.session)
    working = asyncio.create_task(desk.outcome(caller))
    while not server.requests:
        await asyncio.sleep(0)
    for _ in range(200):
        await asyncio.sleep(0)
    half.set()
    answer = await working
    await close(caller)
    assert (answer.values, answer.error) == ({"rooms": "3"}, None)


async def test_a_server_that_never_answers_is_given_up(desk: Desk, server: HookServer) -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    server.handler = silent
    await desk.place(server.url(), timeout=300)
    caller = desk.caller({}, session=server.session)
    answer = await desk.outcome(caller)
    await close(caller)
    assert answer.error == "it took too long"


async def close(caller: Caller) -> None:
    """Let the caller end as at the end of the process."""
    caller.stop()
    await caller.run()
