"""``language``: let the person choose the language; each is offered by its own name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from core.messages import Text as Typed
from flows.spec import Text
from flows.verbs import Exit, Given, Move, Next, Stay, StepSpec, TextDef, Verb
from i18n.negotiate import recognise

if TYPE_CHECKING:
    from flows.program import Step
    from flows.run import Run

__all__ = ["Language"]


class LanguageSpec(StepSpec):
    """Let the person choose the language of the conversation."""

    language: Text
    """The question. Each language is offered under its own name."""


class Language(Verb):
    """Let the person choose the language."""

    name = "language"
    spec = LanguageSpec
    waits = True
    reentrant = True

    def texts(self, spec: LanguageSpec) -> Iterable[TextDef]:
        """Yield the question."""
        yield TextDef(part="", source=spec.language, path=("language",))

    def exits(self, spec: LanguageSpec) -> Iterable[Exit]:
        """Yield the one way on."""
        yield Exit(label="answer", kind="answer")

    def options(self, spec: LanguageSpec) -> Mapping[str, str]:
        """Return nothing: the languages are the bot's, see :meth:`Run.language_options`."""
        return {}

    def enter(self, step: Step, run: Run) -> Move:
        """Show the languages, each by its own name, and wait."""
        self.show(step, run)
        run.wait(step)
        return Stay()

    def show(self, step: Step, run: Run) -> None:
        """Show the languages."""
        run.say(step, labels=run.language_options(step))

    def answer(self, step: Step, run: Run, given: Given) -> Move | None:
        """Take a pressed or typed language; anything else shows the choice once more."""
        chosen = given.option
        if chosen is None and isinstance(given.content, Typed):
            chosen = recognise(given.content.text, run.program.languages)
        if chosen is None:
            if run.tried() > run.program.spec.defaults.retries:
                return Next()
            self.show(step, run)
            return Stay()
        run.choose_language(chosen)
        return Next()
