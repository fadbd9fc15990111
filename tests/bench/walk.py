"""The walk that both sides of a comparison make: what a person does, step by step, and what the shipped bot answers.

The shipped bot is asked once how it answers (:func:`script_of`); a peer gets the same texts and button labels as data,
so that both sides say the same words in the same number of messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from core.capabilities import CAPABILITIES, Capabilities
from core.events import Received
from core.messages import Choice, Content, Inbound, Say, Start, Text
from core.records import Wrote
from flows.loader import load
from flows.program import Program, option_token
from handlers.simulator import Simulator
from tests.bench.report import fail

__all__ = ["CLICKS", "NOW", "TYPED", "Act", "bot", "event_of", "script_of"]

#: A Monday at ten in Berlin: the queue is open.
NOW = int(datetime(2026, 11, 23, 9, 0, tzinfo=UTC).timestamp() * 1000)
TODAY = date(2026, 11, 23)
ROOT = Path(__file__).resolve().parents[2]
QUESTION = "What is a mini-job?"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a person does: ``press`` names flow.step.option of a button, ``say`` is typed; neither: the start."""

    press: str = ""
    say: str = ""


#: Mostly buttons, as people in a messenger do: language, menus, two FAQ answers, one free text, the way to a human.
CLICKS = (
    Act(),
    Act(press="welcome.language.{language}"),
    Act(press="main.menu.work"),
    Act(press="work.menu.questions"),
    Act(say=QUESTION),
    Act(press="work.questions.helped"),
    Act(press="goodbye.more.menu"),
    Act(press="main.menu.housing"),
    Act(press="..first_faq"),
    Act(press="housing.questions.helped"),
    Act(press="goodbye.more.human"),
    Act(press="human.begin.work"),
    Act(say="10999"),
    Act(press="human.queue.yes"),
)
#: The same kind of talk, typed: no button needs an answer of its own, so that a turn costs both sides one call a reply.
TYPED = (
    Act(),
    Act(say="English"),
    Act(say="Work and wages"),
    Act(say="Question about work"),
    Act(say=QUESTION),
    Act(say="menu"),
    Act(say="Housing and rent"),
    Act(say="menu"),
)


def bot(folder: Path = ROOT / "flows" / "berlin") -> Program:
    """Return the shipped bot."""
    loaded = load(folder, today=TODAY)
    if loaded.program is None:
        fail("\n".join(f.message for f in loaded.findings if f.level == "error"))
    assert loaded.program is not None
    loaded.program.faq.warm()
    return loaded.program


def content_of(act: Act, program: Program, language: str = "en") -> Content:
    """Return what the channel would bring in."""
    if act.say:
        return Text(text=act.say)
    if not act.press:
        return Start()
    if act.press == "..first_faq":
        return Choice(token=_first_faq(program, "housing"))
    flow, step, option = act.press.format(language=language).split(".")
    return Choice(token=option_token(flow, step, option))


def event_of(act: Act, program: Program, language: str = "en") -> Received:
    """Return the event of one act."""
    return Received(message=Inbound(content=content_of(act, program, language)))


def _first_faq(program: Program, topic: str) -> str:
    entry = next(entry for entry, found in program.faq_topics.items() if found == topic)
    return option_token("", "faq", entry)


def script_of(
    program: Program, acts: tuple[Act, ...], capabilities: Capabilities = CAPABILITIES["telegram"], language: str = "en"
) -> list[dict[str, Any]]:
    """Return for each act what is done (``say``: the typed text or the label) and the messages it is answered with."""
    talk = Simulator(program, capabilities, now=NOW)
    script = []
    for act in acts:
        content = content_of(act, program, language)
        said = content.text if isinstance(content, Text) else ""
        if isinstance(content, Choice):
            said = next((option.label for option in talk.options if option.token == content.token), "")
            if not said:
                fail(f"the walk does not fit the bot any more: no button {act.press}")
        written = talk.send(content)
        messages = [
            {"text": entry.body.message.text, "buttons": [option.label for option in entry.body.message.options]}
            for entry in written
            if isinstance(entry.body, Wrote) and isinstance(entry.body.message, Say)
        ]
        if not messages:
            fail(f"the walk does not fit the bot any more: no answer to {act}")
        script.append({"say": said, "pressed": isinstance(content, Choice), "replies": messages})
    if talk.conversation.lost:
        fail("the walk does not fit the bot any more: the bot did not understand")
    return script
