"""``goto``: go on at another step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flows.spec import Target
from flows.verbs import Exit, Go, Move, StepSpec, Verb

if TYPE_CHECKING:
    from flows.program import Step
    from flows.run import Run

__all__ = ["Goto"]


class GotoSpec(StepSpec):
    """Go on at another step; a step of another flow leaves all flows that are open."""

    goto: Target
    """The step."""


class Goto(Verb):
    """Go on at another step."""

    name = "goto"
    spec = GotoSpec

    def exits(self, spec: GotoSpec) -> Iterable[Exit]:
        """Yield the target."""
        yield Exit(label="", target=spec.goto, path=("goto",))

    def enter(self, step: Step, run: Run) -> Move:
        """Go there."""
        return Go(step.spec.goto)
