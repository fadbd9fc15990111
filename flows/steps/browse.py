"""``browse``: leaf through everything the bot knows, topic by topic, without a word typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from flows.answers import first_page
from flows.spec import Name, Text
from flows.steps.question import Question
from flows.verbs import Given, Move, Shown, StepSpec, Timeout

if TYPE_CHECKING:
    from flows.program import Step
    from flows.run import Run

__all__ = ["Browse"]

_KINDS = {"answers": "faq", "rumours": "rumours", "centres": "centres"}


class BrowseSpec(StepSpec):
    """Let the person leaf through answers, rumours or centres. The buttons come from the content by themselves."""

    browse: Text
    """The text above the buttons."""
    kind: Literal["answers", "rumours", "centres"] = "answers"
    """What to leaf through."""
    topics: list[Name] = []
    """Only these topics, shown as one list; by default the topics are offered first."""
    timeout: list[Timeout] = []
    """What happens when nothing is chosen."""


class Browse(Question):
    """Leaf through the content."""

    name = "browse"
    spec = BrowseSpec
    reentrant = True

    def shelves(self, spec: BrowseSpec) -> Iterable[Shown]:
        """Yield what can be leafed through here."""
        yield Shown(kind=_KINDS[spec.kind], topics=tuple(spec.topics))

    def show(self, step: Step, run: Run) -> None:
        """Show the first page."""
        page = first_page(run, step.spec.topics, _KINDS[step.spec.kind])
        run.say(step, labels=(*page, *run.command_options("menu", "human")))

    def answer(self, step: Step, run: Run, given: Given) -> Move | None:
        """Take nothing: typed words are searched by the rest of the chain, buttons lead by themselves."""
        return None
