"""The only way from an account to a conversation. Each condition stands on its own line; denial looks like absence.

Nothing else in the desk reads a snapshot or a transcript. Who may not see a case gets None, exactly as for a case
that never existed, and the audit log gets a line: actor, verb and case number, no content.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from core.ids import ConversationId, Millis
from core.ports import Store
from core.records import Line, Snapshot
from handoff.accounts import Account, can, serves
from handoff.alerts import note_look
from handoff.audit import Audit
from handoff.card import consent_state
from handoff.case import WITHDRAWN
from handoff.cases import Case
from handoff.conversation import Conversation, load
from handoff.verbs import CaseVerb

__all__ = ["Access", "Grant", "Listed", "Verb", "as_listed", "is_offered", "may", "may_list", "may_reopen"]

#: What an account can want of a case.
Verb = Literal["read"] | CaseVerb
#: What everybody who counsels may do with a case that nobody has.
_UNCLAIMED: frozenset[Verb] = frozenset({"read", "note", "topic"})
#: What somebody may do to whom a case is offered.
_OFFERED: frozenset[Verb] = frozenset({"read", "note", "accept", "decline"})

#: What a lead may do with a case that a colleague owns: look into it and leave a note, never speak in it; and erase or
#: hand out what is kept of a person who asks for it while the owner is away.
_LEADS: frozenset[Verb] = frozenset({"read", "note", "erase", "export"})

#: A window that stays open reads its case again and again; the log wants to know once in this time.
_AGAIN: Millis = 30 * 60 * 1000
_REMEMBERED = 2000

#: The id of no conversation: looked up for a number that leads nowhere, so that the time tells nothing either.
_NOBODY = ConversationId("0" * 32)


class Grant(Struct, frozen=True, kw_only=True):
    """Permission to work with one case, and what was read to decide it."""

    case: Case
    state: Conversation
    snapshot: Snapshot

    @property
    def conversation(self) -> ConversationId:
        """Return the conversation the case lives in."""
        return self.snapshot.conversation


class Listed(Struct, frozen=True, kw_only=True):
    """One row of a list. The case carries its note only where the account may read the case."""

    case: Case
    conversation: ConversationId
    channel: str
    unreachable: bool
    expires: Millis | None = None
    #: ``given``, ``refused``, ``withdrawn``; ``without``: the case was opened by danger or a failure, nobody asked.
    consent: str = ""


def may_list(account: Account, case: Case) -> bool:
    """Return whether the account may know that this case exists, who has it and since when; never its text."""
    if not can(account, "cases"):
        return False
    if case.state == "intake":
        return False  # the bot still asks; nobody was told yet who reads along
    return case.open


def may(account: Account, verb: Verb, case: Case) -> bool:
    """Return whether the account may do this with the case as it stands.

    A claim on a colleague's case passes on purpose: the turn refuses it and names the winner, which the lists show
    to everybody anyway.
    """
    if not case.open:
        return may_reopen(account, case) and verb == "reopen"
    if not may_list(account, case):
        return False
    if verb == "claim":
        return True
    if can(account, "all_cases") and verb in _LEADS:
        return True
    if case.state == "waiting":
        return verb in _UNCLAIMED
    if case.owner == account.id:
        return True
    return is_offered(account, case) and verb in _OFFERED


def is_offered(account: Account, case: Case) -> bool:
    """Return whether a colleague hands this case over to the account, or to everybody of a queue."""
    if case.state != "handing_over" or case.owner == account.id:
        return False
    return case.offered_to == account.id or (case.offered_queue is not None and serves(account, case.offered_queue))


def as_listed(grant: Grant, case: Case | None = None) -> Listed:
    """Return an opened case as a row of a list."""
    return Listed(
        case=case or grant.case,
        conversation=grant.conversation,
        channel=grant.snapshot.address.channel,
        unreachable=grant.state.unreachable,
        expires=grant.snapshot.expires,
        consent=consent_of(grant.state),
    )


def consent_of(state: Conversation) -> str:
    """Return where the person's consent that somebody reads along stands; see :class:`Listed`."""
    return consent_state(state.flow.consents[-1]) if state.flow.consents else "without"


