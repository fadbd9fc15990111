"""A proxy in front of a real server: slow, deaf, or losing the answer to what it passed on."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import Self

__all__ = ["TcpProxy"]


class TcpProxy:
    """Passes bytes on to a port of this machine; what goes wrong is switched while it runs."""

    def __init__(self, port: int, *, tls: ssl.SSLContext | None = None) -> None:
        self._behind = port
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        #: Answers are held back while this is clear.
        self.answering = asyncio.Event()
        self.answering.set()
        #: So many requests are passed on, and then the line is cut in place of the answer.
        self.lose = 0
        #: Connections made so far.
        self.connections = 0
        #: Bytes that went to the server.
        self.passed = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._tls)
        return self

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Cut all lines."""
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        there, to_server = await asyncio.open_connection("127.0.0.1", self._behind)
        self._writers |= {writer, to_server}
        for work in (self._pass(reader, to_server, requests=True), self._pass(there, writer, requests=False)):
            task = asyncio.create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, requests: bool) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while data := await reader.read(1 << 16):
                if not requests:
                    await self.answering.wait()
                    if self.lose:
                        self.lose -= 1
                        self.cut()
                        return
                else:
                    self.passed += len(data)
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()
