"""``referral``: name the nearest centres that fit, by topic, place, language, and whom they are for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from core.messages import Text as Typed
from flows.answers import option_of, page_option, show_nearest
from flows.knowledge_spec import DISTRICTS, Audience
from flows.nearness import DISTRICT, STAGE, Seeker, nearest
from flows.places import ELSEWHERE, UNCLEAR, read_place
from flows.shelf import Page
from flows.spec import Name, Target
from flows.steps.question import Question
from flows.verbs import Exit, Given, Go, Move, Shown, Stay, StepSpec, TextDef, Timeout

if TYPE_CHECKING:
    from core.messages import Option
    from flows.program import Step
    from flows.run import Run

__all__ = ["Referral"]

#: Words in which somebody says where they live, when asked, and when they have their list already: there a longer text
#: is a question.
_ANSWER, _CORRECTION = 12, 3
_WHERE = ("districts", "elsewhere", "abroad", "skip")


class ReferralSpec(StepSpec):
    """Name the nearest centres that fit. Asks once where the person lives, and keeps it in ``contact.district``."""

    referral: list[Name]
    """Topics under which the centres are listed; ``[]`` for all."""
    audience: list[Audience] = []
    """What is known of the person here: centres that are for others only are left out."""
    show: int = Field(default=3, ge=1, le=6)
    """How many are named; a button leads to the rest."""
    none: Target
    """Where to go on when no centre fits."""
    timeout: list[Timeout] = []
    """What happens when nothing is chosen."""


class Referral(Question):
    """Name the nearest centres."""

    name = "referral"
    spec = ReferralSpec
    reentrant = True

    def texts(self, spec: ReferralSpec) -> Iterable[TextDef]:
        """Yield the reminders; everything else is said with texts of the framework."""
        return (text for text in super().texts(spec) if text.part)

    def answers(self, spec: ReferralSpec) -> Iterable[Exit]:
        """Yield where people go on for whom there is no centre."""
        yield Exit(label="no centre", target=spec.none, kind="failure", path=("none",))

    def shelves(self, spec: ReferralSpec) -> Iterable[Shown]:
        """Yield the whole list, which opens behind the question and a button."""
        yield Shown(kind="centres", topics=tuple(spec.referral), after=2)

    def options(self, spec: ReferralSpec) -> Mapping[str, str]:
        """Return everything that can be answered to where somebody lives; ``=`` marks a text of the framework."""
        found = {option: f"=referral_{option}" for option in (*_WHERE, "other")}
        return found | {district: f"=district_{district}" for district in DISTRICTS}

    def offered(self, step: Step, run: Run) -> Mapping[str, str]:
        """Return what can be answered to the question that is open."""
        asked = _asked(run)
        if asked == "which":
            return {name: part for name, part in step.options.items() if name in DISTRICTS}
        return {name: step.options[name] for name in (_WHERE if asked == "where" else ("other",))}

    def enter(self, step: Step, run: Run) -> Move:
        """Ask where the person lives, or name the centres where that is known."""
        if _asked(run) == "" and not _found(step, run):
            return _nothing(step, run)
        return super().enter(step, run)

    def show(self, step: Step, run: Run) -> None:
        """Ask once more, or name the centres once more."""
        asked = _asked(run)
        if asked:
            run.system(f"referral_{asked}", options=run.labels(step, self.offered(step, run)))
        else:
            _name_them(step, run, _found(step, run))

    def answer(self, step: Step, run: Run, given: Given) -> Move | None:
        """Take where the person lives, pressed or typed; any other words go to the rest of the chain."""
        option = given.option
        if option is None:
            if not isinstance(given.content, Typed):
                return None
            option = read_place(given.content.text, _ANSWER if _asked(run) else _CORRECTION)
            if option is None:
                return None
        data: dict[str, str] = run.frame.wait.data if run.frame.wait is not None else {}
        data.pop("asked", None)
        if option in ("districts", UNCLEAR):
            data["asked"] = "which"
        elif option == "other":
            data["asked"] = "where"
        elif option == "skip":
            data["asked"] = "no"
        else:
            run.set(STAGE, "abroad" if option == "abroad" else "here")
            run.set(DISTRICT, None if option == "abroad" else option)
        if _asked(run) == "" and not _found(step, run):
            return _nothing(step, run)
        self.show(step, run)
        return Stay()


def _asked(run: Run) -> str:
    """Return which question is open: ``where`` or ``which``; empty when the centres can be named."""
    wait = run.frame.wait
    asked = wait.data.get("asked") if wait is not None else None
    if asked is not None:
        return "" if asked == "no" else asked
    known = run.get(STAGE) == "abroad" or run.get(DISTRICT) in (*DISTRICTS, ELSEWHERE)
    return "" if known else "where"


def _found(step: Step, run: Run) -> tuple[str, ...]:
    spec: Any = step.spec
    place = run.get(DISTRICT)
    seeker = Seeker(
        language=run.language,
        abroad=run.get(STAGE) == "abroad",
        place=str(place) if place else None,
        audience=frozenset(spec.audience),
    )
    return nearest(run.program.shelf, spec.referral, seeker, run.today)


def _name_them(step: Step, run: Run, found: tuple[str, ...]) -> None:
    spec: Any = step.spec
    named = found[: spec.show]
    if not named:
        run.system("referral_none", options=run.command_options("menu", "human"))
        return
    more: tuple[Option, ...] = ()
    if len(found) > len(named):
        more = (page_option(run, Page("centres", tuple(spec.referral), 1), "referral_all"),)
    other = run.labels(step, {"other": "=referral_other"})
    buttons = (*(option_of(run, name) for name in named), *more, *other, *run.command_options("menu", "human"))
    show_nearest(run, named, buttons)


def _nothing(step: Step, run: Run) -> Move:
    run.system("referral_none")
    return Go(step.spec.none)
