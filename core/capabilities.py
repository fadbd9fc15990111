"""What each messenger can show. Sources of every number: ``docs/channels`` and the providers' own pages."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

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
    #: Bold, italic and links can be shown.
    formatting: bool = False
    #: A tap can share the location or the phone number.
    request_location: bool = False
    request_contact: bool = False


#: By channel name. Telegram: Bot API 10.1 sendMessage (4096 after parsing, UTF-16 units), 64 bytes of callback
#: data, PTB's 100 buttons of which we use 12 rows; labels are not limited by the API, 64 keeps them on one line.
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
    "webchat": Capabilities(text=8000, unit="codepoints", buttons=24, label=120, formatting=True),
    "terminal": Capabilities(text=8000, unit="codepoints", buttons=0, label=120),
}
