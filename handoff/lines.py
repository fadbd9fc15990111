"""Transcript lines as the desk shows them: plain text and codes, never markup. The page turns codes into words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import assert_never

from msgspec import Struct

from core.ids import Millis
from core.messages import (
    Choice,
    Content,
    Edited,
    Location,
    Media,
    Outbound,
    Say,
    SendLocation,
    SendMedia,
    SharedContact,
    Start,
    Subscribed,
    Text,
    Unknown,
    Unsubscribed,
)
from core.records import Author, Heard, Line, Marked, Noted, Wrote
from handoff.files import FileView

__all__ = ["LineView", "describe", "person_name"]


class LineView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a conversation."""

    seq: int
    id: str
    at: Millis
    author: Author
    #: ``text`` and the other kinds of content, ``note``, or ``mark`` for what happened to the case.
    kind: str
    text: str = ""
    #: Name of the counsellor who wrote it.
    name: str = ""
    #: Labels of the buttons beneath it.
    options: tuple[str, ...] = ()
    #: File name, kind of media, code of a mark: what the page words in its own language.
    detail: dict[str, str] = {}
    #: Delivery of an outgoing line; empty for what was never sent anywhere.
    delivery: str = ""
    reason: str = ""
    #: Before the case: the page folds it.
    bot_part: bool = False
    #: What is known of its file.
    file: FileView | None = None


def describe(
    line: Line, names: Mapping[str, str], case_from: Millis, files: Mapping[int, FileView] = MappingProxyType({})
) -> LineView:
    """Return a line for the page; ``names`` maps account ids to names, ``case_from`` is when the case began.

    ``files`` says what is known of the lines' files, by seq.
    """
    entry = line.entry
    kind, text = "", ""
    options: tuple[str, ...] = ()
    detail: dict[str, str] = {}
    match entry.body:
        case Heard(message=heard):
            kind, text, detail = _heard(heard.content)
        case Wrote(message=message):
            kind, text, options, detail = _wrote(message)
        case Noted(text=note):
            kind, text = "note", note
        case Marked(kind=mark, detail=facts):
            # Only the enumerated part: a mark's detail names accounts and codes.
            kind, detail = "mark", {"mark": mark} | {key: names.get(value, value) for key, value in facts.items()}
        case _:
            assert_never(entry.body)
    return LineView(
        seq=line.seq,
        id=entry.id,
        at=entry.at,
        author=entry.author,
        kind=kind,
        text=text,
        name=names.get(entry.actor, "") if entry.actor else "",
        options=options,
        detail=detail,
        delivery=line.delivery.state if line.delivery else "",
        reason=(line.delivery.reason or "") if line.delivery else "",
        bot_part=entry.at < case_from,
        file=files.get(line.seq),
    )


def person_name(lines: list[Line]) -> str:
    """Return the newest name that the messenger gave for the person; hostile text like any other."""
    for line in reversed(lines):
        body = line.entry.body
        if isinstance(body, Heard) and body.message.profile.name:
            return body.message.profile.name[:80]
    return ""


def _heard(content: Content) -> tuple[str, str, dict[str, str]]:
    match content:
        case Text(text=text):
            return "text", text, {}
        case Choice(label=label):
            return "choice", label or "", {}
        case Media(kind=kind, caption=caption, name=name):
            return "media", caption or "", {"media": kind, "file": name or ""}
        case Location(latitude=latitude, longitude=longitude, label=label):
            return "location", label or "", {"place": f"{latitude:.5f}, {longitude:.5f}"}
        case SharedContact(phone=phone, name=name):
            return "contact", " ".join(filter(None, (name, phone))), {}
        case Edited(text=text):
            return "edited", text, {}
        case Start():
            return "start", "", {}
        case Subscribed():
            return "subscribed", "", {}
        case Unsubscribed():
            return "unsubscribed", "", {}
        case Unknown(kind=kind):
            return "unknown", "", {"content": kind}
        case _:
            assert_never(content)


def _wrote(message: Outbound) -> tuple[str, str, tuple[str, ...], dict[str, str]]:
    match message:
        case Say(text=text, options=options):
            return "text", text, tuple(option.label for option in options), {}
        case SendMedia(kind=kind, caption=caption, name=name):
            return "media", caption or "", (), {"media": kind, "file": name or ""}
        case SendLocation(latitude=latitude, longitude=longitude, label=label):
            return "location", label or "", (), {"place": f"{latitude:.5f}, {longitude:.5f}"}
        case _:
            assert_never(message)
