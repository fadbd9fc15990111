"""A web chat with everything real but the flows: memory store, intake, feed, aiohttp server, and an echoing worker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Middleware

from bots.intake import Intake
from bots.webchat import WebChat
from bots.webchat_files import ChatFiles
from core.events import Received
from core.ids import EntryId, derived_id
from core.messages import Choice, Option, Say, Start, Text
from core.records import Author, Body, Commit, Committed, Dispatch, DispatchKind, Entry, Heard, Sent, TurnLease, Wrote
from core.sending import Taken
from handoff.feed import ChangeFeed
from store.memory import MemoryStore
from tests.fakes.clock import InstantClock

__all__ = ["MOST", "Page", "Planned", "Room", "line", "open_room", "reply_with", "say", "visitor"]

TIMEOUT = 30
#: Bytes of the largest file.
MOST = 100_000
#: What a test wants a turn to write: (author, body, kind of dispatch or None), and the actor.
Planned = tuple[Author, Body, DispatchKind | None, str | None]


def say(text: str, *options: str, language: str | None = "en", **more: Any) -> Planned:
    """Plan a message of the bot."""
    choices = tuple(Option(token=f"t{n}", label=label) for n, label in enumerate(options, 1))
    return "bot", Wrote(message=Say(text=text, options=choices, language=language, **more)), "bot", None


def line(author: Author, body: Body, kind: DispatchKind | None = None, actor: str | None = None) -> Planned:
    """Plan any other line."""
    return author, body, kind, actor


def reply_with(event: Received) -> list[Planned]:
    """Echo, as a worker without flows does."""
    match event.message.content:
        case Text(text=text):
            return [say(f"echo {text}")]
        case Choice(label=label):
            return [say(f"chose {label}")]
        case Start():
            return [say("welcome", "Yes", "No")]
        case _:
            return []


class Page:
    """A browser's end of the socket, without a browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.words: list[dict[str, Any]] = []

    async def hello(self, seen: int = 0, lang: str | None = "en") -> dict[str, Any]:
        """Greet and return the thread."""
        await self.tell(type="hello", seen=seen, lang=lang)
        return await self.until(lambda word: word["type"] == "thread")

    async def tell(self, **word: Any) -> None:
        """Send one word."""
        await self.socket.send_str(json.dumps(word))

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Receive until a word is as wanted; return it."""
        async with asyncio.timeout(TIMEOUT):
            while True:
                word: dict[str, Any] = await self.socket.receive_json()
                self.words.append(word)
                if wanted(word):
                    return word

    async def until_text(self, text: str) -> None:
        """Receive until a line with this text was shown."""
        if text not in self.texts:
            await self.until(lambda word: any(one["text"] == text for one in word.get("lines", ())))

    @property
    def lines(self) -> list[dict[str, Any]]:
        """All lines in the order they came."""
        return [one for word in self.words for one in word.get("lines", ())]

    @property
    def texts(self) -> list[str]:
        """Their texts."""
        return [one["text"] for one in self.lines]


class Room:
    """A running web chat and its worker, which works when told to."""

    def __init__(
        self, store: MemoryStore, clock: InstantClock, chat: WebChat, server: TestServer, feed: ChangeFeed
    ) -> None:
        self.store, self.clock, self.chat, self.server, self.feed = store, clock, chat, server, feed
        self.origin = f"http://{server.host}:{server.port}"
        self.handled: list[Received] = []
        self.browsers: list[aiohttp.ClientSession] = []
        self.pages: list[Page] = []

    async def session(self) -> aiohttp.ClientSession:
        """Return a new person's browser with its cookie."""
        browser = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), base_url=self.origin, headers={"Origin": self.origin}
        )
        self.browsers.append(browser)
        async with browser.post("/chat/session") as answer:
            assert answer.status == 204
        return browser

    async def connect(self, browser: aiohttp.ClientSession) -> Page:
        """Open a socket."""
        page = Page(await browser.ws_connect("/chat/ws", timeout=aiohttp.ClientWSTimeout(ws_close=TIMEOUT)))
        self.pages.append(page)
        return page

    async def think(
        self,
        answer: Callable[[Received], Sequence[Planned]] = reply_with,
        *,
        epoch: int = 0,
        erase: bool = False,
    ) -> int:
        """Run a turn for every event that waits; return how many there were."""
        done = 0
        while leases := await self.store.claim("test", self.clock.now(), 5000, 10):
            for lease in leases:
                assert isinstance(lease.event, Received)
                self.handled.append(lease.event)
                planned = [] if erase else [line("person", Heard(message=lease.event.message))]
                entries = _entries(lease, [*planned, *answer(lease.event)], epoch)
                commit = Commit(state=b"{}", epoch=epoch, entries=entries, erase=erase)
                assert isinstance(await self.store.commit(lease, commit, self.clock.now()), Committed)
                done += 1
        return done

    async def deliver(self) -> None:
        """Send everything that is due; the channel must take all of it."""
        while leases := await self.store.claim_delivery("test", self.clock.now(), 5000, 10):
            for lease in leases:
                result = await self.chat.send(lease.address, lease.message, entry_id=lease.entry.id)
                assert isinstance(result, Taken)
                assert await self.store.settle(lease, Sent(provider_ids=result.provider_ids), self.clock.now())

    async def attend(self, answer: Callable[[Received], Sequence[Planned]] = reply_with) -> None:
        """Wait for the next event of a person, answer it and deliver."""
        async with asyncio.timeout(TIMEOUT):
            while not await self.think(answer):
                await self.store.wait("turn", 0.05)
        await self.deliver()

    async def work(self) -> int:
        """Think and deliver."""
        done = await self.think()
        await self.deliver()
        return done


