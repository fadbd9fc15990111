"""Which buttons lead nowhere any more: those of a question that was answered and cannot be opened again."""

from __future__ import annotations

from core.events import Event, Received
from core.messages import Choice
from flows.program import Program, Step
from handoff.conversation import load

__all__ = ["spent_message"]


def spent_message(program: Program, event: Event, before: bytes | None, after: bytes) -> str | None:
    """Return the provider's id of the message whose buttons are worth taking away after this event; None for none.

    ``before`` and ``after`` are the states between which the event lies: a question whose wait outlived it is open.
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
    if step.verb.reentrant or _waits(before, step) & _waits(after, step):
        return None
    return content.of


def _waits(state: bytes | None, step: Step) -> set[int]:
    """Return the numbers of the waits at a step; asked anew, it has another one."""
    frames = load(state).flow.frames
    return {frame.wait.n for frame in frames if frame.wait and (frame.flow, frame.step) == (step.flow, step.id)}
