"""A fake Bot API on loopback, driven by the Bot API specification: it refuses what the specification would refuse.

In a test: ``async with FakeTelegram(spec=Specification.load()) as fake:`` and point a channel at ``fake.url``.
As a process: ``python -m tests.fakes.telegram_api --port 8081 [--lenient]``; people then act through
``POST /control/<say|press|share_contact|share_location|block>`` with JSON arguments, and ``GET /control/log`` shows
what they were sent. ``--lenient`` checks nothing and knows every chat, for benchmarks and machines without the
specification.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import urllib.parse
from typing import Any, Self

from aiohttp import web

from tests.fakes.file_shelf import Shelf
from tests.fakes.telegram_push import Pusher
from tests.fakes.telegram_spec import Refusal, Specification, Upload
from tests.fakes.telegram_world import Call, FakeChat, Fault, World

TOKEN = "123456789:AAfake-token-of-the-fake-bot-api-000"

_SENDS = {"photo", "voice", "audio", "video", "animation", "document", "sticker"}


class Failure(Exception):
    """An error answer of the Bot API."""

    def __init__(self, status: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


class FakeTelegram:
    """The server. ``world`` holds the people; ``spec=None`` is the lenient mode."""

    def __init__(self, *, spec: Specification | None, token: str = TOKEN, port: int = 0, unit: float = 0.01) -> None:
        self.token = token
        self.spec = spec
        self.world = World(int(token.partition(":")[0]))
        self.world.open_doors = spec is None
        self.world.on_update = self._on_update
        self.pusher: Pusher | None = None
        self.url = ""
        self._port = port
        self._unit = unit
        self._allowed: list[str] = []
        self._poll = 0
        self._closing = asyncio.Event()
        #: What people sent, by file_id; the path is ``photos/<file_id>``.
        self.shelf = Shelf()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        app.router.add_get("/file/bot{token}/{name:.+}", self._file)
        app.router.add_post("/control/{action}", self._control)
        app.router.add_get("/control/log", self._log)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        self.shelf.close()
        self.world.touch()
        if self.pusher is not None:
            await self.pusher.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    # -- HTTP ------------------------------------------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        parameters = await _parameters(request)
        if request.match_info["token"] != self.token:
            return _failed(Failure(401, "Unauthorized"))
        call = Call(method=method, parameters=parameters)
        self.world.calls.append(call)
        fault = self.world.fault_for(method, _chat_id(parameters))
        if fault is not None and not fault.accept:
            return await self._faulty(request, fault, call)
        try:
            result = await self.call(method, parameters)
        except Failure as failure:
            call.status, call.description = failure.status, failure.description
            return _failed(failure)
        if fault is not None:
            return await self._faulty(request, fault, call)
        call.status = 200
        return web.json_response({"ok": True, "result": result})

    async def _faulty(self, request: web.Request, fault: Fault, call: Call) -> web.StreamResponse:
        match fault.kind:
            case "error":
                call.status, call.description = fault.status, fault.description
                return _failed(Failure(fault.status, fault.description, fault.parameters))
            case "garbage":
                return web.Response(body=b"<html>", status=200)
            case "hang":
                await self._closing.wait()
            case "drop":
                pass
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _control(self, request: web.Request) -> web.Response:
        arguments = await request.json()
        action = request.match_info["action"]
        if action not in {"say", "press", "share_contact", "share_location", "block", "fail", "throttle"}:
            raise web.HTTPNotFound
        return web.json_response({"update_id": getattr(self.world, action)(**arguments)})

    async def _log(self, request: web.Request) -> web.Response:
        chats = {str(chat.id): chat.log for chat in self.world.chats.values()}
        return web.json_response({"chats": chats, "refused": self.world.refused, "answered": self.world.answered})

    # -- methods ---------------------------------------------------------------------------------------------

    async def call(self, method: str, parameters: dict[str, Any]) -> Any:
        """Run one Bot API method and return its result; raises :class:`Failure`."""
        if self.spec is None:
            checked = {name: _loosely(value) for name, value in parameters.items()}
        else:
            checked = self._checked(self.spec, method, parameters)
        handler = getattr(self, f"_{method.lower()}", None)
        if handler is not None:
            return await handler(checked)
        if method.lower().startswith("send"):
            return self._send(method, checked)
        raise Failure(404, "Not Found")

    def _checked(self, spec: Specification, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        try:
            return spec.check_call(method, parameters)
        except KeyError:
            raise Failure(404, "Not Found") from None
        except Refusal as refusal:
            self.world.refused.append(f"{method}: {refusal}")
            raise Failure(400, f"Bad Request: {refusal}") from None

    def _send(self, method: str, parameters: dict[str, Any]) -> Any:
        chat = self._chat(parameters)
        if method.lower() == "sendchataction":
            return True
        message: dict[str, Any] = {
            "message_id": next(chat.ids),
            "date": int(self.world._now()),
            "chat": chat.as_json(),
            "from": self.world.bot,
        }
        for name in ("text", "caption", "entities"):
            if parameters.get(name):
                message[name] = parameters[name]
        markup = parameters.get("reply_markup")
        if isinstance(markup, dict) and "inline_keyboard" in markup:
            message["reply_markup"] = markup
        message |= _attachment(parameters)
        chat.log.append(message | ({"shown_markup": markup} if markup else {}))
        self.world.touch()
        return message

    def _chat(self, parameters: dict[str, Any]) -> FakeChat:
        number = int(parameters["chat_id"])
        chat = self.world.person(number) if self.world.open_doors else self.world.chats.get(number)
        if chat is None:
            raise Failure(400, "Bad Request: chat not found")
        if chat.blocked:
            raise Failure(403, "Forbidden: bot was blocked by the user")
        if chat.moved_to is not None:
            description = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Failure(400, description, {"migrate_to_chat_id": chat.moved_to})
        thread = parameters.get("message_thread_id")
        if thread is not None and int(thread) not in chat.topics:
            raise Failure(400, "Bad Request: message thread not found")
        return chat

    async def _file(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            return web.Response(status=401)
        return await self.shelf.serve(request)

    async def _getfile(self, parameters: dict[str, Any]) -> Any:
        file_id = str(parameters["file_id"])
        name = f"photos/{file_id}"
        if name not in self.shelf.files:
            raise Failure(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        size = len(self.shelf.files[name].data)
        if size > 20 << 20:
            raise Failure(400, "Bad Request: file is too big")
        return {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_size": size, "file_path": name}

    async def _getme(self, parameters: dict[str, Any]) -> Any:
        return self.world.bot

    async def _sendchataction(self, parameters: dict[str, Any]) -> bool:
        self.world.chats[int(parameters["chat_id"])].actions.append(parameters["action"])
        return True

    async def _editmessagereplymarkup(self, parameters: dict[str, Any]) -> Any:
        chat, wanted = self.world.chats[int(parameters["chat_id"])], int(parameters["message_id"])
        message = next((one for one in chat.log if one["message_id"] == wanted), None)
        if message is None:
            raise Failure(400, "Bad Request: message to edit not found")
        if message.get("reply_markup") == parameters.get("reply_markup"):
            raise Failure(400, "Bad Request: message is not modified")
        message.pop("reply_markup", None)
        self.world.touch()
        return message

    async def _answercallbackquery(self, parameters: dict[str, Any]) -> bool:
        query = parameters["callback_query_id"]
        if query not in self.world.open_queries and not self.world.open_doors:
            text = "query is too old and response timeout expired or query ID is invalid"
            raise Failure(400, f"Bad Request: {text}")
        self.world.open_queries.discard(query)
        self.world.answered.append(query)
        self.world.touch()
        return True

    async def _getupdates(self, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        if self.pusher is not None:
            raise Failure(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook")
        self._poll += 1
        mine = self._poll
        offset, limit = int(parameters.get("offset", 0)), int(parameters.get("limit", 100))
        self.world.updates = [one for one in self.world.updates if one["update_id"] >= offset]
        self._allowed = parameters.get("allowed_updates") or self._allowed
        self.world.touch()
        try:
            seconds = float(parameters.get("timeout", 0))
            await self.world.until(lambda: self._waiting() or self._poll != mine or self._closing.is_set(), seconds)
        except TimeoutError:
            return []
        if self._poll != mine:
            raise Failure(409, "Conflict: terminated by other getUpdates request")
        return self._waiting()[:limit]

    def _waiting(self) -> list[dict[str, Any]]:
        return [one for one in self.world.updates if self._wanted(one)]

    def _wanted(self, update: dict[str, Any]) -> bool:
        return not self._allowed or any(kind in update for kind in self._allowed)

    async def _setwebhook(self, parameters: dict[str, Any]) -> bool:
        await self._deletewebhook({})
        url = parameters["url"]
        if not url:
            return True
        # Telegram wants https; a Bot API server of one's own calls http too, and so does this one.
        if urllib.parse.urlsplit(url).scheme not in {"http", "https"}:
            raise Failure(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self._allowed = parameters.get("allowed_updates") or self._allowed
        self.pusher = Pusher(url, parameters.get("secret_token"), self.call, unit=self._unit)
        self.pusher.on_change = self.world.touch
        waiting, self.world.updates = self.world.updates, []
        for update in waiting:
            self._on_update(update)
        return True

    async def _deletewebhook(self, parameters: dict[str, Any]) -> bool:
        if self.pusher is not None:
            pusher, self.pusher = self.pusher, None
            await pusher.stop()
            self.world.updates = pusher.waiting + self.world.updates
        return True

    async def _getwebhookinfo(self, parameters: dict[str, Any]) -> dict[str, Any]:
        pusher = self.pusher
        info = {
            "url": pusher.url if pusher else "",
            "has_custom_certificate": False,
            "pending_update_count": len(pusher.waiting) if pusher else len(self.world.updates),
        }
        return info | ({"last_error_message": pusher.last_error} if pusher and pusher.last_error else {})

    def _on_update(self, update: dict[str, Any]) -> None:
        if self.pusher is not None:
            if update in self.world.updates:
                self.world.updates.remove(update)
            if self._wanted(update):
                self.pusher.push(update)


async def _parameters(request: web.Request) -> dict[str, Any]:
    """Return the parameters from wherever the Bot API takes them: query, form, multipart or JSON."""
    parameters: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        parameters |= await request.json()
    elif request.content_type == "application/x-www-form-urlencoded":
        parameters |= urllib.parse.parse_qsl((await request.read()).decode(), keep_blank_values=True)
    else:
        for name, value in (await request.post()).items():
            is_file = isinstance(value, web.FileField)
            parameters[name] = Upload(value.filename, value.file.read()) if is_file else value  # type: ignore[union-attr]
    return parameters


def _chat_id(parameters: dict[str, Any]) -> int | None:
    chat = parameters.get("chat_id")
    return int(chat) if isinstance(chat, int) or (isinstance(chat, str) and chat.lstrip("-").isdigit()) else None


def _failed(failure: Failure) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": failure.status, "description": failure.description}
    if failure.parameters:
        body["parameters"] = failure.parameters
    return web.json_response(body, status=failure.status)


def _loosely(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _attachment(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a message that shows a file or a place."""
    for name in _SENDS:
        if name in parameters:
            file: dict[str, Any] = {"file_id": f"sent-{name}", "file_unique_id": f"u-{name}"}
            sized = {"width": 1, "height": 1}
            timed = {"duration": 1}
            match name:
                case "photo":
                    return {"photo": [file | sized]}
                case "voice" | "audio":
                    return {name: file | timed}
                case "video" | "animation":
                    return {name: file | sized | timed}
                case "sticker":
                    return {name: file | sized | {"type": "regular", "is_animated": False, "is_video": False}}
                case _:
                    return {name: file}
    if "latitude" not in parameters:
        return {}
    place = {"latitude": float(parameters["latitude"]), "longitude": float(parameters["longitude"])}
    if "title" in parameters:
        return {"venue": {"location": place, "title": parameters["title"], "address": parameters["address"]}}
    return {"location": place}


async def _serve(port: int, token: str, *, lenient: bool) -> None:
    spec = None if lenient else Specification.load_if_there()
    async with FakeTelegram(spec=spec, token=token, port=port, unit=1.0) as fake:
        print(f"listening on {fake.url}", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Run the fake as a process until it is ended."""
    parser = argparse.ArgumentParser(description="A fake Telegram Bot API for tests and benchmarks")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--lenient", action="store_true", help="check nothing, know every chat")
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(arguments.port, arguments.token, lenient=arguments.lenient))


if __name__ == "__main__":
    main()
