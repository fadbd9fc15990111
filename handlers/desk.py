"""What the staff did at the desk. Each action passes the case table; the person is told who has the microphone."""

from __future__ import annotations

import datetime as dt

from core.errors import Refused
from core.events import (
    Close,
    ConsoleActed,
    ExportContact,
    Park,
    Release,
    Reopen,
    Reply,
    SetTopic,
    Transfer,
    WriteNote,
)
from core.ids import Millis
from core.records import Noted, Outcome
from flows.effects import CancelTimer
from flows.run import WAIT_TIMER
from handlers import mydata
from handlers.casework import happen, hold_reply
from handlers.talk import Line, Talk
from handoff.cases import Case
from i18n.formatting import format_day_time

__all__ = ["LONGEST_REPLY", "act"]

#: Characters of one reply; a channel splits it into messages. The desk allows a little less.
LONGEST_REPLY = 10_000


def act(talk: Talk, event: ConsoleActed) -> None:
    """Carry out one action; raises :class:`core.errors.Refused`, whose code goes back to the desk."""
    if isinstance(event.action, Reopen):
        case = _reopen(talk, event)
    else:
        _demand_sense(talk, event)
        case = happen(talk, event.action, event.actor, name=event.name, seen=event.seen_version)
    if isinstance(event.action, ExportContact):
        mydata.prepare(talk)
    detail = {"case": case.number, "version": str(case.version)}
    talk.outcome = Outcome(ok=True, code="ok", detail=detail | _said(talk, case, event))


def _demand_sense(talk: Talk, event: ConsoleActed) -> None:
    """Refuse what names another case, a text that is too long, or a queue or topic that the bot does not have."""
    case, action = talk.case, event.action
    if case is None or (event.case is not None and event.case != case.number):
        raise Refused("no_case")
    if isinstance(action, Reply) and len(action.text) > LONGEST_REPLY:
        raise Refused("too_long", most=str(LONGEST_REPLY))
    if isinstance(action, Transfer) and action.queue is not None and action.queue not in talk.program.queues:
        raise Refused("no_such_colleague")
    topic = action.topic if isinstance(action, SetTopic | Close) else ""
    if topic and topic not in talk.program.topics:
        raise Refused("no_such_topic")


def _said(talk: Talk, case: Case, event: ConsoleActed) -> dict[str, str]:
    """Keep the words that came with an action, and return what its outcome says about them."""
    match event.action:
        case Reply(text=text, file=file):
            pending = hold_reply(talk, case, text, event.actor, file)
            return {"reply": pending.id, "until": str(pending.until)}
        case WriteNote(text=text) | Transfer(note=text) | Release(reason=text) if text.strip():
            talk.lines.append(Line(author="counsellor", body=Noted(text=text), actor=event.actor))
        case Park(until=until, promised=True) if until is not None:
            talk.notice("parked_promised", date=format_day_time(_local(talk, until), talk.run.language))
        case _:
            pass
    return {}


def _local(talk: Talk, at: Millis) -> dt.datetime:
    return dt.datetime.fromtimestamp(at / 1000, talk.run.zone)


def _reopen(talk: Talk, event: ConsoleActed) -> Case:
    """Take the person's last case up again, as a new one."""
    earlier = talk.conversation.earlier
    if talk.case is not None:
        raise Refused("open_already", case=talk.case.number)
    if earlier is None or (event.case is not None and event.case != earlier.number):
        raise Refused("no_case")
    case = talk.reopen_case(event.actor, event.name or talk.program.spec.team.name)
    talk.change_hands()
    talk.mark("reopened", event.actor, case=case.number, version=str(case.version), earlier=earlier.number)
    talk.run.effects.append(CancelTimer(name=WAIT_TIMER))
    talk.conversation.lost = 0
    talk.notice("claimed", name=event.name or talk.program.spec.team.name)
    return case
