"""Viber, with viberbot's message classes and our own HTTP: callbacks in, messages out, one object a bot.

A person who opens the chat is no subscriber yet: nothing can be sent to them but one welcome, and that is the body of
the answer to Viber's own callback. What comes in is parsed in ``viber_parse``; what goes out is rendered in
``viber_render``, allowed by ``viber_session`` and sent in ``viber_send``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from bots.base import BadRequest, BadSignature, Received
from bots.counting import Metrics, NoMetrics
from bots.download import Source
from bots.viber_http import Answer, MaybeWritten, NotWritten, ViberApi
from bots.viber_parse import Parsed, parse
from bots.viber_render import Body, CannotRender, Located, encode, plain, render
from bots.viber_send import send
from bots.viber_session import WELCOME, LookBack, Sessions, Spend
from bots.viber_settings import DEFAULT_API_URL, SENDER_NAME, ViberAccount, ViberSettings
from core.capabilities import CAPABILITIES, Capabilities
from core.errors import ChannelMisconfigured
from core.graphemes import cut
from core.messages import Address, Outbound, Say, SendMedia
from core.ports import Clock
from core.sending import Hold, Refused, SendResult, Taken
from handlers.calls import CallFailed

__all__ = [
    "EVENT_TYPES",
    "Locate",
    "ViberAccount",
    "ViberChannel",
    "ViberSettings",
    "WebhookStatus",
    "Welcome",
    "delete_webhook",
    "set_webhook",
    "webhook_status",
]

#: The language of the person's Viber -> what they are told when they open the chat; None: nothing.
Welcome = Callable[[str | None], Say | None]
#: Finds a file of ours (by its key or address) where Viber can fetch it; None when it is gone or not public.
Locate = Callable[[str], Awaitable[Located | None]]

#: All but ``message`` have to be asked for; ``conversation_started`` is the one that is often forgotten.
EVENT_TYPES = ("delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started")

#: Viber serves what people send from names below these (``dl-media.viber.com`` in callbacks).
MEDIA_HOSTS = (".viber.com", ".vibercdn.com")

_SIGNATURE_HEADER = "X-Viber-Content-Signature"
_BAD_TOKEN = 2

_log = logging.getLogger(__name__)


class ViberChannel:
    """One bot at Viber: a ``core.ports.Channel`` that Viber calls."""

    name = "viber"
    capabilities: Capabilities = CAPABILITIES["viber"]

    def __init__(
        self,
        account: ViberAccount,
        *,
        clock: Clock,
        sender: str,
        avatar: str | None = None,
        api_url: str = DEFAULT_API_URL,
        bot: str = "",
        welcome: Welcome | None = None,
        look: LookBack | None = None,
        spend: Spend | None = None,
        locate: Locate | None = None,
        metrics: Metrics | None = None,
        read_timeout: float = 10.0,
        connect_timeout: float = 5.0,
    ) -> None:
        """``sender`` is the name above the messages and ``bot`` the bot's id; see the types for the rest.

        Without ``look`` no price is watched and no welcome recognised: only for tools and tests.
        """
        self._account = account
        self._clock = clock
        self._sender: Body = {"name": cut(sender.strip() or "Streetwork", SENDER_NAME, "codepoints")}
        if avatar:
            self._sender["avatar"] = avatar
        self._bot = bot
        self._welcome = welcome
        self._locate = locate
        self._metrics = metrics or NoMetrics()
        self._sessions = Sessions(look, spend)
        self._api_url = api_url
        self._uri: str | None = None
        self.api = ViberApi(account.token, api_url, read_timeout=read_timeout, connect_timeout=connect_timeout)

    @property
    def account(self) -> str:
        """The account's short name."""
        return self._account.account

    @property
    def private_link(self) -> str | None:
        """Where the bot's chat opens, for groups; None until Viber told the bot's address."""
        return f"viber://pa?chatURI={quote(self._uri, safe='')}" if self._uri else None

    async def start(self) -> None:
        """Check the token; raises ``ChannelMisconfigured``. A Viber that cannot be reached is only logged."""
        await self.api.open()
        try:
            answer = await self.api.call("get_account_info", {})
        except (NotWritten, MaybeWritten) as exc:
            _log.warning("Viber cannot be reached now (%s); sends keep trying", type(exc).__name__)
            return
        if answer.status == _BAD_TOKEN:
            raise ChannelMisconfigured(f"Viber refuses the token of bot {self.account}: look at VIBER_TOKEN")
        if answer.status != 0:
            _log.error("viber_account", extra={"account": self.account, "status": answer.status})
        uri = answer.data.get("uri")
        self._uri = uri if isinstance(uri, str) and uri else None

    async def stop(self) -> None:
        """Close all connections."""
        await self.api.close()

    # -- out -------------------------------------------------------------------------------------------------

    async def send(self, address: Address, message: Outbound, *, entry_id: str) -> SendResult:
        """Hand one message to Viber; takes 15 seconds at most, twice that where its form is refused."""
        try:
            located = await self._located(message)
            body = render(message, located)
        except CannotRender as exc:
            return Refused(reason=str(exc))
        gate = await self._sessions.gate(address, entry_id, self._clock.now())
        if isinstance(gate, Hold):
            return gate
        if not gate:
            return Taken()  # the person has it: it was the answer to Viber's callback
        envelope: Body = {"receiver": address.peer, "sender": self._sender}
        result, charged = await send(self.api, envelope, body, _simple(message, located))
        if charged:
            self._metrics.count("viber_charged")
        return result

    async def _located(self, message: Outbound) -> Located | None:
        if not isinstance(message, SendMedia) or self._locate is None or message.ref.startswith("https://"):
            return None
        return await self._locate(message.ref)

    async def locate(self, ref: str) -> Source:
        """Return where the file of a message is: Viber's own media hosts, or the server that the operator set."""
        if not ref.startswith(("https://", "http://")):
            raise CallFailed("unsupported")  # a sticker is a number, its picture is in the phone
        own = None if self._api_url == DEFAULT_API_URL else _origin(self._api_url)
        return Source(url=ref, hosts=MEDIA_HOSTS, own=own)

    # -- in --------------------------------------------------------------------------------------------------

    async def receive(self, headers: Mapping[str, str], body: bytes, *, target: str = "") -> Received:
        """Parse one callback. Opening the chat is answered with the welcome, repeats of it with the same."""
        if not self._genuine(headers, body, target):
            raise BadSignature("The signature is wrong")
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            raise BadRequest("not JSON") from None
        if not isinstance(data, dict):
            raise BadRequest("not an object")
        now = self._clock.now()
        parsed = parse(data, self.account, now)
        self._metrics.count("viber_callbacks", kind=parsed.kind)
        if parsed.kind == "unreadable":
            _log.warning("A callback of bot %s could not be read; it is answered and counted", self.account)
        received = await self._started(parsed, now) if parsed.kind == "start" else _plainly(parsed)
        for incoming in received.incoming:
            self._sessions.note(incoming.peer, incoming.message, now)
        return received

    def _genuine(self, headers: Mapping[str, str], body: bytes, target: str) -> bool:
        """Compare the signature, from the header or from ``?sig=``, in constant time."""
        given = headers.get(_SIGNATURE_HEADER)
        if given is None:
            given = _signature_in(target)
        wanted = hmac.new(self._account.token.encode(), body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())

    async def _started(self, parsed: Parsed, now: int) -> Received:
        """Answer with the welcome where nothing could be sent, or only for a price.

        The event then carries an id that begins with ``welcome/``: its turn's messages are the ones that were shown.
        """
        incoming = parsed.incoming
        if incoming is None:
            return Received()
        address = Address(bot=self._bot, channel=self.name, account=self.account, peer=incoming.peer)
        if parsed.subscribed and await self._sessions.is_open(address, now):
            return Received(incoming=(incoming,))
        body = self._welcome_body(incoming.message.profile.language)
        if body is None:
            return Received(incoming=(incoming,))
        marked = replace(incoming.message, message_id=WELCOME + incoming.event_id.rpartition(":")[2])
        return Received(incoming=(replace(incoming, message=marked),), body=body, content_type="application/json")

    def _welcome_body(self, language: str | None) -> bytes | None:
        say = self._welcome(language) if self._welcome is not None else None
        if say is None:
            return None
        try:
            return encode({"sender": self._sender, **render(say)})
        except CannotRender:
            _log.error("viber_welcome", extra={"account": self.account, "code": "cannot-render"})
            return None


