"""Files in the web chat: the person sends one with a form of its own, and fetches those of their own thread."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from aiohttp import web

from bots.fetching import SHARE
from bots.intake import Incoming, Intake
from bots.webchat_wire import shown
from core.blobs import BlobRefused, blob_key, keep, owner_of
from core.errors import Refused, StoreError
from core.filetypes import kind_of
from core.ids import ConversationId, Millis
from core.messages import Inbound, Media
from core.ports import Blobs, Clock, Store
from handoff.files import file_key
from handoff.serving import file_response
from handoff.uploads import FileForm, pieces

__all__ = ["ChatFiles"]

_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
#: Files that one person may send in an hour.
_PER_HOUR = 60
_HOUR: Millis = 3_600_000


class ChatFiles:
    """Takes and gives files; who is asking was found out before."""

    def __init__(
        self,
        store: Store,
        blobs: Blobs,
        clock: Clock,
        intake: Intake,
        *,
        most: int,
        keep_for: Callable[[], Millis],
    ) -> None:
        """``most`` bytes may one file have, ``keep_for`` says how many milliseconds it is kept."""
        self._store = store
        self._blobs = blobs
        self._clock = clock
        self._intake = intake
        self._most = most
        self._keep_for = keep_for

    async def take(self, request: web.Request, peer: str, channel: tuple[str, str]) -> web.Response:
        """Keep a file and let it arrive like a message; a repeat under the same id changes nothing."""
        try:
            client_id = await self._taken(request, peer, channel)
        except Refused as refused:
            return _answer({"code": refused.reason, "detail": refused.detail}, 422)
        except StoreError:
            return _answer({"code": "later"}, 503)
        return _answer({"code": "ok", "id": client_id}, 200)

    async def _taken(self, request: web.Request, peer: str, channel: tuple[str, str]) -> str:
        conversation = self._intake.conversation(*channel, peer)
        form = FileForm(request)
        part = await form.file()
        client_id, now = form.fields.get("id", ""), self._clock.now()
        if not _ID.fullmatch(client_id):
            raise Refused("malformed")
        snapshot = await self._store.snapshot(conversation)
        if snapshot is None:
            raise Refused("later")  # the page begins the conversation as soon as it is connected
        hour = f"{conversation}/{now // _HOUR}"
        sent = await self._store.increment("chat-files", hour, now, expires=now + _HOUR)
        if sent > _PER_HOUR or await self._blobs.held(conversation) >= self._most * SHARE:
            raise Refused("too_many")
        key = blob_key(conversation, snapshot.generation, f"up/web/{client_id}")
        name = (part.filename or "")[-200:] or None
        until = now + self._keep_for()
        try:
            kept = await keep(self._blobs, key, pieces(part), most=self._most, now=now, expires=until, name=name)
        except BlobRefused as refused:
            code = "later" if refused.code == "erased" else refused.code
            raise Refused(code, most=f"{self._most >> 20} MB") from None
        head = kept.head
        media = Media(kind=kind_of(head.mime), ref=key, mime=head.mime, size=head.size, name=name)
        incoming = Incoming(
            peer=peer, event_id=f"web:{peer}:{client_id}", message=Inbound(content=media, message_id=client_id)
        )
        await self._intake.accept(*channel, [incoming])
        return client_id

    async def give(self, request: web.Request, conversation: ConversationId) -> web.StreamResponse:
        """Send the file of a line that the person can see in their own thread."""
        seq, now = request.match_info["seq"], self._clock.now()
        if not (seq.isascii() and seq.isdecimal() and 0 < len(seq) < 9 and int(seq) > 0):
            raise web.HTTPNotFound
        try:
            lines = await self._store.transcript(conversation, int(seq) - 1, 1)
            line = lines[0] if lines and lines[0].seq == int(seq) else None
            key = file_key(line) if line is not None and shown(line, conversation, {}) is not None else None
            head = (await self._blobs.heads([key], now)).get(key) if key is not None else None
        except StoreError:
            raise web.HTTPServiceUnavailable from None
        if key is None or head is None or owner_of(key) is None:
            raise web.HTTPNotFound
        if head.reason is not None:
            raise web.HTTPGone
        return await file_response(request, self._blobs, key, head, now)


def _answer(body: object, status: int) -> web.Response:
    return web.Response(
        text=json.dumps(body), status=status, content_type="application/json", headers={"Cache-Control": "no-store"}
    )
