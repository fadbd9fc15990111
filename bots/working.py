"""What a worker process does: turns, deliveries and calls, and what one worker of all does for the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from bots.leases import Owned, alone
from bots.polling import Polling
from core.ids import Millis

if TYPE_CHECKING:
    from bots.app import App
    from bots.base import PollingChannel

__all__ = ["start_work"]

#: Seconds between two looks whether the loops come round.
_BEAT: Final = 2.0


def start_work(app: App) -> None:
    """Start the parts of a worker; they run until the process ends."""
    app.parts.spawn("worker", app.worker.run())
    app.parts.spawn("calls", app.caller.run())
    app.parts.spawn("delivery", app.delivery.run())
    app.parts.spawn("beat", _beat(app))
    _spawn_alone(app, "sweep", lambda _: app.sweeper.run())
    _spawn_alone(app, "rounds", lambda _: app.rounds.run())
    if app.alarms.possible:
        _spawn_alone(app, "alarms", lambda _: app.alarms.run())
    for channel in app.channels.values():
        called = app.settings.public_url and hasattr(channel, "receive")
        if hasattr(channel, "prepare_polling") and not called:
            what = f"poll:{channel.name}:{channel.account}"
            _spawn_alone(app, what, partial(_poll, app, channel))  # type: ignore[arg-type]


def _spawn_alone(app: App, what: str, work: Callable[[Owned], Awaitable[None]]) -> None:
    """Start what only one worker of all does at a time."""
    lost = app.metrics.lease_lost
    app.parts.spawn(what, alone(app.store, app.clock, what, app.name, work, lost=lambda _: lost("process")))


async def _poll(app: App, channel: PollingChannel, owned: Owned) -> None:
    def ended(ok: bool) -> None:
        app.health.polled(channel.name, ok=ok)

    await Polling(channel, app.intake, app.clock, app.metrics, owned=owned, ended=ended).run()


async def _beat(app: App) -> None:
    """Show health that the loops come round."""
    seen: dict[str, Millis] = {}
    while True:
        for part, beat in (("worker", app.worker.beat), ("delivery", app.delivery.beat)):
            if beat != seen.get(part):
                seen[part] = beat
                app.health.beat(part)
        await app.clock.sleep(_BEAT)