def _signature_in(target: str) -> str:
    try:
        return parse_qs(urlsplit(target).query, max_num_fields=20).get("sig", [""])[0]
    except ValueError:
        return ""


def _simple(message: Outbound, located: Located | None) -> Body | None:
    if located is not None and isinstance(message, SendMedia):
        message = replace(message, ref=located.url)
    try:
        return plain(message)
    except CannotRender:
        return None


def _plainly(parsed: Parsed) -> Received:
    return Received(
        incoming=(parsed.incoming,) if parsed.incoming is not None else (),
        receipts=(parsed.receipt,) if parsed.receipt is not None else (),
    )


# -- the webhook ---------------------------------------------------------------------------------------------


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class WebhookStatus(Struct, frozen=True, kw_only=True):
    """What Viber says about its calls to us."""

    url: str
    #: Events that Viber does not call us for, though we need them.
    missing: tuple[str, ...] = ()


async def set_webhook(channel: ViberChannel, public_url: str) -> str:
    """Make Viber call ``public_url``; returns the full address. Raises ``ChannelMisconfigured`` with the reason.

    Viber calls the address before it answers, so the server must be running and reachable already.
    """
    url = f"{public_url.rstrip('/')}/webhook/viber/{channel.account}"
    # Names come only with `send_name`; photos are not wanted.
    body: dict[str, Any] = {"url": url, "event_types": list(EVENT_TYPES), "send_name": True, "send_photo": False}
    answer = await _ask(channel, "set_webhook", body)
    if answer.status == 1:
        raise ChannelMisconfigured(
            f"Viber got no 200 from {url}: the server must be running there, with a certificate of a known authority"
        )
    _check(answer)
    return url


