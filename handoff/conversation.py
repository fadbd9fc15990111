"""The whole state of a conversation as the store keeps it: where the flows stand, and the case, if there is one."""

from __future__ import annotations

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from core.errors import StateNewer, StoreCorrupt
from core.ids import Millis
from core.records import Label
from flows.state import State
from flows.unanswered import Unanswered
from handoff.cases import Case
from handoff.queue import claim_rank, queue_labels

__all__ = ["FORMAT", "UNANSWERED", "Conversation", "dump", "labels", "load"]

#: Version of what is written. It rises when an earlier program would lose or misread something by reading and writing
#: the state; a new field with a default that may be forgotten is no reason. See ADR 12.
FORMAT = 1

#: Label of conversations with questions that nothing answered.
UNANSWERED = "unanswered"


class Conversation(Struct, kw_only=True, omit_defaults=True):
    """State of one conversation. Only a turn writes it; the desk reads it."""

    v: int = FORMAT
    flow: State = msgspec.field(default_factory=State)
    case: Case | None = None
    #: The last finished case, so that a returning person can be told from a new one.
    earlier: Case | None = None
    #: The bot was told to be silent until the person writes something other than a stop word.
    stopped: bool = False
    #: The provider said that nothing can be delivered (blocked).
    unreachable: bool = False
    #: Flood control: tokens left, in thousandths, and when they were last filled.
    tokens: int | None = None
    tokens_at: Millis = 0
    #: One polite word per flood is enough.
    warned: bool = False
    #: Waits for the person to confirm that everything shall be erased.
    confirm_erase: bool = False
    #: Tokens of the buttons shown last, in order, so that a typed number can mean one of them.
    shown: list[str] = []
    #: Token of the button "More" shown last; empty when everything was on the page.
    more: str = ""
    #: When the person was last told that they are waiting.
    told_waiting: Millis = 0
    #: When a file was last answered, and when the person was last told that one did not arrive.
    told_file: Millis = 0
    told_lost_file: Millis = 0
    #: When a copy of the person's data was last asked for.
    asked_data: Millis = 0
    #: How many bot turns there were in a row without the person being understood.
    lost: int = 0
    #: Number of the last case of which the person was asked whether they come back to it, and when that was.
    came_back: str = ""
    came_back_at: Millis = 0
    #: What they wrote then; the program answers it if it is the program they want.
    came_back_with: str = ""
    #: A question that was asked before a language was chosen; answered as soon as there is one.
    asked: str = ""
    #: The last questions that nothing answered, where the bot's team keeps them for its editors.
    unanswered: list[Unanswered] = []


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Conversation)


class _Versioned(Struct):
    """All that is read of a state of which nothing else is known."""

    v: int = FORMAT


_versions = msgspec.json.Decoder(_Versioned)


def dump(conversation: Conversation) -> bytes:
    """Return the state as bytes for the store."""
    return _encoder.encode(conversation)


def load(data: bytes | None) -> Conversation:
    """Return the state from the store; a new one for None.

    Raises :class:`StateNewer` for one of a later version, else :class:`StoreCorrupt` when it cannot be read.
    """
    if data is None:
        return Conversation()
    try:
        conversation = _decoder.decode(data)
    except msgspec.DecodeError as error:
        _refuse_newer(_version(data))
        raise StoreCorrupt(f"a conversation's state cannot be read: {error}") from error
    _refuse_newer(conversation.v)
    return _migrated(conversation)


def _version(data: bytes) -> int:
    try:
        return _versions.decode(data).v
    except msgspec.DecodeError:
        return 0


def _refuse_newer(version: int) -> None:
    if version > FORMAT:
        raise StateNewer(
            f"a conversation's state has version {version}, and this program knows {FORMAT}: a process of the version "
            "that wrote it must go on with it, start one"
        )


def _migrated(conversation: Conversation) -> Conversation:
    """Return a state of an earlier release as one of today; it is written at the conversation's next turn.

    Until 0.1 a case knew neither when it came into the queue nor since when the person waits for a word of ours.
    """
    case = conversation.case
    if case is not None and case.open and not case.queued:
        waits = case.unanswered or (case.touched or case.since if case.ours else 0)
        conversation.case = replace(case, queued=case.since, unanswered=waits)
    return conversation


def labels(conversation: Conversation) -> tuple[Label, ...]:
    """Return the marks by which the desk and the metrics find this conversation."""
    case = conversation.case
    newest = max((one.at for one in conversation.unanswered), default=0)
    asked = (Label(name=UNANSWERED, rank=-newest),) if newest else ()
    if case is None or not case.open:
        return (*asked, *_closed_labels(conversation.earlier))
    found = [Label(name=f"case:{case.number}", rank=case.since), Label(name=case.state, rank=claim_rank(case))]
    found += queue_labels(case)
    if case.owner is not None:
        found.append(Label(name=f"owner:{case.owner}", rank=case.touched))
        if case.ours and case.state != "parked":
            found.append(Label(name=f"ours:{case.owner}", rank=case.unanswered))
    if case.offered_to is not None:
        found.append(Label(name=f"offered:{case.offered_to}", rank=case.offered or 0))
    if case.offered_queue is not None:
        found.append(Label(name="offered_queue", rank=case.offered or 0))
    return (*asked, *found)


def _closed_labels(case: Case | None) -> tuple[Label, ...]:
    """Return how the last case is found once it is over: to be taken up again by whom it belonged to."""
    if case is None or case.state == "erased" or case.owner is None:
        return ()
    closed = case.closed or 0
    return (Label(name=f"closed:{case.number}", rank=closed), Label(name=f"had:{case.owner}", rank=-closed))
