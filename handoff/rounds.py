"""A look around the desk, once a minute and in one process: whose counsellor is gone while the person waits?

Theory of operation: the look only reads, and what it finds becomes an event in the conversation's mailbox, as if
somebody had pressed a button (:data:`core.events.SYSTEM`). The turn decides again, so a counsellor who came back in the
meantime, or a colleague who took over, loses nothing; the event's id names case and version: two looks are one event.

It reads the cases that somebody holds, page by page: as many as the team works on, never those that wait.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from typing import Literal

from core.errors import StoreError
from core.events import SYSTEM, ConsoleActed, Event, OwnerGone, TimerFired
from core.ids import Millis
from core.ports import Clock, Store
from core.records import Arrival, Snapshot
from flows.program import Program
from handoff.accounts import Account, can, list_accounts
from handoff.case import HELD, Case
from handoff.conversation import labels, load
from handoff.line import log_claim
from handoff.roster import Presence, team_presence

__all__ = ["EVERY", "GONE_AFTER", "Rounds", "gone"]

log = logging.getLogger("streetwork.rounds")

#: Seconds between two looks.
EVERY = 60.0
#: A person waits so long, in opening time, for the word of somebody who is not there; then somebody else may answer.
GONE_AFTER: Millis = 3_600_000
#: Cases read at once.
_PAGE = 200
#: A claim of so long ago is in the log of claims by now, or a process died just then and it is put there again.
_RECENT: Millis = 10 * 60_000

Reason = Literal["shift", "away", "disabled"]


def gone(case: Case, account: Account | None, presence: Presence | None, waited: Millis, now: Millis) -> Reason | None:
    """Return why the owner of a case counts as gone; ``waited`` is how long the person waits, in opening time."""
    if account is None or not can(account, "cases"):
        return "disabled"
    if case.state == "parked" or not case.ours or waited < GONE_AFTER:
        return None
    if presence is None or presence.here(now):
        return None  # of somebody who never opened the desk with presence nothing is known
    over = presence.shift_until is not None and presence.shift_until <= now
    return "shift" if over else "away"


class Rounds:
    """Looks around until cancelled."""

    def __init__(self, store: Store, clock: Clock, program: Callable[[], Program]) -> None:
        self._store = store
        self._clock = clock
        self._program = program

    async def run(self) -> None:
        """Look once a minute; a store that is away is asked again the next time."""
        first = True
        while True:
            try:
                if first:
                    await self.relabel()
                    first = False
                await self.look()
            except StoreError:
                log.warning("rounds_failed")
            await self._clock.sleep(EVERY)

    async def look(self) -> int:
        """Put every case back whose owner is gone; return how many."""
        now = self._clock.now()
        accounts = {account.id: account for account in await list_accounts(self._store, now)}
        presences = await team_presence(self._store, now)
        found = 0
        for state in HELD:
            async for snapshot in self._under(state):
                case = load(snapshot.state).case
                if case is None or not case.held or case.owner is None:
                    continue
                if case.claimed is not None and now - case.claimed < _RECENT:
                    await log_claim(self._store, case, now)
                owner = case.owner
                reason = gone(case, accounts.get(owner), presences.get(owner), self._waited(case, now), now)
                if reason is not None:
                    action = OwnerGone(owner=owner, reason=reason)
                    event = ConsoleActed(actor=SYSTEM, action=action, case=case.number)
                    await self._tell(snapshot, f"gone:{case.number}:{case.version}", event, now)
                    found += 1
        if found:
            log.info("owners_gone", extra={"count": found})
        return found

    async def relabel(self) -> int:
        """Let every open case whose labels are those of an earlier release be written anew; return how many.

        The queue finds people by these labels, so nobody who waits over an upgrade may be without them.
        """
        now, found = self._clock.now(), 0
        for state in ("waiting", *HELD):
            async for snapshot in self._under(state):
                if set(snapshot.labels) != set(labels(load(snapshot.state))):
                    event = TimerFired(name="relabel")
                    await self._tell(snapshot, f"relabel:{snapshot.generation}:{snapshot.turn}", event, now)
                    found += 1
        return found

    def _waited(self, case: Case, now: Millis) -> Millis:
        """Return how long the person waits for a word of this owner, in opening time; 0 while it is their turn."""
        queue = self._program().queues.get(case.queue)
        if not case.unanswered:
            return 0
        since = max(case.unanswered, case.claimed or 0)
        if queue is None:
            return now - since
        return int(queue.hours_for(case.language).working_time_between(since, now).total_seconds() * 1000)

    async def _under(self, label: str) -> AsyncIterator[Snapshot]:
        after = None
        while True:
            hits = await self._store.find(label, _PAGE, after)
            for hit in hits:
                snapshot = await self._store.snapshot(hit.conversation)
                if snapshot is not None:
                    yield snapshot
            if len(hits) < _PAGE:
                return
            after = hits[-1]

    async def _tell(self, snapshot: Snapshot, event_id: str, event: Event, now: Millis) -> None:
        arrival = Arrival(
            conversation=snapshot.conversation, address=snapshot.address, event_id=event_id, event=event, at=now
        )
        await self._store.ingest([arrival], now)
