"""What a setting's text may look like. Each parser returns the value or raises ``Malformed`` with what is expected."""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from core.redis_url import FORMS, is_redis_url, redis_url

__all__ = [
    "KEY_BYTES",
    "Malformed",
    "api_url",
    "host",
    "keys",
    "metrics_token",
    "one_key",
    "one_of",
    "path",
    "public_url",
    "store",
    "telegram_secret",
    "telegram_token",
    "twilio_secret",
    "twilio_senders",
    "twilio_sid",
    "twilio_templates",
    "viber_account",
    "viber_avatar",
    "viber_name",
    "viber_token",
    "whole",
    "yes_no",
]

#: Length of a master key: AES-256.
KEY_BYTES: Final = 32

_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?")
#: A bot's id, a colon and the secret part, about 35 characters.
_TELEGRAM_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{20,100}")
#: Bot API, setWebhook: 1 to 256 of these characters.
_TELEGRAM_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
#: Viber shows three groups; its own examples are not always hexadecimal.
_VIBER_TOKEN = re.compile(r"[0-9A-Za-z]{8,64}(?:-[0-9A-Za-z]{8,64}){2}")
_VIBER_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
#: E.164: up to 15 digits; shorter ones exist.
_TWILIO_SENDER = re.compile(r"whatsapp:\+[1-9][0-9]{4,14}")
_TWILIO_TEMPLATE = re.compile(r"[a-z][a-z0-9_]{0,39}(?:\.[a-z]{2,3})?:HX[0-9a-f]{32}")
_TWILIO_SECRET = re.compile(r"[\x21-\x7e]{16,256}")
_METRICS_TOKEN = re.compile(r"[\x21-\x7e]{16,256}")


class Malformed(ValueError):
    """The text does not fit; the message completes the sentence "it should be ..."."""


def path(text: str) -> Path:
    """Return a path; a leading ``~`` stays, only the outside knows whose home it is."""
    if "\0" in text:
        raise Malformed("a path")
    return Path(text.strip())


def store(text: str) -> str:
    """Return a store's address: ``memory:``, ``sqlite:///`` and a path, or one of :mod:`core.redis_url`."""
    text = text.strip()
    if is_redis_url(text):
        try:
            redis_url(text)
        except ValueError as error:
            raise Malformed(f"{FORMS}; {error}") from None
        return text
    path_of_file = text.removeprefix("sqlite:///")
    if text == "memory:" or (path_of_file != text and path_of_file.strip("/") and not path_of_file.endswith("/")):
        return text
    raise Malformed(
        "`sqlite:///` and a path (three slashes for a path from here, four for one from the root), "
        "`redis://` and a host, or `memory:`"
    )


def keys(text: str) -> tuple[bytes, ...]:
    """Return a key ring: base64 of 32 bytes each, separated by commas or white space, the newest first."""
    ring = []
    for one in text.replace(",", " ").split():
        try:
            key = base64.b64decode(one.replace("-", "+").replace("_", "/"), validate=True)
        except ValueError:
            raise Malformed("base64 of 32 random bytes, several separated by commas") from None
        if len(key) != KEY_BYTES:
            raise Malformed(f"base64 of exactly {KEY_BYTES} bytes for each key; one of them has {len(key)}")
        ring.append(key)
    if len(set(ring)) != len(ring) or not ring:
        raise Malformed("at least one key, and each key once")
    return tuple(ring)


def one_key(text: str) -> bytes:
    """Return one key: base64 of 32 bytes."""
    ring = keys(text)
    if len(ring) != 1:
        raise Malformed("a single key: base64 of 32 random bytes")
    return ring[0]


def host(text: str) -> str:
    """Return an IP address or a host name to listen on."""
    text = text.strip()
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        if _HOST_NAME.fullmatch(text) and not re.fullmatch(r"[\d.]+", text):
            return text
    raise Malformed("an IP address or a host name, such as 127.0.0.1 or 0.0.0.0")


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from ``least`` to ``most``."""

    def parse(text: str) -> int:
        text = text.strip()
        if re.fullmatch(r"[0-9]{1,9}", text) and least <= int(text) <= most:
            return int(text)
        raise Malformed(f"a whole number from {least} to {most}")

    return parse


def yes_no(text: str) -> bool:
    """Return a switch; the usual words for on and off are understood."""
    match text.strip().lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off":
            return False
        case _:
            raise Malformed("1 or 0")


def one_of(*words: str) -> Callable[[str], str]:
    """Return a parser of one of ``words``, in any case."""

    def parse(text: str) -> str:
        word = text.strip().lower()
        if word in words:
            return word
        raise Malformed(f"{', '.join(words[:-1])} or {words[-1]}")

    return parse


def encoder(text: str) -> str:
    """Return the name of a text encoder."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", text):
        raise Malformed("auto, none, e5, or the name of a package's encoder")
    return text


