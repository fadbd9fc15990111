"""What each messenger can show. Sources of every number: ``docs/channels`` and the providers' own pages."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from core.messages import MediaKind

__all__ = ["CAPABILITIES", "Capabilities"]


class Capabilities(Struct, frozen=True, kw_only=True):
    """Limits of one channel. Lengths are in the unit the provider counts."""

    #: Longest text of one message.
    text: int
    unit: Literal["utf16", "codepoints"]
    #: Most buttons under one message; beyond that the options become a numbered list. 0: no buttons.
    buttons: int
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
    #: Free messages reach a person only so long after they last wrote, in milliseconds; None: always.
    reply_window: int | None = None


#: By channel name. Telegram: Bot API 10.1 sendMessage (4096 after parsing, UTF-16 units), 64 bytes of callback
#: data, PTB's 100 buttons of which we use 12 rows; labels are not limited by the API, 64 keeps them on one line.
#: WhatsApp: Twilio's Messages (1600), Content API quick-reply (3 in a session, titles 20) and list-picker (10 items of
#: 24, body 1024); three options with longer labels become a list. No captions but on pictures and films.
CAPABILITIES: dict[str, Capabilities] = {
    "telegram": Capabilities(
        text=4096,
        unit="utf16",
        buttons=12,
        label=64,
        formatting=True,
        request_location=True,
        request_contact=True,
    ),
    "whatsapp": Capabilities(
        text=1600,
        unit="codepoints",
        buttons=10,
        label=24,
        text_with_buttons=1024,
        url_buttons=False,
        marks=True,
        captions=("photo", "video"),
        reply_window=24 * 3_600_000,
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
    ),
    "webchat": Capabilities(text=8000, unit="codepoints", buttons=24, label=120, formatting=True),
    "terminal": Capabilities(text=8000, unit="codepoints", buttons=0, label=120),
}