def _entries(lease: TurnLease, planned: Sequence[Planned], epoch: int) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            id=EntryId(derived_id(lease.conversation, lease.generation, lease.turn, n)),
            at=lease.at,
            author=author,
            body=body,
            actor=actor,
            dispatch=Dispatch(kind=kind, epoch=epoch) if kind else None,
        )
        for n, (author, body, kind, actor) in enumerate(planned)
    )


@asynccontextmanager
async def open_room(
    store: MemoryStore | None = None,
    *,
    public_url: str | None = None,
    names: dict[str, str] | None = None,
    middlewares: Sequence[Middleware] = (),
) -> AsyncIterator[Room]:
    """Start a web chat on loopback."""
    store = store or MemoryStore()
    clock = InstantClock()
    feed = ChangeFeed(store, poll=0.05)

    async def name_of(actor: str) -> str | None:
        return (names or {}).get(actor)

    intake = Intake(store, clock, bot="berlin", id_key=b"k" * 32)
    chat = WebChat(
        store=store,
        clock=clock,
        intake=intake,
        files=ChatFiles(store, store.blobs, clock, intake, most=MOST, keep_for=lambda: 86_400_000),
        feed=feed,
        title="Streetwork Berlin",
        languages=("en", "ar", "bg", "ru"),
        public_url=public_url,
        name_of=name_of,
    )
    app = web.Application(middlewares=middlewares)
    app.add_routes(chat.routes())
    server = TestServer(app)
    running = asyncio.create_task(feed.run())
    await chat.start()
    await server.start_server()
    room = Room(store, clock, chat, server, feed)
    try:
        yield room
    finally:
        # A socket that nobody closes is found by the garbage collector in the middle of some later test.
        await asyncio.gather(*(page.socket.close() for page in room.pages))
        await asyncio.gather(*(browser.close() for browser in room.browsers))
        await chat.stop()
        await server.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def visitor(room: Room, lang: str | None = "en") -> tuple[aiohttp.ClientSession, Page]:
    """Return somebody who has opened the page and was welcomed."""
    browser = await room.session()
    page = await room.connect(browser)
    await page.hello(lang=lang)
    await room.attend()
    await page.until_text("welcome")
    return browser, page
