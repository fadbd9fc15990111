"""First link: words of danger. Help numbers at once, without a model, without consent, before anything else."""

from __future__ import annotations

from core.messages import Edited, Inbound, Media, Text
from flows import engine
from flows.answers import said_in_danger
from flows.effects import HandOver
from handlers.casework import person_wrote
from handlers.chain.stop import ask_erase
from handlers.talk import Talk

__all__ = ["take"]

#: A union made once: crisis is looked for in everything that arrives.
_WRITTEN = Text | Edited


def take(talk: Talk, message: Inbound) -> bool:
    """Say the numbers and put the message in front of the queue; the open question is repeated, no try is counted.

    While a counsellor has the microphone the numbers are said all the same, and the message goes on to them.
    """
    kind = talk.program.crisis.match(_words(message))
    if kind is None:
        return False
    run = talk.run
    run.count(f"crisis.{kind}")
    talk.mark("crisis", kind=kind)
    with run.speaking("crisis"):
        run.send(f"crisis.{kind}", said_in_danger(run, kind))
    talk.ask_human(HandOver(queue=next(iter(talk.program.queues)), urgency="safety", note=f"crisis: {kind}"))
    if talk.human_speaks:
        return False
    with run.speaking("crisis"):
        run.system("crisis_human")
    person_wrote(talk)
    step = engine.open_step(run)
    if talk.conversation.confirm_erase:
        ask_erase(talk)
    elif step is not None and not step.verb.human:
        engine.repeat(run)
    return True


def _words(message: Inbound) -> str:
    content = message.content
    if isinstance(content, _WRITTEN):
        return content.text
    if isinstance(content, Media):
        return content.caption or ""
    return ""
