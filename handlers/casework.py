"""What happens to the case in a turn: the table decides, and its effects are carried out here, in one place for all.

The staff, the person and the clock come through :func:`happen`. So the microphone's epoch is raised in one place, a
reply that waits to be taken back goes out before its case leaves the counsellor's hands, and each change leaves a mark.
"""

from __future__ import annotations

from msgspec.structs import replace

from core.events import AcceptTransfer, Claim, Close, Park, SetDeadline, SetTopic
from core.ids import Millis
from core.messages import SendMedia
from core.records import Timer
from flows import engine
from flows.effects import CancelTimer
from flows.run import WAIT_TIMER
from handlers.talk import Talk
from handoff.cases import Case, Happening, OfferLapsed, ParkOver, Pending, PersonWrote, Step, Urged, step
from handoff.queue import due_at

__all__ = [
    "CASE_TIMERS",
    "INTAKE_TIMER",
    "LOOK_EVERY",
    "OFFER_LIVES",
    "TAKE_BACK",
    "WAIT_LOOK",
    "case_timers",
    "fire",
    "happen",
    "hold_reply",
    "in_line",
    "person_wrote",
]

#: How long a reply can be taken back.
TAKE_BACK: Millis = 5_000
#: Replies that can be taken back at once. With one more the oldest goes out early: the state must stay small.
MOST_PENDING = 5
#: An offer that nobody answers goes back to its owner.
OFFER_LIVES: Millis = 24 * 3_600_000

#: What was told about the wait is looked at again so often; nobody hears of a change more often than that.
LOOK_EVERY: Millis = 3_600_000
#: Somebody who is silent for so long while they are asked waits for a human all the same. The flow's own reminder comes
#: at ten minutes and leads on; this comes a little later, for a flow that has none.
SILENCE: Millis = 605_000

REPLY_TIMER, PARK_TIMER, OFFER_TIMER, WAIT_LOOK, INTAKE_TIMER = "reply", "park", "offer", "look", "intake"
CASE_TIMERS = (REPLY_TIMER, PARK_TIMER, OFFER_TIMER, WAIT_LOOK, INTAKE_TIMER)


def happen(talk: Talk, event: Happening, actor: str = "", *, name: str = "", seen: int | None = None) -> Case:
    """Apply an event to the open case and carry out its effects; ``name`` is what the person is told.

    Raises :class:`core.errors.Refused`, and then nothing has changed.
    """
    before = talk.case
    after, line = step(before, event, actor, talk.env.now, seen, talk.facts(event))
    if isinstance(event, Claim | AcceptTransfer):
        after = replace(after, counsellor=name or talk.program.spec.team.name)
    talk.keep_case(after)
    if before is not None and "send" in line.effects:
        _send(talk, before.pending)
    if "epoch" in line.effects:
        talk.change_hands()
    if line.mark and after != before:
        talk.mark(line.mark, actor or None, case=after.number, version=str(after.version), **_detail(event, after))
    _carry_out(talk, line, name or talk.program.spec.team.name)
    return after


def person_wrote(talk: Talk) -> None:
    """Tell the open case, if there is one, that it is our turn; free replies reach them for a while again."""
    asked = talk.conversation.case
    if asked is not None and asked.state == "intake":
        talk.keep_case(replace(asked, touched=talk.env.now, unanswered=asked.unanswered or talk.env.now))
    if talk.case is None:
        return
    case, window = happen(talk, PersonWrote()), talk.env.capabilities.reply_window
    if window is not None:
        talk.keep_case(replace(case, window_until=talk.env.now + window))


def hold_reply(talk: Talk, case: Case, text: str, actor: str, file: SendMedia | None = None) -> Pending:
    """Keep a reply until it can no longer be taken back."""
    now = talk.env.now
    pending = Pending(id=f"r{talk.env.turn}", text=text, actor=actor, at=now, until=now + TAKE_BACK, file=file)
    early = case.pending[: len(case.pending) + 1 - MOST_PENDING] if len(case.pending) >= MOST_PENDING else ()
    _send(talk, early)
    talk.keep_case(replace(case, pending=(*case.pending[len(early) :], pending)))
    return pending


def fire(talk: Talk, name: str, data: str) -> None:
    """Let one of the case's timers speak. One that belongs to an earlier turn of events says nothing."""
    case = talk.case
    if case is None:
        return
    if name == REPLY_TIMER:
        due = tuple(pending for pending in case.pending if pending.until <= talk.env.now)
        talk.keep_case(replace(case, pending=case.pending[len(due) :]))
        _send(talk, due)
    elif case.state == "parked" and data == _named(case, case.parked_until):
        happen(talk, ParkOver())
    elif case.state == "handing_over" and data == _named(case, case.offered):
        happen(talk, OfferLapsed())


def in_line(talk: Talk, case: Case) -> Case:
    """Return the case as the queue must know it: in the person's language, and since when a clock runs for it."""
    language = talk.run.language
    if case.language != language:
        case = replace(case, language=language)
    queue = talk.program.queues.get(case.queue)
    if case.state != "waiting" or queue is None:
        return case
    hours = queue.hours_for(language)
    return replace(case, due=due_at(case, hours.after_working_time(case.since, queue.spec.within), hours.zone))


def case_timers(case: Case | None) -> tuple[Timer, ...]:
    """Return the timers of a case as it stands; they follow from it, so none can be forgotten."""
    found: list[Timer] = []
    if case is None:
        return ()
    if case.pending:
        found.append(Timer(name=REPLY_TIMER, at=case.pending[0].until))
    if case.state == "parked" and case.parked_until is not None:
        found.append(Timer(name=PARK_TIMER, at=case.parked_until, data=_named(case, case.parked_until)))
    if case.state == "handing_over" and case.offered is not None:
        found.append(Timer(name=OFFER_TIMER, at=case.offered + OFFER_LIVES, data=_named(case, case.offered)))
    if case.state == "waiting" and case.looked_at:
        found.append(Timer(name=WAIT_LOOK, at=case.looked_at + LOOK_EVERY))
    if case.state == "intake" and not case.led:
        found.append(Timer(name=INTAKE_TIMER, at=case.touched + SILENCE))
    return tuple(found)


def _named(case: Case, at: Millis | None) -> str:
    return f"{case.number}:{at}"


def _send(talk: Talk, replies: tuple[Pending, ...]) -> None:
    for pending in replies:
        talk.reply(pending.text, pending.actor, pending.file)


def _carry_out(talk: Talk, line: Step, name: str) -> None:
    if "quiet" in line.effects:
        talk.run.effects.append(CancelTimer(name=WAIT_TIMER))
        talk.conversation.lost = 0
    if "bot" in line.effects:
        _back_to_bot(talk, line.notice)
    elif line.notice:
        talk.notice(line.notice, name=name)
    if "resume" in line.effects:
        engine.resume(talk.run, show=False)
    if "forget" in line.effects:
        talk.erase = talk.quiet = True


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


def _detail(event: Happening, after: Case) -> dict[str, str]:
    """Return what the mark of an event says beside the case and its version: codes and dates, never a text."""
    match event:
        case Close():
            return {"outcome": after.outcome or "", "topic": after.topic}
        case Park(until=until, reason=reason):
            return {"until": str(until or ""), "reason": reason}
        case SetDeadline(date=date):
            return {"date": date or ""}
        case SetTopic(topic=topic):
            return {"topic": topic}
        case Urged():
            return {"urgency": after.urgency}
        case _:
            return {"to": after.offered_to or after.offered_queue or ""} if after.offered is not None else {}
