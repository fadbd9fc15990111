"""What Viber's documentation says about a ``send_message``: required fields, lengths, keyboards. As a checker.

Sources: creators.viber.com (send-message, keyboards, message types), the older developers.viber.com; where they
differ, the stricter one counts. No machine-readable specification exists.
"""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

__all__ = ["MAX_REQUEST", "Broken", "check_keyboard", "check_message", "shown_text"]

MAX_REQUEST = 30_000

BAD_DATA, MISSING_DATA, TOO_NEW = 3, 4, 13

_TYPES = {"text", "picture", "video", "file", "location", "contact", "sticker", "url", "rich_media"}
_COMMON = {"receiver", "sender", "type", "tracking_data", "min_api_version", "keyboard", "auth_token"}
_FIELDS = {
    "text": {"text"},
    "picture": {"text", "media", "thumbnail"},
    "video": {"media", "size", "duration", "thumbnail", "text"},
    "file": {"media", "size", "file_name"},
    "location": {"location"},
    "contact": {"contact"},
    "sticker": {"sticker_id"},
    "url": {"media"},
}
_REQUIRED = {
    "text": {"text"},
    "picture": {"text", "media"},
    "video": {"media", "size"},
    "file": {"media", "size", "file_name"},
    "location": {"location"},
    "contact": {"contact"},
    "sticker": {"sticker_id"},
    "url": {"media"},
}
_BUTTON = {
    "Columns", "Rows", "BgColor", "Silent", "BgMediaType", "BgMedia", "BgLoop", "ActionType", "ActionBody", "Image",
    "Text", "TextVAlign", "TextHAlign", "TextOpacity", "TextSize", "OpenURLType", "OpenURLMediaType", "TextShouldFit",
    "TextBgGradientColor", "TextPaddings", "InternalBrowser", "Map", "Frame",
}  # fmt: skip
_KEYBOARD = {"Type", "Buttons", "BgColor", "DefaultHeight", "CustomDefaultHeight", "InputFieldState"}
_ACTIONS = {"reply", "open-url", "location-picker", "share-phone", "none"}
#: Key of a button -> the least ``min_api_version`` it works with.
_LEVELS = {"Silent": 6, "TextShouldFit": 6}
_TAGS = {"b", "i", "u", "br", "font", "s", "strong", "em"}


class Broken(Exception):
    """The message is not as documented; ``status`` is how Viber would answer."""

    def __init__(self, reason: str, status: int = BAD_DATA) -> None:
        super().__init__(reason)
        self.status = status


def _need(condition: bool, reason: str, status: int = BAD_DATA) -> None:
    if not condition:
        raise Broken(reason, status)


def _address(value: object, longest: int = 2000) -> bool:
    if not isinstance(value, str) or len(value) > longest or any(char.isspace() for char in value):
        return False
    parts = urlsplit(value)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def check_message(raw: bytes, *, receiver: bool = True, api_version: int = 10) -> dict[str, Any]:
    """Return the message in ``raw``; raises :class:`Broken`. A welcome has no ``receiver``."""
    _need(len(raw) <= MAX_REQUEST, "the request is longer than 30 kB")
    try:
        body: dict[str, Any] = json.loads(raw.decode("utf-8"))
    except ValueError:
        raise Broken("not JSON in UTF-8") from None
    _need(isinstance(body, dict), "not an object")
    if receiver:
        _need(isinstance(body.get("receiver"), str) and bool(body["receiver"]), "no receiver", MISSING_DATA)
    else:
        _need("receiver" not in body, "a welcome has no receiver")
    _sender(body.get("sender"))
    kind: str = body.get("type") or ""
    _need(kind in _TYPES, f"unknown type {kind!r}", BAD_DATA if kind else MISSING_DATA)
    unknown = body.keys() - _COMMON - _FIELDS.get(kind, set())
    _need(kind == "rich_media" or not unknown, f"unknown fields {sorted(unknown)}")
    missing = {name for name in _REQUIRED.get(kind, set()) if body.get(name) is None}
    _need(not missing, f"missing {sorted(missing)}", MISSING_DATA)
    _content(kind, body)
    tracking = body.get("tracking_data", "")
    _need(isinstance(tracking, str) and len(tracking) <= 4000, "tracking_data is longer than 4000")
    level = body.get("min_api_version", 1)
    _need(isinstance(level, int) and not isinstance(level, bool) and 1 <= level <= 10, "min_api_version")
    if "keyboard" in body:
        check_keyboard(body["keyboard"], level)
    _need(level <= api_version, "the client is too old", TOO_NEW)
    return body


def _sender(sender: object) -> None:
    if not isinstance(sender, dict) or not isinstance(sender.get("name"), str) or not sender["name"].strip():
        raise Broken("no sender.name", MISSING_DATA)
    _need(len(sender["name"]) <= 28, "sender.name is longer than 28")
    _need("avatar" not in sender or _address(sender["avatar"]), "sender.avatar is no address")


