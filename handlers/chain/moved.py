"""Link behind the relay: the flows were edited and the step at which this person stood is gone."""

from __future__ import annotations

from core.messages import Choice, Inbound
from flows import engine
from handlers.chain.words import command_of, typed
from handlers.talk import Talk
from i18n.negotiate import recognise

__all__ = ["take"]


def take(talk: Talk, message: Inbound) -> bool:
    """Say so and put the question of the new place. Buttons and words that work everywhere are followed all the same.

    Everything else was meant for the question that is gone: taking it for an answer to the new one could choose
    anything, so only a sure answer of the FAQ is given to it.
    """
    if not engine.displaced(talk.run):
        return False
    talk.tell_moved()
    text = typed(message)
    if isinstance(message.content, Choice) or command_of(talk, message) is not None:
        return False
    if text is not None and recognise(text, talk.program.languages) is not None:
        return False
    if text is not None and text.strip():
        talk.run.search(text, show=0)
    return True
