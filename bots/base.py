"""What the channels of this package share: the webhook and polling seams, their errors, and a seam for metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from bots.intake import Incoming
from core.errors import StreetworkError
from core.records import Receipt

__all__ = [
    "BadRequest",
    "BadSignature",
    "Polled",
    "PollingChannel",
    "PollingConflict",
    "ProviderUnreachable",
    "Received",
    "WebhookChannel",
]


class BadSignature(StreetworkError):
    """A webhook does not carry the right secret or signature: it is not from the provider."""

    code = "bad-signature"


class BadRequest(StreetworkError):
    """A webhook body is not what the provider sends at all (cut JSON, no object). The message holds no content."""

    code = "bad-request"


class ProviderUnreachable(StreetworkError):
    """The provider could not be asked. ``after`` is how many seconds it told us to wait, if it did."""

    code = "provider-unreachable"

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class PollingConflict(StreetworkError):
    """Another process, or a webhook, receives the updates of this account."""

    code = "polling-conflict"


class Received(Struct, frozen=True, kw_only=True):
    """What one webhook call brought, and the answer that the provider gets once all of it is durable."""

    incoming: tuple[Incoming, ...] = ()
    #: Later news of messages we sent.
    receipts: tuple[Receipt, ...] = ()
    body: bytes = b""
    content_type: str = "text/plain"


class WebhookChannel(Protocol):
    """A channel that a provider calls."""

    async def receive(self, headers: Mapping[str, str], body: bytes, *, target: str = "") -> Received:
        """Verify and parse one call; ``headers`` ignore case, ``target`` is the raw path with its query.

        Raises :class:`BadSignature` or :class:`BadRequest`. What is genuine but not understood is no error: a
        provider repeats a failed call, and one update that always fails blocks its chat.
        """


class Polled(Struct, frozen=True, kw_only=True):
    """What one poll brought. Asking with ``offset`` next time tells the provider to forget these."""

    incoming: tuple[Incoming, ...]
    offset: int | None


class PollingChannel(Protocol):
    """A channel that we ask for news."""

    @property
    def name(self) -> str:
        """Kind of channel."""

    @property
    def account(self) -> str:
        """Which of our accounts."""

    async def prepare_polling(self) -> None:
        """Make the provider hand out updates to polls (for Telegram: delete the webhook)."""

    async def poll(self, offset: int | None) -> Polled:
        """Wait for news and return it.

        Raises :class:`ProviderUnreachable`, :class:`PollingConflict` or :class:`core.errors.ChannelMisconfigured`.
        """

    def acknowledge(self, incoming: Sequence[Incoming]) -> None:
        """Tell the provider, best effort and in the background, that these arrived and are durable."""
