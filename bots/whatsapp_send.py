"""One send to WhatsApp: the window, the template, the call, and every answer in the words of the core.

Mended within one send, each once, because Twilio certainly took nothing: a template that was deleted there (made
anew), one that it does not take (the same as numbered text), and a file that it could not fetch (its address as text).

Twilio knows no idempotency key. So before a message that may have arrived is sent again, the account's latest messages
to that person are looked through; what is found there is not sent a second time.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace
from twilio.base.exceptions import TwilioException

from bots.twilio_http import Answered, MaybeWritten, NotWritten
from bots.whatsapp_errors import ERRORS, WINDOW_CLOSED, result_of
from bots.whatsapp_render import Approved, CannotRender, Choices, File, Place, Plain, Rendered, approved, render
from bots.whatsapp_settings import WhatsAppAccount
from bots.whatsapp_templates import Templates
from bots.whatsapp_window import Closed, Window
from core.ids import Millis
from core.messages import Address, Outbound
from core.ports import Clock
from core.reasons import joined, reason
from core.sending import Hold, NotSent, Refused, SendResult, Taken, Unsure

__all__ = ["PublicFile", "Sender", "recipient"]

#: Returns the https address under which Twilio can fetch a file of ours for a while; None when it is gone.
PublicFile = Callable[[str], Awaitable[str | None]]

#: Seconds for what comes before the send itself. With the send's own 15 they stay below the delivery loop's limit.
_TEMPLATE_TIME = 12.0
_LOOK_TIME = 8.0
#: Entries in doubt and sent messages remembered at once.
_REMEMBERED = 2000
#: Twilio's clock and ours may differ by so much.
_SKEW: Final[Millis] = 60_000
_DAY: Final[Millis] = 86_400_000
_SOON: Final[Millis] = 5_000


class _Post(Struct, frozen=True, kw_only=True):
    """What is posted: a rendered message, and the template once it is known."""

    call: Rendered | Approved
    content_sid: str | None = None
    #: Address of the file, once it is known.
    media_url: str | None = None


def recipient(address: Address) -> str:
    """Return whom we write to: the number while it is known, else the user id that names the person."""
    thread = address.thread or ""
    return thread if thread.startswith("whatsapp:+") else address.peer


class Sender:
    """Sends for one account."""

    def __init__(
        self,
        client: Any,
        account: WhatsAppAccount,
        clock: Clock,
        templates: Templates,
        window: Window,
        public_file: PublicFile | None,
    ) -> None:
        self._client = client
        self._account = account
        self._clock = clock
        self._templates = templates
        self._window = window
        self._public_file = public_file
        self._throttled = 0
        self._doubts: OrderedDict[str, Millis] = OrderedDict()
        self._sent: OrderedDict[str, None] = OrderedDict()

    async def send(self, address: Address, message: Outbound, entry_id: str) -> SendResult:
        """Send one message and return how it ended. Does not raise for what may happen outside."""
        to = recipient(address)
        try:
            call = render(message)
            media_url = await self._media_url(call)
        except CannotRender as exc:
            return Refused(reason=str(exc))
        closed = await self._window.closed(address, to)
        if entry_id in self._doubts and (sid := await self._find(to, call, self._doubts[entry_id])) is not None:
            return self._ended(entry_id, Taken(provider_ids=(sid,)))
        stand_in = approved(message, self._account.templates)
        if closed is not None:
            return self._ended(entry_id, await self._outside(to, closed, stand_in))
        result = await self._mended(to, _Post(call=call, media_url=media_url))
        if isinstance(result, Hold) and result.reason == ERRORS[WINDOW_CLOSED].reason:
            self._window.close(to)
            result = await self._outside(to, Closed(since=0), stand_in)
        return self._ended(entry_id, result)

    def _ended(self, entry_id: str, result: SendResult) -> SendResult:
        if isinstance(result, Unsure):
            self._doubts.setdefault(entry_id, self._clock.now())
            _trim(self._doubts)
        elif not isinstance(result, NotSent):
            self._doubts.pop(entry_id, None)
        if isinstance(result, Taken):
            self._sent.update(dict.fromkeys(result.provider_ids))
            _trim(self._sent)
        return result

    async def _media_url(self, call: Rendered) -> str | None:
        if not isinstance(call, File):
            return None
        if call.ref.startswith("https://"):
            return call.ref
        url = await self._public_file(call.ref) if self._public_file is not None else None
        if url is None:
            raise CannotRender(reason("file_no_address"))
        return url

    # -- posting -----------------------------------------------------------------------------------------

    async def _mended(self, to: str, post: _Post) -> SendResult:
        """Post, and mend what can be mended."""
        mended: set[str] = set()
        while True:
            call = post.call
            if isinstance(call, Choices):
                found = await self._content_sid(call)
                if isinstance(found, str):
                    post = replace(post, content_sid=found)
                elif isinstance(found, Refused):
                    post = _Post(call=Plain(text=call.plain))
                else:
                    return found
            try:
                return await self._post(to, post)
            except Answered as error:
                remedy = await self._remedy(error, post, mended)
                if remedy is None:
                    return self._answered(error)
                post = remedy

    async def _content_sid(self, call: Choices) -> str | SendResult:
        """Return the template's sid, or why there is none; until it is there nothing was sent, whatever happens."""
        try:
            async with asyncio.timeout(_TEMPLATE_TIME):
                return await self._templates.sid(call.template)
        except Answered as error:
            result = self._answered(error)
            return NotSent(reason=result.reason) if isinstance(result, Unsure) else result
        except (TwilioException, TimeoutError, TypeError, ValueError, LookupError, AttributeError):
            return NotSent(reason=reason("whatsapp.templates"))

    async def _remedy(self, error: Answered, post: _Post, mended: set[str]) -> _Post | None:
        """Return what to post instead, or None."""
        known = ERRORS.get(error.code or 0)
        if error.status >= 500 or known is None:
            return None
        if isinstance(post.call, Choices) and known.act == "content":
            if error.code == 21655 and "template" not in mended:
                mended.add("template")
                await self._templates.forget(post.call.template)
                return _Post(call=post.call)
            return _Post(call=Plain(text=post.call.plain))
        if isinstance(post.call, File) and post.call.ref.startswith("https://") and error.code in {21620, 63005, 63021}:
            caption = post.call.caption
            return _Post(call=Plain(text=f"{caption}\n{post.call.ref}" if caption else post.call.ref))
        return None

    async def _post(self, to: str, post: _Post) -> SendResult:
        """Make the one call that must not be repeated by itself; raises :class:`Answered`."""
        try:
            sent = await self._client.messages.create_async(to=to, **self._from(), **_parameters(post))
        except NotWritten:
            return NotSent(reason=reason("whatsapp.unreachable"))
        except MaybeWritten:
            return Unsure(reason=reason("whatsapp.no_answer"))
        except Answered:
            raise
        except (TwilioException, TypeError, ValueError, LookupError, AttributeError):
            # Most likely a success whose answer the library cannot read.
            return Unsure(reason=reason("whatsapp.unreadable"))
        self._throttled = 0
        if not isinstance(sent.sid, str) or not sent.sid:
            return Unsure(reason=reason("whatsapp.unreadable"))
        if sent.status in {"failed", "undelivered"}:
            raise Answered(400, sent.error_code if isinstance(sent.error_code, int) else 0, None)
        return Taken(provider_ids=(sent.sid,))

    def _from(self) -> dict[str, str]:
        found = {"status_callback": self._account.status_callback}
        if self._account.sender is not None:
            found["from_"] = self._account.sender
        if self._account.service_sid is not None:
            found["messaging_service_sid"] = self._account.service_sid
        return found

    def _answered(self, error: Answered) -> SendResult:
        self._throttled = self._throttled + 1 if error.status == 429 else 0
        return result_of(error, self._throttled)

    # -- outside the window ------------------------------------------------------------------------------

    async def _outside(self, to: str, closed: Closed, stand_in: Approved | None) -> SendResult:
        """Send the approved form of the message if it has one, else hold it until the person writes.

        Where a template for that is set, they are asked to write, once in each silence.
        """
        # What was just accepted has woken this entry already and will not do so again: so look again soon.
        after = _SOON if closed.waiting else _DAY
        held = Hold(reason=joined(ERRORS[WINDOW_CLOSED].reason, reason("whatsapp.waits")), after=after)
        template = self._account.template_sid
        if closed.waiting:
            return held
        if stand_in is None and (template is None or not await self._window.may_ask(to, closed.since)):
            return held
        try:
            result = await self._post(to, _Post(call=stand_in or Approved(sid=template or "")))
        except Answered as error:
            result = self._answered(error)
        match result:
            case Taken() | Unsure() if stand_in is not None:
                return result
            case Taken() | Unsure():
                await self._window.asked(to)
                return Hold(reason=joined(held.reason, reason("whatsapp.asked")), after=_DAY)
            case Refused(blocked=False) | Hold():
                return Hold(reason=joined(held.reason, reason("whatsapp.template_refused"), result.reason), after=_DAY)
            case _:
                return result

    # -- in doubt ----------------------------------------------------------------------------------------

    async def _find(self, to: str, call: Rendered, since: Millis) -> str | None:
        """Return the sid of a message like ``call`` that Twilio took around ``since`` and no entry accounts for."""
        where = {"from_": self._account.sender} if self._account.sender is not None else {}
        try:
            async with asyncio.timeout(_LOOK_TIME):
                found = await self._client.messages.list_async(to=to, limit=20, **where)
        except (TwilioException, TimeoutError, TypeError, ValueError, LookupError, AttributeError):
            return None
        for one in found:
            made = one.date_created
            recent = isinstance(made, datetime) and made.timestamp() * 1000 >= since - _SKEW
            outbound = str(one.direction).startswith("outbound")
            if recent and outbound and one.sid not in self._sent and _same(call, one):
                return str(one.sid)
        return None


