"""What the chat page and the server say to each other, and which lines of a transcript the person may see.

The thread in the store is the mailbox of the web chat: the page shows the lines of the transcript that belong to the
person. Notes, marks, and messages that were not (or never will be) sent stay on this side.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from core.blobs import owner_of
from core.filetypes import may_show
from core.ids import ConversationId, EntryId, Millis
from core.messages import Choice, Media, Option, Outbound, Say, SendLocation, SendMedia, Span, Text
from core.reasons import reason
from core.records import Heard, Line, Wrote

__all__ = [
    "MAX_IDS",
    "MAX_TEXT",
    "Ack",
    "ClientWord",
    "Hello",
    "Later",
    "Lines",
    "Ping",
    "Pong",
    "Refused",
    "ServerWord",
    "Shown",
    "ShownFile",
    "Started",
    "Taken",
    "Tapped",
    "Thread",
    "Typed",
    "Writing",
    "entry_id",
    "final",
    "parse",
    "shown",
    "unshowable",
    "written",
]

#: Longest typed text, in code points; the intake cuts at the same length, the page says so beforehand.
MAX_TEXT = 10_000
#: Most lines confirmed at once.
MAX_IDS = 500

#: Drawn by the page for each message; a repeat with the same id changes nothing.
ClientId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
#: A line's id without its conversation, as :func:`shown` writes it.
LineId = Annotated[str, Meta(pattern=r"^[0-9]{1,20}(/[0-9]{1,20}){1,4}$")]


class Hello(Struct, frozen=True, tag_field="type", tag="hello"):
    """The page is there. ``seen`` is the highest line it has; ``lang`` the language it was opened in."""

    seen: Annotated[int, Meta(ge=0, le=2**53)] = 0
    lang: Annotated[str, Meta(max_length=100)] | None = None


class Typed(Struct, frozen=True, tag_field="type", tag="text"):
    """The person typed this."""

    id: ClientId
    text: str


class Tapped(Struct, frozen=True, tag_field="type", tag="choice"):
    """The person pressed a button; ``of`` is the line that carried it."""

    id: ClientId
    token: Annotated[str, Meta(min_length=1, max_length=256)]
    label: Annotated[str, Meta(max_length=2000)] = ""
    of: LineId | None = None


class Started(Struct, frozen=True, tag_field="type", tag="start"):
    """The person asks to begin."""

    id: ClientId


class Ack(Struct, frozen=True, tag_field="type", tag="ack"):
    """These lines arrived; with ``read`` the page was in front of the person."""

    ids: Annotated[tuple[LineId, ...], Meta(max_length=MAX_IDS)]
    read: bool = False


class Ping(Struct, frozen=True, tag_field="type", tag="ping"):
    """The page wants to know whether the connection still works; a browser cannot see our heartbeat."""


ClientWord = Hello | Typed | Tapped | Started | Ack | Ping


class ShownFile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file of a line; its content is at ``/chat/files/{seq}``."""

    name: str = ""
    #: May be shown as this, instead of only saved.
    show: Literal["image", "audio", "video", ""] = ""


