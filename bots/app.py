"""The composition root: the only place that opens a store, reads the real clock and knows every part by name."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal
from zoneinfo import ZoneInfo

from aiohttp import web

from bots import logs
from bots.alarms import Alarms, alarms_of
from bots.channel_wiring import channels_of
from bots.clock import SystemClock
from bots.copying import MakeCopy
from bots.delivery import Delivery
from bots.fetching import FetchFile
from bots.health import Health
from bots.hinting import Hinter
from bots.intake import Intake
from bots.leases import alone
from bots.metrics import Metrics
from bots.mydata_page import mydata_routes
from bots.operations import operations_routes
from bots.outage_watch import OutageWatch
from bots.polling import Polling
from bots.public_files import PublicFiles
from bots.releases import releases_of
from bots.sweeping import Sweeper
from bots.webchat_files import ChatFiles
from bots.webhooks import webhook_routes
from core.capabilities import CAPABILITIES, Capabilities
from core.errors import ChannelMisconfigured, SettingsError
from core.ids import Millis
from core.messages import Address
from core.ports import Blobs, Clock, Store
from core.settings import Settings
from flows.channels import capabilities
from handlers.calls import Caller, OwnCall
from handlers.files import FETCH
from handlers.mydata import COPY
from handlers.worker import Worker
from handoff.desk import Desk
from handoff.feed import ChangeFeed
from handoff.files import Limits
from handoff.rounds import Rounds
from handoff.security import security_headers
from i18n.formatting import format_day_time
from store.keyfile import load_or_create_key_file
from store.memory import MemoryStore
from store.seal import KeyRing
from store.sqlite import SqliteStore, open_sqlite

__all__ = ["App", "Role", "key_ring", "open_store"]

log = logging.getLogger("streetwork.app")

#: ``web`` serves pages and webhooks, ``worker`` runs turns, deliveries and calls; ``run`` is both.
Role = Literal["web", "worker"]

BEAT = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A store with the key of its conversation ids."""

    store: Store
    blobs: Blobs
    id_key: bytes
    ring: KeyRing | None


def key_ring(settings: Settings) -> KeyRing:
    """Return the keys of this installation; makes the key file on the first start."""
    if settings.keys:
        if settings.conversations_key is None or settings.records_key is None:
            raise SettingsError(
                "STREETWORK_KEYS needs STREETWORK_CONVERSATIONS_KEY and STREETWORK_RECORDS_KEY beside it"
            )
        return KeyRing(masters=settings.keys, conversations=settings.conversations_key, records=settings.records_key)
    path = settings.key_path
    if path is None:
        return KeyRing.generate()
    path.parent.mkdir(parents=True, exist_ok=True)
    return load_or_create_key_file(path)


def open_store(settings: Settings) -> Opened:
    """Open the store that the settings name."""
    path = settings.store_path
    if path is None:
        model = MemoryStore()
        return Opened(store=model, blobs=model.blobs, id_key=secrets.token_bytes(32), ring=None)
    path.parent.mkdir(parents=True, exist_ok=True)
    ring = key_ring(settings)
    store = open_sqlite(path, ring)
    return Opened(store=store, blobs=store.blobs, id_key=ring.conversations, ring=ring)


