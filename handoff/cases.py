"""The life of a case as a table, free of IO.

    INTAKE -> WAITING -> ACTIVE <-> PARKED, HANDING_OVER -> CLOSED -> ERASED

A case is one period of human help in one conversation. In INTAKE the bot still asks, in WAITING the queue has the
microphone and the bot still serves; from then on the owner has it and the bot is silent. :data:`TABLE` names for
each state and event where it leads, who may do it, what is noted, what the person is told, and its further effects.
``docs/desk.md`` draws it from here. What is not in the table is refused, with a code that the desk explains.

Each change of the microphone raises the conversation's epoch, so that bot output of an older epoch is dropped on its
way out. All events of a conversation pass through its mailbox one at a time: two claims can race, but only the first
finds the case WAITING.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from core.errors import Refused
from core.events import (
    SYSTEM,
    AcceptTransfer,
    Claim,
    Close,
    DeclineTransfer,
    EraseContact,
    ExportContact,
    OwnerGone,
    Park,
    Release,
    Reopen,
    Reply,
    ReturnToBot,
    SetDeadline,
    SetTopic,
    TakeBack,
    Transfer,
    Wake,
    WithdrawTransfer,
    WriteNote,
)
from core.ids import Millis
from handoff.case import HELD, OPEN, URGENCIES, WITHDRAWN, Case, CaseState, Microphone, Pending, Urgency, microphone
from handoff.happenings import Happening, IntakeOver, Left, OfferLapsed, ParkOver, PersonWrote, Urged, change

__all__ = [
    "HELD",
    "OPEN",
    "STARTS",
    "TABLE",
    "URGENCIES",
    "Case",
    "CaseState",
    "Effect",
    "Facts",
    "Happening",
    "IntakeOver",
    "Left",
    "Microphone",
    "OfferLapsed",
    "ParkOver",
    "Pending",
    "PersonWrote",
    "Step",
    "Urged",
    "Urgency",
    "act",
    "microphone",
    "open_case",
    "reopen",
    "step",
]

Who = Literal["anybody", "owner", "offered", "person", "clock", "system"]
#: ``epoch``: the microphone goes to somebody else, bot output under way is dropped. ``send``: replies that wait to be
#: taken back go out first. ``drop``: they never go out. ``quiet``: the bot's reminders end. ``resume``: the clock of
#: the flow runs again. ``bot``: the flow goes on behind the case. ``forget``: everything about the person is erased.
Effect = Literal["epoch", "send", "drop", "quiet", "resume", "bot", "forget"]


class Step(Struct, frozen=True, kw_only=True):
    """One line of the table."""

    to: CaseState
    who: Who
    #: Kind of the transcript's mark; empty where the line itself tells it.
    mark: str = ""
    #: Text of the framework that the person gets; empty: none.
    notice: str = ""
    effects: tuple[Effect, ...] = ()
    #: What holds instead while the owner is not at the desk, or has no room.
    otherwise: Step | None = None


class Facts(Struct, frozen=True, kw_only=True):
    """What the table must know of the world outside the case."""

    #: The owner is at the desk and has room for one more case that is ours to answer.
    owner_ready: bool = True
    #: Until when an earlier counsellor sees a case first that waits again.
    affinity_until: Millis = 0


def _same(state: CaseState, who: Who, mark: str = "", *effects: Effect) -> Step:
    return Step(to=state, who=who, mark=mark, effects=effects)


#: How a case begins: what leads there, and the state.
STARTS: tuple[tuple[str, CaseState], ...] = (
    ("asks for a human, questions first", "intake"),
    ("asks for a human", "waiting"),
    ("words of danger", "waiting"),
    ("comes back to the same counsellor within 7 days", "waiting"),
    ("Reopen", "active"),
)

_WAITING = Step(to="waiting", who="owner", effects=("send", "epoch", "resume"))
_CLOSED = Step(to="closed", who="owner", effects=("send", "epoch", "bot"))
_LEFT = Step(to="closed", who="person", mark="left", effects=("send", "epoch"))
_ERASED = Step(to="erased", who="anybody", notice="erased", effects=("drop", "epoch", "forget"))
_WOKEN = Step(
    to="active",
    who="clock",
    mark="woken",
    otherwise=Step(to="waiting", who="clock", mark="woken", notice="woken_waiting", effects=("epoch", "resume")),
)

TABLE: dict[tuple[CaseState, type[Struct]], Step] = {
    ("intake", IntakeOver): Step(to="waiting", who="clock", mark="waiting"),
    ("intake", Left): _LEFT,
    ("waiting", Claim): Step(to="active", who="anybody", mark="claimed", notice="claimed", effects=("epoch", "quiet")),
    ("waiting", Left): _LEFT,
    ("active", Park): Step(to="parked", who="owner", mark="parked", effects=("send",)),
    ("active", Transfer): Step(to="handing_over", who="owner", mark="offered", effects=("send",)),
    ("active", OwnerGone): replace(_WAITING, who="system", mark="owner_gone", notice="released"),
    ("parked", Park): _same("parked", "owner", "parked", "send"),
    ("parked", Wake): _same("active", "owner", "woken"),
    ("parked", ParkOver): _WOKEN,
    ("parked", PersonWrote): _WOKEN,
    ("parked", Transfer): Step(to="handing_over", who="owner", mark="offered", effects=("send",)),
    ("parked", OwnerGone): replace(_WAITING, who="system", mark="owner_gone", notice="released"),
    ("handing_over", AcceptTransfer): Step(
        to="active", who="offered", mark="accepted", notice="handed_over", effects=("send", "epoch")
    ),
    ("handing_over", DeclineTransfer): _same("active", "offered", "declined"),
    ("handing_over", WithdrawTransfer): _same("active", "owner", "withdrawn"),
    ("handing_over", OfferLapsed): _same("active", "clock", "offer_lapsed"),
    ("handing_over", OwnerGone): replace(_WAITING, who="system", mark="owner_gone", notice="released"),
}
for _state in HELD:
    TABLE[_state, Release] = replace(_WAITING, mark="released", notice="released")
    TABLE[_state, Close] = replace(_CLOSED, mark="closed", notice="closed")
    TABLE[_state, ReturnToBot] = replace(_CLOSED, mark="returned", notice="returned")
    TABLE[_state, Left] = _LEFT
    TABLE[_state, Reply] = _same(_state, "owner")
    TABLE[_state, TakeBack] = _same(_state, "owner")
    TABLE[_state, SetDeadline] = _same(_state, "owner", "deadline")
for _state in OPEN:
    if _state != "parked":
        TABLE[_state, PersonWrote] = _same(_state, "person")
    TABLE[_state, Urged] = _same("waiting" if _state == "intake" else _state, "person", "urgent")
    TABLE[_state, WriteNote] = _same(_state, "anybody")
    TABLE[_state, SetTopic] = _same(_state, "anybody", "topic")
    TABLE[_state, EraseContact] = _ERASED
    TABLE[_state, ExportContact] = _same(_state, "anybody", "export")


def open_case(
    *,
    number: str,
    queue: str,
    language: str,
    urgency: Urgency,
    note: str,
    now: Millis,
    intake: bool = False,
    earlier: Case | None = None,
) -> Case:
    """Return a new case that waits, or that the bot still asks about; ``earlier`` is the person's last one."""
    return Case(
        number=number,
        state="intake" if intake and urgency != "safety" else "waiting",
        queue=queue,
        language=language,
        urgency=urgency,
        since=now,
        queued=now,
        note=note,
        from_at=now,
        touched=now,
        unanswered=now,
        earlier=earlier.number if earlier else None,
        earlier_count=earlier.earlier_count + 1 if earlier else 0,
    )