def may_reopen(account: Account, case: Case) -> bool:
    """Return whether the account may take up a case that is over: it had it last, and the person allows it."""
    if case.outcome == WITHDRAWN:
        return False
    return can(account, "cases") and case.owner == account.id


class Access:
    """Opens cases and lists for one account at a time."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit
        self._seen: OrderedDict[tuple[str, ...], Millis] = OrderedDict()

    async def open(self, account: Account, verb: Verb, number: str, now: Millis) -> Grant | None:
        """Return the case with this number if the account may do this with it; None otherwise, whatever the reason."""
        grant = await self._find(number)
        if grant is None:
            await self._note(account, verb, "", "denied", now)
            return None
        if not may(account, verb, grant.case):
            await self._note(account, verb, grant.case.number, "denied", now)
            return None
        await self._note(account, verb, grant.case.number, "ok" if verb == "read" else "asked", now)
        if self._first(("looked", grant.case.number, str(grant.case.queued)), now):
            await note_look(self._store, grant.case, now)
        return grant

    async def listed(self, account: Account, label: str, limit: int) -> list[Listed]:
        """Return the open cases under a label that the account may know of, in the label's order."""
        hits = await self._store.find(label, limit)
        return await self.listed_at(account, [hit.conversation for hit in hits])

    async def listed_at(self, account: Account, conversations: Iterable[str]) -> list[Listed]:
        """Return the open cases of these conversations that the account may know of."""
        found = []
        for conversation in conversations:
            grant = await self._load(ConversationId(conversation))
            if grant is not None and may_list(account, grant.case):
                case = grant.case if may(account, "read", grant.case) else replace(grant.case, note="", deadline=None)
                found.append(as_listed(grant, case))
        return found

    async def open_waiting(self, account: Account, conversation: str) -> Grant | None:
        """Return the waiting case of a conversation among which the queue chooses; see :meth:`chosen`."""
        grant = await self._load(ConversationId(conversation))
        if grant is None or grant.case.state != "waiting" or not may(account, "claim", grant.case):
            return None
        return grant

    async def chosen(self, account: Account, grant: Grant, now: Millis) -> None:
        """Note in the audit log that the account claims the case which the queue chose for it."""
        await self._note(account, "claim", grant.case.number, "asked", now)

    async def moved(self, conversation: ConversationId) -> Case | None:
        """Return the case of a conversation that changed, or its last one; for the hub, which tells only numbers."""
        snapshot = await self._store.snapshot(conversation)
        if snapshot is None:
            return None
        state = load(snapshot.state)
        return state.case or state.earlier

    async def lines(self, grant: Grant, after: int, limit: int) -> list[Line]:
        """Return transcript lines of a case that was opened; see :meth:`core.ports.Store.transcript`."""
        return await self._store.transcript(grant.conversation, after, limit)

    async def _find(self, number: str) -> Grant | None:
        """Return the case with this number, after the same reads whether there is one or not."""
        labels = (f"case:{number}", f"closed:{number}")
        hits = [hit for label in labels for hit in await self._store.find(label, 1)]
        grant = await self._load(hits[0].conversation if hits else _NOBODY, number)
        # Between the reads the case may have been closed and another one opened.
        return grant if grant is not None and grant.case.number == number else None

    async def _load(self, conversation: ConversationId, number: str | None = None) -> Grant | None:
        """Return the open case, or the last closed one if it has this number."""
        snapshot = await self._store.snapshot(conversation)
        if snapshot is None:
            return None
        state = load(snapshot.state)
        case = state.case
        if case is None and state.earlier is not None and state.earlier.number == number:
            case = state.earlier
        return None if case is None else Grant(case=case, state=state, snapshot=snapshot)

    async def _note(self, account: Account, verb: Verb, number: str, result: str, now: Millis) -> None:
        """Write to the audit log; a look, and a refusal of the same thing, once in half an hour."""
        if result != "asked" and not self._first((account.id, verb, number, result), now):
            return
        await self._audit.write(now, actor=account.id, verb=verb, result=result, case=number)

    def _first(self, what: tuple[str, ...], now: Millis) -> bool:
        last = self._seen.get(what)
        if last is not None and now - last < _AGAIN:
            return False
        self._seen[what] = now
        self._seen.move_to_end(what)
        while len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True
