"""From a Viber callback to the neutral message: every kind that a person can cause, and what became of our messages.

Nothing here fails. An event that we do not know is ignored; a message of an unknown kind still becomes an ``Unknown``,
so that the person gets an answer. Message tokens are whole numbers of 64 bits and stay texts: as floating-point numbers
two of them would be equal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from bots.intake import Incoming
from core.ids import Millis
from core.messages import (
    Choice,
    Content,
    Inbound,
    Location,
    Media,
    Profile,
    SharedContact,
    Start,
    Subscribed,
    Text,
    Unknown,
    Unsubscribed,
)
from core.reasons import reason
from core.records import Receipt, ReceiptState

__all__ = ["TOKEN", "Kind", "Parsed", "parse", "token_of"]

Kind = Literal["webhook", "start", "message", "subscribed", "unsubscribed", "receipt", "unreadable", "ignored"]

#: A token of our buttons (``flows.program.option_token``, ``core.pages``). A press comes back as a text that is it.
TOKEN = re.compile(r"(?:m:)?o:[A-Za-z0-9_-]{12}")
#: Longest user id taken; Viber's have 24 characters.
_LONGEST_ID = 128
#: A message token as text: 64 bits have 20 digits at most.
_DIGITS = re.compile(r"[0-9]{1,20}")
#: Times outside are no times (Viber's own test callback has 4977069964384421269): 2001 to 2100.
_TIMES = range(1_000_000_000_000, 4_102_444_800_000)
_RECEIPTS: Mapping[str, ReceiptState] = {
    "delivered": "delivered",
    "seen": "read",
    "failed": "failed",
}
#: Viber takes a keyboard that the phone then refuses; its words for that are not documented.
_FORM = re.compile(r"keyboard|button|rich.?media|api.?version", re.IGNORECASE)
#: Longest reason of a failed message that is kept.
_REASON = 200


class Parsed(Struct, frozen=True, kw_only=True):
    """What a callback became. ``kind`` counts it and never holds anything of a person."""

    kind: Kind
    incoming: Incoming | None = None
    receipt: Receipt | None = None
    #: Of a start: the person gets messages already.
    subscribed: bool = False


def token_of(value: object) -> str | None:
    """Return a message token as text; None for what is none (a fraction, a truth value, something longer)."""
    if isinstance(value, bool):
        return None
    text = str(value) if isinstance(value, int) else value
    return text if isinstance(text, str) and _DIGITS.fullmatch(text) else None


def parse(data: Mapping[str, Any], account: str, now: Millis) -> Parsed:
    """Return what one callback to bot ``account`` means; ``now`` stands in where a receipt has no time."""
    event = data.get("event")
    token = token_of(data.get("message_token"))
    if event == "webhook":
        return Parsed(kind="webhook")
    if not isinstance(event, str) or token is None:
        return Parsed(kind="unreadable")
    if (state := _RECEIPTS.get(event)) is not None:
        return _receipt(data, account, token, state, now)
    event_id = f"vb:{account}:{event}:{token}"
    match event:
        case "message":
            return _message(data, event_id, token)
        case "conversation_started":
            context = data.get("context")
            content = Start(payload=context if isinstance(context, str) and context.strip() else None)
            parsed = _of_user(data, data.get("user"), event_id, content, "start")
            subscribed = data.get("subscribed") is True
            return Parsed(kind=parsed.kind, incoming=parsed.incoming, subscribed=subscribed)
        case "subscribed":
            return _of_user(data, data.get("user"), event_id, Subscribed(), "subscribed")
        case "unsubscribed":
            return _of_user(data, {"id": data.get("user_id")}, event_id, Unsubscribed(), "unsubscribed")
        case _:  # client_status, action, and what Viber invents later
            return Parsed(kind="ignored")


def _receipt(data: Mapping[str, Any], account: str, token: str, state: ReceiptState, now: Millis) -> Parsed:
    """Later news of a message. Viber also sends ``delivered`` for what people write: the store knows no such id."""
    why = None
    if state == "failed":
        # Real ones can lack it. It is Viber's own text, such as "the keyboard is not valid".
        desc = data.get("desc")
        told = " ".join(desc.split())[:_REASON] if isinstance(desc, str) else ""
        why = reason("viber.told", told) if told else reason("viber.not_shown")
        if _FORM.search(told):
            state = "again"
    at = _time(data) or now
    receipt = Receipt(channel="viber", account=account, provider_id=token, state=state, at=at, reason=why)
    return Parsed(kind="receipt", receipt=receipt)


def _of_user(data: Mapping[str, Any], user: object, event_id: str, content: Content, kind: Kind) -> Parsed:
    peer = user.get("id") if isinstance(user, dict) else None
    if not isinstance(user, dict) or not isinstance(peer, str) or not 0 < len(peer) <= _LONGEST_ID:
        return Parsed(kind="unreadable")
    inbound = Inbound(content=content, occurred_at=_time(data), profile=_profile(user))
    return Parsed(kind=kind, incoming=Incoming(peer=peer, event_id=event_id, message=inbound))


def _message(data: Mapping[str, Any], event_id: str, token: str) -> Parsed:
    sender, message = data.get("sender"), data.get("message")
    peer = sender.get("id") if isinstance(sender, dict) else None
    if not isinstance(sender, dict) or not isinstance(peer, str) or not 0 < len(peer) <= _LONGEST_ID:
        return Parsed(kind="unreadable")
    inbound = Inbound(
        content=_content(message) if isinstance(message, dict) else Unknown(kind="unreadable"),
        message_id=token,
        occurred_at=_time(data),
        profile=_profile(sender),
        # A bot has no group chats; where an old client sends a chat's id, the message was written in one.
        group=isinstance(data.get("chat_id"), str) and bool(data["chat_id"]),
    )
    return Parsed(kind="message", incoming=Incoming(peer=peer, event_id=event_id, message=inbound))


def _time(data: Mapping[str, Any]) -> Millis | None:
    at = data.get("timestamp")
    return at if isinstance(at, int) and not isinstance(at, bool) and at in _TIMES else None


def _profile(user: Mapping[str, Any]) -> Profile:
    return Profile(name=_word(user, "name"), language=_word(user, "language"))


def _word(data: Mapping[str, Any], name: str) -> str | None:
    found = data.get(name)
    return found if isinstance(found, str) and found.strip() else None


def _content(message: Mapping[str, Any]) -> Content:
    """Return what a message says. A kind without what belongs to it is as good as unknown."""
    kind = message.get("type")
    content: Content | None = None
    match kind:
        case "text":
            content = _text(message)
        case "url":
            said = [part for name in ("text", "media") if (part := _word(message, name))]
            content = Text(text="\n".join(said)) if said else None
        case "picture" | "video" | "file" | "sticker":
            content = _media(message, kind)
        case "location":
            content = _location(message.get("location"))
        case "contact":
            content = _contact(message.get("contact"))
        case _:
            pass
    return content or Unknown(kind=kind if isinstance(kind, str) else "unreadable")


def _text(message: Mapping[str, Any]) -> Content | None:
    text = message.get("text")
    if not isinstance(text, str):
        return None
    if TOKEN.fullmatch(text):
        return Choice(token=text, label=_label(message.get("tracking_data"), text))
    return Text(text=text)


def _label(tracking: object, token: str) -> str | None:
    """Return what stood on the pressed button: we sent it along, and Viber gives it back with the press."""
    if not isinstance(tracking, str) or not tracking.startswith("{"):
        return None
    try:
        labels = json.loads(tracking)
    except (ValueError, RecursionError):
        return None
    label = labels.get(token) if isinstance(labels, dict) else None
    return label if isinstance(label, str) else None


def _media(message: Mapping[str, Any], kind: str) -> Content | None:
    ref, caption = _word(message, "media"), _word(message, "text")
    if kind == "sticker":
        number = message.get("sticker_id")
        number = str(number) if isinstance(number, int | str) and not isinstance(number, bool) else None
        if ref is None and number is None:
            return None
        return Media(kind="sticker", ref=ref or f"sticker:{number}", name=number)
    if ref is None:
        return None
    if kind == "picture":
        return Media(
            kind="photo", ref=ref, size=_size(message, "size"), name=_word(message, "file_name"), caption=caption
        )
    if kind == "video":
        return Media(
            kind="video", ref=ref, size=_size(message, "size"), name=_word(message, "file_name"), caption=caption
        )
    size = _size(message, "file_size")
    if size is None:
        size = _size(message, "size")
    return Media(kind="document", ref=ref, size=size, name=_word(message, "file_name"), caption=caption)


def _size(message: Mapping[str, Any], name: str) -> int | None:
    size = message.get(name)
    return size if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 1 << 40 else None


def _location(place: object) -> Location | None:
    if not isinstance(place, dict):
        return None
    latitude, longitude = _degrees(place.get("lat"), 90), _degrees(place.get("lon"), 180)
    if latitude is None or longitude is None:
        return None
    return Location(latitude=latitude, longitude=longitude, label=_word(place, "address"))


def _degrees(value: object, most: int) -> float | None:
    """Return degrees; Viber's own examples have them as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if -most <= number <= most else None


def _contact(card: object) -> Content | None:
    """Return a card. It may be anybody's: Viber does not say whether a number is the sender's own."""
    phone = card.get("phone_number") if isinstance(card, dict) else None
    if not isinstance(card, dict) or not isinstance(phone, str) or not phone.strip():
        return None
    return SharedContact(phone=phone, name=_word(card, "name"))