def _url(text: str, expected: str) -> SplitResult:
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise Malformed(expected) from None
    clean = parts.hostname and parts.username is None and not parts.query and not parts.fragment
    if not clean or port == 0 or any(char.isspace() or ord(char) < 0x20 for char in text.strip()):
        raise Malformed(expected)
    return parts


def public_url(text: str) -> str:
    """Return ``https://host[:port]`` without a slash at the end; plain http only close by, for trials."""
    expected = "`https://`, a host name and no path, such as https://bot.example.org"
    parts = _url(text, expected)
    if not _safe_scheme(parts) or parts.path not in {"", "/"}:
        raise Malformed(expected)
    return f"{parts.scheme}://{parts.netloc}"


def api_url(text: str) -> str:
    """Return the address of a provider's API without a slash at the end; plain http only close by."""
    expected = "an `https://` address (`http://` only on this machine or in a private network)"
    if not _safe_scheme(_url(text, expected)):
        raise Malformed(expected)
    return text.strip().rstrip("/")


def _safe_scheme(parts: SplitResult) -> bool:
    return parts.scheme == "https" or (parts.scheme == "http" and _close_by(parts.hostname or ""))


def _close_by(name: str) -> bool:
    """Return whether a host is this machine, a private address, or a bare name as in container networks."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return "." not in name
    return address.is_loopback or address.is_private


def telegram_token(text: str) -> str:
    """Return bot tokens as BotFather gives them, with commas between."""
    expected = "the token from BotFather: digits, a colon, then about 35 letters, digits, _ or -"
    return _list(text, _TELEGRAM_TOKEN, expected)


def telegram_secret(text: str) -> str:
    """Return webhook secrets in the characters that Telegram allows, with commas between."""
    return _list(text, _TELEGRAM_SECRET, "1 to 256 letters, digits, _ or -")


def viber_token(text: str) -> str:
    """Return bot tokens as Viber shows them, with commas between."""
    return _list(text, _VIBER_TOKEN, "the token from Viber's admin panel: three groups of letters and digits")


def viber_account(text: str) -> str:
    """Return short names of accounts, with commas between."""
    return _list(text, _VIBER_ACCOUNT, "a short name of a-z, 0-9, - and _")


def viber_name(text: str) -> str:
    """Return the name that stands above a bot's messages: 1 to 28 characters (Viber's ``sender.name``)."""
    name = text.strip()
    if not 1 <= len(name) <= 28 or not name.isprintable():
        raise Malformed("1 to 28 characters")
    return name


def viber_avatar(text: str) -> str:
    """Return the https address of a picture."""
    expected = "the `https://` address of a picture"
    if _url(text, expected).scheme != "https":
        raise Malformed(expected)
    return text.strip()


def twilio_sid(prefix: str) -> Callable[[str], str]:
    """Return a parser of Twilio's identifiers: two letters and 32 hex digits."""
    pattern = re.compile(rf"{prefix}[0-9a-fA-F]{{32}}")

    def parse(text: str) -> str:
        if pattern.fullmatch(text.strip()):
            return text.strip()
        raise Malformed(f"{prefix} and 32 digits or letters a-f, as Twilio's console shows it")

    return parse


def twilio_secret(text: str) -> str:
    """Return an auth token or the secret of a shared key."""
    if _TWILIO_SECRET.fullmatch(text.strip()):
        return text.strip()
    raise Malformed("the secret as Twilio's console shows it, without spaces")


def twilio_senders(text: str) -> str:
    """Return WhatsApp senders, with commas between."""
    return _list(text, _TWILIO_SENDER, "`whatsapp:` and the number with its country code, such as whatsapp:+4930123456")


def twilio_templates(text: str) -> str:
    """Return names of approved templates with their sids, ``name:HX...`` or ``name.language:HX...``, with commas."""
    names = [part.partition(":")[0].strip() for part in text.split(",")]
    if len(set(names)) != len(names):
        raise Malformed("templates that are each named once")
    return _list(text, _TWILIO_TEMPLATE, "names and sids of approved templates, such as reminder.ar:HX0123…")


def _list(text: str, pattern: re.Pattern[str], expected: str) -> str:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(pattern.fullmatch(part) for part in parts):
        raise Malformed(expected)
    return ",".join(parts)


def metrics_token(text: str) -> str:
    """Return a bearer token."""
    if _METRICS_TOKEN.fullmatch(text.strip()):
        return text.strip()
    raise Malformed("16 to 256 characters without spaces")
