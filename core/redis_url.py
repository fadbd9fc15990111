"""The address of a store on Redis or Valkey: one server, a group with Sentinels, or a cluster, in one line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

__all__ = ["FORMS", "RedisUrl", "is_redis_url", "redis_url"]

Kind = Literal["single", "unix", "sentinel", "cluster"]

_SCHEMES: Final[dict[str, tuple[Kind, bool]]] = {
    "redis": ("single", False),
    "rediss": ("single", True),
    "redis+unix": ("unix", False),
    "redis+sentinel": ("sentinel", False),
    "rediss+sentinel": ("sentinel", True),
    "redis+cluster": ("cluster", False),
    "rediss+cluster": ("cluster", True),
}
_PORTS: Final[dict[Kind, int]] = {"single": 6379, "unix": 0, "sentinel": 26379, "cluster": 6379}
#: What an address may look like, for error messages.
FORMS: Final = (
    "`redis://user:password@host:port/db`, `redis+unix:///path`, `redis+sentinel://host,host/service/db` or "
    "`redis+cluster://host,host`, with `rediss` in place of `redis` for TLS"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisUrl:
    """Where a store lies. The repr shows no password."""

    kind: Kind
    #: Servers, Sentinels or some nodes of the cluster.
    hosts: tuple[tuple[str, int], ...] = ()
    #: Of a socket.
    path: str = ""
    #: What the Sentinels call the group.
    service: str = ""
    db: int = 0
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    sentinel_user: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)
    tls: bool = False
    #: File with the certificates that may sign the servers'; None: those of the system.
    ca: Path | None = None
    #: First part of every key; sets several stores on one server apart.
    namespace: str = "sw"
    #: Seconds that a server may take for an answer.
    timeout: float = 5.0
    #: Seconds for which work that no server took is offered again, as while a replica takes over.
    patience: float = 3.0
    #: Replicas that must hold what was acknowledged; None: one where there are Sentinels or a cluster, else none.
    replicas: int | None = None
    #: Whoever runs it knows that a server without an append-only file loses acknowledged messages.
    volatile: bool = False
    #: The id that the store must have, so that a server without its data is recognised.
    store_id: str | None = None

    @property
    def wanted_replicas(self) -> int:
        """How many replicas must hold what was acknowledged."""
        if self.replicas is not None:
            return self.replicas
        return 1 if self.kind in ("sentinel", "cluster") else 0

    @property
    def shown(self) -> str:
        """The address without anything secret."""
        if self.kind == "unix":
            return f"redis+unix://{self.path}"
        scheme = ("rediss" if self.tls else "redis") + ("" if self.kind == "single" else f"+{self.kind}")
        return f"{scheme}://{','.join(f'{host}:{port}' for host, port in self.hosts)}"


def is_redis_url(text: str) -> bool:
    """Say whether a text means to be such an address."""
    return text.partition(":")[0] in _SCHEMES


def redis_url(text: str) -> RedisUrl:
    """Return the parts of an address. Raises ValueError with what is wrong, never quoting a password."""
    try:
        split = urlsplit(text.strip())
    except ValueError:
        raise ValueError("the address cannot be read") from None
    if split.scheme not in _SCHEMES:
        raise ValueError(f"the address should be {FORMS}")
    kind, tls = _SCHEMES[split.scheme]
    credentials, _, places = split.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    options = _options(split)
    service, db = _service_and_db(kind, split.path)
    if kind == "unix":
        if not split.path.strip("/") or split.netloc.rpartition("@")[2]:
            raise ValueError("`redis+unix://` wants three slashes and the path of a socket")
        db = _whole("db", options.pop("db", "0"), 0, 65_535)
    return RedisUrl(
        kind=kind,
        hosts=() if kind == "unix" else tuple(_host(one, _PORTS[kind]) for one in places.split(",")),
        path=unquote(split.path) if kind == "unix" else "",
        service=service,
        db=db,
        user=unquote(user) or None,
        password=unquote(password) or None,
        tls=tls,
        **_chosen(options),
    )


def _options(split: SplitResult) -> dict[str, str]:
    pairs = parse_qsl(split.query, keep_blank_values=True)
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("an option of the address stands twice")
    return dict(pairs)


def _chosen(options: dict[str, str]) -> dict[str, Any]:
    """Return the fields that the options set."""
    found: dict[str, Any] = {}
    for name, text in options.items():
        match name:
            case "namespace":
                if not (text.isascii() and text.replace("-", "").replace("_", "").isalnum() and len(text) <= 32):
                    raise ValueError("`namespace` should be up to 32 letters, digits, `-` and `_`")
                found["namespace"] = text
            case "ca":
                found["ca"] = Path(text)
            case "timeout" | "patience":
                found[name] = _seconds(name, text)
            case "replicas":
                found["replicas"] = _whole(name, text, 0, 5)
            case "id":
                if len(text) != 32 or set(text) - set("0123456789abcdef"):
                    raise ValueError("`id` should be the 32 hexadecimal digits that the first start printed")
                found["store_id"] = text
            case "volatile":
                found["volatile"] = bool(_whole(name, text, 0, 1))
            case "sentinel_user" | "sentinel_password":
                found[name] = text
            case _:
                known = "namespace, ca, timeout, patience, replicas, volatile, id, sentinel_user, sentinel_password"
                raise ValueError(f"the address has an option `{name[:40]}`; there are {known}")
    return found


def _service_and_db(kind: Kind, path: str) -> tuple[str, int]:
    parts = [] if kind == "unix" else [unquote(part) for part in path.split("/") if part]
    if kind == "sentinel":
        if not 1 <= len(parts) <= 2:
            raise ValueError("`redis+sentinel://` wants `/service` or `/service/db` behind the hosts")
        return parts[0], _whole("the database", parts[1], 0, 65_535) if len(parts) == 2 else 0
    if len(parts) > 1 or (parts and kind == "cluster" and parts != ["0"]):
        raise ValueError("there is too much behind the hosts" + ("; a cluster has no databases" * (kind == "cluster")))
    return "", _whole("the database", parts[0], 0, 65_535) if parts else 0


def _host(text: str, port: int) -> tuple[str, int]:
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError("a host in brackets should be `[address]:port`")
        number = rest[1:]
    else:
        host, _, number = text.partition(":")
    if not host or any(letter.isspace() for letter in host):
        raise ValueError("a host is missing in the address")
    return host, _whole("a port", number, 1, 65_535) if number else port


def _whole(what: str, text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 7 and least <= int(text) <= most):
        raise ValueError(f"{what} should be a whole number from {least} to {most}")
    return int(text)


def _seconds(name: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.05 <= seconds <= 60:
        raise ValueError(f"`{name}` should be seconds from 0.05 to 60")
    return seconds
