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

__all__ = ["LONGEST_REPLY", "act"]

#: Characters of one reply; a channel splits it into messages. The desk allows a little less.
LONGEST_REPLY = 10_000


def act(talk: Talk, event: ConsoleActed) -> None:
    """Carry out one action; raises :class:`core.errors.Refused`, whose code goes back to the desk."""
    case = talk.case
    if case is None or (event.case is not None and event.case != case.number):
        raise Refused("no_case")
    if isinstance(event.action, Reply) and len(event.action.text) > LONGEST_REPLY:
        raise Refused("too_long", most=str(LONGEST_REPLY))
    changed = talk.change_case(event.action, event.actor, event.seen_version)
    seen = {"case": changed.number, "version": str(changed.version)}
    match event.action:
        case Claim():
            talk.mark("claimed", event.actor, **seen)
            _claimed(talk, event)
        case Release():
            talk.change_hands()
            talk.mark("released", event.actor, **seen)
            talk.notice("released")
            engine.resume(talk.run, show=False)
        case Reply(text=text):
            talk.reply(text, event.actor)
        case WriteNote(text=text):
            talk.lines.append(Line(author="counsellor", body=Noted(text=text), actor=event.actor))
        case Close(outcome=outcome):
            talk.change_hands()
            talk.mark("closed", event.actor, outcome=outcome, **seen)
            _back_to_bot(talk, "closed")
        case ReturnToBot():
            talk.change_hands()
            talk.mark("returned", event.actor, **seen)
            _back_to_bot(talk, "returned")
        case EraseContact():
            talk.change_hands()
            talk.erase = True
            talk.quiet = True
            talk.notice("erased")
    talk.outcome = Outcome(ok=True, code="ok", detail=seen)


def _claimed(talk: Talk, event: ConsoleActed) -> None:
    """From here on a human speaks: the bot's reminders end and its output under way is dropped."""
    talk.change_hands()
    talk.run.effects.append(CancelTimer(name=WAIT_TIMER))
    talk.conversation.lost = 0
    talk.notice("claimed", name=event.name or talk.program.spec.team.name)


def _back_to_bot(talk: Talk, notice: str) -> None:
    """Tell the person that the program answers again, and let the flow go on."""
    if talk.conversation.unreachable:
        # Nobody listens. Who comes back begins at the menu: no question may wait for a case that is over.
        talk.conversation.flow.frames = []
        talk.conversation.flow.trail = []
        return
    talk.notice(notice)
    if not talk.conversation.flow.frames and talk.conversation.flow.waits == 0:
        talk.start()  # danger came first: they were never told who we are
    else:
        engine.case_over(talk.run)
