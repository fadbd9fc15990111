"""``if``: take the first branch whose condition holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from flows.spec import Spec, Target
from flows.verbs import Exit, Go, Move, Next, StepSpec, Verb

if TYPE_CHECKING:
    from flows.program import Step
    from flows.run import Run

__all__ = ["If"]


class Branch(Spec):
    """One branch: ``when`` with ``goto`` and perhaps ``set``, or ``else`` alone."""

    when: str | None = None
    """The condition."""
    set: dict[str, str] = {}
    """Variables to write when it holds."""
    goto: Target | None = None
    """Where to go on when it holds; by default at the step below."""
    otherwise: Target | None = Field(default=None, alias="else")
    """Where to go on when no branch above holds."""

    @model_validator(mode="after")
    def _one_kind(self) -> Branch:
        if (self.when is None) == (self.otherwise is None):
            raise ValueError("needs either when or else")
        if self.otherwise is not None and (self.goto or self.set):
            raise ValueError("else stands alone: write - else: step")
        return self


class IfSpec(StepSpec):
    """Take the first branch that holds; without one, go on below."""

    branches: list[Branch] = Field(alias="if", min_length=1)
    """The branches, one ``-`` each, in order."""


class If(Verb):
    """Take the first branch that holds."""

    name = "if"
    spec = IfSpec

    def exits(self, spec: IfSpec) -> Iterable[Exit]:
        """Yield one way out for each branch, and the step below unless there is an else."""
        for index, branch in enumerate(spec.branches):
            key = "goto" if branch.when else "else"
            yield Exit(label=branch.when or "else", target=branch.goto or branch.otherwise, path=("if", index, key))
        if not any(branch.otherwise for branch in spec.branches):
            yield Exit(label="else")

    def conditions(self, spec: IfSpec) -> Iterable[tuple[tuple[str | int, ...], str]]:
        """Yield the conditions of the branches."""
        for index, branch in enumerate(spec.branches):
            if branch.when:
                yield ("if", index, "when"), branch.when

    def enter(self, step: Step, run: Run) -> Move:
        """Take the first branch that holds."""
        spec: IfSpec = step.spec
        for index, branch in enumerate(spec.branches):
            if branch.otherwise is not None:
                return Go(branch.otherwise)
            if run.holds(step.conditions["if", index, "when"]):
                assign(run, branch.set)
                return Go(branch.goto) if branch.goto else Next()
        return Next()


def assign(run: Run, values: Mapping[str, str]) -> None:
    """Set variables to fixed values, or to another variable written as ``{name}``."""
    for name, value in values.items():
        copied = value.startswith("{") and value.endswith("}")
        run.set(name, run.get(value[1:-1]) if copied else run.typed(name, value))
