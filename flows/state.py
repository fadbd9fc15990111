"""Where a conversation stands in its flows: small, serialised on every turn, readable by any later release.

A conversation is a stack of frames, one per flow entered. Only the top frame can wait for an answer. Timers and
buttons name the wait they belong to by its number, so that late ones are recognised. Positions are names
(flow, step), not numbers: an edit of the flows moves nobody, and ``was:`` follows a renamed step.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from core.ids import Millis
from flows.values import Value

__all__ = ["TRAIL_LENGTH", "Consent", "Crumb", "Frame", "State", "Wait"]

#: How many answered questions ``back`` can go back over.
TRAIL_LENGTH = 10


class Wait(Struct, omit_defaults=True):
    """The open question of a frame."""

    #: Number of this wait in the conversation; timers carry it.
    n: int
    opened: Millis
    #: Answers that did not fit so far.
    tries: int = 0
    #: What the step needs to understand the answer (id of a call, what it brought while somebody else spoke, …).
    data: dict[str, str] = {}
    #: Verb of the step that asked: an edit that makes another verb of the step must not hold the person there.
    verb: str = ""


class Frame(Struct, omit_defaults=True):
    """One flow that was entered, and the step it stands at."""

    flow: str
    step: str
    vars: dict[str, Value] = {}
    wait: Wait | None = None
    #: Entered over an open question, which is asked again when this frame ends.
    interrupt: bool = False


class Crumb(Struct, omit_defaults=True):
    """A question that was answered; ``back`` returns to it. ``depth`` is the height of the stack there."""

    flow: str
    step: str
    depth: int


class Consent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the person answered when asked whether a human may read the conversation, and to which text."""

    #: Names the text that was shown, see :func:`flows.consent.version`.
    version: str
    #: Language in which it was shown.
    language: str
    at: Millis
    given: bool
    #: When it was withdrawn; 0 while it holds.
    withdrawn: Millis = 0

    @property
    def holds(self) -> bool:
        """Return whether the person agreed and still does."""
        return self.given and not self.withdrawn


class State(Struct, omit_defaults=True):
    """The flow part of a conversation's state."""

    v: int = 1
    #: Release that wrote this; only told, never needed.
    release: str = ""
    #: Chosen or detected; None until known.
    language: str | None = None
    #: Chosen by the person, so it is never changed by a guess.
    language_chosen: bool = False
    contact: dict[str, Value] = {}
    frames: list[Frame] = []
    trail: list[Crumb] = []
    #: Waits opened so far.
    waits: int = 0
    #: When the person last did something.
    active: Millis = 0
    #: The newest answers to the question of consent, oldest first.
    consents: list[Consent] = []

    @property
    def top(self) -> Frame | None:
        """Return the frame that is at work, if any."""
        return self.frames[-1] if self.frames else None

    @property
    def wait(self) -> Wait | None:
        """Return the open question, if any."""
        return self.frames[-1].wait if self.frames else None

    def copy(self) -> State:
        """Return a copy that can be changed without touching this one."""
        return State(
            v=self.v,
            release=self.release,
            language=self.language,
            language_chosen=self.language_chosen,
            contact=dict(self.contact),
            frames=[
                Frame(
                    flow=frame.flow,
                    step=frame.step,
                    vars=dict(frame.vars),
                    wait=frame.wait and msgspec.structs.replace(frame.wait, data=dict(frame.wait.data)),
                    interrupt=frame.interrupt,
                )
                for frame in self.frames
            ],
            trail=list(self.trail),
            waits=self.waits,
            active=self.active,
            consents=list(self.consents),
        )
