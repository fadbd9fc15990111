"""One turn in the making: the state it may change, what it says, and what it asks the store to keep.

The links of the chain and the desk's actions work on a :class:`Talk`; :func:`handlers.turn.take_turn` makes the
commit from it. Nothing here does IO or knows the time but through the environment.
"""

from __future__ import annotations

import base64
import hashlib

from msgspec import Struct
from msgspec.structs import replace

from core.capabilities import Capabilities
from core.ids import ConversationId, Millis
from core.messages import Address, Inbound, Say, SendMedia
from core.records import Body, Heard, Marked, Outcome
from flows import engine
from flows.effects import Env, HandOver, SayText, SendFile
from flows.program import Place, Program
from flows.run import Run
from handoff.cases import (
    Case,
    Facts,
    Happening,
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
from i18n.plain import fold

__all__ = ["Line", "Talk", "TurnEnv"]

#: An earlier counsellor sees somebody who comes back before the others do, for this much opening time: a working day.
AFFINITY: Millis = 8 * 3_600_000
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
        #: There was a case when the turn began, so timers of its may be set.
        self.had_case = conversation.case is not None
        #: Name of the timer whose turn failed; it is not set anew.
        self.fired: str | None = None
        self._folded: dict[str, str] = {}

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

    def notice(self, text: str, **values: str) -> None:
        """Say a text of the framework that is delivered whatever happens to the microphone."""
        with self.run.speaking("notice"):
            self.run.system(text, values=values)

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

    # -- the case --------------------------------------------------------------------------------------

    @property
    def case(self) -> Case | None:
        """Return the open case, if there is one."""
        case = self.conversation.case
        return case if case is not None and case.open else None

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
        if self.case is None:
            self._open_case(request.queue, urgency, _joined("", request.note))
            return
        case, line = step(self.case, Urged(urgency=urgency), "", self.env.now)
        if case.version != self.case.version:
            self.mark(line.mark, case=case.number, urgency=urgency)
        self.conversation.case = replace(case, note=_joined(case.note, request.note))

    def _open_case(self, queue: str, urgency: Urgency, note: str) -> None:
        earlier = self.conversation.earlier
        if urgency == "normal" and earlier is not None:
            urgency = "returning"
        case = open_case(
            number=_case_number(self.env.flow.prefix),
            queue=queue,
            language=self.run.language,
            urgency=urgency,
            note=note,
            now=self.env.now,
            earlier=earlier,
        )
        window = self.env.capabilities.reply_window
        if window is not None:
            case = replace(case, window_until=(self.conversation.flow.active or self.env.now) + window)
        self.mark("waiting", case=case.number, queue=case.queue)
        self.run.count(f"case.opened.{case.queue}.{urgency}")
        self.conversation.told_waiting = 0
        self.conversation.case = case

    def reopen_case(self, actor: str) -> Case:
        """Open a new case behind the last closed one, in the actor's hands."""
        case = reopen(
            self.conversation.earlier, number=_case_number(self.env.flow.prefix), actor=actor, now=self.env.now
        )
        self.run.count(f"case.opened.{case.queue}.{case.urgency}")
        self.conversation.case = case
        return case

    def keep_case(self, case: Case) -> None:
        """Keep the case as it is now. One that is over is put aside."""
        if case.open:
            self.conversation.case = case
        else:
            self.conversation.earlier, self.conversation.case = case, None
            self.run.count(f"case.closed.{case.queue}.{case.outcome}")

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
