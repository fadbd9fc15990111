"""What the staff did at the desk. Each action passes the case table; the person is told who has the microphone."""

from __future__ import annotations

from core.errors import Refused
from core.events import (
    Claim,
    Close,
    ConsoleActed,
    EraseContact,
    Release,
    Reply,
    ReturnToBot,
    WriteNote,
)
from core.records import Noted, Outcome
from flows import engine
from flows.effects import CancelTimer
from flows.run import WAIT_TIMER
from handlers.talk import Line, Talk

__all__ = ["act"]


def act(talk: Talk, event: ConsoleActed) -> None:
    """Carry out one action; raises :class:`core.errors.Refused`, whose code goes back to the desk."""
    case = talk.case
    if case is None or (event.case is not None and event.case != case.number):
        raise Refused("no_case")
    changed = talk.change_case(event.action, event.actor, event.seen_version)
    match event.action:
        case Claim():
            _claimed(talk, event)
        case Release():
            talk.change_hands()
            talk.mark("released", event.actor)
            talk.notice("released")
        case Reply(text=text):
            talk.reply(text, event.actor)
        case WriteNote(text=text):
            talk.lines.append(Line(author="counsellor", body=Noted(text=text), actor=event.actor))
        case Close(outcome=outcome):
            talk.change_hands()
            talk.mark("closed", event.actor, outcome=outcome)
            _back_to_bot(talk, "closed")
        case ReturnToBot():
            talk.change_hands()
            talk.mark("returned", event.actor)
            _back_to_bot(talk, "returned")
        case EraseContact():
            talk.change_hands()
            talk.erase = True
            talk.quiet = True
            talk.notice("erased")
    talk.outcome = Outcome(ok=True, code="ok", detail={"case": changed.number, "version": str(changed.version)})


def _claimed(talk: Talk, event: ConsoleActed) -> None:
    """From here on a human speaks: the bot's reminders end and its output under way is dropped."""
    talk.change_hands()
    talk.mark("claimed", event.actor)
    talk.run.effects.append(CancelTimer(name=WAIT_TIMER))
    talk.conversation.lost = 0
    talk.notice("claimed", name=event.name or talk.program.spec.team.name)


def _back_to_bot(talk: Talk, notice: str) -> None:
    """Tell the person that the program answers again, and let the flow go on."""
    talk.notice(notice)
    if not talk.conversation.stopped and not talk.conversation.unreachable:
        engine.case_over(talk.run)
