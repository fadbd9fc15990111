"""How long values about a person are kept: ``keep:`` of ``bot.yaml`` counts from when the person last wrote.

Questions that nothing answered go after a month, see :mod:`flows.unanswered`. A timer empties all of it also when
nobody writes any more; it is set anew with every turn, also after stop.
"""

from __future__ import annotations

from core.ids import Millis
from core.records import Timer
from flows.program import Program
from flows.state import State
from flows.unanswered import KEPT_FOR, kept
from handoff.conversation import Conversation

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


def empty_old(conversation: Conversation, program: Program, now: Millis) -> None:
    """Empty the values and questions whose time is over."""
    if conversation.unanswered:
        conversation.unanswered = kept(conversation.unanswered, (), now)
    state = conversation.flow
    for name, until in _limits(state, program).items() if state.contact else ():
        if until <= now:
            del state.contact[name]


def keep_timer(conversation: Conversation, program: Program) -> tuple[Timer, ...]:
    """Return the timer of what has to go next, if there is anything."""
    state = conversation.flow
    limits = list(_limits(state, program).values()) if state.contact else []
    limits += [one.at + KEPT_FOR for one in conversation.unanswered]
    return (Timer(name=KEEP_TIMER, at=min(limits)),) if limits else ()
