"""Downloading a file that a provider named, without letting anybody use us to reach what is not theirs to reach.

Theory of operation. An address comes from a signed webhook, but providers pass on what they were given, so it is not
trusted. It must be https, of a host on the channel's list, without a name or password in it. Each redirect is judged
like the first address, and credentials go to their own origin only. What counts in the end is the address that a
socket is really opened to: it must be one of the public internet, however the name was spelled or resolved, and the
check is made by whatever opens the socket, so no second look-up can slip in between. The one exception is the origin
that the operator set themselves (``TELEGRAM_API_URL`` and its like): it may be inside and without TLS.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver
from msgspec import Struct
from yarl import URL

from handlers.calls import CallFailed, TryAgain

__all__ = ["Body", "Source", "download", "headers_for", "is_public"]

#: Seconds: for a connection, between two pieces, and for all of a file. The last one bounds what trickles in.
CONNECT, READ, WHOLE = 5.0, 10.0, 45.0
HOPS: Final = 4
_MOVED = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
#: Prefix of addresses that stand for one of IPv4 (RFC 6052).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Source(Struct, frozen=True, kw_only=True):
    """Where a file can be fetched."""

    url: str
    #: Hosts that may serve it; with a dot in front all below a domain.
    hosts: tuple[str, ...]
    #: Sent to the origin of ``url`` and to no other.
    headers: dict[str, str] = {}
    #: An origin (``http://127.0.0.1:8081``) that the operator set, and that may therefore be anywhere.
    own: str | None = None


class Body(Struct, frozen=True):
    """The answer, whose content is still to be read; ``size`` and ``mime`` are only what the other side says."""

    parts: AsyncIterator[bytes]
    size: int | None
    mime: str | None


#: Scheme, host and port.
_Origin = tuple[str, str | None, int | None]


class _InsideError(OSError):
    """A name led to an address that is not of the public internet."""


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the public internet, and stands for no other that is not."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        within: list[Any] = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if ip in _NAT64:
            within.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        if int(ip) >> 32 == 0:
            within.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))  # the old "compatible" form
        if any(one is not None and not is_public(str(one)) for one in within):
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_link_local)


@asynccontextmanager
async def download(source: Source, *, resolver: AbstractResolver | None = None) -> AsyncIterator[Body]:
    """Open the file at ``source``, following redirects that are allowed.

    Raises :class:`handlers.calls.CallFailed` (``gone``, ``denied``, ``refused_address``) and
    :class:`handlers.calls.TryAgain` (``unreachable``, ``slow``, ``provider``), also while the parts are read;
    ``TimeoutError`` when all of it takes too long.
    """
    own = _place(URL(source.own)) if source.own else None
    url = _judged(source.url, source.hosts, own)
    async with asyncio.timeout(WHOLE):
        for _ in range(HOPS):
            session = _session(inside=_place(url) == own, resolver=resolver)
            async with session, _asked(session, url, headers_for(url, source)) as response:
                if response.status in _MOVED:
                    url = _next(response, url, source.hosts, own)
                    continue
                _check(response)
                yield Body(_read(response), response.content_length, response.content_type)
                return
        raise CallFailed("refused_address")


def _judged(url: str, hosts: tuple[str, ...], own: _Origin | None) -> URL:
    """Return an address that may be asked; raises CallFailed for any other."""
    try:
        found = URL(url)
        host = found.host or ""
        origin = _place(found) if found.absolute and host else None
    except ValueError:
        raise CallFailed("refused_address") from None
    if origin is None or found.user is not None or found.password is not None:
        raise CallFailed("refused_address")
    if own is not None and origin == own:
        return found.with_fragment(None)
    lowered = host.lower().rstrip(".")
    listed = any(lowered == one or (one.startswith(".") and lowered.endswith(one)) for one in hosts)
    if found.scheme != "https" or found.port != 443 or not listed:
        raise CallFailed("refused_address")
    return found.with_fragment(None)


def _place(url: URL) -> _Origin:
    return url.scheme, url.host, url.port


def headers_for(url: URL, source: Source) -> dict[str, str]:
    """Return what is sent to ``url``: credentials only where they were meant to go."""
    given = source.headers if _place(url) == _place(URL(source.url)) else {}
    return {"Accept-Encoding": "identity"} | given


def _session(*, inside: bool, resolver: AbstractResolver | None) -> aiohttp.ClientSession:
    """Return connections of their own, for one hop: nothing is shared with another host or another person's file."""
    connector = aiohttp.TCPConnector(
        limit=1, force_close=True, resolver=resolver, socket_factory=None if inside else _public_socket
    )
    timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT, sock_connect=CONNECT, sock_read=READ)
    return aiohttp.ClientSession(
        connector=connector,
        timeout=timeout,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )


def _public_socket(info: tuple[Any, ...]) -> socket.socket:
    """Open the socket of a connection, if that goes to the public internet."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise _InsideError("not an address of the public internet")
    return socket.socket(family=family, type=kind, proto=protocol)


@asynccontextmanager
async def _asked(
    session: aiohttp.ClientSession, url: URL, headers: Mapping[str, str]
) -> AsyncIterator[aiohttp.ClientResponse]:
    try:
        response = await session.get(url, headers=dict(headers), allow_redirects=False)
    # `from None` throughout: aiohttp's errors and their causes name the address, which may hold a token.
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, _InsideError) or "public internet" in str(error.os_error):
            raise CallFailed("refused_address") from None
        raise TryAgain("unreachable") from None
    except aiohttp.InvalidURL:
        raise CallFailed("refused_address") from None
    except TimeoutError:
        raise TryAgain("slow") from None
    except (aiohttp.ClientError, OSError, ValueError):
        raise TryAgain("unreachable") from None
    try:
        yield response
    finally:
        response.close()


def _next(response: aiohttp.ClientResponse, url: URL, hosts: tuple[str, ...], own: _Origin | None) -> URL:
    target = response.headers.get("Location", "")
    try:
        joined = str(url.join(URL(target)))
    except ValueError:
        raise CallFailed("refused_address") from None
    return _judged(joined, hosts, own)


def _check(response: aiohttp.ClientResponse) -> None:
    status = response.status
    if status in _GONE:
        raise CallFailed("gone")
    if status == 429 or status >= 500:
        raise TryAgain("provider", _wait(response.headers.get("Retry-After")))
    if status != 200:
        raise CallFailed("denied")


def _wait(text: str | None) -> int | None:
    return int(text) * 1000 if text is not None and text.isascii() and text.isdecimal() and len(text) < 6 else None


async def _read(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for part in response.content.iter_any():
            yield part
    except TimeoutError:
        raise TryAgain("slow") from None
    except (aiohttp.ClientError, OSError):
        raise TryAgain("unreachable") from None
