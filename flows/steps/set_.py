"""``set``: give variables a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from flows.steps.if_ import assign
from flows.verbs import Move, Next, StepSpec, Verb

if TYPE_CHECKING:
    from flows.program import Step
    from flows.run import Run

__all__ = ["Set"]


class SetSpec(StepSpec):
    """Give variables a fixed value, or that of another variable written as ``{name}``."""

    values: dict[str, str] = Field(alias="set", min_length=1)
    """Variable and value, one a line; ``contact.name`` is kept across flows."""


class Set(Verb):
    """Give variables a value."""

    name = "set"
    spec = SetSpec

    def enter(self, step: Step, run: Run) -> Move:
        """Set them."""
        assign(run, step.spec.values)
        return Next()