class App:
    """One process of Streetwork."""

    def __init__(
        self,
        settings: Settings,
        *,
        roles: frozenset[Role],
        show: Callable[[str], None] = lambda text: None,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings
        self.roles = roles
        self.clock: Clock = clock or SystemClock()
        self.metrics = Metrics()
        self._show = show
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._tasks: list[asyncio.Task[None]] = []
        self._stop = asyncio.Event()
        self.releases = releases_of(settings, self.clock, show, self.metrics.release)
        self.releases.open()
        opened = open_store(settings)
        self.store = opened.store
        self.blobs = opened.blobs
        self.ring = opened.ring
        program = self.releases.current()
        self.intake = Intake(self.store, self.clock, bot=program.bot, id_key=opened.id_key, metrics=self.metrics)
        self.feed = ChangeFeed(self.store)
        self.public = PublicFiles(self.store, self.blobs, self.clock, key=opened.id_key, public_url=settings.public_url)
        self.channels = channels_of(
            settings,
            store=self.store,
            clock=self.clock,
            intake=self.intake,
            feed=self.feed,
            program=self.releases.current,
            metrics=self.metrics,
            public=self.public,
            chat_files=self._chat_files(),
        )
        parts = ["worker", "delivery"] if "worker" in roles else []
        self.health = Health(self.store, self.clock, parts=parts)
        self.outages = OutageWatch(self.store, self.clock, self.metrics, show)
        self.hints = Hinter(self.channels, self.clock, self.metrics)
        self.worker = self._turns()
        self.rounds = Rounds(self.store, self.clock, self.releases.current)
        self.caller = self._calls()
        self.delivery = self._deliveries()
        self.sweeper = Sweeper(self.store, self.clock, self._zone)
        self.alarms = self._alarms()
        self.outages.listeners.append(self.alarms.down)
        self.desk = self._desk()

    # -- parts -----------------------------------------------------------------------------------------

    def _alarms(self) -> Alarms:
        return alarms_of(
            self.settings,
            store=self.store,
            clock=self.clock,
            metrics=self.metrics,
            program=self.releases.current,
            channels=self.channels,
        )

    def _desk(self) -> Desk:
        return Desk(
            store=self.store,
            clock=self.clock,
            feed=self.feed,
            blobs=self.blobs,
            public_url=self.settings.public_url,
            program=self.releases.current,
            opening=self._opening,
            typing=self.hints.typing,
            files=Limits(
                most=self.settings.media_max << 20,
                links=self.settings.public_url is not None,
                keep_for=self._keep_media,
                capabilities=self._capabilities,
            ),
            alarm=self.alarms.test if self.alarms.possible else None,
            second="trial" if self.settings.second_factor == "auto" and self.settings.trial else "always",
        )

    def _chat_files(self) -> ChatFiles:
        most = self.settings.media_max << 20
        return ChatFiles(self.store, self.blobs, self.clock, self.intake, most=most, keep_for=self._keep_media)

    def _calls(self) -> Caller:
        most = self.settings.media_max << 20
        files = FetchFile(self.blobs, self.clock, self.channels, most=most, keep_for=self._keep_media)
        copies = MakeCopy(self.store, self.blobs, self.clock, self.releases.current, self._base)
        own: dict[str, OwnCall] = {FETCH: files, COPY: copies}
        typing = self.hints.typing
        return Caller(self.store, self.clock, self.releases.current, name=self._name, own=own, typing=typing)

    def _turns(self) -> Worker:
        return Worker(
            self.store,
            self.clock,
            self.releases.current,
            self._capabilities,
            name=self._name,
            batch=self.settings.workers,
            metrics=self.metrics,
            link=self._link,
            spent=self.hints.remove_options,
        )

    def _deliveries(self) -> Delivery:
        return Delivery(
            self.store,
            self.clock,
            self.channels,
            worker=self._name,
            metrics=self.metrics,
            on_down=self.outages.down,
            on_up=self.outages.up,
            on_moved=self.intake.moved,
            link=self.public.url,
        )

    def _capabilities(self, address: Address) -> Capabilities:
        channel = self.channels.get((address.channel, address.account))
        if channel is not None:
            return channel.capabilities
        return capabilities().get(address.channel, CAPABILITIES["webchat"])

    def _zone(self) -> ZoneInfo:
        return ZoneInfo(next(iter(self.releases.current().spec.queues.values())).zone)

    def _base(self, channel: str) -> str | None:
        """Return where people of a channel get the copy of their data; None where it goes out as a file.

        Telegram takes it from our hands and our own chat serves it to one session; other messengers would fetch it
        from a public address and keep it on a public one of their own.
        """
        return None if channel in {"telegram", "webchat"} else self.settings.public_url

    def _link(self, address: Address) -> str | None:
        link: str | None = getattr(self.channels.get((address.channel, address.account)), "private_link", None)
        return link

    def _opening(self, language: str) -> str:
        """Return when somebody is at the desk next, or an empty text while somebody is."""
        queue = next(iter(self.releases.current().queues.values()))
        now = self.clock.now()
        opens = None if queue.hours.is_open(now) else queue.hours.next_opening(now)
        return format_day_time(opens, language) if opens is not None else ""

    def _keep_media(self) -> Millis:
        return self.releases.current().spec.defaults.keep_media

    # -- life ------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start the parts of this process's roles. Pages are served by :meth:`web`."""
        logs.know(word for key in self.channels for word in key)
        for problem in await self.store.check():
            log.warning("store_check", extra={"code": "store"})
            self._show(f"Store: {problem}")
        for channel in self.channels.values():
            try:
                await channel.start()
            except ChannelMisconfigured as error:
                # One account in trouble stops alone: the others, the chat and the desk go on.
                self.outages.down(channel.name, channel.account, str(error))
        self._spawn("feed", self.feed.run())
        if "worker" in self.roles:
            self._spawn("worker", self.worker.run())
            self._spawn("calls", self.caller.run())
            self._spawn("delivery", self.delivery.run())
            self._spawn("sweep", alone(self.store, self.clock, "sweep", self._name, self.sweeper.run))
            self._spawn("rounds", alone(self.store, self.clock, "rounds", self._name, self.rounds.run))
            self._spawn("beat", self._beat())
            if self.alarms.possible:
                self._spawn("alarms", alone(self.store, self.clock, "alarms", self._name, self.alarms.run))
            for channel in self.channels.values():
                called = self.settings.public_url and hasattr(channel, "receive")
                if hasattr(channel, "prepare_polling") and not called:
                    what = f"poll:{channel.name}:{channel.account}"
                    polling = Polling(
                        channel,  # type: ignore[arg-type]
                        self.intake,
                        self.clock,
                        self.metrics,
                        ended=partial(self._polled, channel.name),
                    )
                    self._spawn(what, alone(self.store, self.clock, what, self._name, polling.run))
        if self.settings.watch:
            self._spawn("watch", self.releases.watch(self._stop))

    def web(self) -> web.Application:
        """Return the pages: chat, desk, webhooks, health and metrics."""
        app = web.Application(middlewares=[security_headers], client_max_size=1 << 20)
        hooks = {key: channel for key, channel in self.channels.items() if hasattr(channel, "receive")}
        app.add_routes(webhook_routes(hooks, self.intake, self.metrics))  # type: ignore[arg-type]
        for channel in self.channels.values():
            if hasattr(channel, "routes"):
                app.add_routes(channel.routes())
        app.add_routes(self.public.routes())
        app.add_routes(self.desk.routes())
        app.add_routes(
            operations_routes(
                health=self.health,
                metrics=self.metrics,
                store=self.store,
                clock=self.clock,
                metrics_token=self.settings.metrics_token,
            )
        )
        app.add_routes(mydata_routes(self.store, self.blobs, self.clock))
        return app

    async def close_pages(self) -> None:
        """Close the live lines of chat and desk before the server waits for its connections; they come back later."""
        self.health.stopping()
        self._stop.set()
        await self.desk.stop()
        for channel in self.channels.values():
            if hasattr(channel, "routes"):
                await channel.stop()

    async def stop(self) -> None:
        """Drain: claim nothing more, finish what is leased, close everything."""
        self.health.stopping()
        self._stop.set()
        self.worker.stop()
        self.caller.stop()
        if "worker" in self.roles:
            await self.delivery.drain()
        graceful = [task for task in self._tasks if task.get_name() in {"worker", "calls", "delivery"}]
        if graceful:
            await asyncio.wait(graceful, timeout=15)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.hints.close()
        for channel in self.channels.values():
            await channel.stop()
        await self.store.close()

    def _spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A part that ends by itself is a defect: say so and let the supervisor restart the process."""
        if task.cancelled() or self._stop.is_set():
            return
        error = task.exception()
        log.error("part_ended", extra={"code": task.get_name(), "error": type(error).__name__}, exc_info=error)
        self.failed = True
        self._stop.set()

    failed = False

    async def until_stopped(self) -> None:
        """Return when a part failed."""
        await self._stop.wait()

    def _polled(self, channel: str, ok: bool) -> None:
        self.health.polled(channel, ok=ok)

    async def _beat(self) -> None:
        """Show health that the loops come round."""
        seen: dict[str, Millis] = {}
        while True:
            for part, beat in (("worker", self.worker.beat), ("delivery", self.delivery.beat)):
                if beat != seen.get(part):
                    seen[part] = beat
                    self.health.beat(part)
            await self.clock.sleep(BEAT)


@contextlib.asynccontextmanager
async def store_only(settings: Settings) -> AsyncIterator[SqliteStore]:
    """Open the SQLite store for a tool, without any other part; closes it at the end."""
    opened = open_store(settings)
    try:
        if not isinstance(opened.store, SqliteStore):
            raise SettingsError("STREETWORK_STORE is memory:, so there is nothing to work on")
        yield opened.store
    finally:
        await opened.store.close()
