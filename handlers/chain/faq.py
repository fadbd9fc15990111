"""Eighth link: a question in the person's own words, wherever no answer was expected."""

from __future__ import annotations

from core.messages import Inbound
from handlers.chain.words import typed
from handlers.talk import Talk

__all__ = ["take"]


def take(talk: Talk, message: Inbound) -> bool:
    """Answer from the FAQ or offer the nearest entries; to somebody who waits for a human only a sure answer."""
    text = typed(message)
    if text is None or not text.strip():
        return False
    return talk.run.search(text, show=0 if talk.case is not None else 3)
