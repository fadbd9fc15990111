"""One turn: a conversation's state and one event in, a commit out. Pure: running it again gives the same commit.

What is slow or foreign is not done here. A turn that needs to know what a text is taken for returns
:class:`Needs`; the worker obtains it and runs the turn again. An outside call is an effect in the commit and its
answer comes back as an event.
"""

from __future__ import annotations

import traceback

from msgspec import Struct
from msgspec.structs import replace

from core.errors import Refused
from core.events import CallReturned, ConsoleActed, Event, Received, SendFailed, TimerFired
from core.ids import EntryId, Millis
from core.messages import Media
from core.pages import next_page, page_of
from core.records import Author, Call, Commit, DeadLetter, Dispatch, Entry, Marked, Outcome, Timer, Wrote
from core.rendering import render
from flows import engine
from flows.effects import (
    BeginIntake,
    CallOut,
    CancelTimer,
    Count,
    HandOver,
    KeepQuestion,
    LeaveMark,
    NeedsQueue,
    NeedsUnderstanding,
    SayText,
    SendFile,
    SetTimer,
)
from flows.migrate import settle
from flows.program import Program
from flows.run import WAIT_TIMER
from handlers import desk, files, hearing, intake, mydata
from handlers.casework import CASE_TIMERS, INTAKE_TIMER, WAIT_LOOK, case_timers, fire, in_line
from handlers.keeping import KEEP_TIMER, empty_old, keep_timer
from handlers.talk import Talk, TurnEnv
from handlers.waits import keep_told, look_again
from handoff.conversation import Conversation, dump, labels

__all__ = ["BOT_ROWS_LIVE", "Needs", "NeedsLook", "dead_turn", "describe", "take_turn", "walk_turn"]

#: A bot's answer that could not be delivered for so long is not worth sending any more.
BOT_ROWS_LIVE: Millis = 86_400_000


class Needs(Struct, frozen=True, kw_only=True):
    """The turn cannot go on without knowing what ``text`` is taken for; obtain it and call again."""

    text: str
    language: str | None


class NeedsLook(Struct, frozen=True, kw_only=True):
    """The turn cannot go on without knowing how ``queue`` stands in ``language``; look and call again."""

    queue: str
    language: str


def take_turn(program: Program, conversation: Conversation, event: Event, env: TurnEnv) -> Commit | Needs | NeedsLook:
    """Return what ``event`` does to the conversation. Never raises for what a person or counsellor can do."""
    return walk_turn(program, conversation, event, env)[0]


def walk_turn(
    program: Program, conversation: Conversation, event: Event, env: TurnEnv
) -> tuple[Commit | Needs | NeedsLook, list[tuple[str, str]]]:
    """Return the same as :func:`take_turn`, and the steps (flow, step) that were walked; for tests."""
    talk = Talk(program, conversation, env)
    try:
        _keep_place(talk)
        _handle(talk, event)
    except NeedsUnderstanding as needs:
        return Needs(text=needs.text, language=needs.language), []
    except NeedsQueue as needs:
        return NeedsLook(queue=needs.queue, language=needs.language), []
    return _commit(talk), talk.run.walked


def dead_turn(program: Program, conversation: Conversation, event: Event, env: TurnEnv, reason: str) -> Commit:
    """Return the turn that puts ``event`` aside: a sentence to the person, a human for them, the state kept."""
    dead = DeadLetter(reason=reason)
    try:
        return _commit(_laid_aside(program, conversation, event, env), dead)
    except Exception:
        # Not even that can be said: the event must not come again and again, nor take the worker with it.
        return Commit(
            state=dump(conversation),
            epoch=env.epoch,
            labels=labels(conversation),
            counts=("dead.silent",),
            dead=dead,
            expires=_expires(conversation, env.now, program),
        )


