"""The route of the ready replies: each as the counsellor reads it, and as the person of the opened case will."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from flows.canned import GAP, ready_replies
from flows.program import Program
from handoff.access import Access
from handoff.auth import Border
from handoff.guard import absent, answer, api
from handoff.pages import page_language
from handoff.sessions import SignedIn

__all__ = ["CannedRoutes"]


class CannedRoutes:
    """``/desk/api/canned``."""

    def __init__(self, access: Access, border: Border, program: Callable[[], Program] | None) -> None:
        """``program`` gives the bot as it is now; without one there are no ready replies."""
        self._access = access
        self._border = border
        self._program = program

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        return [web.get("/desk/api/canned", api(self._border, self._list))]

    async def _list(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        now = self._border.now()
        grant = await self._access.open(signed.account, "read", request.query.get("case", "-")[:32], now)
        if grant is None:
            return absent()
        if self._program is None:
            return answer({"gap": GAP, "replies": []})
        replies = ready_replies(
            self._program(),
            person=grant.case.language,
            reader=page_language(request, signed.session.language),
            counsellor=signed.account.name,
            queue=grant.case.queue,
            now=now,
        )
        return answer({"gap": GAP, "replies": replies})
