"""Telegram, through python-telegram-bot's ``Bot`` and types: webhooks, long polling and sending, one object a bot.

Telegram has no receipts and no idempotency keys: a send whose answer was lost may have arrived, and nothing can tell.
What arrives is parsed in ``telegram_parse``; what goes out is rendered in ``telegram_render`` and sent in
``telegram_send``.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace
from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import BadRequest as TelegramBadRequest
from telegram.error import Conflict, InvalidToken, TelegramError

from bots.base import BadRequest, BadSignature, Polled, PollingConflict, ProviderUnreachable, Received
from bots.counting import Metrics, NoMetrics
from bots.download import Source
from bots.intake import Incoming
from bots.telegram_files import locate
from bots.telegram_http import AiohttpRequest, Throttled, quiet_loggers
from bots.telegram_parse import ALLOWED_UPDATES, Parsed, parse
from bots.telegram_render import CannotRender, render
from bots.telegram_send import OpenBlob, Target, send
from bots.telegram_settings import DEFAULT_API_URL, TelegramAccount, TelegramSettings
from core.capabilities import CAPABILITIES, Capabilities
from core.errors import ChannelMisconfigured
from core.messages import AckChoice, Address, Choice, Hint, Outbound, RemoveOptions, Typing
from core.reasons import reason
from core.sending import Refused, SendResult, Taken

__all__ = [
    "TelegramAccount",
    "TelegramChannel",
    "TelegramSettings",
    "WebhookStatus",
    "delete_webhook",
    "set_webhook",
    "webhook_status",
]

_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
#: Seconds that a poll waits at Telegram for news; the connection then waits a little longer for the answer.
_POLL_SECONDS = 50
_POLL_SLACK = 10
#: Most connections at once; the delivery loop sends fewer.
_POOL = 100

_log = logging.getLogger(__name__)


class TelegramChannel:
    """One bot at Telegram: a ``core.ports.Channel`` that can also be called (webhook) and asked (polling)."""

    name = "telegram"
    capabilities: Capabilities = CAPABILITIES["telegram"]

    def __init__(
        self,
        account: TelegramAccount,
        *,
        api_url: str = DEFAULT_API_URL,
        open_blob: OpenBlob | None = None,
        metrics: Metrics | None = None,
        poll_seconds: int = _POLL_SECONDS,
        read_timeout: float = 10.0,
    ) -> None:
        quiet_loggers()
        self._account = account
        self._api_url = api_url
        self._open_blob = open_blob
        self._metrics = metrics or NoMetrics()
        self._poll_seconds = poll_seconds
        self._sends = AiohttpRequest(pool=_POOL, read_timeout=read_timeout)
        self._polls = AiohttpRequest(pool=2)
        self._acks: set[asyncio.Task[None]] = set()
        self.bot = Bot(
            account.token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=self._sends,
            get_updates_request=self._polls,
        )

    @property
    def account(self) -> str:
        """The bot's id at Telegram."""
        return self._account.account

    @property
    def private_link(self) -> str | None:
        """Where the bot's private chat opens, for groups; None until Telegram told the bot's name."""
        try:
            return f"https://t.me/{self.bot.username}"
        except RuntimeError:
            return None

    async def start(self) -> None:
        """Check the token with getMe; raises ``ChannelMisconfigured``. An unreachable Telegram is only logged."""
        try:
            await self.bot.initialize()
        except InvalidToken:  # its text holds the token
            raise ChannelMisconfigured(
                f"Telegram refuses the token of bot {self.account}: look at TELEGRAM_TOKEN"
            ) from None
        except TelegramError as exc:
            _log.warning("Telegram cannot be reached now (%s); sends and polls keep trying", type(exc).__name__)
        except (TypeError, ValueError, LookupError):
            raise ChannelMisconfigured("What answers at TELEGRAM_API_URL is not a Bot API") from None

    async def stop(self) -> None:
        """Close all connections."""
        for task in self._acks:
            task.cancel()
        await asyncio.gather(*self._acks, return_exceptions=True)
        await self.bot.shutdown()
        await asyncio.gather(self._sends.shutdown(), self._polls.shutdown())

    async def send(self, address: Address, message: Outbound, *, entry_id: str) -> SendResult:
        """Hand one message to Telegram; takes 20 seconds at most for each thing it mends. See ``telegram_send``."""
        try:
            target = Target(chat=int(address.peer), thread=int(address.thread) if address.thread else None)
            call = render(message, private=target.chat > 0)
        except CannotRender as exc:
            return Refused(reason=str(exc))
        except ValueError:
            return Refused(reason=reason("telegram.address"))
        result = await send(self.bot, self._sends, target, call, self._open_blob)
        if isinstance(result, Taken):
            # Message ids count within a chat. The pseudonym makes them unique without naming the chat.
            conversation = entry_id.partition("/")[0]
            return replace(result, provider_ids=tuple(f"{conversation}:{id_}" for id_ in result.provider_ids))
        return result

    async def locate(self, ref: str) -> Source:
        """Ask where the file ``ref`` is; the address holds the token and is good for an hour. See ``bots.fetching``."""
        return await locate(self.bot, self._api_url, ref)

    async def hint(self, address: Address, hint: Hint) -> None:
        """Show typing for five seconds, stop the spinner of a pressed button, or take buttons off a message."""
        match hint:
            case Typing():
                thread = int(address.thread) if address.thread else None
                await self.bot.send_chat_action(int(address.peer), ChatAction.TYPING, message_thread_id=thread)
            case AckChoice():
                await self.bot.answer_callback_query(hint.ack)
            case RemoveOptions():
                # Of two presses the second finds nothing to change, which Telegram calls an error.
                with contextlib.suppress(TelegramBadRequest):
                    await self.bot.edit_message_reply_markup(int(address.peer), int(hint.of))

    # -- webhook ---------------------------------------------------------------------------------------------

    async def receive(self, headers: Mapping[str, str], body: bytes, *, target: str = "") -> Received:
        """Parse one webhook call. The answer stops the spinner of a pressed button."""
        given = headers.get(_SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self._account.secret.encode()):
            raise BadSignature("The secret token is wrong")
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            raise BadRequest("not JSON") from None
        if not isinstance(data, dict) or not isinstance(data.get("update_id"), int):
            raise BadRequest("not an update")
        parsed = self._parse(data)
        incoming = (parsed.incoming,) if parsed.incoming is not None else ()
        if parsed.ack is None:
            return Received(incoming=incoming)
        answer = {"method": "answerCallbackQuery", "callback_query_id": parsed.ack}
        return Received(incoming=incoming, body=json.dumps(answer).encode(), content_type="application/json")

    def _parse(self, data: Mapping[str, Any]) -> Parsed:
        parsed = parse(data, self.account)
        self._metrics.count("telegram_updates", kind=parsed.kind)
        if parsed.kind == "unreadable":
            _log.warning("An update of bot %s could not be read; it is answered and counted", self.account)
        return parsed

    # -- polling ---------------------------------------------------------------------------------------------

    async def prepare_polling(self) -> None:
        """Delete a webhook: while one is set, Telegram refuses polls. Waiting updates stay."""
        with _PollingErrors():
            await self.bot.delete_webhook(drop_pending_updates=False)
            await self.bot.initialize()  # asks for the bot's name where the start could not

    async def poll(self, offset: int | None) -> Polled:
        """Wait up to 50 seconds for updates. Telegram forgets those below ``offset``."""
        query: dict[str, Any] = {"timeout": self._poll_seconds, "allowed_updates": json.dumps(ALLOWED_UPDATES)}
        if offset is not None:
            query["offset"] = offset
        # Not Bot.get_updates: it parses the batch as a whole, so one broken update would block all for ever.
        with _PollingErrors():
            result: Any = await self._polls.post(
                f"{self.bot.base_url}/getUpdates?{urlencode(query)}", read_timeout=self._poll_seconds + _POLL_SLACK
            )
        listed = result if isinstance(result, list) else []
        updates = [one for one in listed if isinstance(one, dict) and isinstance(one.get("update_id"), int)]
        parsed = [self._parse(one) for one in updates]
        if updates:
            offset = max(one["update_id"] for one in updates) + 1
        return Polled(incoming=tuple(one.incoming for one in parsed if one.incoming is not None), offset=offset)

    def acknowledge(self, incoming: Sequence[Incoming]) -> None:
        """Stop the spinners of pressed buttons, in the background; a late or failed answer does not matter."""
        for one in incoming:
            content = one.message.content
            if isinstance(content, Choice) and content.ack is not None:
                where = Address(bot="", channel=self.name, account=self.account, peer=one.peer)
                task = asyncio.create_task(self._answer(where, AckChoice(ack=content.ack)))
                self._acks.add(task)
                task.add_done_callback(self._acks.discard)

    async def _answer(self, address: Address, ack: AckChoice) -> None:
        try:
            await self.hint(address, ack)
        except TelegramError as exc:
            self._metrics.count("telegram_acks_failed", error=type(exc).__name__)


