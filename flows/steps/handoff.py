"""``handoff``: ask for a human. The case opens, the person is told when somebody reads, and the flow waits.

Before that the step asks by itself whether a human may read the conversation, so that no editor can forget it; see
:mod:`flows.consent`. While that question is open there is no case, and nothing is said that sounds like one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from flows import consent
from flows.spec import Duration, Name, Spec, Target, Text
from flows.verbs import Exit, Given, Go, Move, Stay, StepSpec, TextDef, Timeout, Verb

if TYPE_CHECKING:
    from flows.program import Step
    from flows.run import Run

__all__ = ["Handoff"]


class Closed(Spec):
    """What is said outside the opening hours. The case is taken all the same, by day and by night."""

    say: Text
    """What the person is told instead; ``{queue.opens}`` names the next opening."""


class NoAnswer(Spec):
    """A word to the person while nobody has taken the case."""

    after: Duration
    """How long after the handoff, and between two of them."""
    say: Text
    """The text."""
    repeat: int = Field(default=1, ge=1, le=5)
    """How often it is said."""


class HandoffSpec(StepSpec):
    """Ask for a human."""

    handoff: Name
    """The queue."""
    note: str | None = None
    """For the counsellor, in the source language; may name values."""
    topic: str | None = None
    """What it is about: a topic of the FAQ, or a variable that holds one, as ``{topic}``."""
    urgency: Literal["safety", "clock", "normal"] = "normal"
    """Place in the queue: danger first, then cases with a deadline, then the others by age."""
    say: Text
    """What the person is told when the queue is open."""
    closed: Closed | None = None
    """Other words outside the opening hours."""
    no_answer: NoAnswer | None = None
    """Words of patience while nobody has taken the case."""
    done: Target | None = None
    """Where to go on when the case is over; by default at the main menu."""


class Handoff(Verb):
    """Ask for a human."""

    name = "handoff"
    spec = HandoffSpec
    waits = True
    human = True
    barrier = True
    renews = False

    def texts(self, spec: HandoffSpec) -> Iterable[TextDef]:
        """Yield what is said when open, when closed, and while nobody answers."""
        yield TextDef(part="", source=spec.say, path=("say",))
        if spec.note:
            yield TextDef(part="note", source=spec.note, kind="staff", path=("note",))
        if spec.closed:
            yield TextDef(part="closed", source=spec.closed.say, path=("closed", "say"))
        if spec.no_answer:
            yield TextDef(part="no_answer", source=spec.no_answer.say, path=("no_answer", "say"))

    def exits(self, spec: HandoffSpec) -> Iterable[Exit]:
        """Yield the human and what comes after."""
        yield Exit(label="human", kind="handoff", end=True)
        if spec.done:
            yield Exit(label="done", target=spec.done, kind="handoff", path=("done",))

    def timeouts(self, spec: HandoffSpec) -> tuple[Timeout, ...]:
        """Return the words of patience."""
        wait = spec.no_answer
        if wait is None:
            return ()
        return tuple(Timeout(after=wait.after * n, say=wait.say) for n in range(1, wait.repeat + 1))

    def options(self, spec: HandoffSpec) -> Mapping[str, str]:
        """Return the two answers to the question of consent."""
        return consent.LABELS

    def reminders(self, step: Step, run: Run) -> Sequence[Timeout]:
        """Return the words of patience, or the one reminder of the question of consent."""
        if _asking(run):
            return consent.REMINDER
        return step.timeouts if consent.ASKED not in _data(run) else ()

    def enter(self, step: Step, run: Run) -> Move:
        """Ask for consent where it is missing; else open the case, tell the person, and wait for the desk."""
        if not consent.needed(run, step.spec.urgency):
            self._open(step, run)
        else:
            run.wait(step, barrier=False, **consent.ask(run, step.spec.handoff))
        return Stay()

    def _open(self, step: Step, run: Run) -> None:
        spec: HandoffSpec = step.spec
        note = run.fill(step.texts.get("note", ""))
        run.hand_over(spec.handoff, urgency=spec.urgency, note=note, topic=_topic(run, spec))
        self._tell(step, run)
        run.wait(step)

    def show(self, step: Step, run: Run) -> None:
        """Put the question of consent again; once the case is open, tell the person that they wait."""
        if _asking(run):
            _ask_anew(step, run)
        else:
            self._tell(step, run)

    def _tell(self, step: Step, run: Run) -> None:
        spec: HandoffSpec = step.spec
        is_open = run.queue_open(spec.handoff)
        with run.speaking("notice"):
            run.say(
                step,
                "closed" if spec.closed and not is_open else "",
                queue=spec.handoff,
                labels=run.command_options("how_long", "stop_waiting"),
            )

    def answer(self, step: Step, run: Run, given: Given) -> Move | None:
        """Take the answer to the question of consent. Whatever else is written meanwhile is kept for the human."""
        wait = run.frame.wait
        if wait is None or not _asking(run):
            return None
        agreed = consent.read(run, given)
        if agreed is None:
            consent.remind(run, "consent_again")
            return Stay()
        if consent.outdated(run, wait.data):
            _ask_anew(step, run)
            return Stay()
        consent.record(run, wait.data, agreed=agreed)
        if not agreed:
            with run.speaking("notice"):
                run.system("consent_refused")
            home = run.program.home
            return Go(f"{home.flow}.{home.step}")
        run.close_wait()
        self._open(step, run)
        return Stay()

    def timed_out(self, step: Step, run: Run, index: int) -> Move:
        """Say a word of patience, or that the question of consent is still open."""
        if _asking(run):
            consent.remind(run, "consent_waiting")
            run.set_reminder(step, index + 1)
            return Stay()
        run.say(step, "no_answer", queue=step.spec.handoff, labels=run.command_options("how_long", "stop_waiting"))
        run.set_reminder(step, index + 1)
        return Stay()

    def after(self, step: Step, run: Run) -> Move:
        """Return where the flow goes on when the case is over."""
        spec: HandoffSpec = step.spec
        home = run.program.home
        return Go(spec.done or f"{home.flow}.{home.step}")


def _asking(run: Run) -> bool:
    """Return whether the open wait is the question of consent. A case opened meanwhile (danger) ends the question."""
    return consent.ASKED in _data(run) and not run.case_open


def _data(run: Run) -> Mapping[str, str]:
    wait = run.frame.wait
    return wait.data if wait is not None else {}


def _ask_anew(step: Step, run: Run) -> None:
    shown = consent.ask(run, step.spec.handoff)
    if run.frame.wait is not None:
        run.frame.wait.data.update(shown)


def _topic(run: Run, spec: HandoffSpec) -> str:
    return "" if spec.topic is None else str(run.resolve(spec.topic) or "")
