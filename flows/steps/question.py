"""What all verbs share that put a question and wait: reminders, putting it, and putting it again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flows.verbs import Exit, Move, Stay, TextDef, Timeout, Verb

if TYPE_CHECKING:
    from flows.program import Step
    from flows.run import Run

__all__ = ["Question"]


class Question(Verb):
    """A verb that shows something and waits; its spec has ``timeout``. Subclasses say in ``show`` what is shown."""

    waits = True

    def texts(self, spec: Any) -> Iterable[TextDef]:
        """Yield the text whose key is the verb, what stands beside it, and the reminders."""
        yield TextDef(part="", source=getattr(spec, self.name), path=(self.name,))
        yield from self.further_texts(spec)
        for index, timeout in enumerate(spec.timeout, start=1):
            if timeout.say:
                yield TextDef(part=f"timeout.{index}", source=timeout.say, path=("timeout", index - 1, "say"))

    def further_texts(self, spec: Any) -> Iterable[TextDef]:
        """Yield the texts between the question and its reminders."""
        return ()

    def exits(self, spec: Any) -> Iterable[Exit]:
        """Yield where an answer leads, then where the clock does."""
        yield from self.answers(spec)
        for index, timeout in enumerate(spec.timeout):
            if timeout.goto:
                yield Exit(label="no answer", target=timeout.goto, kind="timeout", path=("timeout", index, "goto"))

    def answers(self, spec: Any) -> Iterable[Exit]:
        """Yield every way out that is not the clock's; none where buttons lead to pages and leave nobody's place."""
        return ()

    def timeouts(self, spec: Any) -> tuple[Timeout, ...]:
        """Return the reminders."""
        return tuple(spec.timeout)

    def enter(self, step: Step, run: Run) -> Move:
        """Put the question and wait."""
        self.show(step, run)
        run.wait(step)
        return Stay()
