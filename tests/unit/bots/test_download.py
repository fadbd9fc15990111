"""Nobody gets us to fetch what is not theirs: names, addresses, redirects, credentials, and servers that misbehave."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from typing import Any, Self

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bots import download as downloading
from bots.download import Source, download, headers_for, is_public
from handlers.calls import CallFailed, TryAgain
from tests.fakes.file_shelf import JPEG, Shelf

HOSTS = ("media.example.org", ".cdn.example.org")


class Server:
    """A server on a loopback port, with files and whatever redirects a test wants."""

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.leads: dict[str, str] = {}
        self.seen: list[tuple[str, str | None]] = []
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/f/{name}", self.shelf.serve)
        app.router.add_get("/go/{name}", self._go)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.shelf.close()
        assert self._runner is not None
        await self._runner.cleanup()

    async def _go(self, request: web.Request) -> web.Response:
        self.seen.append((request.match_info["name"], request.headers.get("Authorization")))
        return web.Response(status=302, headers={"Location": self.leads[request.match_info["name"]]})


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server() as found:
        yield found


class Resolver(AbstractResolver):
    """Every name leads to the addresses that the test says."""

    def __init__(self, *addresses: str, port: int | None = None) -> None:
        self.addresses = addresses
        self.port = port
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=self.port or port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in self.addresses
        ]

    async def close(self) -> None:
        pass


async def fetched(source: Source, **how: Any) -> bytes:
    async with download(source, **how) as body:
        return b"".join([part async for part in body.parts])


def at(server: Server, path: str, **more: Any) -> Source:
    return Source(url=server.url + path, hosts=HOSTS, own=server.url, **more)


async def refused(source: Source, **how: Any) -> None:
    with pytest.raises(CallFailed, match="refused_address"):
        await fetched(source, **how)


# -- addresses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.255.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
     "255.255.255.255", "224.0.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1",
     "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
     "2002:7f00:1::", "2002:a00:1::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2001:db8::1", "not an address", ""],
)  # fmt: skip
def test_these_addresses_are_never_connected_to(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "149.154.167.220", "2606:4700::1111"])
def test_these_are_of_the_public_internet(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_of_ipv6_that_stands_for_one_inside_is_inside(address: Any) -> None:
    if not is_public(str(address)):
        number = int(address)
        for form in (f"::ffff:{address}", f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}"):
            assert not is_public(form)


@pytest.mark.parametrize(
    "url",
    ["http://media.example.org/a", "http://media.example.org:443/a", "ftp://media.example.org/a", "file:///etc/passwd", "gopher://media.example.org",
     "https://evil.example.com/a", "https://media.example.org.evil.com/a", "https://evilmedia.example.org/a",
     "https://media.example.org@evil.com/a", "https://user:pass@media.example.org/a", "https://media.example.org:22/a",
     "https://media.example.org:8443/a", "https://127.0.0.1/a", "https://[::1]/a", "https://[::ffff:127.0.0.1]/a",
     "https://2130706433/a", "https://0177.0.0.1/a", "https://127.1/a", "https://0x7f000001/a", "https://localhost/a",
     "https://169.254.169.254/latest/meta-data/", "https://media.example.org\\@evil.com/a", "//media.example.org/a",
     "https://", "media.example.org/a", "", "https://cdn.example.org/a", "https://[/a", "data:text/html,x"],
)  # fmt: skip
async def test_these_links_are_not_even_looked_up(url: str) -> None:
    resolver = Resolver("127.0.0.1")
    await refused(Source(url=url, hosts=HOSTS), resolver=resolver)
    assert resolver.asked == []


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1"])
async def test_a_listed_name_that_leads_inside_is_refused(server: Server, inside: str) -> None:
    server.shelf.put("a")
    resolver = Resolver(inside, port=server.port)
    for host in ("media.example.org", "MEDIA.example.org", "x.cdn.example.org"):
        await refused(Source(url=f"https://{host}/f/a", hosts=HOSTS), resolver=resolver)
    assert len(resolver.asked) == 3
    assert server.shelf.asked == []


async def test_a_name_with_only_inside_addresses_among_several_is_refused() -> None:
    resolver = Resolver("127.0.0.1", "10.0.0.1", "::1", "192.168.0.1")
    await refused(Source(url="https://media.example.org/a", hosts=HOSTS), resolver=resolver)


# -- redirects and credentials -----------------------------------------------------------------------------


async def test_a_redirect_on_the_own_origin_is_followed_with_credentials(server: Server) -> None:
    server.shelf.put("a")
    server.leads["x"] = "/f/a"
    assert await fetched(at(server, "/go/x", headers={"Authorization": "Basic abc"})) == JPEG
    assert server.seen == [("x", "Basic abc")]


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/", "https://127.0.0.1/f/a", "http://localhost/f/a", "https://evil.example.com/", "//evil",
     "file:///etc/passwd", "https://user@media.example.org/a", "http://media.example.org/a", "https://[::1]/",
     "https://media.example.org:22/"],
)  # fmt: skip
async def test_a_redirect_to_a_place_that_is_not_listed_is_refused(server: Server, target: str) -> None:
    server.leads["x"] = target
    await refused(at(server, "/go/x"))


async def test_a_redirect_to_another_loopback_port_is_refused(server: Server) -> None:
    async with Server() as other:
        other.shelf.put("a")
        server.leads["x"] = f"{other.url}/f/a"
        await refused(at(server, "/go/x"))
        assert other.shelf.asked == []


async def test_a_listed_redirect_that_leads_inside_is_refused(server: Server) -> None:
    server.leads["x"] = "https://a.cdn.example.org/f/a"
    await refused(at(server, "/go/x"), resolver=Resolver("127.0.0.1", port=server.port))


@pytest.mark.parametrize(
    ("url", "given"),
    [
        ("https://api.example.org/b", True),
        ("https://api.example.org:443/b", True),
        ("http://api.example.org/b", False),
        ("https://api.example.org:444/b", False),
        ("https://cdn.example.org/b", False),
        ("https://api.example.org.evil.com/b", False),
    ],
)
def test_credentials_stay_with_their_origin(url: str, given: bool) -> None:
    source = Source(url="https://api.example.org/a", hosts=(), headers={"Authorization": "Basic abc"})
    assert ("Authorization" in headers_for(URL(url), source)) is given


async def test_a_circle_of_redirects_ends(server: Server) -> None:
    server.leads |= {"x": "/go/y", "y": "/go/x"}
    await refused(at(server, "/go/x"))
    assert len(server.seen) == downloading.HOPS


# -- servers that misbehave --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (404, CallFailed, "gone"),
        (410, CallFailed, "gone"),
        (401, CallFailed, "denied"),
        (403, CallFailed, "denied"),
        (206, CallFailed, "denied"),
        (500, TryAgain, "provider"),
        (503, TryAgain, "provider"),
    ],
)
async def test_statuses(server: Server, status: int, error: type[Exception], code: str) -> None:
    server.shelf.put("a", status=status)
    with pytest.raises(error) as raised:
        await fetched(at(server, "/f/a"))
    assert raised.value.code == code  # type: ignore[attr-defined]


async def test_too_many_requests_say_how_long_to_wait(server: Server) -> None:
    server.shelf.put("a", status=429, headers={"Retry-After": "7"})
    with pytest.raises(TryAgain) as raised:
        await fetched(at(server, "/f/a"))
    assert raised.value.after == 7_000


@pytest.mark.parametrize(
    ("trouble", "codes"), [("hang", {"slow"}), ("half", {"unreachable"}), ("drop", {"unreachable"})]
)
async def test_a_server_that_hangs_or_breaks_off(
    server: Server, monkeypatch: pytest.MonkeyPatch, trouble: Any, codes: set[str]
) -> None:
    monkeypatch.setattr(downloading, "READ", 0.2)
    server.shelf.put("a", trouble=trouble)
    with pytest.raises(TryAgain) as raised:
        await fetched(at(server, "/f/a"))
    assert raised.value.code in codes


async def test_what_trickles_in_ends_at_the_limit_for_all_of_it(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "WHOLE", 0.3)
    server.shelf.put("a", trouble="trickle")
    with pytest.raises(TimeoutError):
        await fetched(at(server, "/f/a"))


async def test_nothing_answers(server: Server) -> None:
    with pytest.raises(TryAgain, match="unreachable"):
        await fetched(Source(url="http://127.0.0.1:1/a", hosts=(), own="http://127.0.0.1:1"))


async def test_errors_name_no_address_with_its_token(server: Server) -> None:
    for path, trouble in (("/f/secret-token", "drop"), ("/f/secret-token-2", "half")):
        server.shelf.put(path.rpartition("/")[2], trouble=trouble)
        with pytest.raises(TryAgain) as raised:
            await fetched(at(server, path))
        error: BaseException | None = raised.value
        assert "secret" not in str(error)
        assert error is not None
        assert error.__cause__ is None
        assert error.__suppress_context__
