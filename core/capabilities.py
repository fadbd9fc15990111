"""What each messenger can show. Sources of every number: ``docs/channels`` and the providers' own pages."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from core.errors import Refused
from core.filetypes import kind_of
from core.messages import MediaKind

__all__ = ["CAPABILITIES", "Capabilities", "FileLimits", "sent_as"]


class FileLimits(Struct, frozen=True, kw_only=True):
    """Which files can be sent. Bytes."""

    most: int
    #: Largest picture that is shown as one; None: as large as any file.
    picture: int | None = None
    #: A larger picture goes out as a document; otherwise it cannot be sent.
    picture_as_document: bool = True
    #: Types that the messenger takes; None: all.
    types: frozenset[str] | None = None


class Capabilities(Struct, frozen=True, kw_only=True):
    """Limits of one channel. Lengths are in the unit the provider counts."""

    #: Longest text of one message.
    text: int
    unit: Literal["utf16", "codepoints"]
    #: Most buttons under one message; beyond that the options become a numbered list. 0: no buttons.
    buttons: int
    #: More options than that come in pages instead, with a button "More" on all but the last.
    pages: bool = False
    #: Longest button label.
    label: int
    #: Longest text of a message that carries buttons, where that is shorter than ``text``.
    text_with_buttons: int | None = None
    #: A button can open an address; elsewhere the address stands in the text.
    url_buttons: bool = True
    #: Bold, italic and links can be shown.
    formatting: bool = False
    #: Without ``formatting``: ``*bold*`` and ``_italic_`` in the text itself are shown as such.
    marks: bool = False
    #: Kinds of files that can carry a caption; None: all. The caption of another one follows as a message of its own.
    captions: tuple[MediaKind, ...] | None = None
    #: A tap can share the location or the phone number.
    request_location: bool = False
    request_contact: bool = False
    #: It can show that somebody prepares an answer.
    typing: bool = False
    #: It can take the buttons off a message that was sent.
    remove_options: bool = False
    #: Free messages reach a person only so long after they last wrote, in milliseconds; None: always.
    reply_window: int | None = None
    #: What of files can be sent; None: nothing.
    files: FileLimits | None = None


def sent_as(capabilities: Capabilities, mime: str, size: int) -> MediaKind | Refused:
    """Return as what a file goes out, or why it cannot: ``no_files``, ``file_too_large`` or ``file_type``."""
    limits = capabilities.files
    if limits is None:
        return Refused("no_files")
    if limits.types is not None and mime not in limits.types:
        return Refused("file_type", type=mime)
    if size > limits.most:
        return Refused("file_too_large", most=f"{limits.most >> 20} MB")
    kind = kind_of(mime)
    if kind == "photo" and limits.picture is not None and size > limits.picture:
        if not limits.picture_as_document:
            return Refused("file_too_large", most=f"{limits.picture >> 20} MB")
        return "document"
    return kind


_MB = 1 << 20
#: WhatsApp's own list, as Twilio passes it on: pictures, sound, films, and the usual documents.
_WHATSAPP_TYPES = frozenset(
    {"image/jpeg", "image/png", "image/webp", "audio/ogg", "audio/amr", "audio/mpeg", "audio/mp4", "audio/aac"}
    | {"video/mp4", "video/3gpp", "application/pdf", "text/plain", "text/vcard"}
    | {f"application/vnd.openxmlformats-officedocument.{part}"
       for part in ("wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation")}
)  # fmt: skip


#: By channel name. Telegram: Bot API 10.1 sendMessage (4096 after parsing, UTF-16 units), 64 bytes of callback
#: data, PTB's 100 buttons of which we use 12 rows; labels are not limited by the API, 64 keeps them on one line.
#: WhatsApp: Twilio's Messages (1600), Content API quick-reply (3 in a session, titles 20) and list-picker (10 items of
#: 24, body 1024); three options with longer labels become a list. No captions but on pictures and films.
CAPABILITIES: dict[str, Capabilities] = {
    "telegram": Capabilities(
        typing=True,
        remove_options=True,
        text=4096,
        unit="utf16",
        buttons=12,
        label=64,
        formatting=True,
        request_location=True,
        request_contact=True,
        # Bot API: photos of up to 10 MB, other uploads of up to 50 MB.
        files=FileLimits(most=50 * _MB, picture=10 * _MB),
    ),
    "whatsapp": Capabilities(
        typing=True,
        text=1600,
        unit="codepoints",
        buttons=10,
        pages=True,
        label=24,
        text_with_buttons=1024,
        url_buttons=False,
        marks=True,
        captions=("photo", "video"),
        reply_window=24 * 3_600_000,
        # Twilio: 16 MB in all, pictures 5 MB. The type decides how it is shown, so a larger picture cannot go at all.
        files=FileLimits(most=16 * _MB, picture=5 * _MB, picture_as_document=False, types=_WHATSAPP_TYPES),
    ),
    # Viber: 7000 characters, but a request has at most 30 kB with its keyboard. The keyboard has 6 columns and 12 rows,
    # of which two buttons share one where there are many. A label may have 250 characters, but the phone cuts what does
    # not fit: 60 do at the smallest size. `*b*` and `_i_` are shown, links with a label are not. Captions: pictures.
    "viber": Capabilities(
        text=7000,
        unit="codepoints",
        buttons=24,
        label=60,
        text_with_buttons=4000,
        marks=True,
        request_location=True,
        request_contact=True,
        captions=("photo",),
        # Pictures of up to 1 MB on every phone, files of up to 50 MB.
        files=FileLimits(most=50 * _MB, picture=_MB),
    ),
    "webchat": Capabilities(
        typing=True,
        text=8000,
        unit="codepoints",
        buttons=24,
        label=120,
        formatting=True,
        files=FileLimits(most=1024 * _MB),
    ),
    "terminal": Capabilities(text=8000, unit="codepoints", buttons=0, label=120),
}
