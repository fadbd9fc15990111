"""Twilio's error numbers: what each means to a counsellor, and what to do about the message and the account.

From Twilio's error pages. Twilio's own words are never passed on, because they quote phone numbers.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from bots.twilio_http import Answered
from core.ids import Millis
from core.sending import Down, Hold, NotSent, Refused, SendResult, Unsure

__all__ = ["ERRORS", "WINDOW_CLOSED", "Meaning", "reason_of", "result_of"]

Act = Literal["again", "later", "down", "refused", "gone", "hold", "content"]

#: The person has not written for 24 hours.
WINDOW_CLOSED: Final = 63016

_DAY: Final[Millis] = 86_400_000
_HOUR: Final[Millis] = 3_600_000
_MINUTE: Final[Millis] = 60_000
#: Longest pause after a 429 without Retry-After.
_LONGEST: Final[Millis] = 60_000


class Meaning(Struct, frozen=True, kw_only=True):
    """What an error number means.

    ``again``: not processed, soon; ``later``: not processed, in minutes; ``down``: our account does not work;
    ``refused``: this message will never go; ``gone``: nothing will reach this person; ``hold``: not now; ``content``:
    not in this form, perhaps as plain text.
    """

    act: Act
    reason: str


_AUTH = "Twilio refuses the account (TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN)"
_SENDER = "This number cannot send WhatsApp messages (TWILIO_SENDER)"
_FORM = "WhatsApp does not take this content"
_NOBODY = "WhatsApp does not know this number"

ERRORS: Final[dict[int, Meaning]] = {
    20003: Meaning(act="down", reason=_AUTH),
    20005: Meaning(act="down", reason="The Twilio account is suspended or closed"),
    20404: Meaning(act="down", reason=_AUTH),
    20429: Meaning(act="again", reason="Twilio asks us to wait"),
    21211: Meaning(act="gone", reason=_NOBODY),
    21212: Meaning(act="down", reason=_SENDER),
    21606: Meaning(act="down", reason=_SENDER),
    21610: Meaning(act="gone", reason="The person does not want messages from this number"),
    21611: Meaning(act="later", reason="Too many messages of this number wait at Twilio"),
    21617: Meaning(act="refused", reason="The text is too long for Twilio"),
    21620: Meaning(act="refused", reason="Twilio could not use the address of the file"),
    21623: Meaning(act="refused", reason="Too many files in one message"),
    21655: Meaning(act="content", reason="Twilio does not know the template"),
    21656: Meaning(act="content", reason="Twilio does not take the text in a template"),
    21658: Meaning(act="content", reason="A part of the message is too long for Twilio"),
    63001: Meaning(act="down", reason="WhatsApp refuses this number: look at its state in Twilio's console"),
    63003: Meaning(act="gone", reason=_NOBODY),
    63005: Meaning(act="content", reason=_FORM),
    63007: Meaning(act="down", reason=_SENDER),
    63012: Meaning(act="again", reason="WhatsApp has trouble"),
    63013: Meaning(act="refused", reason="The message breaks a rule of WhatsApp"),
    63014: Meaning(act="gone", reason="The person blocked this number"),
    63015: Meaning(act="refused", reason="The person has not joined Twilio's sandbox"),
    WINDOW_CLOSED: Meaning(
        act="hold",
        reason="The 24-hour window is closed: WhatsApp takes messages only within 24 hours after the person wrote",
    ),
    63017: Meaning(act="later", reason="The account sends too much at once"),
    63018: Meaning(act="later", reason="This number sends too much at once"),
    63019: Meaning(act="refused", reason="WhatsApp could not fetch the file"),
    63021: Meaning(act="content", reason=_FORM),
    63024: Meaning(act="gone", reason=_NOBODY),
    63032: Meaning(act="refused", reason="WhatsApp does not deliver our messages to this person at present"),
    63038: Meaning(act="hold", reason="The daily limit of messages is reached"),
    92007: Meaning(act="content", reason="Twilio does not take the text in a template"),
}


def reason_of(code: int | None) -> str:
    """Return in plain words why a message was not delivered."""
    if code is None:
        return "WhatsApp could not deliver the message"
    known = ERRORS.get(code)
    return known.reason if known is not None else f"WhatsApp could not deliver the message (Twilio's error {code})"


def result_of(error: Answered, throttled: int) -> SendResult:
    """Return what Twilio's answer to a send means. ``throttled`` is how many 429s came in a row, this one included."""
    known = ERRORS.get(error.code) if error.code is not None else None
    if error.status == 429 or error.code == 20429:
        pause = min(_LONGEST, 1000 * 2 ** min(max(throttled, 1) - 1, 6))
        return NotSent(reason="Twilio asks us to wait", after=pause if error.after is None else int(error.after * 1000))
    if error.status >= 500:
        return Unsure(reason=f"Twilio did not confirm the message (HTTP {error.status})")
    if known is not None:
        return _known(known, error)
    if error.code is None:
        # A page of something between us and Twilio: the message was not read there.
        return NotSent(reason=f"Twilio cannot be reached (HTTP {error.status})")
    if error.status in {401, 403}:
        return Down(reason=_AUTH)
    return Refused(reason=f"Twilio refused the message (error {error.code or 'unknown'})")


def _known(known: Meaning, error: Answered) -> SendResult:
    match known.act:
        case "again":
            return NotSent(reason=known.reason)
        case "later":
            return NotSent(reason=known.reason, after=_MINUTE if error.after is None else int(error.after * 1000))
        case "down":
            return Down(reason=known.reason)
        case "hold":
            return Hold(reason=known.reason, after=_DAY if error.code == WINDOW_CLOSED else _HOUR)
        case "gone":
            return Refused(reason=known.reason, blocked=True)
        case "refused" | "content":
            return Refused(reason=known.reason)
