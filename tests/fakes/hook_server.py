"""An https server on this machine under a name of its own, with a certificate that only its own clients trust."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["HookServer", "hook_server"]

NAME = "hook.example"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "hook.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


class _Here(AbstractResolver):
    """Every name is this machine."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = str(ipaddress.IPv4Address("127.0.0.1"))
        return [ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        return


class HookServer:
    """``handler`` answers every request; ``requests`` keeps what came."""

    def __init__(self, certificate: Path) -> None:
        self.requests: list[tuple[str, dict[str, str], object]] = []
        self.handler: Handler = self._empty
        self.port = 0
        self._certificate = certificate

    async def _empty(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({})

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.path, dict(request.headers), await request.json()))
        return await self.handler(request)

    def url(self, path: str = "/", scheme: str = "https") -> str:
        return f"{scheme}://{NAME}:{self.port}{path}"

    def session(self, *, trusting: bool = True) -> aiohttp.ClientSession:
        """Return connections that find this server; only trusting ones accept its certificate."""
        context = ssl.create_default_context(cafile=str(self._certificate) if trusting else None)
        connector = aiohttp.TCPConnector(resolver=_Here(), ssl=context, force_close=True)
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    def context(self) -> ssl.SSLContext:
        made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        made.load_cert_chain(self._certificate)
        return made


@asynccontextmanager
async def hook_server(folder: Path) -> AsyncIterator[HookServer]:
    """Serve until the block ends."""
    server = HookServer(_certificate(folder))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server.context())
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        await runner.cleanup()
