"""What keyboards of several messengers have in common: the button that shares something, and buttons in rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypeVar

__all__ = ["in_rows", "share_label"]

T = TypeVar("T")

#: Text of the button that shares something; the client shows it as we send it.
_SHARE: Final[dict[str, dict[str, str]]] = {
    "location": {
        "en": "Send my location",
        "de": "Meinen Standort senden",
        "ar": "إرسال موقعي",
        "bg": "Изпрати местоположението ми",
        "ru": "Отправить моё местоположение",
    },
    "contact": {
        "en": "Send my phone number",
        "de": "Meine Telefonnummer senden",
        "ar": "إرسال رقم هاتفي",
        "bg": "Изпрати телефонния ми номер",
        "ru": "Отправить мой номер телефона",
    },
}


def share_label(wanted: Literal["location", "contact"], language: str | None) -> str:
    """Return the label in the language of the text above it, else in English."""
    labels = _SHARE[wanted]
    return labels.get((language or "en").replace("_", "-").split("-")[0].lower(), labels["en"])


def in_rows(buttons: Sequence[T], short: Sequence[bool]) -> list[list[T]]:
    """Return the buttons in rows, in their order: one a row, or two where both of two neighbours are ``short``."""
    rows: list[list[T]] = []
    open_row = False  # the last row has one short button and room for another
    for button, fits in zip(buttons, short, strict=True):
        if open_row and fits:
            rows[-1].append(button)
            open_row = False
        else:
            rows.append([button])
            open_row = fits
    return rows
