"""``call``: run another flow and come back with what it found out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pydantic import Field

from flows.spec import Name
from flows.verbs import Enter, Exit, Move, StepSpec, Verb

if TYPE_CHECKING:
    from flows.program import Step
    from flows.run import Run

__all__ = ["Call"]


class CallSpec(StepSpec):
    """Run another flow and come back."""

    call: Name
    """The flow."""
    inputs: dict[Name, str] = Field(default={}, alias="with")
    """Values for the flow's inputs; ``{name}`` passes a variable."""
    save: Name | None = None
    """Prefix under which the flow's outputs are kept: ``save: case`` gives ``case.topic``."""


class Call(Verb):
    """Run another flow and come back."""

    name = "call"
    spec = CallSpec

    def exits(self, spec: CallSpec) -> Iterable[Exit]:
        """Yield the called flow and the way on after it."""
        yield Exit(label="call", target=spec.call, kind="call", path=("call",))
        yield Exit(label="back")

    def enter(self, step: Step, run: Run) -> Move:
        """Enter the flow with its inputs."""
        spec: CallSpec = step.spec
        kinds = run.program.flows[spec.call].inputs
        return Enter(spec.call, {name: run.resolve(value, kinds.get(name)) for name, value in spec.inputs.items()})
