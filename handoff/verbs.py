"""What a press at the desk asks for: the verb of the route and the JSON body become an action of the core.

A body is read at this edge and nowhere else. One that is no good is refused with a code, before anything is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Literal, cast, get_args

import msgspec

from core.errors import Refused
from core.events import (
    AcceptTransfer,
    CaseAction,
    Claim,
    Close,
    DeclineTransfer,
    EraseContact,
    ExportContact,
    Park,
    Release,
    Reopen,
    Reply,
    ReturnToBot,
    SetDeadline,
    SetTopic,
    TakeBack,
    Transfer,
    Wake,
    WithdrawTransfer,
    WriteNote,
)

__all__ = ["EVENTS", "LONGEST_TEXT", "VERBS", "CaseVerb", "parse"]

CaseVerb = Literal[
    "claim", "release", "park", "wake", "transfer", "accept", "decline", "withdraw", "return", "close", "reopen",
    "reply", "takeback", "note", "deadline", "topic", "erase", "export",
]  # fmt: skip
VERBS: tuple[CaseVerb, ...] = get_args(CaseVerb)

#: What each verb becomes.
EVENTS: Mapping[CaseVerb, type[CaseAction]] = {
    "claim": Claim,
    "release": Release,
    "park": Park,
    "wake": Wake,
    "transfer": Transfer,
    "accept": AcceptTransfer,
    "decline": DeclineTransfer,
    "withdraw": WithdrawTransfer,
    "return": ReturnToBot,
    "close": Close,
    "reopen": Reopen,
    "reply": Reply,
    "takeback": TakeBack,
    "note": WriteNote,
    "deadline": SetDeadline,
    "topic": SetTopic,
    "erase": EraseContact,
    "export": ExportContact,
}

#: Characters of a reply or a note. Channels take 4,000 and split beyond; more is a slip of the clipboard.
LONGEST_TEXT = 8000
#: Milliseconds since 1970 beyond which no date of a case lies: the year 2100.
_LATEST = 4_102_444_800_000
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_TOPIC = re.compile(r"[a-z][a-z0-9_]{0,39}")
#: Control characters that no keyboard makes; line feeds and tabs stay.
_CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127])

_Body = Mapping[str, Any]


def parse(verb: str, body: _Body) -> tuple[CaseVerb, CaseAction] | None:
    """Return what a route and its body ask for; None for a verb that is not there.

    Raises :class:`core.errors.Refused`: ``malformed``, ``empty``, ``too_long``, ``no_note``.
    """
    reader = _READERS.get(verb)
    return None if reader is None else (cast("CaseVerb", verb), reader(body))


def _text(body: _Body, name: str, *, needed: str | None = "empty") -> str:
    """Return a text as a keyboard makes it; an empty one is refused with the code ``needed``, or goes with None."""
    text = body.get(name, "" if needed is None else None)
    if needed == "no_note" and text is None:
        raise Refused("no_note")
    if not isinstance(text, str):
        raise Refused("malformed")
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS).strip("\n")
    if needed is not None and not text.strip():
        raise Refused(needed)
    if len(text) > LONGEST_TEXT:
        raise Refused("too_long", most=str(LONGEST_TEXT))
    return text


def _id(body: _Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise Refused("malformed")
    return value


def _topic(body: _Body) -> str:
    topic = body.get("topic", "")
    if not isinstance(topic, str) or (topic and not _TOPIC.fullmatch(topic)):
        raise Refused("malformed")
    return topic


def _park(body: _Body) -> Park:
    until = body.get("until")
    if not (until is None or (type(until) is int and 0 < until < _LATEST)):
        raise Refused("malformed")
    fields = {"type": "park", "until": until, "reason": body.get("reason", "date"), "promised": body.get("promised")}
    fields = {name: value for name, value in fields.items() if value is not None}
    try:
        park = msgspec.convert(fields, Park)
    except msgspec.ValidationError:
        raise Refused("malformed") from None
    if park.promised and park.until is None:
        raise Refused("malformed")  # what would the person be promised?
    return park


def _transfer(body: _Body) -> Transfer:
    to, queue = body.get("to"), body.get("queue")
    if (to is None) == (queue is None):
        raise Refused("malformed")
    note = _text(body, "note", needed="no_note")
    if to is not None:
        return Transfer(to=_id(body, "to"), note=note)
    return Transfer(queue=_id(body, "queue"), note=note)


def _close(body: _Body) -> Close:
    try:
        return msgspec.convert({"type": "close", "outcome": body.get("outcome"), "topic": _topic(body)}, Close)
    except msgspec.ValidationError:
        raise Refused("malformed") from None


def _deadline(body: _Body) -> SetDeadline:
    day = body.get("date")
    if "date" not in body or not (day is None or isinstance(day, str)):
        raise Refused("malformed")
    if day is not None:
        try:
            if date.fromisoformat(day).isoformat() != day:
                raise ValueError
        except ValueError:
            raise Refused("malformed") from None
    return SetDeadline(date=day)


_READERS: dict[str, Callable[[_Body], CaseAction]] = {
    "claim": lambda body: Claim(),
    "release": lambda body: Release(reason=_text(body, "reason", needed=None)),
    "park": _park,
    "wake": lambda body: Wake(),
    "transfer": _transfer,
    "accept": lambda body: AcceptTransfer(),
    "decline": lambda body: DeclineTransfer(),
    "withdraw": lambda body: WithdrawTransfer(),
    "return": lambda body: ReturnToBot(),
    "close": _close,
    "reopen": lambda body: Reopen(),
    "reply": lambda body: Reply(text=_text(body, "text")),
    "takeback": lambda body: TakeBack(reply=_id(body, "reply")),
    "note": lambda body: WriteNote(text=_text(body, "text")),
    "deadline": _deadline,
    "topic": lambda body: SetTopic(topic=_topic(body)),
    "erase": lambda body: EraseContact(),
    "export": lambda body: ExportContact(),
}
