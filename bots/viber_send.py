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
from core.sending import Down, Hold, NotSent, Refused, SendResult, Taken, Unsure

__all__ = ["REFORM", "result_of", "send"]

_HOUR: Final[Millis] = 3_600_000
_DAY: Final[Millis] = 24 * _HOUR
#: Statuses that are about the form of the message: worth one try in its plain form.
REFORM: Final = frozenset({1, 3, 4, 11, 13, 14})

#: Status -> what it means to a counsellor. Names as in the documentation's table of error codes.
_REFUSED: Final[Mapping[int, str]] = {
    1: "Viber could not use an address in the message",
    3: "Viber finds something wrong in the message",
    4: "Viber misses something in the message",
    11: "The person's device cannot show this message",
    13: "The person's Viber is too old for this message",
    14: "The person's Viber is too old for this message",
    16: "Viber does not allow this kind of reply",
    17: "Viber does not allow this kind of reply",
    18: "The bot has no public chat at Viber",
    19: "Viber does not let this bot send to several people",
    20: "Viber does not let this bot send to several people",
    21: "Viber does not deliver to the person's country",
    22: "Viber does not support this payment",
}
_BLOCKED: Final[Mapping[int, str]] = {
    5: "Viber does not know this person any more",
    6: "The person has not subscribed to the bot, or has left it",
}
_DOWN: Final[Mapping[int, str]] = {
    2: "Viber refuses the token of this bot (VIBER_TOKEN)",
    7: "Viber has blocked this bot",
    8: "Viber does not know this bot",
    9: "Viber has suspended this bot",
    10: "Viber knows no webhook of this bot: run `streetwork webhook set`",
    15: "Viber has not authorised this bot",
}
#: Status -> (reason, for how long to hold unless the person writes).
_HELD: Final[Mapping[int, tuple[str, Millis]]] = {
    12: ("Viber takes no more messages until the person writes", _HOUR),
    23: ("The free messages of this bot are used up: Viber waits for the person to write", _DAY),
    24: ("The bot's account at Viber has no balance: Viber waits for the person to write", _HOUR),
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
    return Refused(reason=_REFUSED.get(status, f"Viber refused the message (status {status})"))


async def send(api: ViberApi, envelope: Mapping[str, Any], body: Body, plain: Body | None) -> tuple[SendResult, bool]:
    """Send ``body`` in ``envelope`` (receiver and sender), or ``plain`` where its form is refused.

    Returns how it ended and whether Viber charges for it. Does not raise for what may happen outside.
    """
    try:
        answer = await api.call("send_message", {**envelope, **body})
        if answer.status in REFORM and plain is not None:
            answer = await api.call("send_message", {**envelope, **plain})
    except NotWritten as exc:
        return NotSent(reason=f"Viber cannot be reached: {exc}", after=exc.after), False
    except MaybeWritten:
        return Unsure(reason="Viber gave no usable answer"), False
    return result_of(answer), answer.billing == 5
