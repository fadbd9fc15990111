"""What a verb of the flow language is: one object that knows its syntax, its texts, its ways out and its behaviour.

The loader, the checker, the extractor and the engine know no verb by name; they ask these objects. A package can
bring its own verbs through the entry point ``streetwork.steps``; each is held to the same rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import msgspec
from msgspec import Struct
from pydantic import Field

from core.messages import Content
from flows.spec import Duration, Spec, Target, Text
from flows.values import Kind

if TYPE_CHECKING:
    from flows.program import Step
    from flows.run import Run

__all__ = [
    "Enter",
    "Exit",
    "Finish",
    "Given",
    "Go",
    "Move",
    "Next",
    "Shown",
    "Stay",
    "StepSpec",
    "TextDef",
    "Timeout",
    "Verb",
]


class Timeout(Spec):
    """What happens when the person does not answer for so long. The last one may leave the question."""

    after: Duration
    """Counted from the question."""
    say: Text | None = None
    """A reminder, with the buttons of the question."""
    goto: Target | None = None
    """Leave the question and go on there."""


class StepSpec(Spec):
    """What every step may carry beside its verb."""

    when: str | None = None
    """The step is skipped unless this holds."""
    then: Target | None = None
    """Where to go on; by default at the step below."""
    was: list[str] = []
    """Earlier names of this step; people who stand there, and old buttons, are led here."""
    commands: Literal["on", "off"] = "on"
    """``off``: the words that work everywhere do not work here (stop and crisis always do)."""
    comment: str | None = Field(default=None)
    """For translators."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDef:
    """One text of a step. Its id is ``flow.step`` or ``flow.step.part``, also the context for translators."""

    part: str
    source: str
    #: ``body`` is a message, ``label`` a button, ``words`` a comma list of what people type, ``staff`` is never sent.
    kind: Literal["body", "label", "words", "staff"] = "body"
    #: Path inside the step's YAML, so that a finding points at the right line.
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """One way out of a step. ``target`` None is the step below; ``end`` marks the end of the flow."""

    label: str
    target: str | None = None
    end: bool = False
    #: ``answer`` needs the person, ``timeout`` the clock, ``always`` nothing, ``handoff`` the desk.
    kind: Literal["answer", "timeout", "always", "handoff", "failure", "call"] = "always"
    path: tuple[str | int, ...] = ()


class Shown(Struct, frozen=True, kw_only=True):
    """A page of the shelf that a step shows; without topics, the list of the topics that have something of ``kind``."""

    kind: str
    topics: tuple[str, ...] = ()
    #: Buttons to press at the step before the page is there.
    after: int = 0


class Next(Struct, frozen=True):
    """Go on at the step below (or ``then``)."""


class Go(Struct, frozen=True):
    """Go on at ``target``: ``step`` or ``flow.step``; another flow leaves all flows that are open."""

    target: str


class Stay(Struct, frozen=True):
    """Wait for the person, the clock or an answer from outside."""


class Finish(Struct, frozen=True):
    """The flow ends; its caller goes on."""

    outcome: str = "done"


class Enter(Struct, frozen=True):
    """Run another flow and come back."""

    flow: str
    inputs: Mapping[str, Any] = msgspec.field(default_factory=dict)
    interrupt: bool = False


Move = Next | Go | Stay | Finish | Enter


class Given(Struct, frozen=True, kw_only=True):
    """What the person answered: an option they chose in any way, or what they typed, sent or shared."""

    content: Content
    option: str | None = None


class Verb:
    """One verb. Subclasses set the class variables and override what they need; they keep no state."""

    name: ClassVar[str]
    spec: ClassVar[type[StepSpec]]
    #: Holds a question open: an answer can come.
    waits: ClassVar[bool] = False
    #: Leads to a human.
    human: ClassVar[bool] = False
    #: ``back`` does not go back over such a step: its effect cannot be undone.
    barrier: ClassVar[bool] = False
    #: A button of this step works again after the person went on.
    reentrant: ClassVar[bool] = False
    #: Its reminders count anew when the question is put again after an interruption; else the clock goes on.
    renews: ClassVar[bool] = True

    def texts(self, spec: Any) -> Iterable[TextDef]:
        """Yield every text of the step."""
        return ()

    def exits(self, spec: Any) -> Iterable[Exit]:
        """Yield every way out of the step."""
        return (Exit(label=""),)

    def shelves(self, spec: Any) -> Iterable[Shown]:
        """Yield the pages of entries, rumours and centres whose things are buttons here."""
        return ()

    def options(self, spec: Any) -> Mapping[str, str]:
        """Return what can be chosen, option id -> part of its label text; ``=id`` is a text of the framework."""
        return {}

    def offered(self, step: Step, run: Run) -> Mapping[str, str]:
        """Return the options that fit beneath a reminder."""
        return step.options

    def saves(self, spec: Any) -> Mapping[str, Kind]:
        """Return the variables the step writes and what they hold."""
        return {}

    def conditions(self, spec: Any) -> Iterable[tuple[tuple[str | int, ...], str]]:
        """Yield (path, text) of every condition in the step, ``when`` apart."""
        return ()

    def enter(self, step: Step, run: Run) -> Move:
        """Do what the step does when the conversation arrives at it."""
        raise NotImplementedError

    def show(self, step: Step, run: Run) -> None:
        """Put the open question once more, nothing else."""

    def answer(self, step: Step, run: Run, given: Given) -> Move | None:
        """Take an answer to the open question; None when it is none."""
        return None

    def timed_out(self, step: Step, run: Run, index: int) -> Move:
        """Remind the person, leave the question, or both; by default as :meth:`timeouts` says."""
        timeout = self.timeouts(step.spec)[index]
        if timeout.say:
            run.say(step, f"timeout.{index + 1}", options=self.offered(step, run))
        if timeout.goto:
            return Go(timeout.goto)
        run.set_reminder(step, index + 1)
        return Stay()

    def returned(self, step: Step, run: Run, values: Mapping[str, str], error: str | None) -> Move:
        """Go on after an outside call ended."""
        return Next()

    def after(self, step: Step, run: Run) -> Move:
        """Go on when the human whom this step called has ended the case; only for verbs with ``human``."""
        return Next()

    def timeouts(self, spec: Any) -> tuple[Timeout, ...]:
        """Return what happens while nobody answers."""
        return ()

    def reminders(self, step: Step, run: Run) -> Sequence[Timeout]:
        """Return what happens while nobody answers what is asked right now; by default that of :meth:`timeouts`."""
        return step.timeouts
