"""Where Twilio calls us: look, set and take away, for a sender or for its Messaging Service.

Twilio repeats nothing by default. An address without ``#rc=5&rp=all`` loses what arrives while this server restarts,
and one without a fallback loses what arrives while it is away for longer; so both count as mistakes.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from twilio.base.exceptions import TwilioException
from twilio.rest.messaging.v2.channels_sender import ChannelsSenderList

from bots.twilio_http import Answered
from bots.whatsapp import WhatsAppChannel
from bots.whatsapp_settings import HOOK_OVERRIDES
from core.errors import ChannelMisconfigured

__all__ = ["WhatsAppHook", "delete_webhook", "set_webhook", "webhook_status", "what_to_click"]


class WhatsAppHook(Struct, frozen=True, kw_only=True):
    """Where Twilio calls for one account. ``problems`` are sentences; none when all is well."""

    url: str
    fallback: str
    problems: tuple[str, ...]


def what_to_click(channel: WhatsAppChannel) -> str:
    """Return what to enter in Twilio's console where the API cannot do it, as for the sandbox."""
    settings = channel.settings
    hook = settings.webhook + HOOK_OVERRIDES
    return (
        "In Twilio's console, under Messaging > Senders > WhatsApp senders > your number (for the sandbox: Messaging > "
        "Try it out > Send a WhatsApp message > Sandbox settings), set:\n"
        f"  webhook for incoming messages (POST): {hook}\n"
        f"  fallback (POST; the sandbox has none): {hook}\n"
        f"  status callback (POST): {settings.status_callback}"
    )


async def webhook_status(channel: WhatsAppChannel) -> WhatsAppHook:
    """Return where Twilio calls and what is wrong with that; raises ``ChannelMisconfigured`` when it does not tell."""
    try:
        found = await _read(channel)
        deaf = await _service_answers(channel)
    except TwilioException as exc:
        raise _cannot(exc) from None
    if found is None:
        sentence = f"Twilio's API does not know the sender {channel.account}. {what_to_click(channel)}"
        return WhatsAppHook(url="", fallback="", problems=(sentence,))
    url, fallback, status = found
    problems = _problems(channel, url, fallback, status)
    if deaf:
        problems.append("the Messaging Service answers instead of the sender: run `streetwork webhook set`")
    return WhatsAppHook(url=url, fallback=fallback, problems=tuple(problems))


def _problems(channel: WhatsAppChannel, url: str, fallback: str, status: str) -> list[str]:
    address, _, overrides = url.partition("#")
    wanted = channel.settings.webhook
    found = []
    if not url:
        found.append("Twilio calls nobody: run `streetwork webhook set`")
    elif address != wanted:
        found.append(f"Twilio calls another address than {wanted}: PUBLIC_URL changed, or this is another server's")
    if url and not set(HOOK_OVERRIDES[1:].split("&")) <= set(overrides.split("&")):
        found.append(f"the address lacks {HOOK_OVERRIDES}: a message that arrives while this server restarts is lost")
    if not fallback:
        found.append("there is no fallback address: a message that arrives while this server is away is lost")
    if status and status.partition("#")[0].partition("?")[0] != wanted:
        found.append("reports on messages go to another address than messages do")
    return found


async def set_webhook(channel: WhatsAppChannel) -> str:
    """Make Twilio call us and return the address; raises ``ChannelMisconfigured`` with what to click instead."""
    hook = channel.settings.webhook + HOOK_OVERRIDES
    await _write(channel, hook, hook, channel.settings.status_callback)
    return hook


async def delete_webhook(channel: WhatsAppChannel) -> None:
    """Stop Twilio from calling us; messages are lost from then on. Raises ``ChannelMisconfigured``."""
    await _write(channel, "", "", "")


async def _read(channel: WhatsAppChannel) -> tuple[str, str, str] | None:
    """Return (address, fallback, status callback), or None where the API does not know the sender."""
    if channel.settings.sender is None:
        service = await channel.client.messaging.v1.services(channel.account).fetch_async()
        return service.inbound_request_url or "", service.fallback_url or "", service.status_callback or ""
    sender = await _sender(channel)
    if sender is None:
        return None
    hook: dict[str, Any] = sender.webhook if isinstance(sender.webhook, dict) else {}
    return hook.get("callback_url") or "", hook.get("fallback_url") or "", hook.get("status_callback_url") or ""


async def _service_answers(channel: WhatsAppChannel) -> bool:
    """Say whether the Messaging Service of a sender takes its messages to an address of its own."""
    if channel.settings.sender is None or channel.settings.service_sid is None:
        return False
    service = await channel.client.messaging.v1.services(channel.settings.service_sid).fetch_async()
    return str(service.use_inbound_webhook_on_number).lower() != "true"


async def _sender(channel: WhatsAppChannel) -> Any:
    for sender in await channel.client.messaging.v2.channels_senders.list_async(channel="whatsapp", limit=1000):
        if sender.sender_id == channel.settings.sender:
            return sender
    return None


async def _write(channel: WhatsAppChannel, url: str, fallback: str, status: str) -> None:
    try:
        if channel.settings.sender is None:
            await channel.client.messaging.v1.services(channel.account).update_async(
                inbound_request_url=url,
                fallback_url=fallback,
                status_callback=status,
                use_inbound_webhook_on_number=False,
            )
            return
        sender = await _sender(channel)
        if sender is None:
            raise ChannelMisconfigured(
                f"Twilio's API does not know the sender {channel.account}. {what_to_click(channel)}"
            )
        hook = {
            "callback_url": url,
            "callback_method": "POST",
            "fallback_url": fallback,
            "fallback_method": "POST",
            "status_callback_url": status,
            "status_callback_method": "POST",
        }
        request = ChannelsSenderList.MessagingV2ChannelsSenderRequestsUpdate({"webhook": hook})
        await channel.client.messaging.v2.channels_senders(sender.sid).update_async(request)
        if channel.settings.service_sid is not None:
            service = channel.client.messaging.v1.services(channel.settings.service_sid)
            await service.update_async(use_inbound_webhook_on_number=True)
    except Answered as exc:
        raise ChannelMisconfigured(
            f"Twilio refused (error {exc.code}, HTTP {exc.status}). {what_to_click(channel)}"
        ) from None
    except TwilioException as exc:
        raise _cannot(exc) from None


def _cannot(error: TwilioException) -> ChannelMisconfigured:
    if isinstance(error, Answered) and error.status == 401:
        return ChannelMisconfigured("Twilio refuses the account: look at TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN")
    return ChannelMisconfigured(f"Twilio cannot be asked now ({type(error).__name__})")
