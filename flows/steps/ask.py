"""``ask``: put a question, check the answer, keep it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from flows.inputs import Accepted, Rules, parse
from flows.spec import Name, Target, Text
from flows.steps.question import Question
from flows.values import Kind, Value
from flows.verbs import Exit, Given, Go, Move, Next, Stay, StepSpec, TextDef, Timeout

if TYPE_CHECKING:
    from flows.program import Step
    from flows.run import Run

__all__ = ["Ask"]

#: Button ids that every question of a kind brings along; their labels are texts of the framework.
_YES_NO = {"yes": True, "no": False}


class AskSpec(StepSpec):
    """Put a question and keep the checked answer in a variable."""

    ask: Text
    """The question."""
    type: Kind = "text"
    """Which kind of answer it takes."""
    save: Name
    """Variable that keeps the answer."""
    options: dict[Name, Text] = {}
    """For ``type: choice``: what can be chosen, id to label."""
    invalid: Text | None = None
    """What to say when the answer does not fit; each type has a sentence of its own by default."""
    min: str | None = None
    """Smallest number, or earliest date as 2026-12-31."""
    max: str | None = None
    """Largest number, or latest date."""
    decimals: bool = False
    """For numbers: ``yes`` allows 2.5; else only whole ones fit."""
    past: bool = False
    """For dates: only today and before."""
    future: bool = False
    """For dates: only today and after."""
    min_length: int = Field(default=1, ge=1)
    """For texts: fewest characters."""
    max_length: int = Field(default=2000, ge=1, le=10_000)
    """For texts: most characters."""
    retries: int | None = Field(default=None, ge=0, le=10)
    """How often the question is asked again."""
    give_up: Target | None = None
    """Where to go on after that; by default to the step below, the variable stays empty."""
    skip: Text | None = None
    """Label of a button that leaves the question out."""
    skip_to: Target | None = None
    """Where that button leads; by default to the step below."""
    timeout: list[Timeout] = []
    """What happens when no answer comes."""

    @model_validator(mode="after")
    def _fits_type(self) -> AskSpec:
        if (self.type == "choice") != bool(self.options):
            raise ValueError("options belong to type: choice, and type: choice needs options")
        for name in ("min", "max"):
            bound = getattr(self, name)
            if bound is None:
                continue
            if self.type not in ("number", "date"):
                raise ValueError(f"{name} is for numbers and dates only")
            try:
                _ = Decimal(bound) if self.type == "number" else date.fromisoformat(bound)
            except (ArithmeticError, ValueError):
                raise ValueError(f"{name} must be a {self.type}, not “{bound[:40]}”") from None
        return self

    def rules(self, languages: tuple[str, ...]) -> Rules:
        """Return the limits of the answer; ``languages`` are those the bot offers."""
        read = date.fromisoformat if self.type == "date" else Decimal
        return Rules(
            min=read(self.min) if self.min else None,
            max=read(self.max) if self.max else None,
            min_length=self.min_length,
            max_length=self.max_length,
            integer=not self.decimals,
            past=self.past,
            future=self.future,
            languages=languages,
        )


class Ask(Question):
    """Put a question."""

    name = "ask"
    spec = AskSpec

    def further_texts(self, spec: AskSpec) -> Iterable[TextDef]:
        """Yield the labels, and what is said when an answer does not fit."""
        for option, label in spec.options.items():
            yield TextDef(part=option, source=label, kind="label", path=("options", option))
        if spec.invalid:
            yield TextDef(part="invalid", source=spec.invalid, path=("invalid",))
        if spec.skip:
            yield TextDef(part="skip", source=spec.skip, kind="label", path=("skip",))

    def answers(self, spec: AskSpec) -> Iterable[Exit]:
        """Yield the answer, giving up and skipping."""
        yield Exit(label="answer", kind="answer")
        yield Exit(label="give up", target=spec.give_up, kind="failure", path=("give_up",))
        if spec.skip:
            yield Exit(label="skip", target=spec.skip_to, kind="answer", path=("skip_to",))

    def options(self, spec: AskSpec) -> Mapping[str, str]:
        """Return the choices, yes and no, and the button that skips; ``=`` marks a text of the framework."""
        found = {option: option for option in spec.options}
        if spec.type == "yes_no":
            found |= {"yes": "=yes", "no": "=no"}
        if spec.skip:
            found["skip"] = "skip"
        return found

    def saves(self, spec: AskSpec) -> Mapping[str, Kind]:
        """Return the variable."""
        return {spec.save: spec.type}

    def show(self, step: Step, run: Run) -> None:
        """Put the question."""
        request = {"location": "location", "phone": "contact"}.get(step.spec.type)
        run.say(step, options=step.options, request=request)

    def answer(self, step: Step, run: Run, given: Given) -> Move | None:
        """Check the answer; ask again, give up, or keep it."""
        spec: AskSpec = step.spec
        if given.option == "skip" and spec.skip:
            run.set(spec.save, None)
            return Go(spec.skip_to) if spec.skip_to else Next()
        value: Value | None = None
        reason = "choose"
        if given.option is not None:
            value = _YES_NO[given.option] if spec.type == "yes_no" else given.option
        else:
            rules = spec.rules(run.program.languages)
            found = parse(spec.type, given.content, rules, language=run.language, today=run.today)
            if isinstance(found, Accepted):
                value = found.value
            else:
                reason = found.reason
        if value is not None:
            run.set(spec.save, value)
            return Next()
        return self._again(step, run, reason)

    def _again(self, step: Step, run: Run, reason: str) -> Move:
        spec: AskSpec = step.spec
        retries = run.program.spec.defaults.retries if spec.retries is None else spec.retries
        if run.tried() > retries:
            run.system("give_up")
            return Go(spec.give_up) if spec.give_up else Next()
        if spec.invalid and reason != "need_text":
            run.say(step, "invalid", options=self.options(spec))
        else:
            run.system(f"invalid_{reason}", fallback="invalid", options=run.labels(step, self.options(spec)))
        return Stay()
