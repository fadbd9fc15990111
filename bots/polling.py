"""Asking a provider for news, for machines that have no public address.

The offset moves only after everything before it is durable: it is the acknowledgement. A crash between the two makes
the provider hand out the same updates again, and the store drops them by their event ids.

One process polls an account at a time, under a lease. One that was paused and wakes up when another has taken over must
neither keep what it holds in its hands (the store forgets event ids after two days) nor ask again with its old offset:
ids may begin anew below it (Telegram's do after a quiet week), and asking would make the provider forget updates that
nobody has seen. So before both it asks whether the lease is still its own, and every new beginning is one without an
offset.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from bots.base import Polled, PollingChannel, PollingConflict, ProviderUnreachable
from bots.counting import Metrics, NoMetrics
from bots.intake import Intake
from core.errors import ChannelMisconfigured, StoreError
from core.ports import Clock

__all__ = ["Polling"]

#: Seconds to wait after the first failure, doubled with each further one up to the second number.
_UNREACHABLE = (1.0, 30.0)
_CONFLICT = (5.0, 60.0)
_MISCONFIGURED = (60.0, 600.0)
_STORE_DOWN = (0.5, 5.0)

_log = logging.getLogger(__name__)


class Polling:
    """Polls one channel until it is cancelled. Nothing that a provider or the store does ends it."""

    def __init__(
        self,
        channel: PollingChannel,
        intake: Intake,
        clock: Clock,
        metrics: Metrics | None = None,
        *,
        owned: Callable[[], bool] = lambda: True,
        ended: Callable[[bool], None] = lambda ok: None,
    ) -> None:
        """``owned`` says whether it is still this process that polls; ``ended`` is told how each poll went."""
        self._channel = channel
        self._owned = owned
        self._ended = ended
        self._intake = intake
        self._clock = clock
        self._metrics = metrics or NoMetrics()
        self._failures = 0
        self._offset: int | None = None

    async def run(self) -> None:
        """Poll and ingest while the account is ours; stops at once when cancelled. Nothing unacknowledged is lost."""
        self._offset = None
        while not await self._prepared():
            if not self._owned():
                return
        _log.info("Polling %s account %s", self._channel.name, self._channel.account)
        while self._owned():
            polled = await self._poll()
            if polled is not None:
                await self._keep(polled)

    async def _prepared(self) -> bool:
        try:
            await self._channel.prepare_polling()
        except (ProviderUnreachable, PollingConflict, ChannelMisconfigured) as exc:
            await self._failed(exc)
            return False
        self._failures = 0
        return True

    async def _poll(self) -> Polled | None:
        try:
            polled = await self._channel.poll(self._offset)
        except (ProviderUnreachable, PollingConflict, ChannelMisconfigured) as exc:
            await self._failed(exc)
            return None
        self._failures = 0
        self._ended(True)
        return polled

    async def _keep(self, polled: Polled) -> None:
        """Ingest, as often as it takes; only then move the offset."""
        failures = 0
        while self._owned():
            try:
                await self._intake.accept(self._channel.name, self._channel.account, polled.incoming)
            except StoreError as exc:
                failures += 1
                _log.error("Updates of %s not taken: the store says %s", self._channel.name, exc.code)
                self._metrics.count("polls", channel=self._channel.name, result="store-down")
                await self._clock.sleep(_backoff(_STORE_DOWN, failures))
            else:
                self._acknowledge(polled)
                return

    def _acknowledge(self, polled: Polled) -> None:
        self._offset = polled.offset
        self._metrics.count("polls", channel=self._channel.name, result="ok")
        self._channel.acknowledge(polled.incoming)

    async def _failed(self, error: ProviderUnreachable | PollingConflict | ChannelMisconfigured) -> None:
        self._failures += 1
        self._ended(False)
        where = (self._channel.name, self._channel.account)
        self._metrics.count("polls", channel=where[0], result=error.code)
        if isinstance(error, PollingConflict):
            _log.error(
                "%s account %s is already polled by another process, or has a webhook: stop the other one, "
                "or run `streetwork webhook delete`. Trying again.",
                *where,
            )
            delay = _backoff(_CONFLICT, self._failures)
        elif isinstance(error, ProviderUnreachable):
            _log.warning("%s account %s cannot be reached (%s)", *where, error)
            delay = max(error.after or 0.0, _backoff(_UNREACHABLE, self._failures))
        else:
            _log.error("%s account %s: %s", *where, error)
            delay = _backoff(_MISCONFIGURED, self._failures)
        await self._clock.sleep(delay)


def _backoff(bounds: tuple[float, float], failures: int) -> float:
    first, most = bounds
    return min(most, first * 2.0 ** min(failures - 1, 16))
