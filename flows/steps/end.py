"""``end``: the flow is over; its caller goes on, or the bot waits for the person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flows.spec import Name, Text
from flows.verbs import Exit, Finish, Move, StepSpec, TextDef, Verb

if TYPE_CHECKING:
    from flows.program import Step
    from flows.run import Run

__all__ = ["End"]


class EndSpec(StepSpec):
    """End the flow."""

    end: Name
    """Outcome, for the statistics: done, expired, …"""
    say: Text | None = None
    """Last words."""


class End(Verb):
    """End the flow."""

    name = "end"
    spec = EndSpec

    def texts(self, spec: EndSpec) -> Iterable[TextDef]:
        """Yield the last words, if there are any."""
        if spec.say:
            yield TextDef(part="", source=spec.say, path=("say",))

    def exits(self, spec: EndSpec) -> Iterable[Exit]:
        """Yield the end."""
        yield Exit(label=spec.end, end=True)

    def enter(self, step: Step, run: Run) -> Move:
        """Say the last words and end."""
        if step.spec.say:
            run.say(step)
        return Finish(step.spec.end)
