"""The least Bot API that a measurement needs, as a process of its own: every send is taken and answered at once.

Both sides of a comparison send to it. It is written on bare sockets, so that it is never what is measured; the fake of
the tests (``tests.fakes.telegram_api``) checks calls against the specification and remembers them, which costs more
than a send. ``GET /count`` tells how many messages were sent to how many chats.

Run: ``python -m tests.bench.fake_api`` prints its address and runs until its input is closed.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
import urllib.request
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import parse_qsl

from tests.bench.report import cores, pin, run_async

__all__ = ["TOKEN", "FakeApi"]

TOKEN = "123456789:AAfake-token-of-the-fake-bot-api-000"
BOT = {"id": 123456789, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}


class _Server:
    """What was sent to whom."""

    def __init__(self) -> None:
        self.sent: dict[str, int] = {}

    def answer(self, path: str, body: bytes, kind: str) -> dict[str, Any]:
        """Return the answer to one request."""
        method = path.partition("?")[0].rpartition("/")[2].lower()
        if method == "count":
            return {"sent": sum(self.sent.values()), "chats": len(self.sent)}
        if method == "getme":
            return {"ok": True, "result": BOT}
        if method != "sendmessage":
            return {"ok": True, "result": True}
        given = json.loads(body) if kind.startswith("application/json") else dict(parse_qsl(body.decode()))
        chat = str(given["chat_id"])
        number = self.sent[chat] = self.sent.get(chat, 0) + 1
        result: dict[str, Any] = {
            "message_id": number,
            "date": int(time.time()),
            "chat": {"id": int(chat), "type": "private", "first_name": "Bench"},
            "from": BOT,
            "text": given["text"],
        }
        markup = given.get("reply_markup")
        if markup and "inline_keyboard" in markup:
            result["reply_markup"] = json.loads(markup) if isinstance(markup, str) else markup
        return {"ok": True, "result": result}


class _Connection(asyncio.Protocol):
    """One kept-alive HTTP/1.1 connection whose requests carry a Content-Length or no body."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
            pairs = (line.partition(":") for line in lines)
            headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
            length = int(headers.get("content-length", "0"))
            if len(self._buffer) < end + 4 + length:
                return
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            answer = self._server.answer(first.split(" ")[1], body, headers.get("content-type", ""))
            payload = json.dumps(answer).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n"
            assert self._transport is not None
            self._transport.write(head.encode() + payload)


async def _serve() -> None:
    server = _Server()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: _Connection(server), "127.0.0.1", 0)
    host, port = listening.sockets[0].getsockname()[:2]
    print(f"http://{host}:{port}", flush=True)
    ended = asyncio.Event()
    # The end of the process that started us closes our input, whatever way it ended.
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)), daemon=True).start()
    await ended.wait()
    listening.close()


class FakeApi:
    """The server as a process on the cores that are not measured; used with ``with``."""

    def __init__(self) -> None:
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.fake_api"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)

    def sent(self) -> int:
        """Return how many messages arrived."""
        with urllib.request.urlopen(f"{self.url}/count", timeout=10) as response:
            return int(json.load(response)["sent"])


if __name__ == "__main__":
    pin(cores()[1])
    run_async(_serve())
