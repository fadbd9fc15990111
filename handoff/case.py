"""One case: a period of human help in one conversation. The record, and what can be told from it alone.

What may happen to it is the table in :mod:`handoff.cases`.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from core.events import ParkReason
from core.ids import Millis
from core.messages import SendMedia

__all__ = [
    "HELD",
    "OPEN",
    "URGENCIES",
    "WITHDRAWN",
    "Case",
    "CaseState",
    "Microphone",
    "Pending",
    "Urgency",
    "microphone",
]

#: ``erased`` is never stored: with the case goes everything about the person.
CaseState = Literal["intake", "waiting", "active", "parked", "handing_over", "closed", "erased"]
#: Outcome of a case that ended because the person withdrew their consent: the desk never opens it again.
WITHDRAWN: Literal["withdrawn"] = "withdrawn"
#: In the order of the queue: safety first, then whatever a clock runs on, then people who come back.
Urgency = Literal["safety", "clock", "returning", "normal"]
URGENCIES: tuple[Urgency, ...] = ("safety", "clock", "returning", "normal")
#: Who speaks: exactly one of them, at every moment.
Microphone = Literal["bot", "queue", "counsellor"]

#: States in which somebody still has to do something, and those in which a counsellor owns the case.
OPEN: tuple[CaseState, ...] = ("intake", "waiting", "active", "parked", "handing_over")
HELD: tuple[CaseState, ...] = ("active", "parked", "handing_over")

_MICROPHONES: dict[CaseState, Microphone] = {
    "intake": "bot",
    "waiting": "queue",
    "active": "counsellor",
    "parked": "counsellor",
    "handing_over": "counsellor",
    "closed": "bot",
    "erased": "bot",
}


def microphone(state: CaseState) -> Microphone:
    """Return who speaks in a state. While the queue has the microphone, the bot still serves."""
    return _MICROPHONES[state]


class Pending(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A reply that goes out at ``until`` and can be taken back before."""

    id: str
    text: str
    actor: str
    at: Millis
    until: Millis
    #: A file instead; ``text`` stands beneath it.
    file: SendMedia | None = None


class Case(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One case. ``number`` is what people say aloud and what the audit log names; it points at nobody."""

    number: str
    state: CaseState
    queue: str
    #: Of the person: a hard filter for who can claim.
    language: str
    urgency: Urgency
    #: When the person first asked; keeps its age when a case goes back into the queue.
    since: Millis
    #: Raised by every change; an action on an older view is refused.
    #: When it last came into the queue: ``since``, until somebody had it in hand.
    queued: Millis = 0
    version: int = 1
    owner: str | None = None
    claimed: Millis | None = None
    closed: Millis | None = None
    outcome: str | None = None
    #: The note the flow wrote for the counsellor.
    note: str = ""
    #: One of the bot's topics; empty while nobody said what it is about.
    topic: str = ""
    #: Transcript line (seq is not known in a turn, so its time) from which the case reads.
    from_at: Millis = 0
    #: From here the bot's part of the story begins, which the handover card sums up; 0: from the first line.
    bot_from: Millis = 0
    #: The person wrote last, so it is our turn.
    ours: bool = True
    #: When the counsellor or the person last wrote.
    touched: Millis = 0
    #: Since when the person waits for a word of ours; 0 while it is their turn.
    unanswered: Millis = 0

    # -- the clock: what makes a waiting case urgent by itself ------------------------------------------------
    #: From this moment on it ranks among those a clock runs on; None: never.
    due: Millis | None = None
    #: Free replies reach the person until then; None where the messenger knows no such limit.
    window_until: Millis | None = None
    #: YYYY-MM-DD: until when the person must have done something.
    deadline: str | None = None
    #: The person was told that they hear from us at this time.
    promised: Millis | None = None

    # -- parked, offered, back in the queue -------------------------------------------------------------------
    parked_until: Millis | None = None
    park_reason: ParkReason | None = None
    #: Offered to this account, or to everybody of this queue, since ``offered``.
    offered_to: str | None = None
    offered_queue: str | None = None
    offered: Millis | None = None
    #: This account sees the waiting case before the others do, until then.
    affinity: str | None = None
    affinity_until: Millis = 0
    #: It was in somebody's hands before: among equals it goes first.
    back: bool = False

    #: The case before this one, of the same person.
    earlier: str | None = None
    #: How many cases this person had before.
    earlier_count: int = 0
    #: In intake: they were silent before the last question, whether a human may read along. That one waits for them.
    led: bool = False
    #: Replies that have not gone out yet, in the order in which they were written.
    pending: tuple[Pending, ...] = ()
    #: How many people are before this one, as the person was last told; None: not told.
    told_before: int | None = None
    #: By when they were told that they hear from somebody, when that was, and when it was looked at last.
    told_wait: Millis | None = None
    told_at: Millis = 0
    looked_at: Millis = 0
    #: Name under which a human spoke to the person: the owner's, as they were told.
    counsellor: str = ""

    @property
    def open(self) -> bool:
        """Return whether somebody still has to do something."""
        return self.state in OPEN

    @property
    def held(self) -> bool:
        """Return whether a counsellor is responsible, so that the bot is silent."""
        return self.state in HELD
