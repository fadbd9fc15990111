"""Makes every account of every channel that is set up. A channel's own needs are in its ``*_wiring`` or here."""

from __future__ import annotations

from collections.abc import Callable

from bots.counting import Metrics
from bots.intake import Intake
from bots.public_files import PublicFiles
from bots.webchat_files import ChatFiles
from core.errors import SettingsError
from core.ports import Channel, Clock, Store
from core.settings import Settings
from flows.channels import plugged
from flows.program import Program
from handoff.accounts import get_account
from handoff.feed import ChangeFeed

__all__ = ["channels_of"]


def channels_of(
    settings: Settings,
    *,
    store: Store,
    clock: Clock,
    intake: Intake,
    feed: ChangeFeed,
    program: Callable[[], Program],
    metrics: Metrics,
    public: PublicFiles,
    chat_files: ChatFiles,
) -> dict[tuple[str, str], Channel]:
    """Return the accounts by (channel, account); raises :class:`core.errors.SettingsError`."""
    from bots.webchat import WebChat

    async def name_of(account: str) -> str | None:
        found = await get_account(store, account, clock.now())
        return found.name if found is not None else None

    found: list[Channel] = [
        WebChat(
            store=store,
            clock=clock,
            intake=intake,
            feed=feed,
            title=program().spec.team.name,
            languages=program().languages,
            public_url=settings.public_url,
            name_of=name_of,
            files=chat_files,
        )
    ]
    if settings.telegram_token:
        found += _telegram(settings, public, metrics)
    if settings.viber_token:
        from bots.viber_wiring import viber_channels

        found += viber_channels(
            settings.given,
            store=store,
            clock=clock,
            intake=intake,
            program=program,
            public=public,
            metrics=metrics,
        )
    if settings.twilio_sender or settings.twilio_messaging_service_sid:
        from bots.whatsapp_wiring import whatsapp_channels

        found += whatsapp_channels(
            settings.given, store=store, clock=clock, intake=intake, public_file=public.url, metrics=metrics
        )
    found += _plugged(settings)
    return {(channel.name, channel.account): channel for channel in found}


def _telegram(settings: Settings, public: PublicFiles, metrics: Metrics) -> list[Channel]:
    from bots.telegram import TelegramChannel
    from bots.telegram_settings import TelegramSettings

    telegram = TelegramSettings.from_mapping(settings.given)
    return [
        TelegramChannel(one, api_url=telegram.api_url, open_blob=public.content, metrics=metrics)
        for one in telegram.accounts
    ]


def _plugged(settings: Settings) -> list[Channel]:
    """Return the channels of other packages."""
    found: list[Channel] = []
    for name, plug in plugged().items():
        brought = list(plug(settings.given))
        if any(channel.name != name for channel in brought):
            raise SettingsError(f"the entry point of the channel {name!r} brings channels of another name")
        found += brought
    return found
