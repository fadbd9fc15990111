"""Withdrawing consent: no human of the team opens the conversation any more; the program goes on.

An open case ends with the outcome ``withdrawn``, and its owner sees that it did and why. What was said before was
read lawfully (GDPR Art. 7(3)) and stays sealed until it is erased like a conversation without a case; the desk does
not open it again, and the person is told how to have it erased at once.
"""

from __future__ import annotations

from core.ids import Millis
from flows import consent, engine
from handlers.casework import happen
from handlers.talk import Talk
from handoff.case import WITHDRAWN
from handoff.cases import Left

__all__ = ["withdraw"]

_DAY: Millis = 86_400_000


def withdraw(talk: Talk) -> None:
    """Carry out the wish. Also ends a case that needed no consent (danger): the person has the last word."""
    held = consent.withdraw(talk.run)
    if talk.case is None:
        if held:
            _tell(talk)
        else:
            talk.notice("consent_none")
        talk.repeat_or_home()
        return
    happen(talk, Left(outcome=WITHDRAWN))
    _tell(talk)
    if not talk.conversation.flow.frames and talk.conversation.flow.waits == 0:
        talk.start()  # danger came first: they were never told who we are
    else:
        engine.case_over(talk.run)


def _tell(talk: Talk) -> None:
    keep = talk.program.spec.defaults.keep_without_case
    talk.notice("consent_withdrawn", keep=str(keep // _DAY))
