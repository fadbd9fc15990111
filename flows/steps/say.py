"""``say``: send a text and go on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flows.spec import Name, Text
from flows.verbs import Move, Next, StepSpec, TextDef, Verb

if TYPE_CHECKING:
    from flows.program import Step
    from flows.run import Run

__all__ = ["Say"]


class SaySpec(StepSpec):
    """Send a text and go on at the step below."""

    say: Text
    """The text."""
    template: Name | None = None
    """Name of a template that WhatsApp has approved with the same words; sent where a day has passed since the person
    wrote. Its gaps `{{1}}`, `{{2}}` are the values of the text, in order. Other messengers send the text."""


class Say(Verb):
    """Send a text."""

    name = "say"
    spec = SaySpec

    def texts(self, spec: SaySpec) -> Iterable[TextDef]:
        """Yield the text."""
        yield TextDef(part="", source=spec.say, path=("say",))

    def enter(self, step: Step, run: Run) -> Move:
        """Send it."""
        run.say(step, template=step.spec.template)
        return Next()
