"""One send to Viber: call, mend once what can be mended, and put every status into the words of the core.

Mended: where Viber refuses the form of a message (an old phone, a keyboard it does not like, a file it cannot fetch)
the plain form is sent instead, once. It took nothing, so nothing is doubled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bots.viber_http import Answer, MaybeWritten, NotWritten, ViberApi
from bots.viber_render import Body
from core.ids import Millis
from core.reasons import reason
from core.sending import Down, Hold, NotSent, Refused, SendResult, Taken, Unsure

__all__ = ["REFORM", "result_of", "send"]

_HOUR: Final[Millis] = 3_600_000
_DAY: Final[Millis] = 24 * _HOUR
#: Statuses that are about the form of the message: worth one try in its plain form.
REFORM: Final = frozenset({1, 3, 4, 11, 13, 14})

#: Status -> what it means to a counsellor. Names as in the documentation's table of error codes.
_REFUSED: Final[Mapping[int, str]] = {
    1: reason("viber.address"),
    3: reason("viber.wrong"),
    4: reason("viber.missing"),
    11: reason("viber.device"),
    13: reason("viber.old"),
    14: reason("viber.old"),
    16: reason("viber.reply"),
    17: reason("viber.reply"),
    18: reason("viber.no_chat"),
    19: reason("viber.several"),
    20: reason("viber.several"),
    21: reason("viber.country"),
    22: reason("viber.payment"),
}
_BLOCKED: Final[Mapping[int, str]] = {
    5: reason("viber.unknown"),
    6: reason("viber.left"),
}
_DOWN: Final[Mapping[int, str]] = {
    2: reason("viber.token"),
    7: reason("viber.bot_blocked"),
    8: reason("viber.bot_unknown"),
    9: reason("viber.bot_suspended"),
    10: reason("viber.no_webhook"),
    15: reason("viber.bot_unauthorised"),
}
#: Status -> (reason, for how long to hold unless the person writes).
_HELD: Final[Mapping[int, tuple[str, Millis]]] = {
    12: (reason("viber.waits"), _HOUR),
    23: (reason("viber.used_up"), _DAY),
    24: (reason("viber.no_balance"), _HOUR),
}


def result_of(answer: Answer) -> SendResult:
    """Return what Viber's answer means for the message."""
    status = answer.status
    if status == 0:
        return Taken(provider_ids=(answer.token,) if answer.token is not None else ())
    if (blocked := _BLOCKED.get(status)) is not None:
        return Refused(reason=blocked, blocked=True)
    if (down := _DOWN.get(status)) is not None:
        return Down(reason=down)
    if (held := _HELD.get(status)) is not None:
        return Hold(reason=held[0], after=held[1])
    return Refused(reason=_REFUSED.get(status, reason("viber.refused", status)))


async def send(api: ViberApi, envelope: Mapping[str, Any], body: Body, plain: Body | None) -> tuple[SendResult, bool]:
    """Send ``body`` in ``envelope`` (receiver and sender), or ``plain`` where its form is refused.

    Returns how it ended and whether Viber charges for it. Does not raise for what may happen outside.
    """
    try:
        answer = await api.call("send_message", {**envelope, **body})
        if answer.status in REFORM and plain is not None:
            answer = await api.call("send_message", {**envelope, **plain})
    except NotWritten as exc:
        return NotSent(reason=reason("viber.unreachable"), after=exc.after), False
    except MaybeWritten:
        return Unsure(reason=reason("viber.unreadable")), False
    return result_of(answer), answer.billing == 5
