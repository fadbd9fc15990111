"""From the neutral message to what one call of Twilio's Messages resource carries. Pure.

Buttons and lists need a template at Twilio that lives on there, so nothing of a person may be in it: the template
holds the labels, our tokens and the shape of the text (its lines), and the words of the text travel as variables.
Variables hold up to 255 characters and no line breaks (Content API, error 21656), hence the cutting.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, assert_never

from msgspec import Struct

from core.capabilities import CAPABILITIES, Capabilities
from core.graphemes import boundaries, cut
from core.messages import Option, Outbound, Say, SendLocation, SendMedia
from core.reasons import reason
from core.rendering import render as fit

__all__ = [
    "Approved",
    "CannotRender",
    "Choices",
    "File",
    "Place",
    "Plain",
    "Rendered",
    "approved",
    "as_plain",
    "render",
]

#: Twilio's Messages: Body. Content API: body, quick-reply titles, list items, ids; three quick replies in a session.
_TEXT: Final = 1600
_BODY: Final = 1024
_QUICK: Final = 3
_TITLE: Final = 20
_ITEMS: Final = 10
_ITEM: Final = 24
_ID: Final = 200
_VARIABLE: Final = 255
_VARIABLES: Final = 100

#: What opens the list; 20 characters at most.
_OPEN = {"en": "Choose", "de": "Auswählen", "ar": "اختيار", "bg": "Избор", "ru": "Выбрать"}
_NUMBERED = Capabilities(text=_TEXT, unit="codepoints", buttons=0, label=_ITEM)
#: Within a line these may not be in a variable, and neither may more than four spaces in a row.
_NOT_IN_A_LINE = re.compile(r"[\t\r\x0b\x0c\x85\u2028\u2029]| {5,}")


class CannotRender(Exception):
    """WhatsApp would not take this message; the text says why, for a counsellor."""


class Plain(Struct, frozen=True, kw_only=True):
    """Parameter Body alone."""

    text: str


class Choices(Struct, frozen=True, kw_only=True):
    """A template with buttons or a list, and the words for it."""

    #: Body of the Content API's create call, but for the name.
    template: dict[str, Any]
    #: Values of the variables 1, 2, ...
    variables: tuple[str, ...]
    #: The same with numbers, for when the template cannot be used.
    plain: str
    #: The text above the buttons, as the person sees it.
    text: str


class Approved(Struct, frozen=True, kw_only=True):
    """A template that WhatsApp has approved; the words are the values of its gaps."""

    sid: str
    variables: tuple[str, ...] = ()
    #: What the person should read; the approved words are at Twilio.
    text: str = ""


class File(Struct, frozen=True, kw_only=True):
    """Parameter MediaUrl, with Body as its caption. ``ref`` may still be a key of the blob store."""

    ref: str
    caption: str | None = None


class Place(Struct, frozen=True, kw_only=True):
    """Parameter PersistentAction; Twilio wants a text beside it."""

    action: str
    text: str


Rendered = Plain | Choices | File | Place


def render(message: Outbound) -> Rendered:
    """Return the call for ``message``; raises :class:`CannotRender`."""
    match message:
        case Say():
            return _say(message)
        case SendMedia():
            if message.caption and len(message.caption) > _TEXT:
                raise CannotRender(reason("caption_long", _TEXT))
            return File(ref=message.ref, caption=message.caption or None)
        case SendLocation():
            point = f"{message.latitude:.6f},{message.longitude:.6f}"
            # The bar ends the point; one in the label would be read as something else.
            label = " ".join((message.label or "").replace("|", " ").split())
            return Place(action=f"geo:{point}|{label}" if label else f"geo:{point}", text=label or point)
        case _:
            assert_never(message)


def approved(message: Outbound, templates: Mapping[str, str]) -> Approved | None:
    """Return ``message`` as one of our approved ``templates``, in its language if there is one; None without."""
    wanted = message.template if isinstance(message, Say) else None
    if wanted is None or not isinstance(message, Say):
        return None
    sid = templates.get(f"{wanted.name}.{_language(message.language)}") or templates.get(wanted.name)
    if sid is None:
        return None
    # A gap takes no line breaks and no runs of spaces, and must not be empty.
    values = tuple(cut(" ".join(value.split()) or "–", _VARIABLE, "codepoints") for value in wanted.variables)
    return Approved(sid=sid, variables=values, text=message.text)


def _say(say: Say) -> Plain | Choices:
    if not say.text.strip():
        raise CannotRender(reason("empty"))
    if len(say.text) > _TEXT:
        raise CannotRender(reason("text_long", _TEXT))
    if not say.options:
        return Plain(text=say.text)
    plain = as_plain(say)
    body, variables = _body(say.text)
    labels = [" ".join(option.label.split()) for option in say.options]
    if not _can_be_template(say, labels, variables):
        return Plain(text=plain)
    pairs = list(zip(say.options, labels, strict=True))
    if len(pairs) <= _QUICK and all(len(label) <= _TITLE for label in labels):
        actions = [{"type": "QUICK_REPLY", "title": label, "id": option.token} for option, label in pairs]
        kind: dict[str, Any] = {"twilio/quick-reply": {"body": body, "actions": actions}}
    else:
        items = [{"item": label, "id": option.token} for option, label in pairs]
        kind = {"twilio/list-picker": {"body": body, "button": _open(say.language), "items": items}}
    template = {
        "language": _language(say.language),
        "variables": {str(n): "-" for n, _ in enumerate(variables, 1)},
        "types": kind,
    }
    return Choices(template=template, variables=variables, plain=plain, text=say.text)


def as_plain(say: Say) -> str:
    """Return text and options as one numbered text; raises :class:`CannotRender` when it is too long."""
    parts = fit(say, _NUMBERED)
    (part, *more) = parts
    if more or not isinstance(part, Say):
        raise CannotRender(reason("choices_long", _TEXT))
    return part.text


def _can_be_template(say: Say, labels: list[str], variables: tuple[str, ...]) -> bool:
    """Say whether a template can carry it; WhatsApp refuses empty, long and equal labels."""
    return (
        len(say.text) <= _BODY
        and 1 <= len(labels) <= min(_ITEMS, CAPABILITIES["whatsapp"].buttons)
        and all(1 <= len(label) <= _ITEM and "{{" not in label for label in labels)
        and len(set(labels)) == len(labels)
        and all(_has_token(option) for option in say.options)
        and len(variables) <= _VARIABLES
    )


def _has_token(option: Option) -> bool:
    return option.url is None and 1 <= len(option.token) <= _ID and "{{" not in option.token


def _language(tag: str | None) -> str:
    return (tag or "en").replace("_", "-").split("-")[0].lower() or "en"


def _open(tag: str | None) -> str:
    return _OPEN.get(_language(tag), _OPEN["en"])


def _body(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the shape of ``text``, such as ``{{1}} {{2}}`` and line breaks, and the words that go into it."""
    shape: list[str] = []
    words: list[str] = []
    for line in text.strip().split("\n"):
        pieces: list[str] = []
        for piece, gap in _pieces(_NOT_IN_A_LINE.sub(" ", line).strip()):
            words.append(piece)
            pieces.append(f"{{{{{len(words)}}}}}{gap}")
        shape.append("".join(pieces))
    return "\n".join(shape), tuple(words)


def _pieces(line: str) -> list[tuple[str, str]]:
    """Return ``line`` in pieces of at most 255 characters, each with the space that followed it."""
    found: list[tuple[str, str]] = []
    while len(line) > _VARIABLE:
        end = line.rfind(" ", 1, _VARIABLE + 1)
        if end > 0 and line[:end].strip():
            found.append((line[:end].rstrip(), " "))
        else:
            end = max((at for at in boundaries(line[: _VARIABLE + 1]) if at <= _VARIABLE), default=0) or _VARIABLE
            found.append((line[:end], ""))
        line = line[end:].lstrip()
    return [*found, (line, "")] if line else found
