"""From the neutral message to the JSON of a ``send_message``, through viberbot's message classes. Pure.

A pressed button comes back as a text, so the button carries its token as that text, silently: the person does not see
it in the chat. The labels travel along as tracking data, which Viber returns with the press. Texts of buttons are HTML
and are escaped. Nothing is ever cut here: what Viber would not take is refused with a reason, because the turn already
split the text to the channel's limits.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, assert_never
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace
from viberbot.api.messages import FileMessage, LocationMessage, PictureMessage, TextMessage, VideoMessage
from viberbot.api.messages.data_types.location import Location

from bots.keyboards import in_rows, share_label
from core.capabilities import CAPABILITIES
from core.messages import Option, Outbound, Say, SendLocation, SendMedia
from core.reasons import reason
from core.rendering import render as degrade

__all__ = ["MAX_REQUEST", "Body", "CannotRender", "Located", "encode", "plain", "render"]

#: creators.viber.com, send-message: the whole request.
MAX_REQUEST: Final = 30_000
_TEXT = 7000
#: Text below a picture; the documentation of 2024 says 768, others stop at 512, and so do we.
_CAPTION = 512
_PICTURES = (".jpg", ".jpeg", ".png", ".gif")
_URL = 2000
_FILE_NAME = 256
#: Bytes; a larger film goes out as a file.
_VIDEO = 26 << 20
_TRACKING = 4000
#: A button's text with its HTML.
_BUTTON_TEXT = 250
_COLUMNS = 6
_ROWS = 12
#: Neighbours with labels up to this length share a row.
_SHORT_LABEL = 14
#: ``Silent`` and ``TextShouldFit`` need level 6; users report that it takes 7. Older phones are told by status 13 or
#: 14, and get the options as a numbered list.
_KEYBOARD_LEVEL = 7

#: The message without receiver and sender.
Body = dict[str, Any]


class CannotRender(Exception):
    """Viber would not take this message; the text says why, for a counsellor."""


class Located(Struct, frozen=True, kw_only=True):
    """A file that Viber can fetch: films and documents need their size."""

    url: str
    #: Bytes.
    size: int
    name: str


def encode(body: Mapping[str, Any]) -> bytes:
    """Return a request as the bytes that are sent; letters stay letters, escaped they would be thrice as long."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def render(message: Outbound, located: Located | None = None) -> Body:
    """Return the call for ``message``; raises :class:`CannotRender`. ``located`` is where its file can be fetched."""
    match message:
        case Say():
            return _say(message)
        case SendMedia():
            return _media(message, located)
        case SendLocation():
            return _place(message)
        case _:
            assert_never(message)


def plain(message: Outbound) -> Body | None:
    """Return the simplest form of ``message`` that still says everything; None when it has no simpler one."""
    match message:
        case Say() if message.options or message.request:
            return _text(_listed(message))
        case Say():
            return None
        case SendMedia():
            return _link(message, message.ref) if _is_address(message.ref) else None
        case SendLocation():
            return _map(message)
        case _:
            assert_never(message)


# -- texts and keyboards ---------------------------------------------------------------------------------


def _say(say: Say) -> Body:
    if not say.options and say.request is None:
        return _text(say.text)
    labels = {option.token: option.label for option in say.options if option.url is None}
    tracking = json.dumps(labels, ensure_ascii=False, separators=(",", ":")) if labels else ""
    for sent in (tracking, "") if tracking else ("",):
        if len(sent) <= _TRACKING:
            body = _text(say.text, keyboard=_keyboard(say), tracking=sent)
            # Room for receiver and sender.
            if len(encode(body)) <= MAX_REQUEST - 1000:
                return body
    return _text(_listed(say))


def _text(text: str, *, keyboard: Body | None = None, tracking: str = "") -> Body:
    if not text.strip():
        raise CannotRender(reason("empty"))
    if len(text) > _TEXT:
        raise CannotRender(reason("text_long", _TEXT))
    message = TextMessage(
        text=text,
        keyboard=keyboard,
        tracking_data=tracking or None,
        min_api_version=_KEYBOARD_LEVEL if keyboard else None,
    )
    body: Body = message.to_dict()
    if not keyboard and len(encode(body)) > MAX_REQUEST - 1000:
        raise CannotRender(reason("text_bytes"))
    return body


def _listed(say: Say) -> str:
    """Return the text with its options as a numbered list; numbers are understood as answers."""
    without = replace(CAPABILITIES["viber"], buttons=0, text=1_000_000, text_with_buttons=None)
    (part,) = degrade(replace(say, request=None), without)
    return part.text if isinstance(part, Say) else say.text


