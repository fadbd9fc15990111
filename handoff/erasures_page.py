"""``/desk/erasures``: the reports of the nights, numbers only, for leads, technical admins and data protection."""

from __future__ import annotations

import datetime as dt

from aiohttp import web

from core.ids import Millis
from core.sweep_reports import Report, reports
from handoff.forms import Office, moment
from handoff.pages import page_language
from handoff.sessions import SignedIn
from i18n.formatting import format_date

__all__ = ["NIGHTS", "ErasuresPage"]

#: Nights that are shown; the command line has them all.
NIGHTS = 60
#: A report comes each night; without one for so long, somebody has to look whether erasing still runs.
_LATE: Millis = 36 * 3_600_000


class ErasuresPage:
    """What went because its time was over, and what people had erased."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the route."""
        return [web.get("/desk/erasures", self._office.shown(self._page, "erasures"))]

    async def _page(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        now, language = self._office.border.now(), page_language(request, signed.session.language)
        found = await reports(self._office.store, now)
        return self._office.render(
            request,
            signed,
            "erasures.html",
            late=bool(found) and now - found[0][1].until > _LATE,
            nights=[_row(day, report, language) for day, report in found[:NIGHTS]],
        )


def _row(day: str, report: Report, language: str) -> dict[str, object]:
    swept = report.swept
    return {
        "day": format_date(dt.date.fromisoformat(day), language),
        # Told only where a night is longer than a day: somebody was away, and one report covers it all.
        "since": moment(report.since, language) if report.until - report.since > _LATE else "",
        "people": swept.conversations,
        "wish": report.on_wish,
        "files": swept.files,
        # Drafts, sessions, samples, ids of handled events: nobody at the desk has to tell these apart.
        "rest": swept.total - swept.conversations - swept.files,
    }
