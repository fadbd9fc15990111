"""One sprint of the engine as the verbs see it: the state they change, the texts they say, the effects they ask for.

A run works on its own copy of the state and keeps the effects in order. It reads no clock and draws no random
number: time, ids and what texts are taken for come from the environment, so a second run of the same turn gives the
same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core.ids import CallId, Millis
from core.messages import Option, Say, Template
from core.records import Call, DispatchKind, Timer
from flows import answers, found, wording
from flows.effects import (
    CallOut,
    CancelTimer,
    Count,
    Effect,
    Env,
    HandOver,
    NeedsQueue,
    NeedsUnderstanding,
    QueueFacts,
    SayText,
    SetTimer,
    Understood,
)
from flows.program import Flow, Program, Step, option_token
from flows.shelf import read_page
from flows.state import TRAIL_LENGTH, Crumb, Frame, State, Wait
from flows.values import Kind, Value
from flows.waits import wait_phrase
from i18n.catalog import Translated
from i18n.negotiate import NATIVE_NAMES

if TYPE_CHECKING:
    from flows.expr import Condition

__all__ = ["WAIT_TIMER", "Run"]

#: One timer serves the open question; its data is ``number of the wait:index``.
WAIT_TIMER = "wait"


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


#: Whole numbers beyond this stay texts: the codec and SQLite know 64 bits, and conditions compare texts of digits too.
_WHOLE = re.compile(r"-?[0-9]{1,18}")


def _as_kind(kind: Kind, text: str) -> Value:
    """Return what an editor or an outside call wrote as a value of ``kind``."""
    if kind == "number":
        return int(text) if _WHOLE.fullmatch(text) else text
    if kind == "yes_no":
        return text.lower() in {"yes", "true", "1"}
    return text


class Run:
    """One sprint."""

    def __init__(self, program: Program, state: State, env: Env) -> None:
        self.program = program
        self.state = state
        self.env = env
        self.effects: list[Effect] = []
        #: Steps walked, for tests, the graph and the checker of transcripts.
        self.walked: list[tuple[str, str]] = []
        #: As what the next texts are sent.
        self.kind_of_text: DispatchKind = "bot"
        #: The text at hand is for the staff.
        self.for_staff = False
        #: When this person asked for a human who has not taken the case yet.
        self.asked_human: Millis | None = None
        #: The queue and the moment of the wait that was told in this turn, None for its promise.
        self.told_wait: tuple[str, Millis | None] | None = None
        #: The person chose a language in this turn.
        self.chose_language = False
        #: A human is at work for this person already, or will be.
        self.case_open = False

    # -- what is known ---------------------------------------------------------------------------------

    @property
    def language(self) -> str:
        """Return the person's language, or the source language until it is known."""
        return self.state.language or self.program.spec.languages.source

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone in which the bot's people live: that of its first queue."""
        return _zone(next(iter(self.program.spec.queues.values())).zone)

    @cached_property
    def today(self) -> date:
        """Return the day of the turn in the bot's zone."""
        return datetime.fromtimestamp(self.env.now / 1000, self.zone).date()

    @property
    def frame(self) -> Frame:
        """Return the frame at work. Only to be asked while a flow runs."""
        return self.state.frames[-1]

    def flow_of(self, frame: Frame) -> Flow | None:
        """Return the flow a frame stands in."""
        return self.program.flows.get(frame.flow)

    # -- variables -------------------------------------------------------------------------------------

    def get(self, name: str) -> Value | None:
        """Return a variable of the flow, or of the contact as ``contact.name``."""
        if name.startswith("contact."):
            key = name[len("contact.") :]
            return self.state.language if key == "language" else self.state.contact.get(key)
        return self.frame.vars.get(name) if self.state.frames else None

    def set(self, name: str, value: Value | None) -> None:
        """Write a variable; None empties it. The contact's language can only become one that is offered."""
        if name == "contact.language":
            if value in self.program.languages:
                self.choose_language(str(value))
            return
        if name.startswith("contact."):
            target, name = self.state.contact, name[len("contact.") :]
        else:
            target = self.frame.vars
        if value is None:
            target.pop(name, None)
        else:
            target[name] = value

    def kind(self, name: str) -> Kind:
        """Return what a variable holds, ``text`` where nothing is declared."""
        if name.startswith("contact."):
            declared = self.program.spec.contact.get(name[len("contact.") :])
            return declared.type if declared else "text"
        flow = self.flow_of(self.frame) if self.state.frames else None
        return flow.vars.get(name, "text") if flow else "text"

    def typed(self, name: str, text: str) -> Value:
        """Return ``text`` as the value that variable ``name`` holds."""
        return _as_kind(self.kind(name), text)

    def resolve(self, text: str, kind: Kind | None = None) -> Value | None:
        """Return the variable that ``{name}`` names, or the text itself as a value of ``kind``."""
        if text.startswith("{") and text.endswith("}"):
            return self.get(text[1:-1])
        return _as_kind(kind or "text", text)

    def holds(self, condition: Condition) -> bool:
        """Return whether a condition holds now."""
        return condition.holds(self.get)

    # -- saying ----------------------------------------------------------------------------------------

    def say(
        self,
        step: Step,
        part: str = "",
        *,
        options: Mapping[str, str] | None = None,
        labels: Sequence[Option] = (),
        request: str | None = None,
        queue: str | None = None,
        template: str | None = None,
    ) -> None:
        """Send a text of a step, with its options beneath; ``template`` names the form that WhatsApp has approved."""
        source = step.texts[part]
        found = self.translate(step.text_id(part), source)
        buttons = (*(self.labels(step, options) if options else ()), *labels)
        # The gaps are counted in the source, so that their order is the same in all languages.
        stand_in = Template(name=template, variables=wording.gaps(self, source, found.language)) if template else None
        self.send(step.text_id(part), found, buttons, request=request, queue=queue, template=stand_in)

    def system(
        self,
        text: str,
        *,
        fallback: str | None = None,
        options: Sequence[Option] = (),
        values: Mapping[str, str] | None = None,
    ) -> None:
        """Send one of the framework's own texts; ``fallback`` is taken where ``text`` is none."""
        name = text if text in self.program.texts or fallback is None else fallback
        self.send(f"streetwork.{name}", self.system_text(name), options, values=values)

    def system_text(self, name: str) -> Translated:
        """Return a text of the framework in the person's language."""
        context, source = self.program.texts[name]
        return self.translate(context, source)

    def filled_text(self, name: str, **values: str) -> str:
        """Return a text of the framework with values in it, as a part of another text."""
        found = self.system_text(name)
        return wording.fill(self, found.text, found.language, values=values)

    def translate(self, context: str, source: str) -> Translated:
        """Return a text in the person's language or the nearest one."""
        return self.program.translator.text(self.language, context, source)

    def send(
        self,
        source: str,
        found: Translated,
        options: Sequence[Option] = (),
        *,
        request: str | None = None,
        queue: str | None = None,
        values: Mapping[str, str] | None = None,
        template: Template | None = None,
    ) -> None:
        """Send a translated text with its values filled in."""
        text = wording.fill(self, found.text, found.language, queue=queue, values=values)
        message = Say(
            text=text,
            options=tuple(options),
            language=found.language,
            request=request if request in {"location", "contact"} else None,  # type: ignore[arg-type]
            template=template,
        )
        self.effects.append(SayText(source=source, message=message, kind=self.kind_of_text, fell_back=found.fell_back))

    @contextmanager
    def speaking(self, kind: DispatchKind) -> Iterator[None]:
        """Send the texts of this block as ``kind``."""
        before, self.kind_of_text = self.kind_of_text, kind
        try:
            yield
        finally:
            self.kind_of_text = before

    def fill(self, text: str) -> str:
        """Return a text for the staff with its values, in the source language; a dash for what is not known."""
        self.for_staff = True
        filled = wording.fill(self, text, self.program.spec.languages.source, missing="–")
        self.for_staff = False
        return filled

    def labels(self, step: Step, options: Mapping[str, str]) -> tuple[Option, ...]:
        """Return the buttons of a step in the person's language."""
        key: tuple[str, ...] = (step.flow, step.id, self.language)
        if options is not step.options:
            key = (*key, *options, *options.values())
        found = self.program.buttons.get(key)
        if found is None:
            found = self.program.buttons[key] = tuple(
                Option(token=option_token(step.flow, step.id, option), label=self.label(step, part))
                for option, part in options.items()
            )
        return found

    def label(self, step: Step, part: str) -> str:
        """Return one label: a part of the step's texts, or ``=id`` for a text of the framework."""
        if part.startswith("="):
            return self.system_text(part[1:]).text
        return self.translate(step.text_id(part), step.texts[part]).text

    def command_options(self, *commands: str) -> tuple[Option, ...]:
        """Return buttons for commands that the bot has; their labels are texts of the framework."""
        key = ("", "commands", self.language, *commands)
        found = self.program.buttons.get(key)
        if found is None:
            found = self.program.buttons[key] = tuple(
                Option(token=option_token("", "commands", name), label=self.system_text(name).text)
                for name in commands
                if name in self.program.commands
            )
        return found

    @contextmanager
    def in_language(self, language: str) -> Iterator[None]:
        """Speak another language in this block; what the person chose stays."""
        before, self.state.language = self.state.language, language
        try:
            yield
        finally:
            self.state.language = before

    def language_options(self, step: Step) -> tuple[Option, ...]:
        """Return a button for each language, by its own name."""
        return tuple(
            Option(token=option_token(step.flow, step.id, tag), label=NATIVE_NAMES.get(tag, tag))
            for tag in self.program.languages
        )

    def choose_language(self, language: str) -> None:
        """Take the language the person chose; no guess changes it any more."""
        self.state.language = language
        self.state.language_chosen = True
        self.chose_language = True

    # -- waiting ---------------------------------------------------------------------------------------

    def wait(self, step: Step, *, barrier: bool = True, **data: str) -> None:
        """Open a question at this step and set its first reminder; without ``barrier`` ``back`` still leads away."""
        self.state.waits += 1
        self.frame.wait = Wait(n=self.state.waits, opened=self.env.now, data=data, verb=step.verb.name)
        if barrier and step.verb.barrier:
            self.state.trail.clear()
        self.set_reminder(step, 0)

    def set_reminder(self, step: Step, index: int) -> None:
        """Set the timer of the reminder ``index`` of the open question, or cancel the timer after the last."""
        wait = self.frame.wait
        timeouts = step.verb.reminders(step, self)
        if wait is not None and index < len(timeouts):
            at = wait.opened + timeouts[index].after
            self.effects.append(SetTimer(timer=Timer(name=WAIT_TIMER, at=at, data=f"{wait.n}:{index}")))
        else:
            self.effects.append(CancelTimer(name=WAIT_TIMER))

    def close_wait(self) -> None:
        """End the open question of the frame at work and its timer."""
        if self.state.frames and self.frame.wait is not None:
            self.frame.wait = None
            self.effects.append(CancelTimer(name=WAIT_TIMER))

    def tried(self) -> int:
        """Count one more answer that did not fit, and return how many there were."""
        wait = self.frame.wait
        if wait is None:
            return 0
        wait.tries += 1
        return wait.tries

    def remember(self, step: Step) -> None:
        """Leave a crumb: ``back`` returns to this question."""
        if step.verb.barrier:
            return
        crumb = Crumb(flow=step.flow, step=step.id, depth=len(self.state.frames))
        self.state.trail = [*self.state.trail, crumb][-TRAIL_LENGTH:]

    # -- the world outside -----------------------------------------------------------------------------

    def hand_over(self, queue: str, *, urgency: str, note: str, topic: str = "") -> None:
        """Ask for a human."""
        self.effects.append(HandOver(queue=queue, urgency=urgency, note=note, topic=topic))

    def queue_open(self, queue: str) -> bool:
        """Return whether somebody is at the desk of this queue by its hours."""
        return self.program.queues[queue].hours_for(self.language).is_open(self.env.now)

    def queue_facts(self, queue: str) -> QueueFacts:
        """Return how a queue stands for this person. Raises :class:`NeedsQueue` when nobody has looked yet."""
        found = self.env.queues.get((queue, self.language))
        if found is None:
            raise NeedsQueue(queue, self.language)
        return found

    def wait_phrase(self, queue: str) -> str:
        """Return by when somebody reads, as ``{queue.wait}`` says it."""
        return wait_phrase(self, queue, self.language)

    def call(self, name: str, arguments: Mapping[str, str], time_limit: Millis) -> CallId:
        """Ask for an outside call and return its id."""
        number = sum(isinstance(effect, CallOut) for effect in self.effects)
        call_id = CallId(f"{self.env.prefix}/call{number}")
        self.effects.append(CallOut(call=Call(id=call_id, name=name, args=dict(arguments), timeout=time_limit)))
        return call_id

    def count(self, name: str) -> None:
        """Raise a day counter."""
        self.effects.append(Count(name=name))

    # -- FAQ -------------------------------------------------------------------------------------------

    def search(self, query: str, *, topics: Sequence[str] = (), show: int = 3) -> bool:
        """Answer a typed question from the FAQ, or offer the nearest ``show`` entries; False when nothing fits.

        Raises :class:`NeedsUnderstanding` when it was not obtained yet what the question is taken for.
        """
        return found.search(self, query, topics, show)

    def understand(self, text: str) -> Understood:
        """Return what a typed text is taken for; raises :class:`NeedsUnderstanding` when that was not obtained yet."""
        found = self.env.understood.get((text, self.state.language))
        if found is None:
            raise NeedsUnderstanding(text, self.state.language)
        return found

    def answer_faq(self, entry: str) -> None:
        """Show one FAQ entry, rumour or centre with its source and date."""
        answers.show(self, entry)

    def show_page(self, name: str) -> None:
        """Show the page of the shelf that a button names."""
        answers.show_page(self, read_page(name))
