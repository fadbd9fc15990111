"""``faq``: let the person ask in their own words and show the checked answer, or offer the nearest ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from core.messages import Text as Typed
from flows.answers import first_page
from flows.read_words import read_yes_no
from flows.spec import Name, Target, Text
from flows.steps.question import Question
from flows.verbs import Exit, Given, Go, Move, Shown, Stay, StepSpec, Timeout

if TYPE_CHECKING:
    from flows.program import Step
    from flows.run import Run

__all__ = ["FaqStep"]


class FaqSpec(StepSpec):
    """Search the FAQ with the person's own words."""

    faq: Text
    """The invitation to ask."""
    topics: list[Name] = []
    """Only entries of these topics; by default all."""
    show: int = Field(default=3, ge=1, le=5)
    """How many questions are offered when the bot is not sure."""
    helped: Target
    """Where to go on when the answer helped."""
    not_helped: Target
    """Where to go on when it did not, and when nothing was found again and again."""
    timeout: list[Timeout] = []
    """What happens when no question comes."""


class FaqStep(Question):
    """Search the FAQ."""

    name = "faq"
    spec = FaqSpec
    reentrant = True

    def shelves(self, spec: FaqSpec) -> Iterable[Shown]:
        """Yield the page of its topics."""
        if spec.topics:
            yield Shown(kind="faq", topics=tuple(spec.topics))

    def answers(self, spec: FaqSpec) -> Iterable[Exit]:
        """Yield what comes after an answer that helped, and after one that did not."""
        yield Exit(label="helped", target=spec.helped, kind="answer", path=("helped",))
        yield Exit(label="did not help", target=spec.not_helped, kind="answer", path=("not_helped",))

    def options(self, spec: FaqSpec) -> Mapping[str, str]:
        """Return the two buttons under an answer; ``=`` marks a text of the framework."""
        return {"helped": "=helped", "not_helped": "=not_helped"}

    def offered(self, step: Step, run: Run) -> Mapping[str, str]:
        """Return the two buttons only where there is an answer that can have helped."""
        wait = run.state.wait
        return step.options if wait is not None and "answered" in wait.data else {}

    def show(self, step: Step, run: Run) -> None:
        """Invite the question, with the questions of the topic beneath."""
        topic = first_page(run, step.spec.topics) if step.spec.topics else ()
        run.say(step, labels=(*topic, *run.command_options("menu", "human")))

    def answer(self, step: Step, run: Run, given: Given) -> Move | None:
        """Search with typed words; the buttons lead on."""
        spec: FaqSpec = step.spec
        if given.option is not None:
            return Go(spec.helped if given.option == "helped" else spec.not_helped)
        if not isinstance(given.content, Typed):
            run.system("invalid_need_text")
            return Stay()
        answered = run.frame.wait.data.pop("answered", None) if run.frame.wait is not None else None
        helped = read_yes_no(given.content.text) if answered is not None else None
        if helped is not None:  # "Did this help you?" was the last thing said
            return Go(spec.helped if helped else spec.not_helped)
        if not run.search(given.content.text, topics=spec.topics, show=spec.show):
            if run.tried() > run.program.spec.defaults.retries:
                return Go(spec.not_helped)
            run.system("faq_unknown", options=run.labels(step, {"not_helped": "=human"}))
        return Stay()
