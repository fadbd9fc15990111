"""The life of a case as a table, free of IO.

    WAITING --Claim--> ACTIVE --Close, ReturnToBot--> CLOSED
       ^                 |
       '----Release------'          any open state --Left--> CLOSED

A case is one period of human help in one conversation. While it is WAITING the queue has the microphone and the bot
still serves; while it is ACTIVE the owner has it and the bot is silent. Each change of hands raises the
conversation's epoch, so that bot output of an older epoch is dropped on its way out. All events of a conversation
pass through its mailbox one at a time: two claims can race, but only the first finds the case WAITING.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from core.errors import Refused
from core.events import CaseAction, Claim, Close, EraseContact, Release, Reply, ReturnToBot, WriteNote
from core.ids import Millis

__all__ = ["Case", "CaseState", "Left", "Urgency", "act", "claim_rank", "open_case"]

CaseState = Literal["waiting", "active", "closed"]
#: In the order of the queue: safety first, then whatever a clock runs on, then people who come back.
Urgency = Literal["safety", "clock", "returning", "normal"]

URGENCIES: tuple[Urgency, ...] = ("safety", "clock", "returning", "normal")


class Left(Struct, frozen=True, kw_only=True):
    """The person stopped waiting or stopped altogether."""


class Case(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One case. ``number`` is what people say aloud and what the audit log names; it points at nobody."""

    number: str
    state: CaseState
    queue: str
    #: Of the person: a hard filter for who can claim.
    language: str
    urgency: Urgency
    #: When the person first asked; keeps its age when a case goes back into the queue.
    since: Millis
    #: Raised by every change; an action on an older view is refused.
    version: int = 1
    owner: str | None = None
    claimed: Millis | None = None
    closed: Millis | None = None
    outcome: str | None = None
    #: The note the flow wrote for the counsellor.
    note: str = ""
    #: Transcript line (seq is not known in a turn, so its time) from which the case reads.
    from_at: Millis = 0
    #: The person wrote last, so it is our turn.
    ours: bool = True
    #: When the counsellor or the person last wrote.
    touched: Millis = 0

    @property
    def open(self) -> bool:
        """Return whether somebody still has to do something."""
        return self.state != "closed"


def open_case(*, number: str, queue: str, language: str, urgency: Urgency, note: str, now: Millis) -> Case:
    """Return a new case that waits."""
    return Case(
        number=number,
        state="waiting",
        queue=queue,
        language=language,
        urgency=urgency,
        since=now,
        note=note,
        from_at=now,
        touched=now,
    )


def claim_rank(case: Case) -> int:
    """Return the place in the queue as one number, ascending: urgency first, then waiting age."""
    return URGENCIES.index(case.urgency) * 10**14 + case.since


def act(case: Case | None, action: CaseAction | Left, actor: str, now: Millis, seen_version: int | None = None) -> Case:
    """Return the case after ``action``; raises :class:`core.errors.Refused` with a code the desk explains.

    Codes: ``no_case`` (nothing is open), ``taken`` (another owner, named in the detail), ``not_owner``,
    ``stale`` (the owner ends the case on a view older than it: the person may have written since), ``empty`` (a reply
    or note without text). A waiting case can be claimed on any view of it: nothing that changes there is lost.
    """
    if case is None or not case.open:
        raise Refused("no_case")
    step = replace(case, version=case.version + 1, touched=now)
    match action:
        case Claim():
            return _claim(case, step, actor, now)
        case Left():
            return replace(step, state="closed", owner=case.owner, closed=now, outcome="left", ours=False)
        case WriteNote(text=text):
            _demand_text(text)
            return replace(case, version=case.version + 1)
        case EraseContact():
            return replace(step, state="closed", closed=now, outcome="erased", ours=False)
        case Release() | Reply() | Close() | ReturnToBot():
            _demand_owner(case, actor)
    if isinstance(action, Close | ReturnToBot) and seen_version is not None and seen_version < case.version:
        raise Refused("stale")
    match action:
        case Release():
            return replace(step, state="waiting", owner=None, claimed=None)
        case Reply(text=text):
            _demand_text(text)
            return replace(step, ours=False)
        case Close(outcome=outcome):
            return replace(step, state="closed", closed=now, outcome=outcome, ours=False)
        case ReturnToBot():
            return replace(step, state="closed", closed=now, outcome="returned", ours=False)


def _claim(case: Case, step: Case, actor: str, now: Millis) -> Case:
    if case.state == "active":
        raise Refused("already_yours" if case.owner == actor else "taken", owner=case.owner or "")
    return replace(step, state="active", owner=actor, claimed=now)


def _demand_owner(case: Case, actor: str) -> None:
    if case.state != "active":
        raise Refused("not_claimed")
    if case.owner != actor:
        raise Refused("not_owner", owner=case.owner or "")


def _demand_text(text: str) -> None:
    if not text.strip():
        raise Refused("empty")