class Shown(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line as the page gets it."""

    id: str
    seq: int
    at: Millis
    who: Literal["person", "bot", "counsellor", "system"]
    kind: Literal["text", "choice"] = "text"
    text: str
    spans: tuple[Span, ...] = ()
    options: tuple[Option, ...] = ()
    lang: str | None = None
    #: The counsellor's name.
    name: str | None = None
    #: The page's own id of this message.
    own: str | None = None
    #: For a pressed button: its token and the line it stood under.
    token: str | None = None
    of: str | None = None
    #: The page already confirmed this one.
    state: Literal["delivered", "read"] | None = None
    file: ShownFile | None = None


class Thread(Struct, frozen=True, kw_only=True, tag_field="type", tag="thread"):
    """The lines at the beginning of a connection. A page that holds lines of another ``thread`` removes them."""

    thread: str
    lines: list[Shown]


class Lines(Struct, frozen=True, kw_only=True, tag_field="type", tag="lines"):
    """New lines, or lines that can be seen only now; ``seq`` says where they belong."""

    lines: list[Shown]


class Taken(Struct, frozen=True, tag_field="type", tag="accepted"):
    """The page's message with this id is durable."""

    id: str


class Later(Struct, frozen=True, tag_field="type", tag="later"):
    """Nothing happened; send the message again after ``after`` milliseconds."""

    id: str
    after: int


class Refused(Struct, frozen=True, tag_field="type", tag="refused"):
    """The message will never be taken: it is ``long``, ``empty``, or (then without an id) ``malformed``."""

    id: str | None
    reason: Literal["long", "empty", "malformed"]


class Pong(Struct, frozen=True, tag_field="type", tag="pong"):
    """The connection works."""


class Writing(Struct, frozen=True, tag_field="type", tag="typing"):
    """Somebody prepares an answer; the page shows it for some seconds."""


ServerWord = Thread | Lines | Taken | Later | Refused | Pong | Writing

_decoder: msgspec.json.Decoder[ClientWord] = msgspec.json.Decoder(ClientWord)


def parse(data: str | bytes) -> ClientWord:
    """Return what the page said; raises :class:`msgspec.DecodeError` for anything else."""
    return _decoder.decode(data)


def entry_id(conversation: ConversationId, line_id: str) -> EntryId:
    """Return the id in the store of a line of this conversation; never one of another conversation."""
    return EntryId(f"{conversation}/{line_id}")


def final(line: Line) -> bool:
    """Return whether it is settled for good if this line is seen or not."""
    if not isinstance(line.entry.body, Wrote) or line.delivery is None:
        return True
    return line.delivery.state not in {"pending", "sending", "held"}


def shown(line: Line, conversation: ConversationId, names: dict[str, str]) -> Shown | None:
    """Return a line as the person sees it, or None when it is not for the person's eyes.

    ``names`` are the counsellors' names by account id.
    """
    entry = line.entry
    own_id = entry.id.removeprefix(f"{conversation}/")
    match entry.body:
        case Heard(message=heard):
            base = Shown(id=own_id, seq=line.seq, at=entry.at, who="person", text="", own=heard.message_id)
            match heard.content:
                case Text(text=text):
                    return msgspec.structs.replace(base, text=text)
                case Choice(token=token, label=label, of=of):
                    return msgspec.structs.replace(base, kind="choice", text=label or "✓", token=token, of=of)
                case Media(caption=caption, name=name, mime=mime, ref=ref) if owner_of(ref) is not None:
                    return msgspec.structs.replace(base, text=caption or "", file=_file(name, mime))
                case _:
                    return None
        case Wrote(message=message):
            state = line.delivery.state if line.delivery else None
            if state not in {"sent", "delivered", "read", "uncertain"}:
                return None
            return msgspec.structs.replace(
                written(message, own_id, seq=line.seq, at=entry.at),
                who=entry.author,
                name=names.get(entry.actor) if entry.author == "counsellor" and entry.actor else None,
                state=state if state == "delivered" or state == "read" else None,
            )
        case _:
            return None


def written(message: Outbound, line_id: str, *, seq: int, at: Millis) -> Shown:
    """Return a message of the bot as a line."""
    text, spans = _words(message)
    line = Shown(id=line_id, seq=seq, at=at, who="bot", text=text, spans=spans)
    if isinstance(message, SendMedia) and _is_ours(message):
        return msgspec.structs.replace(line, file=_file(message.name, message.mime))
    if isinstance(message, Say):
        return msgspec.structs.replace(line, options=message.options, lang=message.language)
    return line


def unshowable(message: Outbound) -> str | None:
    """Return why the page cannot show ``message``, in words for a counsellor; None when it can."""
    if isinstance(message, SendMedia) and not message.ref.startswith("https://") and not _is_ours(message):
        return reason("webchat.file")
    return None


def _is_ours(message: SendMedia) -> bool:
    return not message.ref.startswith("https://") and owner_of(message.ref) is not None


def _file(name: str | None, mime: str | None) -> ShownFile:
    kind = (mime or "").partition("/")[0]
    show = kind if may_show(mime or "") and kind in {"image", "audio", "video"} else ""
    return ShownFile(name=name or "", show=show)  # type: ignore[arg-type] # one of these


def _words(message: Outbound) -> tuple[str, tuple[Span, ...]]:
    """Return a message as text with links; files and places become a link."""
    match message:
        case Say(text=text, spans=spans):
            return text, spans
        case SendMedia(caption=caption) if _is_ours(message):
            return caption or "", ()
        case SendMedia(ref=ref, caption=caption, name=name):
            label = name or ref.rsplit("/", 1)[-1] or ref
            return _linked(caption, label, ref)
        case SendLocation(latitude=latitude, longitude=longitude, label=place):
            point = f"{latitude:.6f},{longitude:.6f}"
            where = f"mlat={latitude:.6f}&mlon={longitude:.6f}#map=17/{latitude:.6f}/{longitude:.6f}"
            return _linked(place, point, f"https://www.openstreetmap.org/?{where}")


def _linked(before: str | None, label: str, url: str) -> tuple[str, tuple[Span, ...]]:
    start = len(before) + 1 if before else 0
    text = f"{before}\n{label}" if before else label
    return text, (Span(start=start, end=len(text), style="link", url=url),)
