"""Eighth link: somebody writes within seven days after their case was closed, and chooses who shall answer.

Buttons, options, commands and answers to an open question go their way first: only what they did not take brings the
question up, once for each closed case. What was written is not lost over it: it is the first line of the new case, or
the program answers it.
"""

from __future__ import annotations

from core.ids import Millis
from core.messages import Inbound, Option
from flows import consent
from flows.program import option_token
from handlers.chain.commands import obey
from handlers.chain.words import LONGEST_QUESTION, typed
from handlers.talk import Talk
from handoff.cases import Case

__all__ = ["WITHIN", "choose", "take"]

#: So long after its end a case can be gone on with.
WITHIN: Millis = 7 * 86_400_000
#: Endings after which nobody is asked whether they come back to the same human.
_FOR_GOOD = frozenset({"erased", "withdrawn"})


def take(talk: Talk, message: Inbound) -> bool:
    """Ask whether the message is for the counsellor who knows the case, or for the program."""
    conversation = talk.conversation
    case = _last(talk)
    if case is None or conversation.came_back == case.number:
        return False
    conversation.came_back, conversation.came_back_at = case.number, talk.env.now
    conversation.came_back_with = (typed(message) or "")[:LONGEST_QUESTION]
    run = talk.run
    buttons = [
        Option(token=option_token("", "case", way), label=run.system_text(f"come_back_{way}").text)
        for way in ("same", "bot")
    ]
    run.system("come_back", options=buttons, values={"name": case.counsellor or talk.program.spec.team.name})
    return True


def choose(talk: Talk, way: str) -> bool:
    """Carry out the choice; False when it is no longer open."""
    conversation, run = talk.conversation, talk.run
    case, question, since = _last(talk), conversation.came_back_with, conversation.came_back_at
    conversation.came_back_with, conversation.came_back_at = "", 0
    if talk.case is not None or (case is None if way == "same" else not since):
        return False
    if case is not None and way == "same" and consent.needed(run, "returning"):
        obey(talk, talk.program.commands["human"])  # the way that asks first: they withdrew it, or the text has changed
    elif case is not None and way == "same":
        talk.come_back(case, since or talk.env.now)
        run.asked_human = talk.env.now
        with run.speaking("notice"):
            run.system(
                "waiting_again",
                values={"wait": run.wait_phrase(case.queue)},
                options=run.command_options("how_long", "stop_waiting"),
            )
    elif not question or not run.search(question):
        talk.repeat_or_home()
        if talk.said is None:
            run.system("not_waiting")  # the flows are at a pause, and a press wants an answer
    return True


def _last(talk: Talk) -> Case | None:
    """Return the case that can be gone on with: closed a short time ago, and somebody had it."""
    case = talk.conversation.earlier
    if talk.case is not None or case is None or case.owner is None or case.outcome in _FOR_GOOD:
        return None
    if case.queue not in talk.program.queues or talk.env.now - (case.closed or 0) > WITHIN:
        return None
    return case
