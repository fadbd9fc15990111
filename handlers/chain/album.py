"""A link of its own for files in a row: the first is answered, the rest of a burst is kept without a word."""

from __future__ import annotations

from core.messages import Inbound, Media
from handlers.files import BURST
from handlers.talk import Talk

__all__ = ["take"]


def take(talk: Talk, message: Inbound) -> bool:
    """Take a file without words that follows another one closely; all of them are in the transcript."""
    content = message.content
    if not isinstance(content, Media) or content.caption:
        return False
    return talk.env.now - talk.conversation.told_file < BURST
