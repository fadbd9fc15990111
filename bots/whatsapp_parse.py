"""From a form that Twilio sent to the neutral message, or to the news about one of ours. Nothing here fails.

The person is named by ``ExternalUserId`` where Twilio gives it: WhatsApp users may hide their number, and then ``From``
becomes that id as well. The number stays as the place to write to while it is known.
"""

from __future__ import annotations

import math
import re
from typing import Literal

from msgspec import Struct

from bots.intake import Incoming
from bots.twilio_signature import Form
from bots.whatsapp_errors import ERRORS, WINDOW_CLOSED, reason_of
from core.ids import Millis
from core.messages import Choice, Content, Inbound, Location, Media, MediaKind, Profile, Text, Unknown
from core.records import Receipt, ReceiptState

__all__ = ["Parsed", "parse"]

#: WhatsApp's business-scoped user id: a country, a dot, up to 128 letters and digits.
_USER_ID = re.compile(r"whatsapp:[A-Z]{2}\.[A-Za-z0-9]{1,128}")
_PERSON = re.compile(r"whatsapp:(?:\+[0-9]{4,20}|[A-Z]{2}\.[A-Za-z0-9]{1,128})")
_SID = re.compile(r"[A-Za-z0-9]{1,64}")
#: Most files of one message; Twilio's own limit is 10.
_MOST_FILES = 10

#: Twilio's other states (accepted, queued, sending ...) say no more than the answer to our call did.
_STATES: dict[str, ReceiptState] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "undelivered": "failed",
    "canceled": "failed",
}
_ARRIVED = frozenset({"received", "receiving"})
#: ``MessageType`` where the file's own type does not say enough.
_BY_TYPE: dict[str, MediaKind] = {"sticker": "sticker", "voice": "voice"}


