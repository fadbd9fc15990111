"""What a turn of the flows wants done. The engine only asks; the turn in ``handlers`` turns this into a commit."""

from __future__ import annotations

from msgspec import Struct

from core.ids import Millis
from core.messages import Say, SendMedia
from core.records import Call, DispatchKind, Timer

__all__ = [
    "BeginIntake",
    "CallOut",
    "CancelTimer",
    "Count",
    "Effect",
    "Env",
    "HandOver",
    "KeepQuestion",
    "LeaveMark",
    "Match",
    "NeedsQueue",
    "NeedsUnderstanding",
    "QueueFacts",
    "SayText",
    "SendFile",
    "SetTimer",
    "Understood",
]


class Match(Struct, frozen=True):
    """One FAQ entry that fits a question; scores lie between 0 and 1."""

    id: str
    score: float


class Understood(Struct, frozen=True, kw_only=True):
    """What a typed text is taken for, see :mod:`flows.understanding`."""

    text: str
    #: The language to answer in: the person's, or another of ours in which the text is surely written.
    language: str
    #: The text alone shows its language.
    sure: bool = False
    #: The text is surely written in this language, which is none of ours.
    foreign: str | None = None
    #: FAQ entries that it may ask for, best first.
    matches: tuple[Match, ...] = ()


class SayText(Struct, frozen=True, kw_only=True):
    """Send this; ``source`` is the id of the text, for tests and the desk."""

    source: str
    message: Say
    #: What it is: notices and crisis answers are delivered even when the microphone changes hands meanwhile.
    kind: DispatchKind = "bot"
    #: Account id of the counsellor who wrote it.
    actor: str | None = None
    #: Language the text really is in fell back from the person's.
    fell_back: bool = False


class SendFile(Struct, frozen=True, kw_only=True):
    """Send this file; the fields are those of :class:`SayText`."""

    source: str
    message: SendMedia
    kind: DispatchKind = "bot"
    actor: str | None = None


class SetTimer(Struct, frozen=True, kw_only=True):
    """Set a timer; one of the same name is replaced."""

    timer: Timer


class CancelTimer(Struct, frozen=True, kw_only=True):
    """Cancel a timer by name."""

    name: str


class HandOver(Struct, frozen=True, kw_only=True):
    """Ask for a human."""

    queue: str
    urgency: str
    note: str
    #: What it is about, as a topic of the bot; anything else says nothing.
    topic: str = ""


class BeginIntake(Struct, frozen=True, kw_only=True):
    """Somebody asks for a human; the flow asks a few things first."""

    queue: str


class CallOut(Struct, frozen=True, kw_only=True):
    """Make an outside call."""

    call: Call


class Count(Struct, frozen=True, kw_only=True):
    """Raise a day counter; ``name`` is enumerated, never text."""

    name: str


class LeaveMark(Struct, frozen=True, kw_only=True):
    """Leave a line in the transcript that something happened: codes and ids, never text of a person."""

    kind: str
    detail: dict[str, str] = {}


class KeepQuestion(Struct, frozen=True, kw_only=True):
    """Keep a question that nothing answered, for the bot's editors."""

    text: str
    language: str


Effect = (
    KeepQuestion | SayText | SendFile | SetTimer | CancelTimer | HandOver | BeginIntake | CallOut | Count | LeaveMark
)


class QueueFacts(Struct, frozen=True, kw_only=True):
    """How things stand outside the conversation: the queue in one language, and whoever had the person's case."""

    #: People before this person, or before whom they would stand; None: more than are counted.
    before: int | None = None
    #: Opening time in minutes within which most people were served lately; None: too few to tell.
    minutes: int | None = None
    #: Languages in which somebody of the team counsels, without regions; None: nobody looked.
    spoken: frozenset[str] | None = None
    #: The owner of the open case is at the desk and has room for it.
    owner_ready: bool = True


class Env(Struct, frozen=True, kw_only=True):
    """Everything a turn may know beside state and event, so that running it again gives the same."""

    now: Millis
    #: Start of every id that this turn makes: ``conversation/generation/turn``.
    prefix: str
    #: What typed texts are taken for, as far as it was obtained for this turn: by (text, the person's language).
    understood: dict[tuple[str, str | None], Understood] = {}
    #: What was looked up about queues for this turn, by (queue, language).
    queues: dict[tuple[str, str], QueueFacts] = {}
    #: Kind of the channel, which people are told who asks what is stored.
    channel: str = ""


class NeedsQueue(Exception):
    """The turn cannot go on without knowing how a queue stands; look it up and run the turn again."""

    def __init__(self, queue: str, language: str) -> None:
        super().__init__("a look at a queue is needed")
        self.queue = queue
        self.language = language


class NeedsUnderstanding(Exception):
    """The turn cannot go on without knowing what this text is taken for; obtain it and run the turn again."""

    def __init__(self, text: str, language: str | None) -> None:
        super().__init__("a text has to be understood")
        self.text = text
        self.language = language
