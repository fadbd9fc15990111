"""One turn in the making: the state it may change, what it says, and what it asks the store to keep.

The links of the chain and the desk's actions work on a :class:`Talk`; :func:`handlers.turn.take_turn` makes the
commit from it. Nothing here does IO or knows the time but through the environment.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from core.capabilities import Capabilities
from core.ids import ConversationId, Millis
from core.messages import Address, Inbound, Option, Say, SendMedia
from core.records import Body, Heard, Marked, Outcome
from flows import engine
from flows.effects import Env, HandOver, KeepQuestion, SayText, SendFile
from flows.program import Place, Program
from flows.run import Run
from flows.unanswered import Unanswered, kept
from handoff.cases import (
    Case,
    Facts,
    Happening,
    IntakeOver,
    ParkOver,
    PersonWrote,
    Urged,
    Urgency,
    microphone,
    open_case,
    reopen,
    step,
)
from handoff.conversation import Conversation
from handoff.numbers import case_counts, wait_count
from i18n.negotiate import base_language
from i18n.plain import fold

__all__ = ["Line", "Talk", "TurnEnv"]

#: An earlier counsellor sees somebody who comes back before the others do, for this much opening time: a working day.
AFFINITY: Millis = 8 * 3_600_000
#: Who asks again within this time after their last case goes before those who ask for the first time.
RETURNING: Millis = 7 * 86_400_000
#: The handover card looks back so far over what the person said to the bot.
STORY: Millis = 7 * 86_400_000
#: Characters of a case's note; it may name what a person typed, and the state is written on every turn.
LONGEST_NOTE = 1_000


class TurnEnv(Struct, frozen=True, kw_only=True):
    """What a turn knows beside the bot, the state and the event."""

    conversation: ConversationId
    generation: int
    turn: int
    address: Address
    epoch: int
    capabilities: Capabilities
    flow: Env
    #: Address of the private chat, for groups.
    link: str | None = None

    @property
    def now(self) -> Millis:
        """Return the time of the event."""
        return self.flow.now


class Line(Struct, frozen=True, kw_only=True):
    """A transcript line that is not sent: what was heard, noted or marked."""

    author: str
    body: Body
    actor: str | None = None


class Talk:
    """One turn in the making."""

    def __init__(self, program: Program, conversation: Conversation, env: TurnEnv) -> None:
        self.program = program
        self.env = env
        self.conversation = replace(conversation, flow=conversation.flow.copy(), shown=list(conversation.shown))
        self.run = Run(program, self.conversation.flow, env.flow)
        self.run.case_open = self.case is not None
        self.lines: list[Line] = []
        self.epoch = env.epoch
        self.outcome: Outcome | None = None
        self.erase = False
        #: Every timer goes: the person stopped or cannot be reached.
        self.quiet = False
        #: Token of the option with which a page of options is to begin.
        self.page = ""
        #: There was a case when the turn began, so timers of its may be set.
        self.had_case = conversation.case is not None
        #: Name of the timer whose turn failed; it is not set anew.
        self.fired: str | None = None
        self._folded: dict[str, str] = {}
        if conversation.case is not None and not conversation.case.held:
            self.run.asked_human = conversation.case.since

    def folded(self, text: str) -> str:
        """Return a typed text in the one spelling used for comparing; several links of the chain ask for it."""
        found = self._folded.get(text)
        if found is None:
            found = self._folded[text] = fold(text)
        return found

    # -- the transcript --------------------------------------------------------------------------------

    def heard(self, message: Inbound) -> None:
        """Keep what the person did."""
        self.lines.append(Line(author="person", body=Heard(message=message)))

    def mark(self, event: str, actor: str | None = None, **detail: str) -> None:
        """Keep what happened to the case."""
        self.lines.append(Line(author="system", body=Marked(kind=event, detail=detail), actor=actor))

    # -- saying ----------------------------------------------------------------------------------------

    def notice(self, text: str, *, options: Sequence[Option] = (), **values: str) -> None:
        """Say a text of the framework that is delivered whatever happens to the microphone."""
        with self.run.speaking("notice"):
            self.run.system(text, values=values, options=options)

    def reply(self, text: str, actor: str, file: SendMedia | None = None) -> None:
        """Send a counsellor's words, or a file of theirs."""
        if file is not None:
            self.run.effects.append(SendFile(source="reply", message=file, kind="counsellor", actor=actor))
            return
        message = Say(text=text, language=None)
        self.run.effects.append(SayText(source="reply", message=message, kind="counsellor", actor=actor))

    @property
    def said(self) -> str | None:
        """Return the id of the last text of this turn so far, None while nothing was said."""
        return next((effect.source for effect in reversed(self.run.effects) if isinstance(effect, SayText)), None)

    def tell_moved(self) -> None:
        """Say that the flows were edited and go on at the place to which that led the person."""
        self.notice("moved")
        engine.go_on(self.run)

    def start(self) -> None:
        """Begin the bot from its first step."""
        first = self.program.spec.start
        engine.begin(self.run, Place(first, self.program.flows[first].first))

    def repeat_or_home(self) -> None:
        """Put the open question again; where none is open, show the main menu."""
        if engine.open_step(self.run) is not None:
            engine.repeat(self.run)
        else:
            engine.begin(self.run, self.program.home)

    def keep_question(self, question: KeepQuestion) -> None:
        """Keep a question that nothing answered beside the last ones."""
        one = Unanswered(text=question.text, language=question.language, at=self.env.now)
        self.conversation.unanswered = kept(self.conversation.unanswered, (one,), self.env.now)

    # -- the case --------------------------------------------------------------------------------------

    @property
    def case(self) -> Case | None:
        """Return the case that waits for somebody or that somebody has; while the bot still asks there is none yet."""
        case = self.conversation.case
        return case if case is not None and case.open and case.state != "intake" else None

    @property
    def human_speaks(self) -> bool:
        """Return whether a counsellor has the microphone."""
        return self.case is not None and microphone(self.case.state) == "counsellor"

    def facts(self, event: Happening) -> Facts:
        """Return what the case table must know of the world outside; it is looked up only for a case that may wake."""
        case = self.case
        if case is None or case.state != "parked" or not isinstance(event, PersonWrote | ParkOver):
            return Facts()
        queue = self.program.queues.get(case.queue)
        until = queue.hours_for(case.language).after_working_time(self.env.now, AFFINITY) if queue else None
        return Facts(owner_ready=self.run.queue_facts(case.queue).owner_ready, affinity_until=until or 0)

    def ask_human(self, request: HandOver) -> None:
        """Open a case, or make the open one more urgent."""
        urgency: Urgency = request.urgency  # type: ignore[assignment] # the spec allows these words only
        asked = self.conversation.case
        if asked is None:
            self._open_case(request.queue, urgency, _joined("", request.note), request.topic)
            return
        if asked.state == "intake":
            asked, _ = step(asked, IntakeOver(), "", self.env.now)
            asked = replace(asked, queue=request.queue)
            self._waits(asked)
        case, line = step(asked, Urged(urgency=urgency), "", self.env.now)
        if case.version != asked.version:
            self.mark(line.mark, case=case.number, urgency=urgency)
        topic = request.topic if request.topic in self.program.topics else ""
        self.conversation.case = replace(case, note=_joined(case.note, request.note), topic=case.topic or topic)

    def begin_intake(self, queue: str) -> None:
        """Note that somebody asks for a human while the bot still has questions: their age counts from here."""
        if self.conversation.case is None:
            self.conversation.case = self._new_case(queue, "normal", "", intake=True)

    def come_back(self, earlier: Case, since: Millis) -> None:
        """Let the person wait again, for the counsellor who had their last case before anybody else."""
        hours = self.program.queues[earlier.queue].hours_for(self.run.language)
        until = hours.after_working_time(self.env.now, AFFINITY) or 0
        case = replace(
            self._new_case(earlier.queue, "returning", earlier.note),
            affinity=earlier.owner,
            affinity_until=until,
            topic=earlier.topic,
            from_at=since,
        )
        self._waits(case)

    def _open_case(self, queue: str, urgency: Urgency, note: str, topic: str) -> None:
        case = self._new_case(queue, urgency, note)
        self._waits(replace(case, topic=topic if topic in self.program.topics else ""))

    def _new_case(self, queue: str, urgency: Urgency, note: str, *, intake: bool = False) -> Case:
        earlier = self.conversation.earlier
        if urgency == "normal" and earlier is not None and self.env.now - (earlier.closed or 0) <= RETURNING:
            urgency = "returning"
        case = open_case(
            number=_case_number(self.env.flow.prefix),
            queue=queue,
            language=self.run.language,
            urgency=urgency,
            note=note,
            now=self.env.now,
            intake=intake,
            earlier=earlier,
        )
        case = replace(case, bot_from=max(earlier.closed or 0, self.env.now - STORY) if earlier else 0)
        window = self.env.capabilities.reply_window
        heard = self.conversation.flow.active or self.env.now
        return case if window is None else replace(case, window_until=heard + window)

    def _waits(self, case: Case) -> None:
        """Put a case into the queue."""
        self.mark("waiting", case=case.number, queue=case.queue)
        self.run.count(f"case.opened.{case.queue}.{case.urgency}")
        self.run.asked_human = case.since
        self.conversation.told_waiting = 0
        self.conversation.case = case

    def reopen_case(self, actor: str, name: str) -> Case:
        """Open a new case behind the last closed one, in the actor's hands."""
        case = reopen(
            self.conversation.earlier, number=_case_number(self.env.flow.prefix), actor=actor, now=self.env.now
        )
        self.run.count(f"case.opened.{case.queue}.{case.urgency}")
        self.conversation.case = case = replace(case, counsellor=name)
        return case

    def keep_case(self, case: Case) -> None:
        """Keep the case as it is now. One that is over is put aside."""
        before = self.case
        if before is not None and before.state == "waiting" and case.state == "active" and not before.back:
            self.run.count(wait_count(self.env.now - case.since))
        if case.open:
            self.conversation.case = case
        else:
            self.conversation.earlier, self.conversation.case = case, None
            self.run.count(f"case.closed.{case.queue}.{case.outcome}")
            for name in case_counts(
                language=base_language(case.language),
                topic=case.topic,
                channel=self.env.flow.channel,
                urgency=case.urgency,
                outcome=case.outcome or "",
            ):
                self.run.count(name)

    def change_hands(self) -> None:
        """The microphone goes to somebody else: bot output that is still under way is dropped."""
        self.epoch += 1


def _joined(note: str, more: str) -> str:
    """Return both notes, each once, cut to what the state has room for."""
    parts = [note] if not more or more in note else [note, more]
    return "; ".join(filter(None, parts))[:LONGEST_NOTE]


def _case_number(prefix: str) -> str:
    """Return a short number to say aloud; derived, so that a second run of the turn gives the same."""
    digest = base64.b32encode(hashlib.sha256(f"case/{prefix}".encode()).digest()[:5]).decode()
    return f"K-{digest[:6]}"
