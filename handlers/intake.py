"""The time between "I want a human" and the queue, in which a flow asks a few questions that can all be skipped.

A flow with ``intake:`` opens a case that the desk does not show yet. It begins to wait at the flow's handoff step. Who
falls silent is led there; who goes elsewhere on purpose does not want a human any more.
"""

from __future__ import annotations

from msgspec.structs import replace

from flows import engine
from flows.program import Place
from handlers.talk import Talk

__all__ = ["settle", "silent"]


def settle(talk: Talk) -> None:
    """End the intake of somebody who left the questions for another place; nobody had seen that case."""
    case = talk.conversation.case
    if case is None or case.state != "intake":
        return
    flows = (talk.program.flows.get(frame.flow) for frame in talk.conversation.flow.frames)
    if not any(flow is not None and flow.intake is not None for flow in flows):
        talk.conversation.case = None


def silent(talk: Talk) -> None:
    """Lead somebody who does not answer to the handoff: silence never cancels a wish for a human."""
    case = talk.conversation.case
    if case is None or case.state != "intake":
        return
    step = engine.open_step(talk.run)
    if step is not None and step.verb.human:
        # The handoff itself asks whether a human may read along. Without a yes nobody waits; with it, since they asked.
        talk.conversation.case = replace(case, led=True)
        return
    for frame in reversed(talk.conversation.flow.frames):
        flow = talk.program.flows.get(frame.flow)
        if flow is not None and flow.intake is not None:
            handoff = next(step.id for step in flow.steps.values() if step.verb.human)
            engine.begin(talk.run, Place(flow.id, handoff))
            return
    talk.conversation.case = None
