"""The order of the queue: one ordering for "claim next", for the lists and for the position that people are told.

A case waits in one of four classes: safety, clock, returning, normal. Within its class the older one goes first, and
among equals the one that was in somebody's hands before. A case enters the class *clock* by itself when its moment
``due`` has come: its reply window closes soon, a legal date is near, a date was promised, or the team's promise to
answer has passed. There its age counts from that moment.

Nobody is passed by more than :data:`MOST_PASSED` of those who came into the queue later, safety apart: who was, stands
before the class clock. How often somebody was passed follows from the log of claims (:mod:`handoff.line`), not from
the cases themselves.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from core.ids import Millis
from core.records import Label
from handoff.case import URGENCIES, Case, Urgency

__all__ = [
    "DEADLINE_NEAR",
    "MOST_PASSED",
    "PASSED",
    "WINDOW_SOON",
    "Place",
    "Why",
    "base",
    "claim_rank",
    "class_of",
    "due_at",
    "from_due",
    "from_rank",
    "place_of",
    "queue_labels",
    "why",
]

#: A reply window that closes within this time makes a case urgent.
WINDOW_SOON: Millis = 4 * 3_600_000
#: A legal date counts from so long before it. An objection can have to be made within two weeks.
DEADLINE_NEAR: Millis = 14 * 86_400_000
#: So many younger ones may be claimed before somebody; then it is their turn, unless there is danger.
MOST_PASSED = 10

#: What puts a case where it stands, for the reason line of the desk.
Why = Literal["safety", "passed", "deadline", "window", "promised", "waited_long", "clock", "returning", "normal"]

#: Ranks of the classes. Between safety and clock stand those who were passed too often.
_CLASS = {"safety": 0, "clock": 2, "returning": 3, "normal": 4}
PASSED = 1
_CLASS_UNIT = 10**14


class Place(Struct, frozen=True, order=True):
    """Where a case stands: sorts by class, then by age, then what was in somebody's hands before, then by id."""

    rank: int
    age: Millis
    fresh: bool
    #: Id of the conversation: two of the same moment stand the same way for everybody.
    key: str

    @property
    def urgency(self) -> Urgency:
        """Return the class."""
        found: tuple[Urgency, ...] = ("safety", "clock", "clock", "returning", "normal")
        return found[self.rank]


def base(language: str) -> str:
    """Return a language without its region: who counsels in Arabic counsels in every Arabic."""
    return language.split("-")[0]


def class_of(case: Case, now: Millis) -> Urgency:
    """Return the class in which a case waits at ``now``."""
    if case.urgency == "safety":
        return "safety"
    if case.urgency == "clock" or (case.due is not None and case.due <= now):
        return "clock"
    return case.urgency


def place_of(case: Case, now: Millis, key: str = "") -> Place:
    """Return the place of a case at ``now``, overtaking apart; ``key`` is the id of its conversation."""
    found = class_of(case, now)
    age = case.due if found == "clock" and case.due is not None else case.since
    return Place(_CLASS[found], age, not case.back, key)


def due_at(case: Case, promise: Millis | None, zone: ZoneInfo) -> Millis | None:
    """Return from when on a clock runs for a case; ``promise`` is when the team's promise to it has passed."""
    moments = [] if promise is None else [promise]
    if case.urgency == "clock":
        moments.append(case.since)
    if case.window_until is not None:
        moments.append(max(case.since, case.window_until - WINDOW_SOON))
    if case.deadline is not None:
        day = dt.datetime.combine(dt.date.fromisoformat(case.deadline), dt.time(), zone)
        moments.append(max(case.since, int(day.timestamp() * 1000) - DEADLINE_NEAR))
    if case.promised is not None:
        moments.append(case.promised)
    return min(moments, default=None)


def why(case: Case, now: Millis, *, passed: bool = False) -> Why:
    """Return what puts the case where it stands."""
    found = class_of(case, now)
    if found == "safety":
        return "safety"
    if passed:
        return "passed"
    if found != "clock":
        return found
    if case.deadline is not None:
        return "deadline"
    if case.window_until is not None and now < case.window_until <= now + WINDOW_SOON:
        return "window"
    if case.promised is not None and case.promised <= now:
        return "promised"
    return "clock" if case.urgency == "clock" else "waited_long"


# -- the same order as labels: the store's index finds the head of the queue without reading the cases -----------------


def claim_rank(case: Case) -> int:
    """Return class and age as one number, the clock apart: ``due`` has an index of its own, as it comes by itself."""
    return URGENCIES.index(case.urgency) * _CLASS_UNIT + case.since * 2 + (not case.back)


def from_rank(rank: int, key: str) -> Place:
    """Return the place that a :func:`claim_rank` stands for."""
    urgency, rest = URGENCIES[rank // _CLASS_UNIT], rank % _CLASS_UNIT
    return Place(_CLASS[urgency], rest // 2, bool(rest % 2), key)


def from_due(rank: int, key: str) -> Place:
    """Return the place of a case whose moment has come, from its label."""
    return Place(_CLASS["clock"], rank // 2, bool(rank % 2), key)


def queue_labels(case: Case) -> tuple[Label, ...]:
    """Return the marks by which a waiting case is found: in its language by order, by its moment, and by age."""
    if case.state != "waiting":
        return ()
    language = base(case.language)
    found = [
        Label(name=f"queue:{language}", rank=claim_rank(case)),
        Label(name=f"age:{language}", rank=case.queued),
    ]
    if case.due is not None and case.urgency != "safety":
        found.append(Label(name=f"due:{language}", rank=case.due * 2 + (not case.back)))
    return tuple(found)
