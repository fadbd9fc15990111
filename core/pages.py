"""More options than a messenger shows at once come in pages; all but the last have a button "More". Pure.

The button names the option with which the next page begins, so it needs no state, works from an old message, and is
explained like any other button when an edit of the flow took that option away. Numbers go through all pages.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from core.capabilities import Capabilities
from core.messages import Option, Say

__all__ = ["MORE", "MORE_LABELS", "next_page", "page_of"]

#: Begins the token of "More"; the token of the option follows.
MORE: Final = "m:"
MORE_LABELS: Final = {"en": "More …", "de": "Mehr …", "ar": "المزيد …", "bg": "Още …", "ru": "Ещё …"}


def page_of(say: Say, capabilities: Capabilities, begin: str = "") -> Say:
    """Return ``say`` with the options of one page: from the option with token ``begin`` on, else from the first.

    Unchanged where all fit, where the channel knows no pages (they become a numbered list), and where some open an
    address.
    """
    options = say.options
    if not capabilities.pages or len(options) <= capabilities.buttons or any(option.url for option in options):
        return say
    at = next((n for n, option in enumerate(options) if option.token == begin), 0)
    rest = options[at:]
    if len(rest) <= capabilities.buttons:
        return replace(say, options=rest, first=at)
    shown, following = rest[: capabilities.buttons - 1], rest[capabilities.buttons - 1]
    language = (say.language or "en").replace("_", "-").split("-")[0].lower()
    more = Option(token=MORE + following.token, label=MORE_LABELS.get(language, MORE_LABELS["en"]))
    return replace(say, options=(*shown, more), first=at)


def next_page(say: Say) -> str:
    """Return the token of the button "More" of a page; empty when it is the last one or no page."""
    return next((option.token for option in say.options if option.token.startswith(MORE)), "")
