"""Which buttons lead nowhere any more: those of a question that was answered and cannot be opened again."""

from __future__ import annotations

from core.events import Event, Received
from core.messages import Choice
from flows.program import Program
from handoff.conversation import load

__all__ = ["spent_message"]


def spent_message(program: Program, event: Event, after: bytes) -> str | None:
    """Return the provider's id of the message whose buttons are worth taking away after this event; None for none.

    ``after`` is the state that the event led to.
    Only a pressed button tells its message. Menus and their like keep their buttons: those of yesterday still work.
    """
    content = event.message.content if isinstance(event, Received) else None
    if not isinstance(content, Choice) or content.of is None:
        return None
    found = program.tokens.get(content.token)
    if found is None or not found[0]:
        return None  # not ours to judge: a page, an answer of the FAQ, a word that works everywhere
    step = program.step(found[0], found[1])
    if step is None:
        return content.of
    asked = any(
        frame.wait is not None and (frame.flow, frame.step) == (step.flow, step.id) for frame in load(after).flow.frames
    )
    return None if asked or step.verb.reentrant else content.of
