"""Third link: a human. While a counsellor has the microphone, every message is theirs and the bot is silent."""

from __future__ import annotations

from core.messages import Inbound
from handlers.casework import person_wrote
from handlers.talk import Talk

__all__ = ["take"]


def take(talk: Talk, message: Inbound) -> bool:
    """Give the message to the counsellor; while the case waits it joins the case and the chain goes on."""
    person_wrote(talk)
    return talk.human_speaks