def reopen(earlier: Case | None, *, number: str, actor: str, now: Millis) -> Case:
    """Return a new case behind a closed one, in the actor's hands.

    Raises ``Refused("no_case")``, also where the person took their consent back.
    """
    if earlier is None or earlier.outcome == WITHDRAWN:
        raise Refused("no_case")
    case = open_case(
        number=number,
        queue=earlier.queue,
        language=earlier.language,
        urgency="returning",
        note=earlier.note,
        now=now,
        earlier=earlier,
    )
    return replace(case, state="active", owner=actor, claimed=now, ours=False, unanswered=0, topic=earlier.topic)


def act(
    case: Case | None,
    event: Happening,
    actor: str,
    now: Millis,
    seen_version: int | None = None,
    facts: Facts = Facts(),  # noqa: B008 # frozen
) -> Case:
    """Return the case after ``event``; see :func:`step`."""
    return step(case, event, actor, now, seen_version, facts)[0]


def step(
    case: Case | None,
    event: Happening,
    actor: str,
    now: Millis,
    seen_version: int | None = None,
    facts: Facts = Facts(),  # noqa: B008 # frozen
) -> tuple[Case, Step]:
    """Return the case after ``event`` and the line of the table; raises :class:`core.errors.Refused`.

    Codes: ``no_case`` (nothing is open), ``taken`` and ``not_owner`` (another owner, named in the detail),
    ``already_yours``, ``not_claimed``, ``not_parked``, ``not_offered``, ``not_for_you``, ``handing_over`` (first
    withdraw the offer), ``stale`` (the owner ends the case on a view older than it: the person may have written
    since), ``past``, ``no_note``, ``no_such_colleague``, ``empty``, ``too_late``, ``open_already``. A waiting case can
    be claimed on any view of it: nothing that changes there is lost.
    """
    if case is None or not case.open:
        raise Refused("no_case")
    line = TABLE.get((case.state, type(event)))
    if line is None:
        raise _refusal(case, event, actor)
    if line.who == "owner" and case.owner != actor:
        raise Refused("not_owner", owner=case.owner or "")
    if line.who == "offered" and not _offered(case, actor):
        raise Refused("not_for_you")
    if line.who == "system" and actor != SYSTEM:
        raise Refused("not_owner", owner=case.owner or "")
    if isinstance(event, Close | ReturnToBot) and seen_version is not None and seen_version < case.version:
        raise Refused("stale")
    if line.otherwise is not None and not facts.owner_ready:
        line = line.otherwise
    changed = change(case, event, actor, now)
    if line.to != case.state:
        changed = _moved(case, changed, line.to, now, facts)
    if "send" in line.effects or "drop" in line.effects:
        changed = replace(changed, pending=())
    same = changed == case and isinstance(event, Urged | ExportContact)
    return (changed if same else replace(changed, version=case.version + 1)), line


