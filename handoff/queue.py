"""The order of the queue: one ordering for "claim next", for the lists and for the position that people are told.

A case waits in one of four classes: safety, clock, returning, normal. Within its class the older one goes first, and
among equals the one that was in somebody's hands before. A case enters the class *clock* by itself when its moment
``due`` has come: its reply window closes soon, a date was promised, or the team's promise to answer has passed.
"""

from __future__ import annotations

from typing import Literal

from core.ids import Millis
from handoff.case import Case, Urgency

__all__ = ["WINDOW_SOON", "Why", "class_of", "order", "why"]

#: A reply window that closes within this time makes a case urgent.
WINDOW_SOON: Millis = 4 * 3_600_000

#: What puts a case where it stands, for the reason line of the desk.
Why = Literal["safety", "deadline", "window", "promised", "waited_long", "clock", "returning", "normal"]

_CLASSES: tuple[Urgency, ...] = ("safety", "clock", "returning", "normal")


def class_of(case: Case, now: Millis) -> Urgency:
    """Return the class in which a case waits at ``now``."""
    if case.urgency == "safety":
        return "safety"
    if case.urgency == "clock" or (case.due is not None and case.due <= now):
        return "clock"
    return case.urgency


def order(case: Case, now: Millis) -> tuple[int, Millis, bool, str]:
    """Return the place of a case at ``now`` as something to sort by, first place first."""
    found = class_of(case, now)
    age = case.due if found == "clock" and case.due is not None else case.since
    return _CLASSES.index(found), age, not case.back, case.number


def why(case: Case, now: Millis) -> Why:
    """Return what puts the case where it stands."""
    found = class_of(case, now)
    if found != "clock":
        return found
    if case.deadline is not None:
        return "deadline"
    if case.window_until is not None and now < case.window_until <= now + WINDOW_SOON:
        return "window"
    if case.promised is not None and case.promised <= now:
        return "promised"
    return "clock" if case.urgency == "clock" else "waited_long"
