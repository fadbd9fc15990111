"""From the neutral message to the parameters of a Bot API call. Pure, so that every rule can be tested alone.

Entities and keyboards are the Bot API's own JSON objects.

Texts go out plain with entities and never with a parse mode: no text can break a message. Nothing is ever cut here;
what Telegram would not take is refused with a reason, because the turn already split the text to the channel's limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, assert_never

from msgspec import Struct

from bots.keyboards import in_rows, share_label
from core.messages import MediaKind, Option, Outbound, Say, SendLocation, SendMedia, Span
from core.reasons import reason

__all__ = ["CannotRender", "File", "Message", "Place", "Rendered", "render", "utf16_length"]

#: Bot API 10.1: text 1-4096 and caption 0-1024 after parsing, in UTF-16 units; callback data 1-64 bytes.
_TEXT = 4096
_CAPTION = 1024
_CALLBACK_BYTES = 64
#: PTB's InlineKeyboardMarkupLimit.
_BUTTONS = 100
#: Neighbours with labels up to this length share a row; longer ones would be cut on small phones.
_SHORT_LABEL = 12

#: InlineKeyboardMarkup, ReplyKeyboardMarkup, ReplyKeyboardRemove, MessageEntity and so on of the Bot API.
Json = dict[str, Any]


class CannotRender(Exception):
    """Telegram would not take this message; the text says why, for a counsellor."""


class Message(Struct, frozen=True, kw_only=True):
    """Parameters of sendMessage."""

    text: str
    entities: tuple[Json, ...] = ()
    reply_markup: Json | None = None

    def parameters(self) -> Json:
        """Return the fields of the call."""
        return {
            "text": self.text,
            "entities": self.entities or None,
            "reply_markup": self.reply_markup,
            # Pages are named in the text; a preview would load the page for the person and hide the text.
            "link_preview_options": {"is_disabled": True},
        }


class File(Struct, frozen=True, kw_only=True):
    """Parameters of sendPhoto, sendVoice and so on; ``kind`` names the method."""

    kind: MediaKind
    ref: str
    caption: str | None = None
    name: str | None = None


class Place(Struct, frozen=True, kw_only=True):
    """Parameters of sendLocation, or of sendVenue where there is a title."""

    latitude: float
    longitude: float
    title: str | None = None


Rendered = Message | File | Place


def render(message: Outbound, *, private: bool = True) -> Rendered:
    """Return the call for ``message``; raises :class:`CannotRender`. ``private`` is false in groups."""
    match message:
        case Say():
            return _say(message, private=private)
        case SendMedia():
            if message.caption and utf16_length(message.caption) > _CAPTION:
                raise CannotRender(reason("caption_long", _CAPTION))
            return File(kind=message.kind, ref=message.ref, caption=message.caption or None, name=message.name)
        case SendLocation():
            return Place(latitude=message.latitude, longitude=message.longitude, title=message.label or None)
        case _:
            assert_never(message)


def utf16_length(text: str) -> int:
    """Return the length of ``text`` in UTF-16 units, the way Telegram counts."""
    return len(text) if text.isascii() else len(text) + sum(char > "\uffff" for char in text)


def _say(say: Say, *, private: bool) -> Message:
    text = say.text
    markup: Json | None = None
    if say.request is not None and private:
        text = "\n".join([text, *(f"{option.label}: {option.url}" for option in say.options if option.url)])
        markup = _share_keyboard(say)
    elif say.options:
        markup = {"inline_keyboard": list(_rows(say.options))}
    elif private:
        # A phone keeps showing the last keyboard (the share button) until a message takes it away.
        markup = {"remove_keyboard": True}
    if not text.strip():
        raise CannotRender(reason("empty"))
    if utf16_length(text) > _TEXT:
        raise CannotRender(reason("text_long", _TEXT))
    return Message(text=text, entities=tuple(_entities(say.text, say.spans)), reply_markup=markup)


def _entities(text: str, spans: Iterable[Span]) -> Iterator[Json]:
    """Yield the spans in UTF-16 units; what lies outside the text or is empty formats nothing and is left out."""
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        start, end = max(0, span.start), min(len(text), span.end)
        if start >= end or (span.style == "link" and not span.url):
            continue
        offset, length = utf16_length(text[:start]), utf16_length(text[start:end])
        kind = {"type": "text_link", "url": span.url} if span.style == "link" else {"type": span.style}
        yield kind | {"offset": offset, "length": length}


def _rows(options: tuple[Option, ...]) -> Iterator[list[Json]]:
    """Yield rows of buttons: one a row, or two where both labels are short."""
    if len(options) > _BUTTONS:
        raise CannotRender(reason("buttons_many", _BUTTONS))
    for row in in_rows(options, [len(option.label) <= _SHORT_LABEL for option in options]):
        yield [_button(option) for option in row]


def _button(option: Option) -> Json:
    if not option.label.strip():
        raise CannotRender(reason("button_wrong"))
    if option.url is not None:
        return {"text": option.label, "url": option.url}
    if not 1 <= len(option.token.encode()) <= _CALLBACK_BYTES:
        raise CannotRender(reason("button_wrong"))
    return {"text": option.label, "callback_data": option.token}


def _share_keyboard(say: Say) -> Json:
    """Return a keyboard whose first button shares; the others send their label as text, which answers as well."""
    wanted = say.request or "location"
    label = share_label(wanted, say.language)
    asked = "request_location" if wanted == "location" else "request_contact"
    rows = [[{"text": label, asked: True}], *([{"text": option.label}] for option in say.options if not option.url)]
    return {"keyboard": rows, "resize_keyboard": True, "one_time_keyboard": True}
