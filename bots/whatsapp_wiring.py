"""Makes the WhatsApp channels of one process: what they need of the store and the settings."""

from __future__ import annotations

from collections.abc import Mapping

from bots.counting import Metrics
from bots.intake import Intake
from bots.whatsapp import WhatsAppChannel
from bots.whatsapp_send import PublicFile
from bots.whatsapp_settings import WhatsAppSettings
from bots.whatsapp_window import LastHeard, LastWords
from core.messages import Address, Edited, Unsubscribed
from core.ports import Clock, Store
from core.records import Heard

__all__ = ["last_words", "whatsapp_channels"]

#: The end of a transcript in which the person's last words are looked for.
_LINES = 60


def whatsapp_channels(
    given: Mapping[str, str],
    *,
    store: Store,
    clock: Clock,
    intake: Intake,
    public_file: PublicFile | None = None,
    metrics: Metrics | None = None,
) -> list[WhatsAppChannel]:
    """Return a channel for each account of the settings ``given``; raises :class:`core.errors.SettingsError`."""
    settings = WhatsAppSettings.from_mapping(given)
    return [
        WhatsAppChannel(
            account,
            clock,
            api_url=settings.api_url,
            records=store,
            last_heard=last_words(store, intake),
            public_file=public_file,
            metrics=metrics,
        )
        for account in settings.accounts
    ]


def last_words(store: Store, intake: Intake) -> LastHeard:
    """Return what asks the store when a person wrote last."""

    async def ask(address: Address) -> LastWords:
        conversation = await intake.known(address)
        snapshot = await store.snapshot(conversation)
        if snapshot is None:
            return LastWords(at=None)
        lines = await store.transcript(conversation, -_LINES, _LINES)
        said = [line.entry for line in lines if isinstance(line.entry.body, Heard)]
        written = [entry for entry in said if _opens(entry.body)]
        at = written[-1].at if written else None
        if not said and len(lines) < _LINES:
            # Nothing of theirs at all: it was just erased on their wish, which they wrote when this began.
            at = snapshot.created
        return LastWords(at=at, waiting=snapshot.waiting_events > 0)

    return ask


def _opens(body: object) -> bool:
    """Say whether a line opens the window: a message does, its change or a block does not."""
    return isinstance(body, Heard) and not isinstance(body.message.content, Edited | Unsubscribed)
