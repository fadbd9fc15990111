"""TLS towards the server: with an authority of one's own, and never to somebody else."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.errors import StoreUnavailable
from tests.fakes.tcp_proxy import TcpProxy
from tests.fakes.valkey import single
from tests.unit.store.redis_words import opened


def certificate(folder: Path, address: str) -> Path:
    """Make a certificate that signs itself, with its key behind it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "redis")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{address}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


def serving(path: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context


async def test_scripts_and_hints_over_tls(tmp_path: Path) -> None:
    path = certificate(tmp_path, "127.0.0.1")
    async with (
        TcpProxy(single().port, tls=serving(path)) as proxy,
        opened(f"rediss://127.0.0.1:{proxy.port}?ca={path}") as scripts,
    ):
        assert await scripts.run("put_safe", ["{tls}a"], [b"x" * 100_000]) == b"OK"
        assert await scripts.run("get", ["{tls}a"]) == b"x" * 100_000
        assert await scripts.client.get("{tls}a") == b"x" * 100_000


@pytest.mark.parametrize(
    ("wrong", "told"),
    [("unknown authority", "`ca=`"), ("another name", "another name"), ("no TLS", "cannot be reached")],
)
async def test_nobody_else_is_talked_to(tmp_path: Path, wrong: str, told: str) -> None:
    path = certificate(tmp_path, "127.0.0.2" if wrong == "another name" else "127.0.0.1")
    tls = None if wrong == "no TLS" else serving(path)
    ca = "" if wrong == "unknown authority" else f"&ca={path}"
    async with (
        TcpProxy(single().port, tls=tls) as proxy,
        opened(f"rediss://127.0.0.1:{proxy.port}?timeout=1&patience=0.1{ca}") as scripts,
    ):
        with pytest.raises(StoreUnavailable, match=told):
            await scripts.run("get", ["{tls}a"])