def _keyboard(say: Say) -> Body:
    share = [_share(say)] if say.request is not None else []
    buttons = [_button(option) for option in say.options]
    _arrange(buttons, [option.label for option in say.options], _ROWS - len(share))
    return {"Type": "keyboard", "DefaultHeight": False, "Buttons": [*share, *buttons]}


def _button(option: Option) -> Body:
    button: Body = {"Columns": _COLUMNS, "Rows": 1, "Text": _label(option.label)}
    button |= {"TextSize": "regular", "TextShouldFit": True}
    if option.url is None:
        if not option.token.strip():
            raise CannotRender(reason("button_wrong"))
        return button | {"ActionType": "reply", "ActionBody": option.token, "Silent": True}
    if not _is_address(option.url) or len(option.url) > _URL:
        raise CannotRender(reason("button_wrong"))
    # Silent: the address would come back as if the person had written it.
    return button | {"ActionType": "open-url", "ActionBody": option.url, "OpenURLType": "external", "Silent": True}


def _share(say: Say) -> Body:
    wanted = say.request or "location"
    label = share_label(wanted, say.language)
    action = "location-picker" if wanted == "location" else "share-phone"
    return {"Columns": _COLUMNS, "Rows": 1, "Text": label, "ActionType": action, "ActionBody": wanted}


def _label(label: str) -> str:
    """Return a label as HTML that shows it to the letter."""
    text = " ".join(label.split())
    if not text:
        raise CannotRender(reason("button_wrong"))
    escaped = html.escape(text, quote=False)
    if len(escaped) > _BUTTON_TEXT:
        # Dozens of these signs in one label: letters that look the same need no escape.
        escaped = text.translate(str.maketrans("<>&", "‹›＆"))
    if len(escaped) > _BUTTON_TEXT:
        raise CannotRender(reason("button_wrong"))
    return escaped


def _arrange(buttons: Sequence[Body], labels: Sequence[str], rows: int) -> None:
    """Give the buttons their widths: short neighbours share a row, and all do where there would be too many rows."""
    for may_share in ([len(label) <= _SHORT_LABEL for label in labels], [True] * len(labels)):
        arranged = in_rows(buttons, may_share)
        if len(arranged) <= rows:
            break
    else:
        raise CannotRender(reason("button_wrong"))
    for row in arranged:
        for button in row:
            button["Columns"] = _COLUMNS // len(row)


# -- files and places ------------------------------------------------------------------------------------


def _media(message: SendMedia, located: Located | None) -> Body:
    url = located.url if located is not None else message.ref
    if not _is_address(url) or len(url) > _URL:
        raise CannotRender(reason("file_no_address"))
    caption = message.caption or ""
    if message.kind in {"photo", "animation", "sticker"} and _is_picture(url) and len(caption) <= _CAPTION:
        return _without_gaps(PictureMessage(media=url, text=caption).to_dict())
    if located is None or caption:
        return _link(message, url)
    if message.kind == "video" and located.size <= _VIDEO and urlsplit(url).path.lower().endswith(".mp4"):
        return _without_gaps(VideoMessage(media=url, size=located.size).to_dict())
    name = (message.name or located.name)[-_FILE_NAME:]
    return _without_gaps(FileMessage(media=url, size=located.size, file_name=name).to_dict())


def _link(message: SendMedia, url: str) -> Body:
    return _text("\n".join(part for part in (message.caption, message.name, url) if part))


def _place(message: SendLocation) -> Body:
    if message.label:
        return _map(message)
    place = Location(lat=float(message.latitude), lon=float(message.longitude))
    return _without_gaps(LocationMessage(location=place).to_dict())


def _map(message: SendLocation) -> Body:
    """Return a place as text: Viber's own has no room for its name."""
    where = f"{message.latitude:.5f},{message.longitude:.5f}"
    link = f"https://www.openstreetmap.org/?mlat={message.latitude:.5f}&mlon={message.longitude:.5f}#map=17"
    return _text("\n".join(part for part in (message.label, where, link) if part))


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not any(char.isspace() for char in url)


def _is_picture(url: str) -> bool:
    return url.lower().endswith(_PICTURES)


def _without_gaps(body: Body) -> Body:
    """Take out what viberbot leaves empty (``thumbnail: None``)."""
    return {name: value for name, value in body.items() if value is not None}
