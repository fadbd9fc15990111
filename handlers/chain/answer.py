"""Seventh link: what was typed, sent or shared as an answer to the open question."""

from __future__ import annotations

from core.messages import Inbound, Location, Media, SharedContact, Text
from flows import engine
from flows.verbs import Given
from handlers.chain.words import remember_question
from handlers.talk import Talk

__all__ = ["take"]


def take(talk: Talk, message: Inbound) -> bool:
    """Give the content to the open step; steps that take no free answers leave it to the next link."""
    content = message.content
    if not isinstance(content, Text | Media | Location | SharedContact):
        return False
    step = engine.open_step(talk.run)
    if step is not None and step.verb.name == "language":
        remember_question(talk, message)
    return engine.answer(talk.run, Given(content=content))
