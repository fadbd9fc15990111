"""Requests to Viber's REST API, on aiohttp: with time limits, and without the token in any log line or exception.

Viber answers HTTP 200 whatever happened and says in ``status`` how it went. What comes back is put into three kinds: an
answer, a request that was certainly not processed, and one of which nobody can tell.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
from msgspec import Struct

from bots.viber_parse import token_of
from bots.viber_render import encode

__all__ = ["Answer", "MaybeWritten", "NotWritten", "ViberApi"]

#: Seconds. The delivery loop allows a call 20 s and leases an entry for three times that.
_CONNECT = 5.0
_READ = 10.0
#: Largest answer read; real ones have a few hundred bytes, get_account_info a few kilobytes.
_MAX_ANSWER = 256 * 1024
#: Statuses of a gateway that gave up waiting: the message may be through.
_GAVE_UP = frozenset({504, 524})


class NotWritten(Exception):
    """The request was certainly not processed. ``after`` is how many milliseconds to wait, if somebody said so."""

    def __init__(self, reason: str, after: int | None = None) -> None:
        super().__init__(reason)
        self.after = after


class MaybeWritten(Exception):
    """The request may have reached Viber, but no usable answer came."""


class Answer(Struct, frozen=True, kw_only=True):
    """What Viber said."""

    #: 0 is success.
    status: int
    #: Viber's own words.
    message: str
    #: Id of the message that was sent.
    token: str | None
    #: 5: Viber charges for this message.
    billing: int | None
    data: Mapping[str, Any]


class ViberApi:
    """Calls with the token of one bot. ``pool`` is the most connections open at once."""

    def __init__(
        self,
        token: str,
        api_url: str,
        *,
        pool: int = 64,
        read_timeout: float = _READ,
        connect_timeout: float = _CONNECT,
    ) -> None:
        self._token = token
        self._url = api_url.rstrip("/")
        self._pool = pool
        self._timeout = aiohttp.ClientTimeout(
            # The total bounds what the others leave open, such as an answer that trickles in.
            total=connect_timeout + read_timeout,
            connect=connect_timeout,
            sock_connect=connect_timeout,
            sock_read=read_timeout,
        )
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Open the pool; needs a running event loop. Harmless when it is open."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._pool),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "streetwork"},
                timeout=self._timeout,
            )

    async def close(self) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def call(self, method: str, body: Mapping[str, Any]) -> Answer:
        """Make one call; raises :class:`NotWritten` or :class:`MaybeWritten`."""
        await self.open()
        if self._session is None:  # pragma: no cover - open makes it
            raise NotWritten("The connections are closed")
        headers = {"X-Viber-Auth-Token": self._token, "Content-Type": "application/json"}
        try:
            async with self._session.post(
                f"{self._url}/{method}", data=encode(body), headers=headers, allow_redirects=False
            ) as response:
                _check_status(response)
                answer = await response.content.read(_MAX_ANSWER + 1)
                while len(answer) <= _MAX_ANSWER and (more := await response.content.read(_MAX_ANSWER)):
                    answer += more
        # `from None` throughout: aiohttp's errors and their causes may hold the request with its headers.
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as exc:
            raise NotWritten(f"No connection ({type(exc).__name__})") from None
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
            raise NotWritten("The address of Viber's API is not valid") from None
        except (aiohttp.ClientError, OSError, TimeoutError) as exc:
            raise MaybeWritten(f"No answer ({type(exc).__name__})") from None
        return _read(answer)


def _check_status(response: aiohttp.ClientResponse) -> None:
    status = response.status
    if 200 <= status <= 299:
        return
    if status in _GAVE_UP:
        raise MaybeWritten(f"HTTP {status}")
    after = response.headers.get("Retry-After", "")
    raise NotWritten(
        f"HTTP {status}", int(after[:5]) * 1000 if status == 429 and after.isascii() and after.isdigit() else None
    )


def _read(body: bytes) -> Answer:
    """Return the answer in a body; what is not one leaves everything open."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise MaybeWritten("The answer is not JSON") from None
    status = data.get("status") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(status, int) or isinstance(status, bool):
        raise MaybeWritten("The answer has no status")
    words, billing = data.get("status_message"), data.get("billing_status")
    return Answer(
        status=status,
        message=words if isinstance(words, str) else "",
        token=token_of(data.get("message_token")),
        billing=billing if isinstance(billing, int) else None,
        data=data,
    )
