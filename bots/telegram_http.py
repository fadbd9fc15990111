"""python-telegram-bot's HTTP seam on aiohttp.

Two reasons to replace the httpx one. It tells apart what matters for sending: an error before the request could have
been written (nothing was sent, try again) and one after it (it may have arrived). And it never puts the address,
which contains the token, into a log line or an exception.

Texts, nearly all that is sent, go by :meth:`AiohttpRequest.call` past PTB's objects: building them for the question and
again for the answer, of which only a number is needed, took a fifth of the time of a whole turn.
"""

from __future__ import annotations

import json
import logging
from typing import Any

import aiohttp
import msgspec
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
    TimedOut,
)
from telegram.request import BaseRequest, RequestData

__all__ = ["AiohttpRequest", "MaybeWritten", "NotWritten", "ServerError", "Throttled", "quiet_loggers"]

#: Seconds. Connecting includes waiting for a free connection of the pool. A call takes 15 s at most, one with a file
#: 20 s; the delivery loop's lease is three times that.
_CONNECT = 5.0
_READ = 10.0
_MEDIA_READ = 15.0
#: Answers that PTB turns into errors of their own.
_REFUSALS: dict[int, type[TelegramError]] = {
    400: BadRequest, 401: InvalidToken, 403: Forbidden, 404: InvalidToken, 409: Conflict,
}  # fmt: skip


class NotWritten(NetworkError):
    """No connection was made, so the request was certainly not sent."""


class MaybeWritten(TimedOut):
    """The request may have reached the provider, but no usable answer came."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class ServerError(NetworkError):
    """The provider answered with a status that is not about this request; ``status`` is the HTTP code."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


class Throttled(NetworkError):
    """Too many requests; ``seconds`` is how long to wait. (PTB's RetryAfter warns on every use of its number.)"""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Too many requests, wait {seconds:g} s")
        self.seconds = seconds


def quiet_loggers() -> None:
    """Keep libraries from logging addresses with tokens (httpx, at INFO) and texts of messages (PTB, at DEBUG)."""
    for name in ("httpx", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _check_status(status: int, body: bytes) -> None:
    """Raise for the answers that PTB would merge into one error, and for those that are not the Bot API's at all.

    A proxy's own 403 page must not look like a person who blocked the bot.
    """
    if 200 <= status <= 299:
        return
    try:
        answer = json.loads(body)
    except ValueError:
        raise ServerError(status) from None
    if not isinstance(answer, dict) or "ok" not in answer:
        raise ServerError(status)
    if status == 429:
        parameters = answer.get("parameters")
        seconds = parameters.get("retry_after") if isinstance(parameters, dict) else None
        if isinstance(seconds, int | float):
            raise Throttled(float(seconds))
    if status not in _REFUSALS:
        raise ServerError(status)


def _refusal(status: int, answer: dict[str, Any]) -> TelegramError:
    """Return what PTB makes of an answer with a status that it knows."""
    description = str(answer.get("description") or f"HTTP {status}")
    parameters = answer.get("parameters")
    moved = parameters.get("migrate_to_chat_id") if isinstance(parameters, dict) else None
    if isinstance(moved, int) and moved:
        return ChatMigrated(moved)
    return _REFUSALS.get(status, NetworkError)(description)


class AiohttpRequest(BaseRequest):
    """One pool of connections to the Bot API. ``pool`` is the most connections open at once."""

    __slots__ = ("_connect", "_pool", "_read", "_session")

    def __init__(self, *, pool: int = 64, read_timeout: float = _READ, connect_timeout: float = _CONNECT) -> None:
        self._pool = pool
        self._read = read_timeout
        self._connect = connect_timeout
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds to wait for an answer unless a call says otherwise."""
        return self._read

    async def initialize(self) -> None:
        """Open the pool; needs a running event loop. Harmless when it is open."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._pool),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Make one request and return (status, body).

        Raises :class:`NotWritten`, :class:`MaybeWritten`, :class:`Throttled` or :class:`ServerError`.
        """
        data, headers, media = _body(request_data)
        return await self._exchange(
            method, url, data, headers, self._timeouts(read_timeout, connect_timeout, media=media)
        )

    async def call(self, url: str, parameters: dict[str, Any]) -> Any:
        """Make one call with parameters that are JSON already; None is left out. Return the result as it came.

        Raises what :meth:`do_request` raises, and PTB's errors for what the Bot API refuses.
        """
        data = msgspec.json.encode({name: value for name, value in parameters.items() if value is not None})
        timeout = self._timeouts(None, None, media=False)
        status, body = await self._exchange("POST", url, data, {"Content-Type": "application/json"}, timeout)
        answer = self.parse_json_payload(body)
        if 200 <= status <= 299:
            return answer["result"]
        raise _refusal(status, answer)

    async def _exchange(
        self, method: str, url: str, data: Any, headers: dict[str, str] | None, timeout: aiohttp.ClientTimeout
    ) -> tuple[int, bytes]:
        await self.initialize()
        if self._session is None:  # pragma: no cover - initialize opens it
            raise NotWritten("The connection pool is closed")
        try:
            async with self._session.request(
                method, url, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                body = await response.read()
        # `from None` throughout: aiohttp's errors and their causes name the address, and with it the token.
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as exc:
            raise NotWritten(f"No connection ({type(exc).__name__})") from None
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
            raise NotWritten("The address of the Bot API is not valid") from None
        except (aiohttp.ClientError, OSError, TimeoutError) as exc:
            raise MaybeWritten(f"No answer ({type(exc).__name__})") from None
        _check_status(response.status, body)
        return response.status, body

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Decode an answer; PTB's own version would log the body when it is broken."""
        try:
            decoded = json.loads(payload)
        except ValueError:
            raise TelegramError("Invalid server response") from None
        if not isinstance(decoded, dict):
            raise TelegramError("Invalid server response")
        return decoded

    def _timeouts(self, read: Any, connect: Any, *, media: bool) -> aiohttp.ClientTimeout:
        usual = _MEDIA_READ if media else self._read
        reading = float(read) if isinstance(read, int | float) else usual
        connecting = float(connect) if isinstance(connect, int | float) else self._connect
        return aiohttp.ClientTimeout(
            # The total bounds what the others leave open, such as an answer that trickles in.
            total=connecting + reading,
            connect=connecting,
            sock_connect=connecting,
            sock_read=reading,
        )


def _body(request_data: RequestData | None) -> tuple[Any, dict[str, str] | None, bool]:
    """Return what to send, the headers that it needs and whether it holds files."""
    if request_data is None:
        return None, None, False
    if not request_data.contains_files:
        encoded = request_data.url_encoded_parameters().encode()
        return encoded, {"Content-Type": "application/x-www-form-urlencoded"}, False
    form = aiohttp.FormData()
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime) in request_data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime)
    return form, None, True