class Parsed(Struct, frozen=True, kw_only=True):
    """What a call became. ``kind`` counts it and never holds anything of a person."""

    kind: Literal["message", "choice", "media", "location", "unknown", "status", "ignored"]
    incoming: tuple[Incoming, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    #: The person whose 24-hour window this shows to be closed.
    closed: str | None = None
    #: The number of ours that was written to.
    to: str = ""


def parse(form: Form, account: str, now: Millis) -> Parsed:
    """Return what one genuine call about ``account`` means."""
    state = _get(form, "MessageStatus") or _get(form, "SmsStatus")
    if state in _ARRIVED or (not state and _get(form, "From")):
        return _message(form)
    return _status(form, state.lower(), account, now)


def _get(form: Form, name: str) -> str:
    value: str = form.get(name, "")
    return value


def _sid(form: Form) -> str | None:
    for name in ("MessageSid", "SmsMessageSid", "SmsSid"):
        if _SID.fullmatch(_get(form, name)):
            return _get(form, name)
    return None


# -- what became of ours ---------------------------------------------------------------------------------


def _status(form: Form, state: str, account: str, now: Millis) -> Parsed:
    sid, known = _sid(form), _STATES.get(state)
    if sid is None or known is None:
        return Parsed(kind="ignored")
    code = int(_get(form, "ErrorCode")) if re.fullmatch(r"[0-9]{1,9}", _get(form, "ErrorCode"), re.ASCII) else None
    reason = None
    if known == "failed":
        reason = reason_of(code)
        meaning = ERRORS.get(code or 0)
        if code == WINDOW_CLOSED:
            known = "held"
        elif meaning is not None and meaning.act == "content":
            known = "again"
    receipt = Receipt(channel="whatsapp", account=account, provider_id=sid, state=known, at=now, reason=reason)
    closed = _get(form, "To") if code == WINDOW_CLOSED else ""
    return Parsed(kind="status", receipts=(receipt,), closed=closed or None)


# -- what people do --------------------------------------------------------------------------------------


def _message(form: Form) -> Parsed:
    sid, sender = _sid(form), _get(form, "From")
    if sid is None or not _PERSON.fullmatch(sender):
        return Parsed(kind="ignored")
    user_id = _get(form, "ExternalUserId")
    peer = user_id if _USER_ID.fullmatch(user_id) else sender
    number = _number(form, sender)
    beside = number if number != peer else None
    contents = _contents(form)
    event_id = f"tw:{_get(form, 'AccountSid')}:{sid}"
    incoming = tuple(
        Incoming(
            peer=peer,
            aliases=() if beside is None else (beside,),
            thread=beside,
            event_id=f"{event_id}:{n}" if n else event_id,
            message=Inbound(
                content=content, message_id=sid, profile=Profile(name=_get(form, "ProfileName") or None)
            ),  # no time: Twilio does not say when it was written
        )
        for n, content in enumerate(contents)
    )
    return Parsed(kind=_kind(contents[0]), incoming=incoming, to=_get(form, "To"))


def _number(form: Form, sender: str) -> str | None:
    """Return the person's number as an address, as far as Twilio tells it; people may hide theirs."""
    if sender.startswith("whatsapp:+"):
        return sender
    digits = _get(form, "WaId")
    return f"whatsapp:+{digits}" if re.fullmatch(r"[0-9]{4,20}", digits, re.ASCII) else None


def _kind(content: Content) -> Literal["message", "choice", "media", "location", "unknown"]:
    match content:
        case Text():
            return "message"
        case Choice():
            return "choice"
        case Media():
            return "media"
        case Location():
            return "location"
        case _:
            return "unknown"


def _contents(form: Form) -> list[Content]:
    """Return what a message holds: one thing, or one for each file. Pressed buttons also carry their label as text."""
    body = _get(form, "Body")
    for token, label in (("ButtonPayload", "ButtonText"), ("ListId", "ListTitle")):
        if _get(form, token):
            of = _get(form, "OriginalRepliedMessageSid") or None
            return [Choice(token=_get(form, token), label=_get(form, label) or body or None, of=of)]
    if files := _files(form, body):
        return files
    if (place := _place(form)) is not None:
        return [place]
    if body:
        return [Text(text=body)]
    return [Unknown(kind=_get(form, "MessageType").lower() or "empty")]


def _files(form: Form, body: str) -> list[Content]:
    count = _get(form, "NumMedia")
    wanted = min(int(count), _MOST_FILES) if re.fullmatch(r"[0-9]{1,3}", count, re.ASCII) else 0
    found: list[Content] = []
    for n in range(wanted):
        url = _get(form, f"MediaUrl{n}")
        if not url:
            continue
        mime = _get(form, f"MediaContentType{n}") or None
        kind = _media_kind(mime or "", _get(form, "MessageType").lower())
        found.append(Media(kind=kind, ref=url, mime=mime, caption=(body or None) if not found else None))
    return found


def _media_kind(mime: str, message_type: str) -> MediaKind:
    """Return the kind of a file. A contact card comes as a vCard file, with the number only inside it."""
    if message_type in _BY_TYPE:
        return _BY_TYPE[message_type]
    plain = mime.partition(";")[0].strip().lower()
    if plain == "image/webp":
        return "sticker"  # phones send pictures as JPEG; only stickers are WebP
    if plain in {"audio/ogg", "audio/opus"}:
        return "voice"
    return {"image": "photo", "audio": "audio", "video": "video"}.get(plain.partition("/")[0], "document")  # type: ignore[return-value]


def _place(form: Form) -> Location | None:
    try:
        latitude, longitude = float(_get(form, "Latitude")), float(_get(form, "Longitude"))
    except ValueError:
        return None
    if not (math.isfinite(latitude) and math.isfinite(longitude) and abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    label = ", ".join(filter(None, (_get(form, "Label"), _get(form, "Address"))))
    return Location(latitude=latitude, longitude=longitude, label=label or _get(form, "Body") or None)