class _PollingErrors:
    """Put Telegram's errors into the words of the polling loop, without their texts: those may hold the token."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        match error:
            case Throttled():
                raise ProviderUnreachable(reason("telegram.wait"), error.seconds) from None
            case Conflict():
                raise PollingConflict("Another process or a webhook receives the updates of this bot") from None
            case InvalidToken():
                raise ChannelMisconfigured("Telegram refuses the token of this bot: look at TELEGRAM_TOKEN") from None
            case TelegramError() | TypeError() | ValueError() | LookupError():
                raise ProviderUnreachable(type(error).__name__) from None
            case _:
                return


class WebhookStatus(Struct, frozen=True, kw_only=True):
    """What Telegram says about its calls to us."""

    url: str
    #: Updates waiting to be fetched or delivered.
    pending: int
    last_error: str | None = None


async def set_webhook(channel: TelegramChannel, public_url: str, secret: str) -> str:
    """Make Telegram call ``public_url``; returns the full address. Raises ``ChannelMisconfigured`` with the reason."""
    url = f"{public_url.rstrip('/')}/webhook/telegram/{channel.account}"
    try:
        await channel.bot.set_webhook(url, secret_token=secret, allowed_updates=ALLOWED_UPDATES, max_connections=40)
    except InvalidToken:
        raise ChannelMisconfigured("Telegram refuses the token: look at TELEGRAM_TOKEN") from None
    except TelegramBadRequest as exc:
        raise ChannelMisconfigured(f"Telegram does not accept this address (PUBLIC_URL): {exc.message}") from None
    except TelegramError as exc:
        raise ChannelMisconfigured(f"Telegram cannot be asked now ({type(exc).__name__})") from None
    return url


async def webhook_status(channel: TelegramChannel) -> WebhookStatus:
    """Return where Telegram delivers to and how that goes; raises ``ChannelMisconfigured``."""
    try:
        info = await channel.bot.get_webhook_info()
    except TelegramError as exc:
        raise ChannelMisconfigured(f"Telegram does not tell ({type(exc).__name__}): look at TELEGRAM_TOKEN") from None
    return WebhookStatus(url=info.url, pending=info.pending_update_count, last_error=info.last_error_message)


async def delete_webhook(channel: TelegramChannel) -> None:
    """Stop Telegram from calling us; waiting updates stay for the polls. Raises ``ChannelMisconfigured``."""
    try:
        await channel.bot.delete_webhook(drop_pending_updates=False)
    except TelegramError as exc:
        raise ChannelMisconfigured(f"Telegram refuses ({type(exc).__name__}): look at TELEGRAM_TOKEN") from None
