"""``/desk/audit``: who did what with which case number, for leads and the data-protection officer."""

from __future__ import annotations

from aiohttp import web

from handoff.accounts import list_accounts
from handoff.audit import newest
from handoff.forms import Office, moment
from handoff.pages import page_language
from handoff.sessions import SignedIn
from handoff.ui_texts import texts

__all__ = ["PER_PAGE", "AuditPage"]

PER_PAGE = 100


class AuditPage:
    """Pages of the log, the newest entries first."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the route."""
        return [web.get("/desk/audit", self._office.shown(self._page, "audit"))]

    async def _page(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        now, language = self._office.border.now(), page_language(request, signed.session.language)
        asked = request.query.get("before", "")
        before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else None
        entries = await newest(self._office.store, now, PER_PAGE, before)
        said = texts(language)
        names = {one.id: one.name for one in await list_accounts(self._office.store, now)}
        # Reading the log is a thing that the log tells, once for each visit.
        if before is None:
            await self._office.audit.write(now, actor=signed.account.id, verb="audit", result="ok")
        return self._office.render(
            request,
            signed,
            "audit.html",
            entries=[
                {
                    "n": one.n,
                    "at": moment(one.at, language),
                    "who": names.get(one.actor, one.actor),
                    "verb": said.get(f"did.{one.verb}", one.verb),
                    "case": one.case,
                    "about": names.get(one.about, one.about),
                    "result": said.get(f"ended.{one.result}", one.result),
                }
                for one in entries
            ],
            older=entries[-1].n if entries and entries[-1].n > 1 else 0,
        )
