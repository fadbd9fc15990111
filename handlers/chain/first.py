"""Last link of a first message: say who we are before anything else, then do what the message asks for."""

from __future__ import annotations

from core.messages import Choice, Inbound
from flows import engine
from flows.program import Command, Step
from handlers.chain.button import follow, language_of
from handlers.chain.commands import obey
from handlers.chain.words import command_of, remember_question, typed
from handlers.talk import Talk
from i18n.greetings import small_talk
from i18n.negotiate import recognise

__all__ = ["take"]


def take(talk: Talk, message: Inbound) -> bool:
    """Begin the bot. A chosen language, a wish for a human, a button and a typed question are not lost over it."""
    text = typed(message)
    language = language_of(talk, message) or (recognise(text, talk.program.languages) if text is not None else None)
    if language is not None:
        talk.run.choose_language(language)
    talk.start()
    if language is not None:
        return True
    command, step = command_of(talk, message), engine.open_step(talk.run)
    if command is not None:
        if _leads_on(talk, command, step):
            obey(talk, command)
    elif step is not None and step.verb.name == "language":
        remember_question(talk, message)
    elif isinstance(message.content, Choice):
        follow(talk, message.content)
    elif text is not None and text.strip() and small_talk(text) is None:  # the welcome has greeted already
        talk.run.search(text)
    return True


def _leads_on(talk: Talk, command: Command, step: Step | None) -> bool:
    """Return whether a command leads away from where a new person stands anyway."""
    target = command.goto or command.call
    if target is None:
        return False
    place = talk.program.place(target, "")
    there = talk.program.step(place.flow, place.step)
    if step is None or there is None:
        return there is not None
    return (there.flow, there.id) != (step.flow, step.id) and not there.verb.name == step.verb.name == "language"
