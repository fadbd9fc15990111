"""What a flow with ``intake:`` must hold: a queue that is there, a handoff, and few questions that can be skipped."""

from __future__ import annotations

from flows.draft import Draft, FlowDraft, StepDraft
from flows.findings import did_you_mean

__all__ = ["MOST_QUESTIONS", "check_intake"]

#: More than this stands between somebody in need and a human. Handoff reference, principle 1: a person, not a ticket.
MOST_QUESTIONS = 3


def check_intake(draft: Draft, flow: FlowDraft) -> None:
    """Report what is wrong with the intake of a flow."""
    if flow.header is None or flow.header.intake is None:
        return
    queue = flow.header.intake
    span = flow.doc.span(("intake",))
    queues = draft.written("queues")
    if queue not in queues and draft.bot_doc.data is not None:
        flow.doc.add("E203", span, f"there is no queue “{queue}”{did_you_mean(queue, queues)}")
        return
    steps = [step for step in flow.steps.values() if step.verb is not None and step.spec is not None]
    if not any(step.verb is not None and step.verb.name == "handoff" for step in steps):
        flow.doc.add("E306", span, "no step of this flow hands over to a human")
    questions = [step for step in steps if step.verb is not None and step.verb.waits and not step.verb.human]
    if len(questions) > MOST_QUESTIONS:
        flow.doc.add("W304", span, f"{len(questions)} questions stand before a human; {MOST_QUESTIONS} are the most")
    for step in questions:
        if not _can_be_skipped(step):
            place = flow.doc.span(("steps", step.id), key=True)
            flow.doc.add("W305", place, f"nobody gets past “{step.id}” without an answer")


def _can_be_skipped(step: StepDraft) -> bool:
    """Return whether somebody who says nothing, or who does not want to answer, goes on all the same."""
    spec = step.spec
    timeouts = getattr(spec, "timeout", None) or ()
    leads_on = any(timeout.goto for timeout in timeouts)
    words = (
        getattr(spec, "skip", None) or getattr(spec, "other", None) or "skip" in (getattr(spec, "options", None) or {})
    )
    return bool(leads_on and words)
