"""What can happen to a case beside what the staff does, and what each event writes into the case.

Where an event leads, and who may cause it, is the table in :mod:`handoff.cases`.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from core.errors import Refused
from core.events import (
    AcceptTransfer,
    CaseAction,
    Claim,
    Close,
    EraseContact,
    OwnerGone,
    Park,
    Reply,
    ReturnToBot,
    SetDeadline,
    SetTopic,
    TakeBack,
    Transfer,
    WriteNote,
)
from core.ids import Millis
from handoff.case import URGENCIES, Case, Urgency

__all__ = ["Happening", "IntakeOver", "Left", "OfferLapsed", "ParkOver", "PersonWrote", "Urged", "change"]


class Left(Struct, frozen=True, kw_only=True):
    """The person stopped waiting, stopped altogether, or took back the consent that somebody may read along."""

    outcome: Literal["left", "withdrawn"] = "left"


class IntakeOver(Struct, frozen=True, kw_only=True):
    """The questions are answered or skipped, or the person was silent for ten minutes."""


class Urged(Struct, frozen=True, kw_only=True):
    """The person's words, or a step of a flow, make the case more urgent."""

    urgency: Urgency


class PersonWrote(Struct, frozen=True, kw_only=True):
    """The person wrote or sent something."""


class ParkOver(Struct, frozen=True, kw_only=True):
    """The time until which the case was parked has come."""


class OfferLapsed(Struct, frozen=True, kw_only=True):
    """Nobody has accepted the offered case in time."""


#: What the staff does, what the person does, what the clock does.
Happening = CaseAction | Left | IntakeOver | Urged | PersonWrote | ParkOver | OfferLapsed


def change(case: Case, event: Happening, actor: str, now: Millis) -> Case:
    """Return the case with what the event says, still in its old state. Raises :class:`core.errors.Refused`."""
    match event:
        case PersonWrote():
            return replace(case, ours=True, touched=now, unanswered=case.unanswered or now)
        case Urged(urgency=urgency):
            more = URGENCIES.index(urgency) < URGENCIES.index(case.urgency)
            return replace(case, urgency=urgency) if more else case
        case OwnerGone(owner=owner) if owner != case.owner:
            raise Refused("not_owner", owner=case.owner or "")
        case OwnerGone(reason=reason) if reason != "disabled" and not case.ours:
            raise Refused("stale")  # they have answered since somebody looked
        case Close() | ReturnToBot() | Left() | EraseContact():
            return _ended(case, event)
        case Claim() | AcceptTransfer() | Park() | Transfer():
            return _in_hands(case, event, actor, now)
        case Reply() | TakeBack() | WriteNote() | SetDeadline() | SetTopic():
            return _worked_on(case, event, actor, now)
        case _:
            return case


def _ended(case: Case, event: Close | ReturnToBot | Left | EraseContact) -> Case:
    match event:
        case Close(outcome=outcome, topic=topic):
            return replace(case, outcome=outcome, topic=topic or case.topic)
        case ReturnToBot():
            return replace(case, outcome="returned")
        case Left(outcome=outcome):
            return replace(case, outcome=outcome)
        case EraseContact():
            return replace(case, outcome="erased")


def _in_hands(case: Case, event: Claim | AcceptTransfer | Park | Transfer, actor: str, now: Millis) -> Case:
    match event:
        case Claim() | AcceptTransfer():
            return replace(case, owner=actor, claimed=now)
        case Park(until=until, reason=reason, promised=promised):
            if until is not None and until <= now:
                raise Refused("past")
            return replace(case, parked_until=until, park_reason=reason, promised=until if promised else None)
        case Transfer(to=to, queue=queue, note=note):
            if not note.strip():
                raise Refused("no_note")
            if (to is None) == (queue is None) or to == actor:
                raise Refused("no_such_colleague")
            return replace(case, offered_to=to, offered_queue=queue, offered=now)


def _worked_on(
    case: Case, event: Reply | TakeBack | WriteNote | SetDeadline | SetTopic, actor: str, now: Millis
) -> Case:
    match event:
        case Reply(text=text, file=file):
            if file is None:
                _demand_text(text)
            return replace(case, ours=False, unanswered=0, touched=now)
        case TakeBack(reply=reply):
            return _taken_back(case, reply, actor, now)
        case WriteNote(text=text):
            _demand_text(text)
            return case
        case SetDeadline(date=date):
            return replace(case, deadline=date)
        case SetTopic(topic=topic):
            return replace(case, topic=topic)


def _taken_back(case: Case, reply: str, actor: str, now: Millis) -> Case:
    kept = tuple(pending for pending in case.pending if (pending.id, pending.actor) != (reply, actor))
    if len(kept) == len(case.pending):
        raise Refused("too_late")
    # Without another word of ours it is our turn again.
    return replace(case, pending=kept, ours=case.ours or not kept, unanswered=case.unanswered or (0 if kept else now))


def _demand_text(text: str) -> None:
    if not text.strip():
        raise Refused("empty")
