"""The chain: who answers a message of a person. The first link that takes it wins; the order is a promise.

Crisis comes before everything and never swallows the message; stop and privacy words always work; a counsellor who
has the microphone hears everything else; then, where an edit of the flows took somebody's step away, that is told; of
files in a row only the first is answered; then buttons, the options of the open question, the words that work
everywhere, the typed answer, whether they come back to their counsellor, the FAQ, and at the end nobody understood. Who
writes for the first time is told who we are before anything but danger, stop and privacy.
"""

from __future__ import annotations

from collections.abc import Callable

from core.messages import Inbound
from handlers.chain import (
    album,
    answer,
    button,
    comeback,
    commands,
    crisis,
    faq,
    first,
    lost,
    moved,
    options,
    relay,
    stop,
)
from handlers.talk import Talk

__all__ = ["CHAIN", "FIRST", "Link"]

#: Returns True when it took the message.
Link = Callable[[Talk, Inbound], bool]

CHAIN: tuple[Link, ...] = (
    crisis.take,
    stop.take,
    relay.take,
    moved.take,
    album.take,
    button.take,
    options.take,
    commands.take,
    answer.take,
    comeback.take,
    faq.take,
    lost.take,
)
FIRST: tuple[Link, ...] = (crisis.take, stop.take, relay.take, first.take)
