"""The truth about waiting: how many are before me, by when I hear from somebody, and the way out of it.

It is told when the handoff starts (``{queue.wait}`` in the flow's text), when the person asks, and when what they were
told is no longer true: looked at once an hour, told only while somebody is at the desk.
"""

from __future__ import annotations

from msgspec.structs import replace

from core.ids import Millis
from flows import engine
from flows.waits import heard_by
from handlers.casework import LOOK_EVERY, happen
from handlers.talk import Talk
from handoff.cases import Case, Left
from handoff.line import HEAD

__all__ = ["keep_told", "look_again", "stop_waiting", "tell_how_long"]


def tell_how_long(talk: Talk) -> None:
    """Answer "how long?". A number that went up comes with its reason."""
    case, run = talk.case, talk.run
    if case is None or case.queue not in talk.program.queues:
        run.system("not_waiting", options=run.command_options("human", "menu"))
        return
    before = run.queue_facts(case.queue).before
    wait = run.wait_phrase(case.queue)
    name = _words(before, case.told_before)
    talk.keep_case(replace(case, told_before=before if before is not None else case.told_before))
    count = str(HEAD if before is None else before)
    talk.notice(name, options=run.command_options("stop_waiting", "menu"), wait=wait, before=count)


def _words(before: int | None, told: int | None) -> str:
    if before is None:
        return "how_long_many"
    if told is not None and before > told:
        return "how_long_moved"
    return "how_long_before" if before else "how_long_next"


def stop_waiting(talk: Talk) -> None:
    """End the waiting in one tap; the program goes on."""
    if talk.case is None:
        talk.run.system("not_waiting")
        talk.repeat_or_home()
        return
    happen(talk, Left())
    talk.notice("stopped_waiting")
    engine.case_over(talk.run)


def keep_told(talk: Talk, case: Case) -> Case:
    """Return the case with what this turn told about the wait, so that a change of it can be told."""
    told = talk.run.told_wait
    if told is None or told[0] != case.queue or case.state != "waiting":
        return case
    return replace(case, told_wait=told[1], told_at=talk.env.now, looked_at=talk.env.now)


def look_again(talk: Talk, case: Case) -> None:
    """Look whether what the person was told still holds; say so when it does not and somebody is at the desk."""
    run = talk.run
    if case.queue not in talk.program.queues:
        return
    moment = heard_by(run, case.queue)
    talk.keep_case(replace(case, looked_at=talk.env.now))
    reachable = not (talk.conversation.stopped or talk.conversation.unreachable)
    if not _changed(case, moment, talk.env.now) or not run.queue_open(case.queue) or not reachable:
        return
    wait = run.wait_phrase(case.queue)
    talk.notice("wait_changed", options=run.command_options("how_long", "stop_waiting"), wait=wait)


def _changed(case: Case, moment: Millis | None, now: Millis) -> bool:
    """Return whether something else is true than what was told: an hour more or less, or late and not yet called so."""
    told = case.told_wait
    if told is None or moment is None:
        return told != moment
    called_late, late = told <= case.told_at, moment <= now
    return called_late != late or (not late and abs(moment - told) >= LOOK_EVERY)
