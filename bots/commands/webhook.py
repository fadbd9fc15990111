"""``webhook``: where the messengers send what people write."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import click

from bots.environment import settings_of_process
from core.errors import ChannelMisconfigured, SettingsError
from core.ports import Channel
from core.settings import Settings

__all__ = ["Hook", "webhook"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """The webhook of one account, in the words of this command. Each part may raise ``ChannelMisconfigured``."""

    #: As shown: ``Telegram bot 123``.
    who: str
    channel: Channel
    #: Sets the webhook under a public address and returns the full one.
    set: Callable[[str], Awaitable[str]]
    #: Returns where the messenger delivers to, in words, and what is wrong, a sentence each.
    status: Callable[[], Awaitable[tuple[str, list[str]]]]
    delete: Callable[[], Awaitable[None]]
    #: What follows from there being no webhook.
    without: str


@click.command()
@click.argument("action", type=click.Choice(["set", "status", "delete"]))
def webhook(action: str) -> None:
    """Set, show or delete the webhook of every account that is set up.

    `set` needs PUBLIC_URL, and a server that runs there. Without a webhook Telegram is asked by polling, which needs no
    public address; the other messengers cannot be. `status` exits with 1 when something is wrong.
    """
    sys.exit(asyncio.run(_each(action)))


async def _each(action: str) -> int:
    settings = settings_of_process()
    hooks = [*_telegram(settings), *_viber(settings), *_whatsapp(settings)]
    if not hooks:
        raise SettingsError("TELEGRAM_TOKEN, VIBER_TOKEN and TWILIO_SENDER are not set, so there is no bot to speak of")
    if action == "set" and not settings.public_url:
        raise SettingsError("PUBLIC_URL is not set: messengers need an https address that reaches this server")
    failed = 0
    for hook in hooks:
        try:
            await hook.channel.start()
            failed |= await _act(action, hook, settings.public_url or "")
        except ChannelMisconfigured as exc:
            # One account in trouble must not keep the others from being set.
            click.echo(f"{hook.who}: {exc}", err=True)
            failed = 1
        finally:
            await hook.channel.stop()
    return failed


async def _act(action: str, hook: Hook, public_url: str) -> int:
    if action == "set":
        click.echo(f"{hook.who} calls {await hook.set(public_url)}")
    elif action == "delete":
        await hook.delete()
        click.echo(f"{hook.who} calls nobody; {hook.without}")
    else:
        where, wrong = await hook.status()
        click.echo(f"{hook.who} calls {where}")
        for sentence in wrong:
            click.echo(f"  {sentence}")
        return 1 if wrong else 0
    return 0


def _telegram(settings: Settings) -> Iterator[Hook]:
    from bots.telegram import TelegramChannel, delete_webhook, set_webhook, webhook_status
    from bots.telegram_settings import TelegramAccount, TelegramSettings

    telegram = TelegramSettings.from_mapping(settings.given)

    def hook(account: TelegramAccount) -> Hook:
        channel = TelegramChannel(account, api_url=telegram.api_url)

        async def status() -> tuple[str, list[str]]:
            found = await webhook_status(channel)
            wrong = [f"last error: {found.last_error}"] if found.last_error else []
            return f"{found.url or 'nobody (it is polled)'}; {found.pending} updates wait", wrong

        return Hook(
            who=f"Telegram bot {account.account}",
            channel=channel,
            set=lambda url: set_webhook(channel, url, account.secret),
            status=status,
            delete=lambda: delete_webhook(channel),
            without="it is polled now",
        )

    return (hook(account) for account in telegram.accounts)


def _viber(settings: Settings) -> Iterator[Hook]:
    from bots.clock import SystemClock
    from bots.viber import ViberChannel, delete_webhook, set_webhook, webhook_status
    from bots.viber_settings import ViberAccount, ViberSettings

    viber = ViberSettings.from_mapping(settings.given)

    def hook(account: ViberAccount) -> Hook:
        channel = ViberChannel(account, clock=SystemClock(), sender=viber.name or "", api_url=viber.api_url)

        async def status() -> tuple[str, list[str]]:
            found = await webhook_status(channel)
            if not found.url:
                return "nobody", ["without a webhook nobody can write to it: run `streetwork webhook set`"]
            wrong = [f"it does not tell of: {', '.join(found.missing)}"] if found.missing else []
            return found.url, wrong

        return Hook(
            who=f"Viber bot {account.account}",
            channel=channel,
            set=lambda url: set_webhook(channel, url),
            status=status,
            delete=lambda: delete_webhook(channel),
            without="nobody can write to it now",
        )

    return (hook(account) for account in viber.accounts)


def _whatsapp(settings: Settings) -> Iterator[Hook]:
    from bots.clock import SystemClock
    from bots.whatsapp import WhatsAppChannel
    from bots.whatsapp_settings import WhatsAppAccount, WhatsAppSettings
    from bots.whatsapp_webhook import delete_webhook, set_webhook, webhook_status

    whatsapp = WhatsAppSettings.from_mapping(settings.given)

    def hook(account: WhatsAppAccount) -> Hook:
        channel = WhatsAppChannel(account, SystemClock(), api_url=whatsapp.api_url)

        async def status() -> tuple[str, list[str]]:
            found = await webhook_status(channel)
            return found.url or "nobody", list(found.problems)

        return Hook(
            who=f"WhatsApp sender {account.account}",
            channel=channel,
            set=lambda url: set_webhook(channel),
            status=status,
            delete=lambda: delete_webhook(channel),
            without="nobody can write to it now",
        )

    return (hook(account) for account in whatsapp.accounts)
