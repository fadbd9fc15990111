"""The web chat: a page on our own server that is a channel like any messenger, and the try-out phone of a new bot.

The person is known by a random cookie alone. What they do goes through the same intake, mailbox and turn as a
Telegram message; what the bot writes goes through the same outbox. "Sending" means only that the delivery loop may
let the person see a line: the page reads the thread itself (see ``bots/webchat_socket.py``), so an answer waits for
as long as the page is closed.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import re
import secrets
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from bots.intake import Intake
from bots.webchat_files import ChatFiles
from bots.webchat_page import Page
from bots.webchat_socket import NameOf, Person, Session
from bots.webchat_wire import unshowable, written
from core.capabilities import CAPABILITIES, Capabilities
from core.errors import StoreUnavailable
from core.ids import ConversationId
from core.messages import Address, Hint, Outbound, Typing
from core.ports import Clock, Store
from core.reasons import reason
from core.sending import Hold, NotSent, Refused, SendResult, Taken
from handoff.feed import ChangeFeed, Subscription

__all__ = ["CLOSE_NO_COOKIE", "CLOSE_TOO_MANY", "WebChat"]

#: Largest frame a page may send, in bytes: 10,000 characters in any script, escaped, and room around them.
MAX_FRAME = 64 * 1024
#: Seconds between two signs of life; a connection that misses one is closed.
HEARTBEAT = 25.0
#: Open pages of one person, and of all. Beyond that a page waits and tries again.
PER_PERSON = 8
IN_ALL = 5000
#: Seconds a cookie lives without a visit.
COOKIE_AGE = 30 * 24 * 3600
#: Milliseconds until it is tried again to show an erased person the confirmation, while no page is open.
FAREWELL_PAUSE = 15_000
#: Why we close a socket: the browser has no cookie yet; too many pages are open.
CLOSE_NO_COOKIE = 4401
CLOSE_TOO_MANY = 4429

#: 32 random bytes in base64url.
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class WebChat:
    """The channel ``webchat``, and the routes of its page."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        intake: Intake,
        feed: ChangeFeed,
        title: str,
        languages: Sequence[str],
        public_url: str | None,
        name_of: NameOf | None = None,
        files: ChatFiles | None = None,
    ) -> None:
        """``title`` names whose assistant it is; ``name_of`` gives a counsellor's shown name by account id.

        Without ``files`` none can be sent or fetched.
        """
        self._store = store
        self._clock = clock
        self._intake = intake
        self._feed = feed
        self._name_of = name_of
        self._files = files
        self._page = Page(title=title, languages=languages)
        self._public = _origin(public_url) if public_url else None
        self._sessions: dict[ConversationId, set[Session]] = {}
        self._open = 0
        self._subscription: Subscription | None = None
        self._teller: asyncio.Task[None] | None = None

    # -- a channel ----------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Kind of channel."""
        return "webchat"

    @property
    def account(self) -> str:
        """The one account there is."""
        return "web"

    @property
    def capabilities(self) -> Capabilities:
        """What a message may hold here."""
        return CAPABILITIES["webchat"]

    async def start(self) -> None:
        """Begin to tell open pages about changes. The feed itself is run by the application."""
        if self._teller is None:
            self._subscription = self._feed.subscribe()
            self._teller = asyncio.create_task(self._tell(self._subscription), name="webchat")

    async def stop(self) -> None:
        """Close all pages; they connect again by themselves and miss nothing."""
        if self._teller is not None and self._subscription is not None:
            self._subscription.close()
            self._teller.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._teller
            self._teller = None
        sessions = [session for group in self._sessions.values() for session in group]
        await asyncio.gather(*(session.close() for session in sessions), return_exceptions=True)

    async def send(self, address: Address, message: Outbound, *, entry_id: str) -> SendResult:
        """Let the person see the line: the thread in the store is the mailbox, so this cannot fail half way.

        Only the last word to an erased person has no thread any more: it goes to the open pages, or waits for one.
        """
        problem = unshowable(message)
        if problem:
            return Refused(reason=problem)
        conversation = self._intake.conversation(self.name, self.account, address.peer)
        try:
            snapshot = await self._store.snapshot(conversation)
        except StoreUnavailable:
            return NotSent(reason=reason("store"))
        line_id = entry_id.removeprefix(f"{conversation}/")
        generation = line_id.split("/")[0]
        if snapshot is not None and generation.isdecimal() and int(generation) < snapshot.generation:
            return self._bid_farewell(conversation, message, entry_id, line_id)
        return Taken(provider_ids=(entry_id,))

    async def hint(self, address: Address, hint: Hint) -> None:
        """Show typing on the person's open pages in this process."""
        conversation = self._intake.conversation(self.name, self.account, address.peer)
        if isinstance(hint, Typing):
            for session in tuple(self._sessions.get(conversation, ())):
                with contextlib.suppress(ConnectionError):  # one page is going, the others still want to know
                    await session.typing()

    def _bid_farewell(self, conversation: ConversationId, message: Outbound, entry_id: str, line_id: str) -> SendResult:
        sessions = self._sessions.get(conversation)
        if not sessions:
            return Hold(reason=reason("webchat.closed"), after=FAREWELL_PAUSE)
        for session in sessions:
            session.farewell(written(message, line_id, seq=1, at=self._clock.now()))
        return Taken(provider_ids=(entry_id,))

    async def _tell(self, subscription: Subscription) -> None:
        while not subscription.closed:
            for conversation in await subscription.next():
                for session in self._sessions.get(conversation, ()):
                    session.changed()

    # -- a web page ---------------------------------------------------------------------------------------

    def routes(self) -> list[web.RouteDef]:
        """Return the routes: the page, its files, the cookie and the socket."""
        return [
            web.get("/", self._get_root),
            web.get("/chat", self._get_page),
            web.get("/chat/", self._get_page),
            web.get("/chat/static/{name}", self._get_file),
            web.post("/chat/session", self._post_session),
            web.get("/chat/ws", self._get_socket),
            web.post("/chat/files", self._post_file),
            web.get("/chat/files/{seq}", self._get_line_file),
        ]

    async def _get_root(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/chat")

    async def _get_page(self, request: web.Request) -> web.StreamResponse:
        return self._page.html(request)

    async def _get_file(self, request: web.Request) -> web.StreamResponse:
        return self._page.file(request)

    async def _post_session(self, request: web.Request) -> web.StreamResponse:
        """Give the browser its cookie, or renew it; with ``?fresh=1`` a new one: a new thread.

        The page asks for it, not the page's own address: a SameSite=Strict cookie is missing on the way in from a
        link elsewhere, and setting a new one there would lose the thread.
        """
        if not self._from_our_page(request):
            raise web.HTTPForbidden
        fresh = request.query.get("fresh") == "1"
        token = None if fresh else self._token(request)
        if token is None:
            token = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        response = web.Response(status=204, headers={"Cache-Control": "no-store"})
        name, secure = self._cookie(request)
        response.set_cookie(
            name,
            token,
            max_age=COOKIE_AGE,
            path="/",
            secure=secure,
            httponly=True,
            samesite="Strict",
        )
        return response

    async def _post_file(self, request: web.Request) -> web.StreamResponse:
        token = self._token(request)
        if self._files is None or token is None or not self._from_our_page(request):
            raise web.HTTPForbidden
        return await self._files.take(request, _peer(token), (self.name, self.account))

    async def _get_line_file(self, request: web.Request) -> web.StreamResponse:
        # A picture is asked for without an origin, so the cookie may have either name.
        found = [request.cookies.get(name, "") for name in ("__Host-chat", "chat")]
        token = next((value for value in found if _TOKEN.fullmatch(value)), None)
        if self._files is None or token is None:
            raise web.HTTPNotFound
        conversation = self._intake.conversation(self.name, self.account, _peer(token))
        return await self._files.give(request, conversation)

    async def _get_socket(self, request: web.Request) -> web.StreamResponse:
        if not self._from_our_page(request):
            raise web.HTTPForbidden
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=MAX_FRAME)
        await socket.prepare(request)
        token = self._token(request)
        if token is None:
            await socket.close(code=CLOSE_NO_COOKIE)
            return socket
        peer = _peer(token)
        person = Person(peer, self._intake.conversation(self.name, self.account, peer))
        if len(self._sessions.get(person.conversation, ())) >= PER_PERSON or self._open >= IN_ALL:
            await socket.close(code=CLOSE_TOO_MANY)
            return socket
        session = Session(
            socket,
            person,
            channel=(self.name, self.account),
            store=self._store,
            clock=self._clock,
            intake=self._intake,
            name_of=self._name_of,
            ready=self._feed.ready,
        )
        group = self._sessions.setdefault(person.conversation, set())
        group.add(session)
        self._open += 1
        try:
            await session.run()
        finally:
            self._open -= 1
            group.discard(session)
            if not group:
                self._sessions.pop(person.conversation, None)
        return socket

    # -- who is asking ------------------------------------------------------------------------------------

    @staticmethod
    def _cookie(request: web.Request) -> tuple[str, bool]:
        """Return the cookie's name, and whether it is for https only.

        The origin that the browser vouches for says so, whatever stands between it and us. With the prefix,
        browsers demand Secure and refuse a cookie set by a neighbouring host.
        """
        secure = request.headers.get("Origin", "").startswith("https://")
        return ("__Host-chat" if secure else "chat"), secure

    def _token(self, request: web.Request) -> str | None:
        value = request.cookies.get(self._cookie(request)[0], "")
        return value if _TOKEN.fullmatch(value) else None

    def _from_our_page(self, request: web.Request) -> bool:
        """Return whether a browser says that our own page asks. Requests without an origin are refused."""
        origin = _origin(request.headers.get("Origin", ""))
        if origin is None:
            return False
        if self._public is not None and origin == self._public:
            return True
        host = request.host.lower()
        local = host.rsplit(":", 1)[0] in {"localhost", "127.0.0.1", "[::1]"}
        return origin[1] == host and (self._public is None or local)


def _peer(token: str) -> str:
    """Return who a cookie stands for; the cookie itself is kept nowhere."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def _origin(url: str) -> tuple[str, str] | None:
    """Return scheme and host (with a port that is not the usual one) of an address; None when it has none."""
    parts = urlsplit(url)
    usual = {"https": ":443", "http": ":80"}.get(parts.scheme)
    if usual is None or not parts.netloc:
        return None
    return parts.scheme, parts.netloc.lower().removesuffix(usual)
