"""``webhook``: where a messenger sends what people write."""

from __future__ import annotations

import asyncio
import sys

import click

from bots.environment import settings_of_process
from core.errors import SettingsError

__all__ = ["webhook"]


@click.command()
@click.argument("action", type=click.Choice(["set", "status", "delete"]))
def webhook(action: str) -> None:
    """Set, show or delete the webhook of every Telegram bot that is set up.

    `set` needs PUBLIC_URL. Without a webhook the bots are asked by polling, which needs no public address. `status`
    exits with 1 when Telegram reports an error.
    """
    sys.exit(asyncio.run(_each(action)))


async def _each(action: str) -> int:
    from bots.telegram import TelegramChannel, delete_webhook, set_webhook, webhook_status
    from bots.telegram_settings import TelegramSettings

    settings = settings_of_process()
    telegram = TelegramSettings.from_mapping(settings.given)
    if not telegram.accounts:
        raise SettingsError("TELEGRAM_TOKEN is not set, so there is no bot to speak of")
    if action == "set" and not settings.public_url:
        raise SettingsError("PUBLIC_URL is not set: Telegram needs an https address that reaches this server")
    failed = 0
    for account in telegram.accounts:
        channel = TelegramChannel(account, api_url=telegram.api_url)
        await channel.start()
        try:
            if action == "set":
                address = await set_webhook(channel, settings.public_url or "", account.secret)
                click.echo(f"Telegram bot {account.account} calls {address}")
            elif action == "delete":
                await delete_webhook(channel)
                click.echo(f"Telegram bot {account.account} calls nobody; it is polled now")
            else:
                status = await webhook_status(channel)
                where = status.url or "nobody (it is polled)"
                click.echo(f"Telegram bot {account.account} calls {where}; {status.pending} updates wait")
                if status.last_error:
                    click.echo(f"  last error: {status.last_error}")
                    failed = 1
        finally:
            await channel.stop()
    return failed
