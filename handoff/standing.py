"""How a queue stands, looked up for one turn: places before the person, usual waits, languages of the team, the owner.

A turn is pure, so it asks (:class:`flows.effects.NeedsQueue`) and the worker looks here, off the turn. What is found
may be a moment old when the turn commits; nothing that must be exact rests on it.
"""

from __future__ import annotations

from core.ids import Millis
from core.ports import Store
from flows.effects import QueueFacts
from flows.program import Program, Queue
from handoff.accounts import Account, can, list_accounts
from handoff.case import Case
from handoff.line import Line, log_claim
from handoff.queue import Place, base, place_of
from handoff.roster import get_presence, has_room
from handoff.waiting import add_sample, band_of, typical_minutes

__all__ = ["Standing"]

#: Somebody who is not in the queue yet would stand behind everybody of the class of those who come anew.
_LAST = 4


class Standing:
    """Looks up how queues stand, and keeps what claims teach about them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._line = Line(store)

    async def facts(
        self, program: Program, conversation: str, case: Case | None, queue: str, language: str, now: Millis
    ) -> QueueFacts:
        """Return how ``queue`` stands for this person, whose open case is ``case``."""
        accounts = [account for account in await list_accounts(self._store, now) if _counsels(account)]
        waiting = case if case is not None and case.state == "waiting" else None
        place = place_of(waiting, now, conversation) if waiting else Place(_LAST, now, True, conversation)
        found = program.queues.get(queue)
        return QueueFacts(
            before=await self._line.before(conversation, place, _served_with(accounts, language, program), now),
            minutes=None if found is None else await self._minutes(found, language, waiting, now),
            spoken=_spoken(accounts, program),
            owner_ready=await self._ready(accounts, case, now),
        )

    async def claimed(self, program: Program, case: Case, now: Millis) -> None:
        """Keep what the claim of a waiting case teaches: who was passed, and how long people wait."""
        await log_claim(self._store, case, now)
        queue = program.queues.get(case.queue)
        if queue is None or case.back:
            return  # the wait of a case that was in somebody's hands before is not that of a new person
        hours = queue.hours_for(case.language)
        await add_sample(
            self._store,
            queue=queue.id,
            language=base(case.language),
            band=band_of(case.since, hours.zone),
            minutes=hours.working_time_between(case.since, now).total_seconds() / 60,
            now=now,
        )

    async def _minutes(self, queue: Queue, language: str, waiting: Case | None, now: Millis) -> int | None:
        asked = waiting.since if waiting is not None else now
        band = band_of(asked, queue.hours.zone)
        return await typical_minutes(self._store, queue=queue.id, language=base(language), band=band, now=now)

    async def _ready(self, accounts: list[Account], case: Case | None, now: Millis) -> bool:
        """Return whether the owner of the case can go on with it at once."""
        if case is None or case.owner is None or case.owner not in {account.id for account in accounts}:
            return False
        return await has_room(self._store, await get_presence(self._store, case.owner, now), now)


def _counsels(account: Account) -> bool:
    return can(account, "cases")


def _languages(account: Account, program: Program) -> set[str]:
    """Return the languages of an account; one that names none takes them all."""
    return {base(language) for language in account.languages or program.languages}


def _spoken(accounts: list[Account], program: Program) -> frozenset[str]:
    return frozenset(language for account in accounts for language in _languages(account, program))


def _served_with(accounts: list[Account], language: str, program: Program) -> set[str]:
    """Return the languages that stand in one line with this one: those of everybody who speaks it."""
    found = {base(language)}
    for account in accounts:
        spoken = _languages(account, program)
        found |= spoken if base(language) in spoken else set()
    return found