def _same(call: Rendered, one: Any) -> bool:
    body = " ".join(str(one.body or "").split())
    match call:
        case Choices():
            return body in {" ".join(call.text.split()), " ".join(call.plain.split())}
        case File():
            return body == " ".join((call.caption or "").split()) and one.num_media not in {None, "0"}
        case Plain() | Place():
            return body == " ".join(call.text.split())


def _parameters(post: _Post) -> dict[str, Any]:
    match post.call:
        case Choices():
            variables = {str(n): value for n, value in enumerate(post.call.variables, 1)}
            return {"content_sid": post.content_sid, "content_variables": _json(variables)}
        case Approved(sid=sid, variables=()):
            return {"content_sid": sid}
        case Approved(sid=sid, variables=values):
            return {"content_sid": sid, "content_variables": _json({str(n): v for n, v in enumerate(values, 1)})}
        case Plain():
            return {"body": post.call.text}
        case File():
            caption = {"body": post.call.caption} if post.call.caption else {}
            return {"media_url": [post.media_url], **caption}
        case Place():
            return {"body": post.call.text, "persistent_action": [post.call.action]}


def _json(values: dict[str, str]) -> str:
    return json.dumps(values, ensure_ascii=False)


def _trim(remembered: OrderedDict[str, Any]) -> None:
    while len(remembered) > _REMEMBERED:
        remembered.popitem(last=False)
