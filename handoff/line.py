"""The waiting line as it stands: read from the store's index, a bounded part of it, without opening the cases.

For each language the index is read three times: the head of the queue by class and age, the cases whose moment has
come, and those who were passed too often. Together these give the first :data:`HEAD` places exactly as
:func:`handoff.queue.place_of` orders all of them: a case beyond the heads stands behind everything in them.

Who was passed too often is told from the log of claims: one small record for each case that was claimed, under its
language and the moment at which it had come into the queue, the youngest first. Whoever came before the tenth of these
was passed by ten younger ones at least, so one bounded read tells it for everybody who waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from core.ids import Millis
from core.ports import Store
from flows.program import Program
from handoff.accounts import Account, list_accounts
from handoff.case import Case
from handoff.queue import MOST_PASSED, PASSED, Place, base, from_due, from_rank

__all__ = ["HEAD", "Line", "TeamLine", "log_claim"]

#: Places that are read of each language.
HEAD = 100
#: Claims are remembered so long; nobody waits longer.
_REMEMBERED: Millis = 90 * 86_400_000
KIND = "claimed"
#: Keys count down from here, so that the youngest come first.
_NEWEST: Millis = 10**14 - 1


async def log_claim(store: Store, case: Case, now: Millis) -> None:
    """Remember that a waiting case was claimed. Safety passes everybody and is not counted; repeating is safe."""
    if case.urgency != "safety":
        key = f"{base(case.language)}/{_NEWEST - case.queued:014d}/{case.number}"
        await store.put(KIND, key, b"", now, expires=now + _REMEMBERED, expect=0)


class Line:
    """Reads the waiting line of some languages."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def head(self, languages: Iterable[str], now: Millis, limit: int = HEAD) -> list[Place]:
        """Return the first places in these languages, in order; ``key`` of a place is its conversation."""
        places: list[Place] = []
        for language in {base(language) for language in languages}:
            places += await self._language(language, now, limit)
        return sorted(places)[:limit]

    async def before(self, conversation: str, place: Place, languages: Iterable[str], now: Millis) -> int | None:
        """Return how many stand before this place, None when they are more than :data:`HEAD`."""
        found = await self.head(languages, now)
        mine = next((one for one in found if one.key == conversation), place)
        ahead = sum(one < mine for one in found)
        return ahead if ahead < HEAD else None

    async def passed_before(self, language: str, now: Millis) -> Millis:
        """Return the moment before which whoever came into the queue was passed too often; 0: nobody was."""
        prefix = f"{base(language)}/"
        found = await self._store.scan(KIND, now, MOST_PASSED, after=prefix)
        if len(found) < MOST_PASSED or not found[-1].key.startswith(prefix):
            return 0
        return _NEWEST - int(found[-1].key.split("/")[1])

    async def _language(self, language: str, now: Millis, limit: int) -> list[Place]:
        places: dict[str, Place] = {}
        for hit in await self._store.find(f"queue:{language}", limit):
            places[hit.conversation] = from_rank(hit.rank, hit.conversation)
        for hit in await self._store.find(f"due:{language}", limit):
            if hit.rank // 2 > now:
                break
            places[hit.conversation] = from_due(hit.rank, hit.conversation)
        passed = await self.passed_before(language, now)
        for hit in await self._store.find(f"age:{language}", limit) if passed else ():
            if hit.rank >= passed:
                break
            known = places.get(hit.conversation)
            if known is None or known.rank > PASSED:
                places[hit.conversation] = Place(PASSED, hit.rank, True, hit.conversation)
        return list(places.values())


class TeamLine:
    """The waiting line as the desk sees it: in the languages of one account, or of everybody."""

    def __init__(self, store: Store, program: Callable[[], Program] | None = None) -> None:
        """``program`` gives the bot as it is now; without one the line has the languages of the team."""
        self._store = store
        self._line = Line(store)
        self._program = program

    async def for_account(self, account: Account, now: Millis, limit: int) -> list[Place]:
        """Return the first places for somebody: only people whose language they speak."""
        return await self._line.head(account.languages or await self._languages(now), now, limit)

    async def for_all(self, now: Millis, limit: int) -> list[Place]:
        """Return the first places of all languages."""
        return await self._line.head(await self._languages(now), now, limit)

    async def _languages(self, now: Millis) -> set[str]:
        offered = set(self._program().languages) if self._program is not None else set()
        return offered | {one for account in await list_accounts(self._store, now) for one in account.languages}
