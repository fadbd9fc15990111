"""The calls of the webhook measurement: what each messenger posts, signed as it does, ready for a socket."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from urllib.parse import urlencode

from tests.bench.rig import ACCOUNT, SECRET, update

__all__ = ["KINDS", "PUBLIC", "TWILIO_SENDER", "TWILIO_SID", "TWILIO_TOKEN", "VIBER_TOKEN", "request"]

VIBER_TOKEN = "4453b6ac12345678-e02c5f12174805f9-daec9cbb5448c51f"
TWILIO_SID = "AC" + "0" * 32
TWILIO_TOKEN = "0123456789abcdef0123456789abcdef"
TWILIO_SENDER = "14155238886"
PUBLIC = "https://bench.example"
TEXT = "What is a mini-job?"


def request(kind: str, number: int, person: int) -> bytes:
    """Return the whole HTTP request of one call: ``person`` writes their message ``number``."""
    path, headers, body = KINDS[kind](number, person)
    lines = [f"POST {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _bare(number: int, person: int) -> tuple[str, list[str], bytes]:
    return "/bare", ["Content-Type: application/json"], update(number, person, TEXT)


def _telegram(number: int, person: int) -> tuple[str, list[str], bytes]:
    headers = ["Content-Type: application/json", f"X-Telegram-Bot-Api-Secret-Token: {SECRET}"]
    return f"/webhook/telegram/{ACCOUNT}", headers, update(number, person, TEXT)


def _viber(number: int, person: int) -> tuple[str, list[str], bytes]:
    event = {
        "event": "message",
        "timestamp": int(time.time() * 1000),
        "chat_hostname": "bench",
        "message_token": 4_912_661_846_655_000_000 + number,
        "sender": {"id": f"{person:022d}==", "name": "Bench", "language": "en", "country": "DE", "api_version": 10},
        "message": {"type": "text", "text": TEXT},
        "silent": False,
    }
    body = json.dumps(event).encode()
    signature = hmac.new(VIBER_TOKEN.encode(), body, hashlib.sha256).hexdigest()
    headers = ["Content-Type: application/json", f"X-Viber-Content-Signature: {signature}"]
    return "/webhook/viber/main", headers, body


def _whatsapp(number: int, person: int) -> tuple[str, list[str], bytes]:
    sid = f"SM{number:032x}"
    form = {
        "AccountSid": TWILIO_SID,
        "ApiVersion": "2010-04-01",
        "Body": TEXT,
        "From": f"whatsapp:+49{person:011d}",
        "MessageSid": sid,
        "MessageType": "text",
        "NumMedia": "0",
        "NumSegments": "1",
        "ProfileName": "Bench",
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "SmsStatus": "received",
        "To": f"whatsapp:+{TWILIO_SENDER}",
        "WaId": f"49{person:011d}",
    }
    path = f"/webhook/whatsapp/{TWILIO_SENDER}"
    text = PUBLIC + path + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(TWILIO_TOKEN.encode(), text.encode(), hashlib.sha1).digest()
    headers = [
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8",
        f"X-Twilio-Signature: {base64.b64encode(digest).decode()}",
    ]
    return path, headers, urlencode(form).encode()


#: ``bare`` is an aiohttp handler that only parses the JSON of a Telegram update.
KINDS: dict[str, Callable[[int, int], tuple[str, list[str], bytes]]] = {
    "bare": _bare,
    "telegram": _telegram,
    "viber": _viber,
    "whatsapp": _whatsapp,
}
