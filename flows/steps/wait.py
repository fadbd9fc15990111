"""``wait``: let time pass. A person who writes meanwhile is served; the flow goes on when the time is up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flows.spec import Duration
from flows.verbs import Exit, Move, Next, Stay, StepSpec, Timeout, Verb

if TYPE_CHECKING:
    from flows.program import Step
    from flows.run import Run

__all__ = ["WaitStep"]


class WaitSpec(StepSpec):
    """Let time pass, then go on below."""

    wait: Duration
    """How long."""


class WaitStep(Verb):
    """Let time pass."""

    name = "wait"
    spec = WaitSpec
    waits = True
    renews = False

    def exits(self, spec: WaitSpec) -> Iterable[Exit]:
        """Yield the way on when the time is up."""
        yield Exit(label="time is up", kind="timeout")

    def timeouts(self, spec: WaitSpec) -> tuple[Timeout, ...]:
        """Return the one moment to wait for; it leaves without a word."""
        return (Timeout(after=spec.wait),)

    def enter(self, step: Step, run: Run) -> Move:
        """Set the timer."""
        run.wait(step)
        return Stay()

    def timed_out(self, step: Step, run: Run, index: int) -> Move:
        """Go on."""
        return Next()
