"""Twilio's HTTP client, mended where it harms us.

Of the library's asynchronous client we keep the interface and replace the request itself, because the original ignores
its time limit (a call that hangs never ends), sends JSON bodies as forms, uses a way to sign in that aiohttp is taking
away, drops ``Retry-After``, can repeat a send by itself, and logs addresses with phone numbers in them.

What went wrong is told apart by what matters for sending: nothing was sent (:class:`NotWritten`), it may have arrived
(:class:`MaybeWritten`), or Twilio said no (:class:`Answered`). No error holds an address, a number or Twilio's own
words, which may quote them.
"""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

import aiohttp
from twilio.base.exceptions import TwilioException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

__all__ = ["Answered", "MaybeWritten", "MendedClient", "NotWritten", "connect", "quiet_loggers"]

#: Seconds. Connecting includes waiting for a free connection of the pool.
CONNECT = 5.0
READ = 10.0
_POOL = 100
#: Longest answer read; a list of messages is below 100 kB.
_LARGEST_ANSWER = 4 * 1024 * 1024


class NotWritten(TwilioException):  # type: ignore[misc]
    """No connection was made, so the request was certainly not sent."""


class MaybeWritten(TwilioException):  # type: ignore[misc]
    """The request may have reached Twilio, but no usable answer came."""


class Answered(TwilioException):  # type: ignore[misc]
    """Twilio, or something before it, answered with an error.

    ``code`` is Twilio's own number, None when the answer is not Twilio's; ``after`` the seconds of ``Retry-After``.
    """

    def __init__(self, status: int, code: int | None, after: float | None) -> None:
        super().__init__(f"HTTP {status}, code {code}")
        self.status = status
        self.code = code
        self.after = after


def quiet_loggers() -> None:
    """Keep the library from logging addresses, headers and phone numbers."""
    for name in ("twilio.async_http_client", "twilio.http_client", "twilio"):
        logging.getLogger(name).setLevel(logging.WARNING)


class MendedClient(AsyncTwilioHttpClient):  # type: ignore[misc]
    """One pool of connections to Twilio; made anywhere, opened by the first request, closed by :meth:`close`."""

    def __init__(self, *, read_timeout: float = READ, connect_timeout: float = CONNECT) -> None:
        super().__init__(pool_connections=False)
        self._open: aiohttp.ClientSession | None = None
        self._timeout = aiohttp.ClientTimeout(
            # The total bounds what the others leave open, such as an answer that trickles in.
            total=connect_timeout + read_timeout,
            connect=connect_timeout,
            sock_connect=connect_timeout,
            sock_read=read_timeout,
        )

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, Any] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Make one request, once, and return the answer; errors are raised as this module's.

        Redirects are never followed: they would carry the credentials elsewhere.
        """
        headers = dict(headers or {})
        if auth is not None:
            headers["Authorization"] = f"Basic {base64.b64encode(':'.join(auth).encode()).decode()}"
        is_json = headers.get("Content-Type", "").startswith("application/json")
        body: dict[str, Any] = {"data": json.dumps(data).encode()} if is_json and data else {"data": _form(data)}
        try:
            async with self._session().request(
                method.upper(),
                url,
                params=params,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
                **body,
            ) as response:
                text = await _text(response)
        # `from None` throughout: aiohttp's errors and their causes name the address.
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as exc:
            raise NotWritten(f"No connection ({type(exc).__name__})") from None
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
            raise NotWritten("The address of Twilio's API is not valid") from None
        except (aiohttp.ClientError, OSError, TimeoutError) as exc:
            raise MaybeWritten(f"No answer ({type(exc).__name__})") from None
        return _checked(response.status, text, response.headers.get("Retry-After"))

    async def close(self) -> None:
        """Close the pool."""
        if self._open is not None:
            await self._open.close()
            self._open = None

    def _session(self) -> aiohttp.ClientSession:
        if self._open is None or self._open.closed:
            self._open = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_POOL), cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._open


def _form(data: dict[str, object] | None) -> list[tuple[str, str]] | None:
    """Return the fields of a form; a list becomes a field that is there several times."""
    if not data:
        return None
    return [(name, str(one)) for name, value in data.items() for one in (value if isinstance(value, list) else [value])]


async def _text(response: aiohttp.ClientResponse) -> str:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > _LARGEST_ANSWER:
            raise aiohttp.ClientPayloadError("too long")
        chunks.append(chunk)
    return b"".join(chunks).decode("utf-8", "replace")


def _checked(status: int, text: str, retry_after: str | None) -> Response:
    """Return a good answer; raises for errors, and for what says 200 but is not JSON."""
    try:
        answer = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        answer = None
    if not 200 <= status <= 299:
        code = answer.get("code") if isinstance(answer, dict) else None
        raise Answered(status, code if isinstance(code, int) else None, _seconds(retry_after))
    if not isinstance(answer, dict):
        raise MaybeWritten("The answer cannot be read")
    return Response(status, text)


def _seconds(retry_after: str | None) -> float | None:
    try:
        seconds = float(retry_after or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds <= 86_400 else None


def connect(account_sid: str, auth_token: str, api_url: str | None, http: MendedClient) -> Any:
    """Return the library's client on our connections; ``api_url`` stands in for all of Twilio's addresses."""
    quiet_loggers()
    client = Client(account_sid, auth_token, http_client=http, environment={"none": ""})
    if api_url is not None:
        for domain in (client.api, client.content, client.messaging):
            domain.base_url = api_url
    return client
