"""What stands on the button that shares the person's place or number, in every messenger that has one."""

from __future__ import annotations

from typing import Final, Literal

__all__ = ["share_label"]

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
