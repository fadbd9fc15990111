"""``menu``: offer choices that lead to different steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from flows.spec import Name, Spec, Target, Text
from flows.steps.question import Question
from flows.values import Kind
from flows.verbs import Exit, Given, Go, Move, Next, StepSpec, TextDef, Timeout

if TYPE_CHECKING:
    from flows.program import Step
    from flows.run import Run

__all__ = ["Menu"]


class MenuOption(Spec):
    """One choice: a label, words that mean the same, and where it leads."""

    label: Text
    """What stands on the button."""
    words: Text | None = None
    """What people type for it, separated by commas, beside the label and the number."""
    goto: Target | None = None
    """Where it leads; by default to the step below."""

    save: Literal["yes", "no"] = "yes"
    """``no``: this choice is no answer (“Skip”), so the variable stays empty."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        """Read ``Label -> step`` and plain ``Label``."""
        if not isinstance(value, str):
            return value
        label, arrow, target = value.rpartition("->")
        return {"label": label.strip(), "goto": target.strip()} if arrow else {"label": value.strip()}


class MenuSpec(StepSpec):
    """Offer choices; each leads to its step."""

    menu: Text
    """The text above the choices."""
    options: dict[Name, MenuOption] = Field(min_length=1, max_length=30)
    """The choices: ``name: Label -> step``, or with the keys of a choice below it."""
    save: Name | None = None
    """Keep the id of the choice."""
    other: Target | None = None
    """Where typed words go that are no choice; ``faq`` searches the FAQ."""
    timeout: list[Timeout] = []
    """What happens when no answer comes."""


class Menu(Question):
    """Offer choices."""

    name = "menu"
    spec = MenuSpec
    reentrant = True

    def further_texts(self, spec: MenuSpec) -> Iterable[TextDef]:
        """Yield the labels and the words of the choices."""
        for option, choice in spec.options.items():
            yield TextDef(part=option, source=choice.label, kind="label", path=("options", option))
            if choice.words:
                yield TextDef(
                    part=f"{option}.words", source=choice.words, kind="words", path=("options", option, "words")
                )

    def answers(self, spec: MenuSpec) -> Iterable[Exit]:
        """Yield one way out for each choice."""
        for option, choice in spec.options.items():
            yield Exit(label=option, target=choice.goto, kind="answer", path=("options", option))
        if spec.other and spec.other != "faq":
            yield Exit(label="other words", target=spec.other, kind="answer", path=("other",))

    def options(self, spec: MenuSpec) -> Mapping[str, str]:
        """Return the choices."""
        return {option: option for option in spec.options}

    def saves(self, spec: MenuSpec) -> Mapping[str, Kind]:
        """Return the variable, if one is named."""
        return {spec.save: "choice"} if spec.save else {}

    def show(self, step: Step, run: Run) -> None:
        """Show the choices."""
        run.say(step, options=step.options)

    def answer(self, step: Step, run: Run, given: Given) -> Move | None:
        """Follow a choice; other words go where ``other`` says, or to the rest of the chain."""
        spec: MenuSpec = step.spec
        if given.option is None:
            return Go(spec.other) if spec.other and spec.other != "faq" else None
        choice = spec.options[given.option]
        if spec.save:
            run.set(spec.save, given.option if choice.save == "yes" else None)
        return Go(choice.goto) if choice.goto else Next()
