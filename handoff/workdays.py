"""When somebody can look at a case again: the beginnings of the team's next working days, for "put aside until"."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from core.ids import Millis
from flows.hours import OpeningHours
from flows.program import Program
from handoff.auth import Border
from handoff.guard import answer, api
from handoff.sessions import SignedIn

__all__ = ["WorkdayRoutes", "next_workdays"]

#: So many days are offered: two working weeks.
DAYS = 10


def next_workdays(hours: OpeningHours, now: Millis, count: int = DAYS) -> list[Millis]:
    """Return when the next ``count`` working days begin, today's left out; holidays and closed days are none."""
    found: list[Millis] = []
    day, today = None, datetime.fromtimestamp(now / 1000, hours.zone).date()
    opening = hours.next_opening(now)
    while opening is not None and len(found) < count:
        at = int(opening.timestamp() * 1000)
        # A day with a lunch break opens twice and is one day.
        if opening.date() not in (day, today):
            found.append(at)
        day = opening.date()
        opening = hours.next_opening(at)
    return found


class WorkdayRoutes:
    """``/desk/api/workdays``."""

    def __init__(self, border: Border, program: Callable[[], Program] | None) -> None:
        """``program`` gives the bot as it is now; the hours are those of its first queue."""
        self._border = border
        self._program = program

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        return [web.get("/desk/api/workdays", api(self._border, self._list))]

    async def _list(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        if self._program is None:
            return answer({"days": []})
        queue = next(iter(self._program().queues.values()))
        return answer({"days": next_workdays(queue.hours, self._border.now())})