async def webhook_status(channel: ViberChannel) -> WebhookStatus:
    """Return where Viber delivers to; raises ``ChannelMisconfigured``."""
    answer = await _ask(channel, "get_account_info", {})
    _check(answer)
    url, types = answer.data.get("webhook"), answer.data.get("event_types")
    known = set(types) if isinstance(types, list) and all(isinstance(one, str) for one in types) else set()
    missing = tuple(one for one in EVENT_TYPES if one not in known) if url else ()
    return WebhookStatus(url=url if isinstance(url, str) else "", missing=missing)


async def delete_webhook(channel: ViberChannel) -> None:
    """Stop Viber from calling us; the bot is then closed to people. Raises ``ChannelMisconfigured``."""
    _check(await _ask(channel, "set_webhook", {"url": ""}))


async def _ask(channel: ViberChannel, method: str, body: Mapping[str, Any]) -> Answer:
    try:
        return await channel.api.call(method, body)
    except (NotWritten, MaybeWritten) as exc:
        raise ChannelMisconfigured(f"Viber cannot be asked now ({exc})") from None


def _check(answer: Answer) -> None:
    if answer.status == _BAD_TOKEN:
        raise ChannelMisconfigured("Viber refuses the token: look at VIBER_TOKEN")
    if answer.status != 0:
        raise ChannelMisconfigured(f"Viber refuses (status {answer.status}: {answer.message[:100]})")
