"""How long values about a person are kept: ``keep:`` of ``bot.yaml`` counts from when the person last wrote.

A timer empties them also when nobody writes any more; it is set anew with every turn, also after stop.
"""

from __future__ import annotations

from core.ids import Millis
from core.records import Timer
from flows.program import Program
from flows.state import State

__all__ = ["KEEP_TIMER", "empty_old", "keep_timer"]

KEEP_TIMER = "keep"


def _limits(state: State, program: Program) -> dict[str, Millis]:
    """Return when each value that is there has to go."""
    declared = program.spec.contact
    return {
        name: state.active + declared[name].keep  # type: ignore[operator] # looked at below
        for name in state.contact
        if name in declared and declared[name].keep is not None
    }


def empty_old(state: State, program: Program, now: Millis) -> None:
    """Empty the values whose time is over."""
    for name, until in _limits(state, program).items() if state.contact else ():
        if until <= now:
            del state.contact[name]


def keep_timer(state: State, program: Program) -> tuple[Timer, ...]:
    """Return the timer of the value that has to go next, if there is one."""
    limits = _limits(state, program) if state.contact else {}
    return (Timer(name=KEEP_TIMER, at=min(limits.values())),) if limits else ()
