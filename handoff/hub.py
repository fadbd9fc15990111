"""The live line to every open desk: which cases changed, by number, never a word of text.

One pump reads the store's changes for all windows. A window that comes back brings the cursor it last heard, and is
told what it missed; greeting and pump exclude each other, so nothing falls between and cursors only move forward.
What a slow window has not heard yet is a set, not a queue. Each window proves its session again every few seconds.

A window says which case it looks at and whether somebody writes there; it is told who else does, see
:mod:`handoff.looking`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
from typing import Any

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from core.errors import StoreError
from core.ids import ConversationId, Millis
from core.ports import Store
from core.records import Cursor
from handoff.access import Access
from handoff.accounts import can
from handoff.auth import Border
from handoff.feed import ChangeFeed
from handoff.guard import CASE_NUMBER
from handoff.looking import Looker, Looking
from handoff.roster import renew
from handoff.sessions import SignedIn

__all__ = ["Hub"]

#: Changes read at once, and at most for one window that comes back; beyond that it is told "many".
_BATCH = 500
_MISSED = 2000
#: Windows of one account, and of all.
_PER_ACCOUNT = 20
_WINDOWS = 500
#: A window that comes back is told of a case closed so long before its cursor's time, clocks being what they are.
_GRACE: Millis = 60_000
#: Seconds until a store that was away is asked again.
_RETRY = 1.0
#: Close code for a session that ended; the page goes to the sign-in.
SIGNED_OUT = 4401

_encode = msgspec.json.Encoder().encode


class _Bookmark(msgspec.Struct, frozen=True, array_like=True):
    at: Millis
    counters: tuple[int, ...]


_bookmarks = msgspec.json.Decoder(_Bookmark)


class _Said(msgspec.Struct, frozen=True, tag_field="type", tag="looking"):
    """All that a page ever says: the case it shows, and whether somebody is typing there."""

    case: str | None = None
    writing: bool = False


_said = msgspec.json.Decoder(_Said)


class _Window:
    """One open desk."""

    def __init__(self, socket: web.WebSocketResponse, signed: SignedIn) -> None:
        self.socket = socket
        self.signed = signed
        self.changed: set[str] = set()
        self.news = asyncio.Event()
        #: The case it shows, as far as the account may read it, and who else was said to look at it.
        self.case: str | None = None
        self.told: list[Looker] = []

    def tell(self, numbers: set[str]) -> None:
        if _counsels(self.signed):
            self.changed |= numbers
            self.news.set()

    def look(self) -> None:
        """Have it told anew who else looks."""
        self.news.set()


class Hub:
    """Serves ``/desk/live``."""

    def __init__(self, store: Store, access: Access, border: Border, feed: ChangeFeed, *, beat: float = 5.0) -> None:
        """``beat`` is how many seconds pass between two signs of life, each of which proves the session again."""
        self._store = store
        self._access = access
        self._border = border
        self._feed = feed
        self._looking = Looking(store)
        self._beat = beat
        #: All that are open, and those of them that were greeted and are told of changes.
        self._lines: set[_Window] = set()
        self._windows: set[_Window] = set()
        self._cursor: Cursor | None = None
        self._read_at: Millis = 0
        self._open: dict[ConversationId, str] = {}
        self._step = asyncio.Lock()
        self._pump: asyncio.Task[None] | None = None

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Hold the live line of one window. The upgrade needs the session's cookie and our own origin."""
        signed = await self._border.who(request)
        if signed is None or not self._border.same_origin(request):
            raise web.HTTPUnauthorized
        if not can(signed.account, "cases"):
            raise web.HTTPNotFound
        mine = sum(window.signed.account.id == signed.account.id for window in self._lines)
        if len(self._lines) >= _WINDOWS or mine >= _PER_ACCOUNT:
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse(heartbeat=20.0, max_msg_size=4096)
        window = _Window(socket, signed)
        self._lines.add(window)
        try:
            await socket.prepare(request)
            return await self._hold(window, request.query.get("cursor"))
        finally:
            self._lines.discard(window)

    async def _hold(self, window: _Window, cursor: str | None) -> web.StreamResponse:
        talking = asyncio.create_task(self._talk(window, cursor))
        try:
            async for message in window.socket:
                if message.type is WSMsgType.TEXT:
                    await self._heard(window, message.data)
        except StoreError:
            await window.socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
        finally:
            self._windows.discard(window)
            with contextlib.suppress(StoreError):
                await self._look_away(window)
            talking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await talking
        return window.socket

    async def _heard(self, window: _Window, data: str) -> None:
        """Take in what a page says; what is no such message, or about no case of theirs, means nothing."""
        try:
            said = _said.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        account, now = window.signed.account, self._border.now()
        if window.case is not None and window.case != said.case:
            await self._look_away(window)
        if said.case is None or not CASE_NUMBER.fullmatch(said.case):
            return
        if await self._access.open(account, "read", said.case, now) is None:
            await self._look_away(window)
            return
        window.case = said.case
        # Not awaited between this and the end: a window that left meanwhile is taken back by its own end.
        if await self._looking.note(said.case, account.id, account.name, writing=said.writing, now=now):
            self._nudge(said.case)
        else:
            window.look()

    async def _look_away(self, window: _Window) -> None:
        number, window.case, window.told = window.case, None, []
        account = window.signed.account.id
        if number is None or any(one.case == number and one.signed.account.id == account for one in self._lines):
            return
        await self._looking.leave(number, account)
        self._nudge(number)

    def _nudge(self, number: str) -> None:
        for window in self._windows:
            if window.case == number:
                window.look()

    async def hang_up(self, key: str) -> None:
        """Close the windows of a session that ended, at once."""
        for window in [window for window in self._lines if window.signed.key == key]:
            await window.socket.close(code=SIGNED_OUT)

    async def stop(self) -> None:
        """Close all windows; they come back by themselves, to the next process."""
        if self._pump is not None:
            self._pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pump
            self._pump = None
        for window in list(self._lines):
            await window.socket.close(code=WSCloseCode.GOING_AWAY)

    # -- one window ----------------------------------------------------------------------------------------

    async def _talk(self, window: _Window, cursor: str | None) -> None:
        try:
            await self._greet(window, cursor)
            loop = asyncio.get_running_loop()
            proof = loop.time() + self._beat
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(window.news.wait(), max(0.0, proof - loop.time()))
                if loop.time() >= proof:
                    signed = await self._border.by_key(window.signed.key)
                    if signed is None:
                        await window.socket.close(code=SIGNED_OUT)
                        return
                    window.signed = signed
                    await renew(self._store, signed.account.id, self._border.now())
                    proof = loop.time() + self._beat
                await self._send(window)
                await self._tell_lookers(window)
        except (ConnectionError, StoreError):
            # The page sees the line go, says so, and comes back with its cursor.
            await window.socket.close(code=WSCloseCode.TRY_AGAIN_LATER)

    async def _greet(self, window: _Window, cursor: str | None) -> None:
        async with self._step:
            await self._advance()
            missed = await self._missed(cursor)
            self._windows.add(window)
            bookmark = self._bookmark()
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run())
        if not _counsels(window.signed):
            missed["missed"] = []
        await self._say(window, {"type": "hello", "cursor": bookmark, **missed})

    async def _send(self, window: _Window) -> None:
        window.news.clear()
        changed, window.changed = sorted(window.changed), set()
        # All that the pump has read is in ``changed`` or was said before, so its place is this window's place.
        kind = "changed" if changed else "beat"
        await self._say(window, {"type": kind, "cursor": self._bookmark(), "cases": changed})

    async def _tell_lookers(self, window: _Window) -> None:
        number = window.case
        if number is None:
            return
        who = await self._looking.others(number, window.signed.account.id, self._border.now())
        if who != window.told and window.case == number:
            window.told = who
            await self._say(window, {"type": "looking", "case": number, "who": who})

    async def _say(self, window: _Window, words: dict[str, Any]) -> None:
        await window.socket.send_str(_encode(words | {"at": self._border.now()}).decode())

    # -- all windows ---------------------------------------------------------------------------------------

    async def _run(self) -> None:
        with self._feed.subscribe() as wake:
            while True:
                patience = None
                try:
                    async with self._step:
                        await self._advance()
                except StoreError:
                    patience = _RETRY
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(wake.next(), patience)

    async def _advance(self) -> None:
        """Read what is new and tell all windows. Called under the lock."""
        if self._cursor is None or not self._windows:
            # Nobody listened: nobody missed anything by us jumping to the present.
            self._read_at = self._border.now()
            self._cursor = (await self._store.changes(None, 0)).cursor
            return
        full = True
        while full:
            since, now = self._read_at, self._border.now()
            changes = await self._store.changes(self._cursor, _BATCH)
            numbers = await self._numbers(changes.conversations, since)
            self._cursor, self._read_at = changes.cursor, now
            full = len(changes.conversations) >= _BATCH
            if numbers:
                for window in self._windows:
                    window.tell(numbers)

    async def _missed(self, cursor: str | None) -> dict[str, Any]:
        """Return what a window that comes back has missed since its cursor."""
        bookmark = _read_bookmark(cursor, len(self._cursor or ()))
        if bookmark is None:
            return {"missed": [], "resumed": False}
        numbers: set[str] = set()
        position, seen = bookmark.counters, 0
        while True:
            changes = await self._store.changes(position, _BATCH)
            numbers |= await self._numbers(changes.conversations, bookmark.at)
            seen += len(changes.conversations)
            if len(changes.conversations) < _BATCH:
                return {"missed": sorted(numbers), "resumed": True}
            if seen >= _MISSED:
                return {"missed": sorted(numbers), "resumed": True, "many": True}
            position = changes.cursor

    async def _numbers(self, conversations: tuple[ConversationId, ...], since: Millis) -> set[str]:
        """Return the numbers of the cases among these that are open, or were closed after ``since``."""
        numbers = set()
        for conversation in conversations:
            case = await self._access.moved(conversation)
            known = self._open.pop(conversation, None)
            if known is not None:
                # Also when it is no longer there to be asked: the person was erased.
                numbers.add(known)
            if case is not None and (case.open or (case.closed or 0) >= since - _GRACE):
                numbers.add(case.number)
            if case is not None and case.open:
                self._open[conversation] = case.number
        return numbers

    def _bookmark(self) -> str:
        mark = _encode(_Bookmark(at=self._read_at, counters=self._cursor or ()))
        return base64.urlsafe_b64encode(mark).decode().rstrip("=")


def _counsels(signed: SignedIn) -> bool:
    return can(signed.account, "cases")


def _read_bookmark(cursor: str | None, counters: int) -> _Bookmark | None:
    """Return the bookmark of a page, None where it is none of a store with so many counters."""
    if not cursor or len(cursor) > 2000:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        mark = _bookmarks.decode(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return None
    # The length of a cursor is the one thing known about it; anything else would be another store's.
    fits = len(mark.counters) == counters and all(0 <= counter < 2**53 for counter in mark.counters)
    return mark if fits else None
