"""``browse``: leaf through everything the bot knows, topic by topic, without a word typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from flows.answers import first_page
from flows.spec import Name, Text
from flows.steps.ask import timeout_exits, timeout_texts
from flows.verbs import Exit, Given, Move, Shown, Stay, StepSpec, TextDef, Timeout, Verb

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


class Browse(Verb):
    """Leaf through the content."""

    name = "browse"
    spec = BrowseSpec
    waits = True
    reentrant = True

    def texts(self, spec: BrowseSpec) -> Iterable[TextDef]:
        """Yield the text above the buttons."""
        yield TextDef(part="", source=spec.browse, path=("browse",))
        yield from timeout_texts(spec.timeout)

    def exits(self, spec: BrowseSpec) -> Iterable[Exit]:
        """Yield where the clock leads; everything else leads to pages and answers, which leave nobody's place."""
        yield from timeout_exits(spec.timeout)

    def shelves(self, spec: BrowseSpec) -> Iterable[Shown]:
        """Yield what can be leafed through here."""
        yield Shown(kind=_KINDS[spec.kind], topics=tuple(spec.topics))

    def timeouts(self, spec: BrowseSpec) -> tuple[Timeout, ...]:
        """Return the reminders."""
        return tuple(spec.timeout)

    def enter(self, step: Step, run: Run) -> Move:
        """Show the first page and wait."""
        self.show(step, run)
        run.wait(step)
        return Stay()

    def show(self, step: Step, run: Run) -> None:
        """Show the first page."""
        page = first_page(run, step.spec.topics, _KINDS[step.spec.kind])
        run.say(step, labels=(*page, *run.command_options("menu", "human")))

    def answer(self, step: Step, run: Run, given: Given) -> Move | None:
        """Take nothing: typed words are searched by the rest of the chain, buttons lead by themselves."""
        return None
