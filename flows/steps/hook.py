"""``hook``: ask something outside. The call is durable and its answer comes back as an event of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from flows.spec import Duration, Name, Target, parse_duration
from flows.values import Kind
from flows.verbs import Exit, Go, Move, Next, Stay, StepSpec, Timeout, Verb

if TYPE_CHECKING:
    from flows.program import Step
    from flows.run import Run

__all__ = ["Hook"]

#: A hook that takes longer is too slow for a chat.
LONGEST = 60_000
#: Milliseconds between the limit of a call and giving up on it: its own failure should come first.
GRACE = 5_000
#: Characters kept of a value that an answer brings; the state is written on every turn.
LONGEST_VALUE = 2_000


class HookSpec(StepSpec):
    """Call a function of ``hooks.py`` or an https address; may run more than once for one step."""

    hook: str
    """Name of a coroutine in the bot's ``hooks.py``, or an https address that takes and returns JSON."""
    inputs: dict[Name, str] = Field(default={}, alias="with")
    """Its arguments; ``{name}`` passes a variable."""
    save: dict[Name, Kind] = {}
    """Values of the answer to keep, and what they hold."""
    time_limit: Duration = parse_duration("10s")
    """Longest time it may take, 60s at most."""
    failed: Target
    """Where to go on when it fails or takes too long."""

    @field_validator("hook")
    @classmethod
    def _name_or_address(cls, value: str) -> str:
        if not value.isidentifier() and not value.startswith("https://"):
            raise ValueError("is neither a function's name nor an https address")
        return value

    @field_validator("time_limit")
    @classmethod
    def _short(cls, value: int) -> int:
        if value > LONGEST:
            raise ValueError("is too long; a hook may take 60s at most")
        return value


class Hook(Verb):
    """Ask something outside."""

    name = "hook"
    spec = HookSpec
    waits = True
    barrier = True
    renews = False

    def exits(self, spec: HookSpec) -> Iterable[Exit]:
        """Yield success and failure."""
        yield Exit(label="answer", kind="always")
        yield Exit(label="failed", target=spec.failed, kind="failure", path=("failed",))

    def saves(self, spec: HookSpec) -> Mapping[str, Kind]:
        """Return the variables that the answer fills."""
        return spec.save

    def timeouts(self, spec: HookSpec) -> tuple[Timeout, ...]:
        """Return the failed branch, shortly after the call's own limit: no answer came in time."""
        return (Timeout(after=spec.time_limit + GRACE, goto=spec.failed),)

    def enter(self, step: Step, run: Run) -> Move:
        """Place the call and wait; the time limit is a timer of the same commit."""
        spec: HookSpec = step.spec
        arguments = {name: str(run.resolve(value) or "") for name, value in spec.inputs.items()}
        call_id = run.call(spec.hook, arguments, spec.time_limit)
        run.wait(step, call=call_id)
        return Stay()

    def returned(self, step: Step, run: Run, values: Mapping[str, str], error: str | None) -> Move:
        """Keep the values and go on, or take the failed branch."""
        spec: HookSpec = step.spec
        if error is not None:
            return Go(spec.failed)
        for name in spec.save:
            if name in values:
                run.set(name, run.typed(name, values[name][:LONGEST_VALUE]))
        return Next()
