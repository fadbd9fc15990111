"""The desk over HTTP: pages, the JSON routes and the live line, all under ``/desk``.

Theory of operation: a route first learns who is asking (:mod:`handoff.auth`), then opens the case through
:mod:`handoff.access`, then either reads (:mod:`handoff.board`) or makes an event (:mod:`handoff.acts`). The worker
handles the event like any other; its outcome comes back through the store. Nothing here changes a conversation.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from core.errors import StoreError
from core.ports import Blobs, Clock, Store
from flows.program import Program
from handoff.access import Access
from handoff.acting import ActRoutes
from handoff.acts import Acts
from handoff.auth import Border
from handoff.board import Board
from handoff.canned import CannedRoutes
from handoff.drafts import DraftRoutes, Drafts
from handoff.feed import ChangeFeed
from handoff.files import FileRoutes, Limits
from handoff.guard import BODY, Handler, Known, absent, answer, api, case_number
from handoff.hub import Hub
from handoff.line import TeamLine
from handoff.pages import Pages, chosen_language, page_language, static_file
from handoff.passwords import Passwords
from handoff.presence import PresenceRoutes
from handoff.search import Search, SearchRoutes
from handoff.sessions import SignedIn, end_session, set_language
from handoff.signin import Door
from handoff.ui_texts import texts
from handoff.verbs import LONGEST_TEXT

__all__ = ["LONGEST_TEXT", "Desk"]


class Desk:
    """The counsellors' web page."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        feed: ChangeFeed,
        blobs: Blobs,
        public_url: str | None,
        program: Callable[[], Program] | None = None,
        opening: Callable[[str], str] | None = None,
        patience: float = 5.0,
        beat: float = 5.0,
        files: Limits | None = None,
    ) -> None:
        """``program`` gives the bot as it is now, ``opening`` the opening hours in a language.

        ``patience``: seconds an act waits for the worker; ``beat``: seconds between two signs of life; ``files``: which
        files may be sent.
        """
        self._store = store
        self._opening = opening
        self._border = Border(store, clock, public_url)
        self._access = Access(store)
        self._line = TeamLine(store, program)
        self._board = Board(store, self._access, self._line, blobs)
        self._door = Door(store, Passwords())
        self._hub = Hub(store, self._access, self._border, feed, beat=beat)
        self._pages = Pages()
        self._presence = PresenceRoutes(store, self._border)
        self._drafts = Drafts(store, blobs)
        self._canned = CannedRoutes(self._access, self._border, program)
        acts = Acts(store, clock, feed, patience)
        self._acting = ActRoutes(store, self._access, acts, self._line, self._border, self._drafts)
        self._files = FileRoutes(self._access, self._border, blobs, acts, self._acting.told, files or Limits())
        self._draft_routes = DraftRoutes(self._drafts, self._access, self._border, LONGEST_TEXT)
        self._search = SearchRoutes(Search(self._access), self._border)

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return all routes; every path starts with ``/desk``."""
        return [
            web.get("/desk", _kept(self._page)),
            web.get("/desk/", _without_slash),
            web.get("/desk/sign-in", _kept(self._sign_in_page)),
            web.post("/desk/sign-in", _kept(self._sign_in)),
            web.get("/desk/static/{name}", static_file),
            web.get("/desk/live", _kept(self._hub.serve)),
            web.get("/desk/api/board", self._known(self._lists)),
            web.get("/desk/api/cases/{number}", self._known(self._case)),
            *self._files.routes(),
            *self._acting.routes(),
            *self._presence.routes(),
            *self._canned.routes(),
            *self._draft_routes.routes(),
            *self._search.routes(),
            web.post("/desk/api/sign-out", self._known(self._sign_out, changes=True)),
        ]

    async def stop(self) -> None:
        """Close the live lines."""
        await self._hub.stop()

    # -- pages ---------------------------------------------------------------------------------------------

    async def _page(self, request: web.Request) -> web.StreamResponse:
        signed = await self._border.who(request)
        if signed is None:
            return _to("/desk/sign-in")
        chosen = chosen_language(request)
        if chosen is not None and chosen != signed.session.language:
            await set_language(self._store, signed, chosen, self._border.now())
        language = page_language(request, signed.session.language)
        return self._pages.render(
            "desk.html",
            language,
            account=signed.account,
            csrf=signed.session.csrf,
            page={"texts": dict(texts(language)), "language": language, "longest": LONGEST_TEXT},
            opening=self._opening(language) if self._opening else "",
        )

    async def _sign_in_page(self, request: web.Request) -> web.StreamResponse:
        if await self._border.who(request) is not None:
            return _to("/desk")
        return self._sign_in_form(request, "" if self._border.usable(request) else "insecure", 200)

    def _sign_in_form(self, request: web.Request, problem: str, status: int, login: str = "") -> web.Response:
        # The cookie must be set before the form is written, so the token is made on a scratch response.
        scratch = web.Response()
        token = self._border.form_token(request, scratch)
        language = page_language(request)
        page = self._pages.render(
            "sign_in.html", language, status=status, problem=problem, token=token, login=login[:64]
        )
        page.cookies.update(scratch.cookies)
        # A form's Origin header is "null" under no-referrer, and we want to see it.
        page.headers["Referrer-Policy"] = "same-origin"
        return page

    async def _sign_in(self, request: web.Request) -> web.StreamResponse:
        if not self._border.usable(request):
            return self._sign_in_form(request, "insecure", 403)
        form = await _form(request)
        login, password = form.get("login", ""), form.get("password", "")
        if not self._border.form_believed(request, form.get("token", "")):
            return self._sign_in_form(request, "expired", 403, login)
        found = await self._door.sign_in(
            login[:200], password, self._border.remote(request), self._border.now(), chosen_language(request)
        )
        if found in ("wrong", "locked", "busy"):
            status = {"wrong": 401, "locked": 429, "busy": 503}[found]
            return self._sign_in_form(request, found, status, login)
        old = await self._border.who(request)
        if old is not None:
            await end_session(self._store, old.key)
        response = _to("/desk")
        self._border.welcome(request, response, found)
        return response

    # -- the JSON routes -----------------------------------------------------------------------------------

    def _known(self, handler: Known, *, changes: bool = False) -> Handler:
        return api(self._border, handler, changes=changes)

    async def _lists(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        return answer(await self._board.lists(signed.account, self._border.now()))

    async def _case(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        now = self._border.now()
        grant = await self._access.open(signed.account, "read", case_number(request), now)
        if grant is None:
            return absent()
        before = request.query.get("before", "")
        place = int(before) if before.isascii() and before.isdigit() and len(before) < 12 else None
        return answer(await self._board.conversation(signed.account, grant, now, place))

    async def _sign_out(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        await end_session(self._store, signed.key)
        await self._hub.hang_up(signed.key)
        response = answer({"code": "ok"})
        self._border.farewell(request, response)
        return response


def _kept(handler: Handler) -> Handler:
    """Return a page's handler that says so, instead of failing, while the store takes no work."""

    async def route(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except StoreError:
            return web.Response(status=503, text="The store cannot be reached. Please try again in a moment.\n")

    return route


async def _form(request: web.Request) -> dict[str, str]:
    if request.content_type != "application/x-www-form-urlencoded" or (request.content_length or BODY + 1) > BODY:
        return {}
    fields = await request.post()
    return {name: value for name, value in fields.items() if isinstance(value, str)}


async def _without_slash(_request: web.Request) -> web.StreamResponse:
    return _to("/desk")


def _to(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path})
