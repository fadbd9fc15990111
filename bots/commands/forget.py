"""``forget``: erase one person, from the command line."""

from __future__ import annotations

import asyncio
import sys

import click

from bots.environment import settings_of_process
from core.ids import ConversationId, conversation_id

__all__ = ["forget"]


@click.command()
@click.option("--conversation", help="The conversation's id, as it stands in the logs of the store (32 digits).")
@click.option("--case", "case_number", help="Number of the person's open or last case, for example K-4F7Q2A.")
@click.option("--channel", help="With --peer: telegram, webchat, …")
@click.option("--account", help="With --peer: which of our accounts there (a Telegram bot's id).")
@click.option("--peer", help="The person's id at the messenger. It is not kept anywhere by this command.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(
    conversation: str | None,
    case_number: str | None,
    channel: str | None,
    account: str | None,
    peer: str | None,
    yes: bool,
) -> None:
    """Erase everything about one person: messages, state, case and the key that sealed them.

    Older backups cannot be read for this person any more either, once the keys are backed up again.
    """
    given = [conversation, case_number, channel and account and peer]
    if sum(part is not None for part in given) != 1:
        raise click.UsageError("name the person by --conversation, by --case, or by --channel, --account and --peer")
    if not yes:
        click.confirm("Erase everything about this person? This cannot be undone.", abort=True)
    sys.exit(asyncio.run(_erase(conversation, case_number, channel, account, peer)))


async def _erase(
    conversation: str | None, case_number: str | None, channel: str | None, account: str | None, peer: str | None
) -> int:
    from bots.clock import SystemClock
    from bots.stores import key_ring, store_only
    from handoff.forgetting import forget_person

    settings = settings_of_process()
    async with store_only(settings) as store:
        target = ConversationId(conversation) if conversation else None
        if case_number is not None:
            for label in (f"case:{case_number.upper()}", f"closed:{case_number.upper()}"):
                for found in await store.find(label, 1):
                    target = found.conversation
        elif peer is not None and channel is not None and account is not None:
            key = key_ring(settings).conversations
            name = conversation_id(key, bot=settings.bot.name, channel=channel, account=account, peer=peer)
            target = await store.resolve(name)
        done = target is not None and await forget_person(store, target, SystemClock().now())
    click.echo("Everything about this person is erased." if done else "There is no such person here.")
    return 0 if done else 1