def _content(kind: str, body: dict[str, Any]) -> None:
    match kind:
        case "text":
            _need(isinstance(body["text"], str) and len(body["text"].strip()) > 0, "the text is empty")
            _need(len(body["text"]) <= 7000, "the text is longer than 7000")
        case "picture":
            _need(isinstance(body["text"], str) and len(body["text"]) <= 512, "the text is longer than 512")
            ending = isinstance(body["media"], str) and body["media"].lower().endswith(
                (".jpg", ".jpeg", ".png", ".gif")
            )
            _need(_address(body["media"]) and ending, "not the address of a picture", 1)
        case "video" | "file":
            most = (26 if kind == "video" else 50) * 1024 * 1024
            _need(_address(body["media"]), "not the address of a file", 1)
            _need(isinstance(body["size"], int) and 0 < body["size"] <= most, "size")
            name = body.get("file_name", "")
            _need(isinstance(name, str) and len(name) <= 256, "file_name is longer than 256")
        case "url":
            _need(_address(body["media"]), "not an address", 1)
        case "location":
            place = body["location"]
            _need(isinstance(place, dict) and place.keys() == {"lat", "lon"}, "location")
            _need(-90 <= float(place["lat"]) <= 90 and -180 <= float(place["lon"]) <= 180, "degrees")
        case _:
            pass


def check_keyboard(keyboard: object, level: int) -> None:
    """Raise :class:`Broken` unless ``keyboard`` is as documented and fits the screen (12 rows of 6 columns)."""
    if not isinstance(keyboard, dict) or keyboard.get("Type") != "keyboard":
        raise Broken("not a keyboard")
    _need(not keyboard.keys() - _KEYBOARD, f"unknown keys {sorted(keyboard.keys() - _KEYBOARD)}")
    buttons = keyboard.get("Buttons")
    if not isinstance(buttons, list) or not buttons:
        raise Broken("no buttons", MISSING_DATA)
    rows = used = 0
    for button in buttons:
        _button(button, level)
        columns, height = button.get("Columns", 6), button.get("Rows", 1)
        if used == 0 or used + columns > 6:
            rows, used = rows + height, 0
        used = (used + columns) % 6
    _need(rows <= 12, f"{rows} rows do not fit")


def _button(button: object, level: int) -> None:
    if not isinstance(button, dict):
        raise Broken("a button is no object")
    _need(not button.keys() - _BUTTON, f"unknown keys {sorted(button.keys() - _BUTTON)}")
    _need(button.get("Columns", 6) in range(1, 7) and button.get("Rows", 1) in (1, 2), "the size of a button")
    for key, least in _LEVELS.items():
        _need(key not in button or level >= least, f"{key} needs min_api_version {least}")
    action, body = button.get("ActionType", "reply"), button.get("ActionBody")
    _need(action in _ACTIONS, f"unknown action {action!r}")
    _need(action not in {"location-picker", "share-phone"} or level >= 3, f"{action} needs min_api_version 3")
    _need(isinstance(body, str) and bool(body), "no ActionBody", MISSING_DATA)
    _need(action != "open-url" or _address(body), "the address of a button")
    _need("Text" in button or "Image" in button or "BgMedia" in button, "an empty button", MISSING_DATA)
    if "Text" in button:
        _need(isinstance(button["Text"], str) and 0 < len(button["Text"]) <= 250, "Text is not 1 to 250 long")
        shown_text(button["Text"])


class _Shown(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        _need(tag in _TAGS, f"the tag <{tag}> in a button")

    def handle_endtag(self, tag: str) -> None:
        _need(tag in _TAGS, f"the tag </{tag}> in a button")

    def handle_data(self, data: str) -> None:
        _need("<" not in data and "&" not in data, "a sign in a button that is not escaped")
        self.text += data

    def handle_entityref(self, name: str) -> None:
        _need(name in {"lt", "gt", "amp", "quot"}, f"the sign &{name}; in a button")
        self.text += {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}[name]

    def handle_charref(self, name: str) -> None:
        self.text += chr(int(name))

    def handle_comment(self, data: str) -> None:
        raise Broken("a comment in a button")

    def handle_decl(self, decl: str) -> None:
        raise Broken("a declaration in a button")

    def handle_pi(self, data: str) -> None:
        raise Broken("an instruction in a button")

    def unknown_decl(self, data: str) -> None:
        raise Broken("a declaration in a button")


def shown_text(text: str) -> str:
    """Return what a button's HTML shows on the phone; raises :class:`Broken`."""
    parser = _Shown()
    parser.feed(text)
    parser.close()
    return parser.text
