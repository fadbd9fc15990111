"""What must hold of every open case, looked for in the store itself: ``streetwork store check`` runs it.

The numbers are those of the invariants of the handoff (``docs/architecture.md``). What a turn or the store cannot
break by construction is held by tests alone; here is what a bug, a restored backup or a hand in the data could break.
A finding names a case number and never a person. It reads every open case once, page by page, and of each transcript
the newest :data:`_LINES` lines; it can run while the bot works.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from core.errors import StoreCorrupt
from core.ids import Millis
from core.ports import Store
from core.records import Line, Marked, Noted, Snapshot
from handoff.accounts import Account, list_accounts
from handoff.case import OPEN, Case
from handoff.conversation import Conversation, labels, load

__all__ = ["LATE", "violations"]

#: Something that should have happened by itself may be this late: a worker was away, or the look around comes soon.
LATE: Millis = 15 * 60_000
_PAGE = 200
_LINES = 500
#: An offer lives for a day, see ``handlers.casework``.
_OFFER: Millis = 24 * 3_600_000
#: Marks with which a case leaves somebody's hands. A parked case that wakes may stay in them.
_LEAVES = frozenset({"released", "owner_gone", "woken", "closed", "returned", "left"})


async def violations(store: Store, now: Millis) -> list[str]:
    """Return one sentence for each breach; an empty list when all is well."""
    accounts = {account.id: account for account in await list_accounts(store, now)}
    found: list[str] = []
    seen: dict[str, str] = {}
    async for lines, snapshot in _open(store):
        try:
            state = load(snapshot.state)
        except StoreCorrupt:
            found.append(f"the state of conversation {snapshot.conversation[:8]} cannot be read")
            continue
        case = state.case
        if case is None:
            found.append(f"I1: conversation {snapshot.conversation[:8]} stands in a list of open cases and has none")
            continue
        other = seen.setdefault(case.number, snapshot.conversation)
        if other != snapshot.conversation:
            found.append(f"I1: {case.number} is the number of two open cases")
        found += [f"{what} ({case.number})" for what in _of_case(case, accounts, now)]
        found += [f"{what} ({case.number})" for what in _of_store(case, state, snapshot)]
        found += [f"{what} ({case.number})" for what in _of_lines(case, lines)]
    return found


def _of_case(case: Case, accounts: dict[str, Account], now: Millis) -> Iterator[str]:
    if not case.open:
        yield "I1: a case that is over is kept as the open one"
    if case.held != (case.owner is not None):
        yield f"I2: it is {case.state} and has {'no owner' if case.owner is None else 'an owner'}"
    owner = accounts.get(case.owner or "")
    gone = case.owner is not None and (owner is None or owner.disabled)
    if gone and now - max(case.touched, case.claimed or 0) > LATE:
        yield "I12: its owner's account is gone or locked, and nobody is responsible"
    if case.state == "handing_over" and (case.offered_to is None) == (case.offered_queue is None):
        yield "I12: it is handed over to nobody"
    if case.pending and case.pending[0].until + LATE < now:
        yield "I7: a reply that was to go out after five seconds is still here"
    if case.state == "parked" and case.parked_until is not None and case.parked_until + LATE < now:
        yield "I12: it is parked beyond its time"
    if case.state == "handing_over" and (case.offered or 0) + _OFFER + LATE < now:
        yield "I12: it is offered for more than a day"


def _of_store(case: Case, state: Conversation, snapshot: Snapshot) -> Iterator[str]:
    if set(snapshot.labels) != set(labels(state)):
        yield "I5: the lists of the desk do not show it where it belongs"
    if case.state != "intake" and snapshot.expires is not None:
        yield "I12: it would be erased while somebody waits"


def _of_lines(case: Case, lines: list[Line]) -> Iterator[str]:
    """Look at the marks of this case: each claim from a free case, each change with a version of its own."""
    claimed, version = False, 0
    for line in lines:
        body = line.entry.body
        if isinstance(body, Noted) and (line.entry.dispatch is not None or line.delivery is not None):
            yield "I8: a note of the team is on its way to the person"
        if not isinstance(body, Marked) or body.detail.get("case") != case.number:
            continue
        if body.kind == "claimed":
            if claimed:
                yield "I3: it was claimed twice without being free in between"
            claimed = True
        elif body.kind in _LEAVES:
            claimed = False
        written = body.detail.get("version", "")
        if written.isdecimal():
            if int(written) <= version:
                yield f"I13: the mark “{body.kind}” has the version of an earlier one"
            version = int(written)
    if version > case.version:
        yield "I13: its marks are newer than the case"


async def _open(store: Store) -> AsyncIterator[tuple[list[Line], Snapshot]]:
    """Yield every conversation under the label of an open state, with its newest lines.

    The lines are read first: a turn in between makes the case newer than its marks, never the other way round.
    """
    for state in OPEN:
        after = None
        while True:
            hits = await store.find(state, _PAGE, after)
            for hit in hits:
                lines = await store.transcript(hit.conversation, -_LINES, _LINES)
                snapshot = await store.snapshot(hit.conversation)
                # What moved between the two reads is looked at under its new state, or is over.
                if snapshot is not None and any(label.name == state for label in snapshot.labels):
                    yield lines, snapshot
            if len(hits) < _PAGE:
                break
            after = hits[-1]
