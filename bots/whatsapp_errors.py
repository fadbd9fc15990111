"""Twilio's error numbers: what each means to a counsellor, and what to do about the message and the account.

From Twilio's error pages. Twilio's own words are never passed on, because they quote phone numbers.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from bots.twilio_http import Answered
from core.ids import Millis
from core.reasons import reason
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


_AUTH = reason("whatsapp.account")
_SENDER = reason("whatsapp.sender")
_FORM = reason("whatsapp.content")
_NOBODY = reason("whatsapp.unknown")

ERRORS: Final[dict[int, Meaning]] = {
    20003: Meaning(act="down", reason=_AUTH),
    20005: Meaning(act="down", reason=reason("whatsapp.account_closed")),
    20404: Meaning(act="down", reason=_AUTH),
    20429: Meaning(act="again", reason=reason("whatsapp.wait")),
    21211: Meaning(act="gone", reason=_NOBODY),
    21212: Meaning(act="down", reason=_SENDER),
    21606: Meaning(act="down", reason=_SENDER),
    21610: Meaning(act="gone", reason=reason("whatsapp.unwanted")),
    21611: Meaning(act="later", reason=reason("whatsapp.queue_full")),
    21617: Meaning(act="refused", reason=reason("whatsapp.text_long")),
    21620: Meaning(act="refused", reason=reason("whatsapp.file_address")),
    21623: Meaning(act="refused", reason=reason("whatsapp.many_files")),
    21655: Meaning(act="content", reason=reason("whatsapp.no_template")),
    21656: Meaning(act="content", reason=reason("whatsapp.template_text")),
    21658: Meaning(act="content", reason=reason("whatsapp.part_long")),
    63001: Meaning(act="down", reason=reason("whatsapp.number_state")),
    63003: Meaning(act="gone", reason=_NOBODY),
    63005: Meaning(act="content", reason=_FORM),
    63007: Meaning(act="down", reason=_SENDER),
    63012: Meaning(act="again", reason=reason("whatsapp.trouble")),
    63013: Meaning(act="refused", reason=reason("whatsapp.rule")),
    63014: Meaning(act="gone", reason=reason("whatsapp.blocked")),
    63015: Meaning(act="refused", reason=reason("whatsapp.sandbox")),
    WINDOW_CLOSED: Meaning(
        act="hold",
        reason=reason("whatsapp.window"),
    ),
    63017: Meaning(act="later", reason=reason("whatsapp.too_fast")),
    63018: Meaning(act="later", reason=reason("whatsapp.number_fast")),
    63019: Meaning(act="refused", reason=reason("whatsapp.file_fetch")),
    63021: Meaning(act="content", reason=_FORM),
    63024: Meaning(act="gone", reason=_NOBODY),
    63032: Meaning(act="refused", reason=reason("whatsapp.not_now")),
    63038: Meaning(act="hold", reason=reason("whatsapp.limit")),
    92007: Meaning(act="content", reason=reason("whatsapp.template_text")),
}


def reason_of(code: int | None) -> str:
    """Return in plain words why a message was not delivered."""
    if code is None:
        return reason("whatsapp.failed")
    known = ERRORS.get(code)
    return known.reason if known is not None else reason("whatsapp.error", code)


def result_of(error: Answered, throttled: int) -> SendResult:
    """Return what Twilio's answer to a send means. ``throttled`` is how many 429s came in a row, this one included."""
    known = ERRORS.get(error.code) if error.code is not None else None
    if error.status == 429 or error.code == 20429:
        pause = min(_LONGEST, 1000 * 2 ** min(max(throttled, 1) - 1, 6))
        return NotSent(reason=reason("whatsapp.wait"), after=pause if error.after is None else int(error.after * 1000))
    if error.status >= 500:
        return Unsure(reason=reason("whatsapp.unconfirmed", error.status))
    if known is not None:
        return _known(known, error)
    if error.code is None:
        # A page of something between us and Twilio: the message was not read there.
        return NotSent(reason=reason("whatsapp.http", error.status))
    if error.status in {401, 403}:
        return Down(reason=_AUTH)
    return Refused(reason=reason("whatsapp.refused", error.code or "?"))


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
