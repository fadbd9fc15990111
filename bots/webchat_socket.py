"""One open chat page: takes what the person does, shows what the thread holds.

Theory of operation. A page may lose its connection at any moment, so nothing depends on one. What the person does is
confirmed only when it is durable; the page repeats what was not confirmed, and the event id makes the repeat
harmless. What the person sees is read from the transcript, never from a queue: after each change of the conversation
the session reads the lines from the first one that was not settled yet and sends the ones the page does not have. A
slow page therefore holds up nobody and costs no memory; it just reads later.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web
from msgspec import Struct

from bots.intake import Incoming, Intake
from bots.webchat_wire import (
    MAX_TEXT,
    Ack,
    Hello,
    Later,
    Lines,
    Ping,
    Pong,
    Refused,
    ServerWord,
    Shown,
    Started,
    Taken,
    Tapped,
    Thread,
    Typed,
    Writing,
    entry_id,
    final,
    parse,
    shown,
)
from core.errors import StoreUnavailable
from core.ids import ConversationId
from core.messages import Choice, Content, Inbound, Profile, Start, Text
from core.ports import Clock, Store
from core.records import Line, Receipt

__all__ = ["NameOf", "Person", "Session"]

log = logging.getLogger(__name__)

#: Gives a counsellor's name by account id; None when there is no such account.
NameOf = Callable[[str], Awaitable[str | None]]

#: Lines shown when a page opens, and lines read at once.
WINDOW = 200
#: Pages of older lines that a page gets which was away for long.
MOST_WINDOWS = 20
#: Messages a page may send at once, and per second from then on.
BURST = 20
PER_SECOND = 2.0
#: Seconds a page may take to accept what we send, before it counts as gone.
SEND_TIMEOUT = 30.0
#: Seconds until a store that is away is read again.
STORE_PAUSE = 1.0

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}")


class Person(Struct, frozen=True):
    """Who sits at a page: the peer (a hash of the cookie) and the conversation."""

    peer: str
    conversation: ConversationId


class Session:
    """The life of one WebSocket."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        person: Person,
        *,
        channel: tuple[str, str],
        store: Store,
        clock: Clock,
        intake: Intake,
        name_of: NameOf | None,
        ready: Callable[[], Awaitable[None]],
    ) -> None:
        self._socket = socket
        self._person = person
        self._channel = channel
        self._store = store
        self._clock = clock
        self._intake = intake
        self._name_of = name_of
        self._ready = ready
        self._hello: Hello | None = None
        self._greeted = asyncio.Event()
        self._changed = asyncio.Event()
        self._sending = asyncio.Lock()
        self._names: dict[str, str] = {}
        #: What the page has: of which generation, up to which line all is settled, and what of the rest it was sent.
        self._generation: int | None = None
        #: Nothing was ever said here: the conversation begins with the page.
        self._new = False
        self._last_words: list[Shown] = []
        self._last_words_sent = 0
        self._settled = 0
        self._sent: set[int] = set()
        #: Ids that may be confirmed: the ones this page was shown.
        self._confirmable: set[str] = set()
        self._tokens = float(BURST)
        self._filled = asyncio.get_running_loop().time()

    def farewell(self, line: Shown) -> None:
        """Show a last word that the store forgets as soon as it is sent: that everything was erased."""
        self._last_words.append(line)
        self._changed.set()

    def changed(self) -> None:
        """Say that the conversation may have moved. Never waits."""
        self._changed.set()

    async def typing(self) -> None:
        """Show the page that somebody prepares an answer."""
        if self._greeted.is_set():
            await self._say(Writing())

    async def close(self) -> None:
        """Ask the page to connect again later, perhaps to another process."""
        await self._socket.close(code=WSCloseCode.GOING_AWAY)

    async def run(self) -> None:
        """Serve the page until it is gone."""
        pusher = asyncio.create_task(self._push())
        try:
            async for frame in self._socket:
                if frame.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                    break
                await self._take(frame.data)
        except (ConnectionError, TimeoutError):
            pass  # the page is gone or takes nothing; it repeats what was not confirmed
        finally:
            pusher.cancel()
            await asyncio.gather(pusher, return_exceptions=True)

    # -- from the page ------------------------------------------------------------------------------------

    async def _take(self, data: str | bytes) -> None:
        try:
            word = parse(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            await self._say(Refused(None, "malformed"))
            return
        match word:
            case Hello():
                self._hello = self._hello or word
                self._greeted.set()
            case Ping():
                await self._say(Pong())
                # The feed does not name a conversation that is gone altogether; a look now and then does.
                self._changed.set()
            case Ack():
                await self._confirm(word)
            case Typed(text=text) if len(text) > MAX_TEXT:
                await self._say(Refused(word.id, "long"))
            case Typed(text=text) if not text.strip():
                await self._say(Refused(word.id, "empty"))
            case Typed(text=text):
                await self._accept(word.id, Text(text=text))
            case Tapped():
                await self._accept(word.id, Choice(token=word.token, label=word.label[:200] or None, of=word.of))
            case Started():
                await self._accept(word.id, Start())

    async def _accept(self, client_id: str, content: Content) -> None:
        wait = self._wait()
        if wait > 0:
            await self._say(Later(client_id, wait))
            return
        try:
            await self._ingest(client_id, content)
        except StoreUnavailable:
            await self._say(Later(client_id, int(STORE_PAUSE * 1000)))
        else:
            await self._say(Taken(client_id))

    async def _ingest(self, client_id: str, content: Content) -> None:
        wanted = self._hello.lang if self._hello else None
        language = wanted if wanted and _LANGUAGE.fullmatch(wanted) else None
        incoming = Incoming(
            peer=self._person.peer,
            event_id=f"web:{self._person.peer}:{client_id}",
            message=Inbound(content=content, message_id=client_id, profile=Profile(language=language)),
        )
        await self._intake.accept(*self._channel, [incoming])

    def _wait(self) -> int:
        """Take one message's worth; return the milliseconds to wait when there is none left."""
        now = asyncio.get_running_loop().time()
        self._tokens = min(BURST, self._tokens + (now - self._filled) * PER_SECOND)
        self._filled = now
        if self._tokens < 1:
            return int((1 - self._tokens) / PER_SECOND * 1000) + 1
        self._tokens -= 1
        return 0

    async def _confirm(self, ack: Ack) -> None:
        """Turn what the page saw into receipts; ids it was never shown are none of its business."""
        channel, account = self._channel
        now = self._clock.now()
        for line_id in ack.ids:
            if line_id not in self._confirmable:
                continue
            receipt = Receipt(
                channel=channel,
                account=account,
                provider_id=entry_id(self._person.conversation, line_id),
                state="read" if ack.read else "delivered",
                at=now,
            )
            try:
                await self._store.receipt(receipt, now)
            except StoreUnavailable:
                return  # the page confirms again when it connects again

    # -- to the page --------------------------------------------------------------------------------------

    async def _push(self) -> None:
        """Keep the page up to date from its greeting on."""
        await self._greeted.wait()
        await self._ready()
        while True:
            self._changed.clear()
            try:
                await self._update()
                await self._begin()
            except StoreUnavailable:
                await asyncio.sleep(STORE_PAUSE)
                continue
            except (ConnectionError, TimeoutError):
                await self._socket.close()
                return
            except Exception as error:
                # Only the kind: an error's words may hold a person's.
                log.error("a chat page could not be brought up to date: %s", type(error).__name__)
                await self._socket.close(code=WSCloseCode.INTERNAL_ERROR)
                return
            await self._changed.wait()

    async def _update(self) -> None:
        snapshot = await self._store.snapshot(self._person.conversation)
        generation = snapshot.generation if snapshot else -1
        if generation == self._generation:
            lines = self._last_words[self._last_words_sent :] + await self._read_on()
            if lines:
                await self._say(Lines(lines=lines))
            self._last_words_sent = len(self._last_words)
            return
        opened = self._generation is None
        seen = self._hello.seen if opened and self._hello else 0
        lines = self._last_words + await self._read_first(seen)
        await self._say(Thread(thread=self._thread(generation), lines=lines))
        self._last_words_sent = len(self._last_words)
        self._generation = generation
        # Not when the thread was emptied before the person's eyes: they asked for that.
        idle = snapshot is None or snapshot.waiting_events == 0
        self._new = opened and idle and seen == 0 and self._settled == 0

    async def _begin(self) -> None:
        """Start the conversation of somebody new, once: two pages opened at the same time name the same event."""
        if self._new:
            await self._ingest(f"start:{self._clock.now() // 60_000}", Start())
            self._new = False

    def _thread(self, generation: int) -> str:
        """Return a name for this conversation up to its erasure, without saying which it is in the store."""
        return hashlib.sha256(f"{self._person.conversation}/{generation}".encode()).hexdigest()[:16]

    async def _read_first(self, seen: int) -> list[Shown]:
        """Read the last lines, and all behind ``seen`` when the page was away for longer than that."""
        conversation = self._person.conversation
        lines = await self._store.transcript(conversation, -WINDOW, WINDOW)
        if lines and 0 < seen < lines[0].seq - 1:
            lines = await self._read_from(seen)
        self._settled = lines[0].seq - 1 if lines else 0
        self._sent.clear()
        self._confirmable.clear()
        return await self._fresh(lines)

    async def _read_on(self) -> list[Shown]:
        return await self._fresh(await self._read_from(self._settled))

    async def _read_from(self, after: int) -> list[Line]:
        found: list[Line] = []
        for _ in range(MOST_WINDOWS):
            page = await self._store.transcript(self._person.conversation, after, WINDOW)
            found += page
            if len(page) < WINDOW:
                break
            after = page[-1].seq
        return found

    async def _fresh(self, lines: list[Line]) -> list[Shown]:
        """Return what of ``lines`` the page has not got, and move on behind what is settled."""
        fresh: list[Shown] = []
        settling = True
        for line in lines:
            if line.seq not in self._sent:
                await self._learn_name(line)
                seen = shown(line, self._person.conversation, self._names)
                if seen is not None:
                    fresh.append(seen)
                    self._sent.add(line.seq)
                    if seen.who != "person":
                        self._confirmable.add(seen.id)
            settling = settling and final(line)
            if settling:
                self._settled = line.seq
                self._sent.discard(line.seq)
        return fresh

    async def _learn_name(self, line: Line) -> None:
        actor = line.entry.actor
        if actor is None or self._name_of is None or line.entry.author != "counsellor" or actor in self._names:
            return
        name = await self._name_of(actor)
        if name:
            self._names[actor] = name

    async def _say(self, word: ServerWord) -> None:
        async with self._sending, asyncio.timeout(SEND_TIMEOUT):
            await self._socket.send_str(msgspec.json.encode(word).decode())