def _laid_aside(program: Program, conversation: Conversation, event: Event, env: TurnEnv) -> Talk:
    talk = Talk(program, conversation, env)
    if isinstance(event, TimerFired):
        talk.fired = event.name  # set anew, it would come again at once, and without end
    if isinstance(event, Received) and not event.message.group:
        talk.heard(event.message)
        if isinstance(event.message.content, Media):
            files.ask_for(talk, event.message.content)
    talk.mark("dead_letter")
    if isinstance(event, ConsoleActed):
        talk.outcome = Outcome(ok=False, code="broken")
        return talk
    if isinstance(event, Received):
        if event.message.group:
            return talk
        talk.conversation.flow.active = env.now
        talk.conversation.stopped = False
    elif talk.conversation.stopped or talk.conversation.unreachable:
        return talk
    talk.ask_human(HandOver(queue=next(iter(program.queues)), urgency="clock", note="the program failed"))
    if not talk.human_speaks:
        talk.notice("something_broke")
    return talk


def describe(error: BaseException) -> str:
    """Return type and place of an error, without its message, which may quote what somebody wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def _keep_place(talk: Talk) -> None:
    """Bring the person along when the flows were edited since their last turn."""
    flow, program = talk.conversation.flow, talk.program
    if flow.release == program.release:
        return
    if flow.frames and flow.release:
        # Who had to be led away is told when next it is the bot's turn to speak, see `moved` in the chain.
        talk.conversation.flow = talk.run.state = settle(flow, program)[0]
    talk.conversation.flow.release = program.release


def _handle(talk: Talk, event: Event) -> None:
    match event:
        case Received(message=message):
            hearing.hear(talk, message)
        case ConsoleActed():
            try:
                desk.act(talk, event)
            except Refused as refused:
                talk.outcome = Outcome(ok=False, code=refused.reason, detail=dict(refused.detail))
        case TimerFired(name=name, data=data):
            _timer(talk, name, data)
        case CallReturned(call_id=call_id, error=error) if files.is_fetch(call_id):
            if error is not None:
                files.failed(talk, error)
        case CallReturned(call_id=call_id, values=values, error=error) if mydata.is_copy(call_id):
            mydata.arrived(talk, values, error)
        case CallReturned(call_id=call_id, values=values, error=error):
            if engine.displaced(talk.run) and not talk.human_speaks:
                talk.tell_moved()
            else:
                engine.returned(talk.run, call_id, values, error, hold=talk.human_speaks)
        case SendFailed(reason=reason, blocked=blocked):
            _not_delivered(talk, reason, blocked=blocked)


def _timer(talk: Talk, name: str, data: str) -> None:
    """Let the clock speak; of the flows only where no human does and somebody listens."""
    if name == WAIT_LOOK:
        if talk.case is not None and talk.case.state == "waiting":
            look_again(talk, talk.case)
        return
    if name == INTAKE_TIMER:
        intake.silent(talk)
        return
    if name in CASE_TIMERS:
        fire(talk, name, data)
        return
    if name == KEEP_TIMER:
        empty_old(talk.conversation, talk.program, talk.env.now)
    if name != WAIT_TIMER or talk.human_speaks or talk.conversation.stopped or talk.conversation.unreachable:
        return
    if engine.displaced(talk.run):
        talk.tell_moved()
        return
    wait, _, index = data.partition(":")
    if wait.isdecimal() and index.isdecimal():
        engine.timed_out(talk.run, int(wait), int(index))


def _not_delivered(talk: Talk, reason: str, *, blocked: bool) -> None:
    case = talk.case
    if case is not None:
        talk.mark("not_delivered", reason=reason)
        # The owner has to find another way, so the case goes to the top of their list.
        talk.conversation.case = replace(case, ours=True, unanswered=case.unanswered or talk.env.now)
    if blocked:
        hearing.lose(talk)


def _commit(talk: Talk, dead: DeadLetter | None = None) -> Commit:
    """Turn what the talk gathered into one commit."""
    for effect in talk.run.effects:
        if isinstance(effect, BeginIntake):
            talk.begin_intake(effect.queue)
        elif isinstance(effect, HandOver):
            talk.ask_human(effect)
        elif isinstance(effect, KeepQuestion):
            talk.keep_question(effect)
    conversation, env = talk.conversation, talk.env
    intake.settle(talk)
    if conversation.case is not None:
        conversation.case = in_line(talk, keep_told(talk, conversation.case))
    if conversation.confirm_erase and (last := talk.said) is not None and last != "streetwork.erase_ask":
        conversation.confirm_erase = False  # a later "yes" answers something else
    made = _Effects(talk)
    if made.shown is not None:
        conversation.shown = made.shown
    if talk.erase:
        kept = Conversation()
        kept.flow.language = conversation.flow.language
        return Commit(
            state=dump(kept),
            epoch=talk.epoch,
            # What was said to the person goes out; what they said last, under their name, goes with everything else.
            entries=tuple(entry for entry in made.entries if entry.dispatch is not None),
            counts=(*made.counts, "erased"),
            outcome=talk.outcome,
            erase=True,
        )
    return Commit(
        state=dump(conversation),
        epoch=talk.epoch,
        labels=labels(conversation),
        entries=tuple(made.entries),
        set_timers=(
            *(() if talk.quiet else made.timers.values()),
            *keep_timer(conversation, talk.program),
            *(timer for timer in case_timers(conversation.case) if dead is None or timer.name != talk.fired),
        ),
        cancel_timers=("*",) if talk.quiet else (*made.cancelled, *(CASE_TIMERS if talk.had_case else ())),
        calls=tuple(made.calls),
        counts=tuple(made.counts),
        outcome=talk.outcome,
        dead=dead,
        expires=_expires(conversation, env.now, talk.program),
    )


def _expires(conversation: Conversation, now: Millis, program: Program) -> Millis | None:
    """Return when everything is erased: never while somebody waits or has the case."""
    keep = program.spec.defaults
    if conversation.case is not None and conversation.case.open and conversation.case.state != "intake":
        return None
    by_talk = (conversation.flow.active or now) + keep.keep_without_case
    closed = conversation.earlier.closed if conversation.earlier else None
    return max(by_talk, closed + keep.keep_after_case) if closed else by_talk


class _Effects:
    """The effects of a talk, sorted into what a commit takes."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.entries: list[Entry] = []
        self.timers: dict[str, Timer] = {}
        self.cancelled: list[str] = []
        self.calls: list[Call] = []
        self.counts: list[str] = []
        #: Tokens of the last buttons shown, "" for a link; None when there were none.
        self.shown: list[str] | None = None
        for line in talk.lines:
            self._add(line.author, line.body, actor=line.actor)
        for effect in talk.run.effects:
            match effect:
                case SayText():
                    self._say(effect)
                case SendFile():
                    self._send(effect)
                case SetTimer(timer=timer):
                    self.timers[timer.name] = timer
                case CancelTimer(name=name):
                    self.timers.pop(name, None)
                    self.cancelled.append(name)
                case HandOver() | BeginIntake() | KeepQuestion():
                    pass  # it is in the state already
                case CallOut(call=call):
                    self.calls.append(call)
                case Count(name=name):
                    self.counts.append(name)
                case LeaveMark(kind=kind, detail=detail):
                    self._add("system", Marked(kind=kind, detail=detail), actor=None)

    def _say(self, said: SayText) -> None:
        if said.fell_back:
            self.counts.append(f"fallback.{self.talk.run.language}")
        if said.message.options:
            self.shown = [option.token if option.url is None else "" for option in said.message.options]
            if all(self.talk.program.tokens.get(token, ("",))[0] for token in self.shown):
                said = replace(said, message=page_of(said.message, self.talk.env.capabilities, self.talk.page))
            self.talk.conversation.more = next_page(said.message)
        self._send(said)

    def _send(self, said: SayText | SendFile) -> None:
        env = self.talk.env
        dispatch = Dispatch(
            kind=said.kind,
            epoch=self.talk.epoch,
            expires=env.now + BOT_ROWS_LIVE if said.kind == "bot" else None,
        )
        author: Author = "counsellor" if said.kind == "counsellor" else "bot"
        for part in render(said.message, env.capabilities):
            self._add(author, Wrote(message=part, source=said.source), actor=said.actor, dispatch=dispatch)

    def _add(self, author: str, body: object, *, actor: str | None, dispatch: Dispatch | None = None) -> None:
        env = self.talk.env
        number = len(self.entries)
        entry_id = EntryId(f"{env.flow.prefix}/{number}")
        self.entries.append(
            Entry(id=entry_id, at=env.now, author=author, body=body, actor=actor, dispatch=dispatch)  # type: ignore[arg-type]
        )