def _refusal(case: Case, event: Happening, actor: str) -> Refused:
    """Say why an event has no line in the table."""
    match event:
        case Reopen():
            return Refused("open_already")
        case Claim() if case.held:
            return Refused("already_yours" if case.owner == actor else "taken", owner=case.owner or "",
                           at=str(case.claimed or 0))  # fmt: skip
        case AcceptTransfer() | DeclineTransfer() | WithdrawTransfer():
            return Refused("not_offered")
        case _ if not case.held:
            return Refused("no_case" if isinstance(event, Claim) else "not_claimed")
        case _ if case.owner != actor:
            return Refused("not_owner", owner=case.owner or "")
        case Park() | Transfer():
            return Refused("handing_over")
        case _:
            return Refused("not_parked")


def _offered(case: Case, actor: str) -> bool:
    """Return whether the offer is for this account; what is offered to a queue anybody but the owner may take."""
    return case.offered_to == actor if case.offered_to is not None else case.owner != actor


def _moved(case: Case, changed: Case, to: CaseState, now: Millis, facts: Facts) -> Case:
    """Return the case in its new state, without what belonged to the old one."""
    moved = replace(
        changed,
        state=to,
        parked_until=changed.parked_until if to == "parked" else None,
        park_reason=changed.park_reason if to == "parked" else None,
    )
    if to != "handing_over":
        moved = replace(moved, offered_to=None, offered_queue=None, offered=None)
    match to:
        case "waiting" if case.held:
            # Woken while the owner is not there: they see it first. Given back or left behind: everybody does.
            kept = case.owner if case.state == "parked" and facts.affinity_until > now else None
            moved = replace(moved, owner=None, claimed=None, back=True, queued=now, affinity=kept)
            return replace(moved, affinity_until=facts.affinity_until if kept else 0)
        case "active":
            return replace(moved, affinity=None, affinity_until=0, promised=None, touched=now)
        case "closed" | "erased":
            return replace(moved, closed=now, ours=False, unanswered=0, touched=now)
        case _:
            return replace(moved, touched=now)
