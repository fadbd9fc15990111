"""A fake of Viber's REST API on loopback: it refuses what the documentation refuses, and calls the webhook as Viber.

``async with FakeViber() as fake:`` and point a channel at ``fake.url``. People act through ``open_chat``, ``say``,
``press``, ``leave`` and so on; what they see is in ``person.log``. Callbacks are signed and repeated until they are
answered with 200.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import aiohttp
from aiohttp import web

from tests.fakes.file_shelf import Shelf
from tests.fakes.viber_rules import Broken, check_message, shown_text

TOKEN = "44dafb7e0f40021e-61a47a1e6778d187-f2c5a676a07050b3"
#: Message tokens do not fit into a floating-point number.
FIRST_TOKEN = 4_912_661_846_655_238_145
EVENTS = {"delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started"}
#: Without a reply; then status 12.
MOST_UNANSWERED = 100


@dataclass
class Person:
    """Somebody with Viber."""

    id: str
    name: str = "Test"
    language: str = "en"
    subscribed: bool = False
    api_version: int = 10
    #: What they see: messages of the bot, oldest first.
    log: list[dict[str, Any]] = field(default_factory=list)
    #: Messages since they wrote last.
    unanswered: int = 0
    #: When (the fake's milliseconds) they wrote last.
    wrote: int | None = None

    @property
    def texts(self) -> list[str]:
        return [one.get("text", f"<{one['type']}>") for one in self.log]

    @property
    def keyboard(self) -> list[dict[str, Any]]:
        """The buttons they can press: those of the newest message."""
        buttons: list[dict[str, Any]] = self.log[-1].get("keyboard", {}).get("Buttons", []) if self.log else []
        return buttons

    @property
    def labels(self) -> list[str]:
        return [shown_text(button["Text"]) for button in self.keyboard]


@dataclass
class Fault:
    """What goes wrong with the next ``times`` calls of ``method``; with ``accept`` only after the message was taken."""

    kind: Literal["status", "http", "html", "half", "hang", "drop", "raw"]
    method: str = "send_message"
    times: int = 1
    #: The status in the body, or of HTTP.
    status: int = 0
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    accept: bool = False


class FakeViber:
    """The server and its people; ``now`` is its clock in milliseconds."""

    def __init__(self, *, token: str = TOKEN, now: Callable[[], int] | None = None) -> None:
        self.token = token
        self.url = ""
        self.people: dict[str, Person] = {}
        self.faults: list[Fault] = []
        #: (method, body) of every call.
        self.calls: list[tuple[str, dict[str, Any]]] = []
        #: Why calls or welcomes were not as documented.
        self.refused: list[str] = []
        self.charged: list[dict[str, Any]] = []
        self.webhook = ""
        self.event_types: set[str] = set()
        #: (event, HTTP status or None) of every callback, and events given up.
        self.attempts: list[tuple[str, int | None]] = []
        self.headers: list[dict[str, str]] = []
        self.lost: list[dict[str, Any]] = []
        self._now = now or (lambda: 1_780_000_000_000)
        self._tokens = itertools.count(FIRST_TOKEN)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()
        #: What people sent; its address is ``<origin>/media/<name>``.
        self.shelf = Shelf()
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/pa/{method}", self._handle)
        app.router.add_get("/media/{name}", self.shelf.serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/pa"
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        self.shelf.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    # -- people ----------------------------------------------------------------------------------------------

    def person(self, peer: str, **about: Any) -> Person:
        """Return the person, new ones with ``about``."""
        if peer not in self.people:
            self.people[peer] = Person(id=peer, **about)
        return self.people[peer]

    def open_chat(self, peer: str, context: str | None = None) -> dict[str, Any]:
        """Let the person open the chat; the webhook's answer is shown to them as the welcome."""
        who = self.person(peer)
        event = {"event": "conversation_started", "type": "open", "user": self._user(who), "subscribed": who.subscribed}
        return self.push(event | ({"context": context} if context is not None else {}))

    def say(self, peer: str, text: str, **more: Any) -> dict[str, Any]:
        """Let the person write: that subscribes them, without an event of its own."""
        return self.write(peer, {"type": "text", "text": text}, **more)

    def write(self, peer: str, message: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Let the person send any message."""
        who = self.person(peer)
        who.subscribed, who.unanswered, who.wrote = True, 0, self._now()
        if who.log and "tracking_data" in who.log[-1]:
            message = message | {"tracking_data": who.log[-1]["tracking_data"]}
        return self.push({"event": "message", "sender": self._user(who), "message": message, "silent": False, **more})

    def press(self, peer: str, label: str) -> dict[str, Any]:
        """Let the person press the button with this label; its text comes as a message."""
        for button in self.people[peer].keyboard:
            if shown_text(button["Text"]) == label:
                return self.say(peer, button["ActionBody"], silent=button.get("Silent", False))
        raise AssertionError(f"no button {label!r} but {self.people[peer].labels}")

    def leave(self, peer: str) -> dict[str, Any]:
        """Let the person unsubscribe."""
        self.person(peer).subscribed = False
        return self.push({"event": "unsubscribed", "user_id": peer})

    def subscribe(self, peer: str) -> dict[str, Any]:
        """Let the person subscribe by the button on the info screen."""
        who = self.person(peer)
        who.subscribed = True
        return self.push({"event": "subscribed", "user": self._user(who)})

    def receipt(self, event: str, peer: str, message: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Tell the bot what became of a message in the person's log."""
        token = message["message_token"]
        return self.push({"event": event, "user_id": peer, **more}, token=token)

    def _user(self, who: Person) -> dict[str, Any]:
        return {
            "id": who.id,
            "name": who.name,
            "language": who.language,
            "country": "DE",
            "api_version": who.api_version,
        }

    # -- callbacks -------------------------------------------------------------------------------------------

    def push(self, event: dict[str, Any], *, token: int | None = None, repeat: int = 1) -> dict[str, Any]:
        """Call the webhook with ``event``, ``repeat`` times over; returns the event as it is sent."""
        event = {"timestamp": self._now(), "message_token": token or next(self._tokens), **event}
        if event["event"] in EVENTS and event["event"] not in self.event_types:
            return event
        for _ in range(repeat):
            task = asyncio.create_task(self._push(event))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return event

    async def idle(self) -> None:
        """Return when all callbacks are answered or given up."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def _push(self, event: dict[str, Any]) -> None:
        # Viber waits longer and longer, for an hour in all; here it is over in a tenth of a second.
        for _ in range(8):
            if await self.call_back(event):
                return
            await asyncio.sleep(0.01)
        self.lost.append(event)

    async def call_back(self, event: dict[str, Any], url: str | None = None) -> bool:
        """Make one signed call; True when it was answered with 200."""
        assert self._session is not None
        body = json.dumps(event, ensure_ascii=False).encode()
        headers = {"X-Viber-Content-Signature": self.sign(body), "Content-Type": "application/json"}
        try:
            async with self._session.post(url or self.webhook, data=body, headers=headers) as response:
                answer = await response.read()
        except (aiohttp.ClientError, TimeoutError):
            self.attempts.append((event["event"], None))
            return False
        self.attempts.append((event["event"], response.status))
        if response.status == 200 and event["event"] == "conversation_started" and answer:
            self._welcome(event, answer)
        return response.status == 200

    def sign(self, body: bytes) -> str:
        """Return Viber's signature of a body."""
        return hmac.new(self.token.encode(), body, hashlib.sha256).hexdigest()

    def _welcome(self, event: dict[str, Any], answer: bytes) -> None:
        who = self.people[event["user"]["id"]]
        try:
            message = check_message(answer, receiver=False, api_version=who.api_version)
        except Broken as exc:
            self.refused.append(f"welcome: {exc}")
            return
        # A repeated callback shows its answer once.
        if all(one.get("welcome_to") != event["message_token"] for one in who.log):
            who.log.append(message | {"message_token": next(self._tokens), "welcome_to": event["message_token"]})

    # -- the API ---------------------------------------------------------------------------------------------

    def fail(self, kind: Any, **details: Any) -> None:
        """Order a fault; see :class:`Fault`."""
        self.faults.append(Fault(kind=kind, **details))

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method, raw = request.match_info["method"], await request.read()
        self.headers.append(dict(request.headers))
        fault = next((one for one in self.faults if one.method == method), None)
        if fault is not None:
            fault.times -= 1
            if fault.times <= 0:
                self.faults.remove(fault)
            if not fault.accept:
                return await self._faulty(request, fault)
        answer = await self._answer(request.headers.get("X-Viber-Auth-Token"), method, raw)
        if fault is not None:
            return await self._faulty(request, fault)
        return web.json_response(answer)

    async def _faulty(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        match fault.kind:
            case "status":
                return web.json_response({"status": fault.status, "status_message": "ordered"})
            case "http":
                return web.Response(status=fault.status, body=fault.body, headers=fault.headers)
            case "html":
                return web.Response(body=b"<html><body>502</body></html>", content_type="text/html")
            case "raw":
                return web.Response(body=fault.body, content_type="application/json")
            case "half":
                response = web.StreamResponse(headers={"Content-Length": "100"})
                await response.prepare(request)
                await response.write(b'{"status":0,"message_')
            case "hang":
                await self._closing.wait()
            case "drop":
                pass
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _answer(self, token: str | None, method: str, raw: bytes) -> dict[str, Any]:
        if token != self.token:
            return _no(2, "invalidAuthToken")
        if method == "send_message":
            return self._send(raw)
        body = json.loads(raw or b"{}")
        self.calls.append((method, body))
        if method == "set_webhook":
            return await self._set_webhook(body)
        if method == "get_account_info":
            info = {"id": "pa:75346594275468546724", "name": "bot", "uri": "street work", "webhook": self.webhook}
            return {"status": 0, "status_message": "ok", "event_types": sorted(self.event_types), **info}
        return _no(3, "badData")

    async def _set_webhook(self, body: dict[str, Any]) -> dict[str, Any]:
        url = body.get("url")
        if url == "":
            self.webhook, self.event_types = "", set()
            return {"status": 0, "status_message": "ok"}
        wanted = body.get("event_types", sorted(EVENTS))
        if not isinstance(url, str) or not set(wanted) <= EVENTS:
            return _no(3, "badData")
        # Viber wants https; on this machine plain http will do.
        if not url.startswith(("https://", "http://127.0.0.1:")):
            return _no(1, "invalidUrl")
        event = {"event": "webhook", "timestamp": self._now(), "message_token": next(self._tokens)}
        if not await self.call_back(event, url):
            return _no(1, "invalidUrl")
        self.webhook, self.event_types = url, set(wanted)
        return {"status": 0, "status_message": "ok", "event_types": wanted}

    def _send(self, raw: bytes) -> dict[str, Any]:
        given = json.loads(raw)
        self.calls.append(("send_message", given))
        who = self.people.get(given.get("receiver"))
        try:
            message = check_message(raw, api_version=who.api_version if who else 10)
        except Broken as exc:
            if exc.status != 13:
                self.refused.append(f"send_message: {exc}")
            return _no(exc.status, "refused")
        if who is None:
            return _no(5, "receiverNotRegistered")
        if not who.subscribed:
            return _no(6, "receiverNotSubscribed")
        if who.unanswered >= MOST_UNANSWERED:
            return _no(12, "tooManyRequests")
        who.unanswered += 1
        token = next(self._tokens)
        who.log.append(message | {"message_token": token})
        free = who.wrote is not None and self._now() - who.wrote < 24 * 3_600_000
        if not free:
            self.charged.append(message)
        billing = 1 if free else 5
        return {"status": 0, "status_message": "ok", "message_token": token, "billing_status": billing}


def _no(status: int, name: str) -> dict[str, Any]:
    return {"status": status, "status_message": name}
