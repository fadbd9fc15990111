"""The desk over HTTP: pages, the JSON routes and the live line, all under ``/desk``.

Theory of operation: a route first learns who is asking (:mod:`handoff.auth`), then opens the case through
:mod:`handoff.access`, then either reads (:mod:`handoff.board`) or makes an event (:mod:`handoff.acts`). The worker
handles the event like any other; its outcome comes back through the store. Nothing here changes a conversation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from aiohttp import web

from core.errors import Refused
from core.messages import Address
from core.ports import Blobs, Clock, Store
from flows.canned import GAP
from flows.program import Program
from handoff.access import Access
from handoff.account_pages import AccountPages, Alarm
from handoff.accounts import can, set_keys
from handoff.acting import ActRoutes
from handoff.acts import Acts
from handoff.audit import Audit
from handoff.audit_page import AuditPage
from handoff.auth import Border
from handoff.board import Board
from handoff.bot_words import BotWords
from handoff.canned import CannedRoutes
from handoff.drafts import DraftRoutes, Drafts
from handoff.entrance import Entrance
from handoff.erasures_page import ErasuresPage
from handoff.feed import ChangeFeed
from handoff.files import FileRoutes, Limits
from handoff.forms import Office, kept, pages_of, to
from handoff.guard import Handler, Known, absent, answer, api, case_number, json_body
from handoff.hub import Hub
from handoff.leaving import give_back
from handoff.line import TeamLine
from handoff.numbers_page import NumbersPage
from handoff.pages import Pages, chosen_language, page_language, static_file
from handoff.presence import PresenceRoutes
from handoff.questions_page import QuestionsPage
from handoff.search import Search, SearchRoutes
from handoff.second import Demand
from handoff.sessions import SignedIn, end_session, set_language
from handoff.signin import Door
from handoff.team import Team
from handoff.team_pages import TeamPages
from handoff.ui_texts import texts
from handoff.verbs import LONGEST_TEXT
from handoff.workdays import WorkdayRoutes

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
        second: Demand = "always",
        typing: Callable[[Address], None] = lambda address: None,
        alarm: Alarm | None = None,
        patience: float = 5.0,
        beat: float = 5.0,
        files: Limits | None = None,
    ) -> None:
        """``program`` gives the bot as it is now, ``opening`` the opening hours in a language, and ``typing`` shows a
        person that a reply to them is written.

        ``second`` says when a second factor is demanded; ``alarm`` sends a
        test of somebody's alerts.
        ``patience``: seconds an act waits for the worker; ``beat``: seconds between two signs of life; ``files``: which
        files may be sent.
        """
        self._store = store
        self._opening = opening
        self._border = Border(store, clock, public_url)
        audit = Audit(store)
        self._access = Access(store, audit)
        self._line = TeamLine(store, program)
        self._board = Board(store, self._access, self._line, blobs)
        door = Door(store, audit, policy=second)
        self._hub = Hub(store, self._access, self._border, feed, beat=beat)
        self._pages = Pages()
        self._entrance = Entrance(store, self._border, self._pages, door)
        self._words = BotWords(program)
        office = Office(store, self._border, self._pages, audit)
        self._office = (
            AccountPages(office, door, self._hub.hang_up, self._words, alarm),
            TeamPages(office, Team(store, audit, partial(give_back, store)), self._words),
            AuditPage(office),
            ErasuresPage(office),
            NumbersPage(office, self._words),
            QuestionsPage(office, program),
        )
        self._presence = PresenceRoutes(store, self._border)
        self._drafts = Drafts(store, blobs)
        self._canned = CannedRoutes(self._access, self._border, program)
        acts = Acts(store, clock, feed, patience)
        self._acting = ActRoutes(store, self._access, acts, self._line, self._border, self._drafts)
        self._files = FileRoutes(self._access, self._border, blobs, acts, self._acting.told, files or Limits())
        self._draft_routes = DraftRoutes(self._drafts, self._access, self._border, LONGEST_TEXT, typing)
        self._workdays = WorkdayRoutes(self._border, program)
        self._search = SearchRoutes(Search(self._access), self._border)

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return all routes; every path starts with ``/desk``."""
        return [
            web.get("/desk", kept(self._page)),
            web.get("/desk/", _without_slash),
            *self._entrance.routes(),
            web.get("/desk/static/{name}", static_file),
            web.get("/desk/live", kept(self._hub.serve)),
            web.get("/desk/api/board", self._known(self._lists)),
            web.get("/desk/api/cases/{number}", self._known(self._case)),
            *self._files.routes(),
            *self._acting.routes(),
            *self._presence.routes(),
            *self._canned.routes(),
            *self._draft_routes.routes(),
            *self._search.routes(),
            *(route for part in self._office for route in part.routes()),
            web.post("/desk/api/keys", self._known(self._keys, changes=True)),
            web.post("/desk/api/sign-out", api(self._border, self._sign_out, changes=True, permission=None)),
            *self._workdays.routes(),
        ]

    async def stop(self) -> None:
        """Close the live lines."""
        await self._hub.stop()

    # -- pages ---------------------------------------------------------------------------------------------

    async def _page(self, request: web.Request) -> web.StreamResponse:
        signed = await self._border.who(request)
        if signed is None:
            return to("/desk/sign-in")
        if not can(signed.account, "cases"):
            # Analysts, editors and technicians have no business here; their own pages are linked from there.
            return to("/desk/account")
        chosen = chosen_language(request)
        if chosen is not None and chosen != signed.session.language:
            await set_language(self._store, signed, chosen, self._border.now())
        language = page_language(request, signed.session.language)
        return self._pages.render(
            "desk.html",
            language,
            account=signed.account,
            csrf=signed.session.csrf,
            nav=pages_of(signed.account),
            page={
                "texts": dict(texts(language)),
                "language": language,
                "longest": LONGEST_TEXT,
                "gap": GAP,
                "topics": self._words.topics(language),
                "queues": list(self._words.queues()),
                "keys": signed.account.keys,
            },
            opening=self._opening(language) if self._opening else "",
        )

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

    async def _keys(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        on = (await json_body(request)).get("on")
        if not isinstance(on, bool):
            raise Refused("malformed")
        await set_keys(self._store, signed.account.id, self._border.now(), on=on)
        return answer({"code": "ok"})

    async def _sign_out(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        await end_session(self._store, signed.key)
        await self._hub.hang_up(signed.key)
        response = answer({"code": "ok"})
        self._border.farewell(request, response)
        return response


async def _without_slash(_request: web.Request) -> web.StreamResponse:
    return to("/desk")
