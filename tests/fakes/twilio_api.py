"""A fake Twilio on loopback: Messages, Content, senders and services, refusing what Twilio's documents would refuse.

In a test: ``async with FakeTwilio() as fake:`` and point a channel at ``fake.url``. People are in ``fake.world``;
:class:`tests.fakes.twilio_push.Twilio` calls our webhook for them.
"""

from __future__ import annotations

import asyncio
import base64
import email.utils
import json
import re
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import parse_qs

from aiohttp import web

from tests.fakes.file_shelf import Shelf
from tests.fakes.twilio_push import ACCOUNT_SID, AUTH_TOKEN, SENDER, answer
from tests.fakes.twilio_spec import Judge, Refusal, check_content, filled
from tests.fakes.twilio_world import Fault, Phone, Shown, World

_FORM = "application/x-www-form-urlencoded"


class FakeTwilio:
    """The server. ``now`` is the time in seconds that resources are dated with."""

    def __init__(self, *, judge: Judge | None = None, now: float = 1_780_000_000.0) -> None:
        self.world = World()
        self.judge = judge or Judge()
        self.now = now
        #: Milliseconds, where a test has a clock of its own.
        self.clock: Callable[[], int] | None = None
        self.url = ""
        #: Senders by sid, and Messaging Services.
        self.senders: dict[str, dict[str, Any]] = {
            "XE" + "0" * 32: {"sender_id": SENDER, "status": "ONLINE", "webhook": {}}
        }
        self.services: dict[str, dict[str, Any]] = {}
        self._closing = asyncio.Event()
        #: What people sent; a media resource leads to it, as Twilio leads to its content network.
        self.shelf = Shelf()
        #: Where a media resource leads to instead.
        self.lead_to: str | None = None
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        account = "/2010-04-01/Accounts/{account}"
        app.router.add_get(account + ".json", self._answering(self._account))
        app.router.add_post(account + "/Messages.json", self._answering(self._message))
        app.router.add_get(account + "/Messages.json", self._answering(self._messages))
        app.router.add_get(account + "/Messages/{message}/Media/{name}", self._media)
        app.router.add_get("/cdn/{name}", self.shelf.serve)
        app.router.add_post("/v1/Content", self._answering(self._content))
        app.router.add_get("/v2/Channels/Senders", self._answering(self._list_senders))
        app.router.add_post("/v2/Channels/Senders/{sid}", self._answering(self._set_sender))
        app.router.add_post("/v3/Indicators/Typing.json", self._answering(self._typing))
        app.router.add_get("/v1/Services/{sid}", self._answering(self._service))
        app.router.add_post("/v1/Services/{sid}", self._answering(self._set_service))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        self.shelf.close()
        self.world.touch()
        if self._runner is not None:
            await self._runner.cleanup()

    # -- HTTP ------------------------------------------------------------------------------------------------

    def _answering(self, handler: Any) -> Any:
        async def handle(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            self.world.calls.append((request.method, request.path))
            self.world.touch()
            wanted = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
            if request.headers.get("Authorization") != f"Basic {wanted}":
                return _error(401, 20003)
            fault = self.world.fault_for(request.method, request.path)
            if fault is not None and not fault.accept:
                return await self._faulty(request, fault)
            try:
                self.judge.check(
                    request.method,
                    request.path,
                    dict(request.query),
                    {"Authorization": request.headers["Authorization"]},
                    request.content_type,
                    body,
                )
                result: web.StreamResponse = handler(request, body)
            except Refusal as refusal:
                if refusal.code == 20001:
                    self.world.refused.append(f"{request.method} {request.path}: {refusal}")
                return _error(400, refusal.code)
            except Exception as exc:
                self.world.refused.append(f"the fake broke: {exc!r}")
                raise
            finally:
                self.world.touch()
            return result if fault is None else await self._faulty(request, fault)

        return handle

    def _typing(self, request: web.Request, body: bytes) -> web.Response:
        form = json.loads(body)
        self.world.typing.append((form["channel"], form["messageId"]))
        return web.json_response({"success": True})

    async def _faulty(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        match fault.kind:
            case "error":
                return _error(fault.status, fault.code, fault.headers)
            case "html":
                return web.Response(status=fault.status, text="<html>Bad gateway</html>", content_type="text/html")
            case "empty":
                return web.Response(status=fault.status)
            case "half":
                text = json.dumps(answer(sid="SM" + "0" * 32))
                response = web.Response(status=201, content_type="application/json")
                response.headers["Content-Length"] = str(len(text))
                await response.prepare(request)
                await response.write(text[: len(text) // 2].encode())
            case "hang":
                await self._closing.wait()
            case "drop":
                pass
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _media(self, request: web.Request) -> web.StreamResponse:
        wanted = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {wanted}":
            return _error(401, 20003)
        target = self.lead_to or f"/cdn/{request.match_info['name']}"
        return web.Response(status=307, headers={"Location": target})

    # -- resources -------------------------------------------------------------------------------------------

    def _account(self, request: web.Request, body: bytes) -> web.Response:
        if request.match_info["account"] != ACCOUNT_SID:
            return _error(404, 20404)
        return web.json_response({"sid": ACCOUNT_SID, "status": "active", "friendly_name": "Test"})

    def _message(self, request: web.Request, body: bytes) -> web.Response:
        if request.content_type != _FORM:
            raise Refusal(20001, "not a form")
        form = parse_qs(body.decode(), keep_blank_values=True)
        self.world.forms.append(form)
        one = {name: values[0] for name, values in form.items()}
        if not one.get("From") and not one.get("MessagingServiceSid"):
            raise Refusal(21603, "no sender")
        if len(one.get("Body", "")) > 1600:
            raise Refusal(21617, "body")
        if len(form.get("MediaUrl", [])) > 1:
            raise Refusal(21623, "more than one file on WhatsApp")
        if not any(one.get(name) for name in ("Body", "MediaUrl", "ContentSid")):
            raise Refusal(21619, "nothing to send")
        phone = self._phone(one["To"])
        if phone.refuses is not None:
            raise Refusal(phone.refuses, "refused")
        shown = self._shown(one)
        phone.log.append(shown)
        message = answer(
            sid=shown.sid,
            to=one["To"],
            body=shown.body,
            date_created=email.utils.formatdate(self.clock() / 1000 if self.clock else self.now),
            num_media="1" if shown.media else "0",
        )
        self.world.messages.insert(0, message)
        self.world.on_sent(message)
        return web.json_response(message, status=201)

    def _phone(self, to: str) -> Phone:
        for phone in self.world.phones.values():
            if to in {phone.number, phone.user_id}:
                return phone
        raise Refusal(21211, "nobody")

    def _shown(self, one: dict[str, str]) -> Shown:
        sid = self.world.next_sid("MM" if one.get("MediaUrl") else "SM")
        if "ContentSid" not in one:
            return Shown(
                sid=sid, body=one.get("Body", ""), media=one.get("MediaUrl"), place=one.get("PersistentAction")
            )
        if one.get("Body") or one.get("MediaUrl"):
            raise Refusal(20001, "a template with a body beside it")
        content = self.world.contents.get(one["ContentSid"])
        if content is None:
            raise Refusal(21655, "no such template")
        if "approved" in content:
            return Shown(sid=sid, body=_approved(content["approved"], one), content_sid=one["ContentSid"])
        text, choices = filled(content, one.get("ContentVariables"))
        return Shown(sid=sid, body=text, choices=choices, content_sid=one["ContentSid"])

    def _messages(self, request: web.Request, body: bytes) -> web.Response:
        to, sender = request.query.get("To"), request.query.get("From")
        found = [one for one in self.world.messages if to in {None, one["to"]} and sender in {None, one["from"]}]
        size = int(request.query.get("PageSize", "50"))
        page = {"messages": found[:size], "next_page_uri": None, "page": 0, "page_size": size, "uri": request.path_qs}
        return web.json_response(page)

    def _content(self, request: web.Request, body: bytes) -> web.Response:
        if request.content_type != "application/json":
            raise Refusal(20001, "not JSON")
        content = json.loads(body)
        check_content(content)
        sid = self.world.next_sid("HX")
        self.world.contents[sid] = content
        return web.json_response(content | {"sid": sid, "account_sid": ACCOUNT_SID}, status=201)

    def _list_senders(self, request: web.Request, body: bytes) -> web.Response:
        if request.query.get("Channel") != "whatsapp":
            raise Refusal(20001, "Channel is required")
        listed = [{"sid": sid, **one} for sid, one in self.senders.items()]
        meta = {"key": "senders", "page": 0, "page_size": 50, "next_page_url": None, "url": "", "first_page_url": ""}
        return web.json_response({"senders": listed, "meta": meta})

    def _set_sender(self, request: web.Request, body: bytes) -> web.Response:
        sender = self.senders[request.match_info["sid"]]
        given = json.loads(body)
        if set(given) - {"webhook", "profile", "configuration"}:
            raise Refusal(20001, "unknown fields")
        sender["webhook"] = {**sender["webhook"], **given["webhook"]}
        return web.json_response({"sid": request.match_info["sid"], **sender}, status=202)

    def _service(self, request: web.Request, body: bytes) -> web.Response:
        service = self.services.get(request.match_info["sid"])
        return _error(404, 20404) if service is None else web.json_response(service)

    def _set_service(self, request: web.Request, body: bytes) -> web.Response:
        names = {"InboundRequestUrl": "inbound_request_url", "FallbackUrl": "fallback_url"}
        names |= {"StatusCallback": "status_callback", "UseInboundWebhookOnNumber": "use_inbound_webhook_on_number"}
        service = self.services[request.match_info["sid"]]
        for name, values in parse_qs(body.decode(), keep_blank_values=True).items():
            if name in names:
                service[names[name]] = values[0]
        return web.json_response(service)


def _approved(text: str, one: dict[str, str]) -> str:
    """Return an approved text with its gaps filled; WhatsApp wants every gap filled, and nothing beyond them."""
    values = json.loads(one.get("ContentVariables", "{}"))
    if set(values) != set(re.findall(r"{{(\d+)}}", text)) or not all(values.values()):
        raise Refusal(21656, "the variables do not fit the template")
    return re.sub(r"{{(\d+)}}", lambda gap: str(values[gap[1]]), text)


def _error(status: int, code: int | None, headers: dict[str, str] | None = None) -> web.Response:
    """Return an error as Twilio words it, a phone number in the message included."""
    if code is None:
        return web.Response(status=status, headers=headers)
    message = "The 'To' number whatsapp:+491701234567 is not right"
    more = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": message, "more_info": more, "status": status}
    return web.json_response(body, status=status, headers=headers)
