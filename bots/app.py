"""The composition root: the only place that reads the real clock and knows every part by name."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import Callable
from zoneinfo import ZoneInfo

from aiohttp import web

from bots import garbage, logs
from bots.alarms import Alarms, alarms_of
from bots.channel_wiring import channels_of
from bots.clock import SystemClock
from bots.copying import MakeCopy
from bots.delivery import Delivery
from bots.fetching import FetchFile
from bots.fleet import Fleet
from bots.health import Health
from bots.hinting import Hinter
from bots.intake import Intake
from bots.metrics import Metrics
from bots.mydata_page import mydata_routes
from bots.operations import operations_routes
from bots.outage_watch import OutageWatch
from bots.parts import DRAINING, Parts, Role, bounded
from bots.public_files import PublicFiles
from bots.releases import releases_of
from bots.sharing import Shares
from bots.store_copying import refuse_while_copied
from bots.stores import open_store
from bots.sweeping import Sweeper
from bots.webchat_files import ChatFiles
from bots.webhooks import webhook_routes
from bots.working import start_work
from core.capabilities import CAPABILITIES, Capabilities
from core.errors import ChannelMisconfigured
from core.ids import Millis
from core.messages import Address
from core.ports import Clock
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

__all__ = ["App", "Role"]

log = logging.getLogger("streetwork.app")


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
        self.name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self.parts = Parts()
        self.releases = releases_of(settings, self.clock, show, self.metrics.release)
        self.releases.open()
        opened = open_store(settings)
        self.store = opened.store
        self.blobs = opened.blobs
        self.ring = opened.ring
        self._advice = opened.advice
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
        self.fleet = Fleet(
            self.store,
            self.clock,
            name=self.name,
            roles=roles,
            release=lambda: self.releases.current().release,
            told=self.metrics.fleet,
        )
        beating = ["worker", "delivery"] if "worker" in roles else []
        self.health = Health(self.store, self.clock, parts=beating)
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
        return Caller(
            self.store,
            self.clock,
            self.releases.current,
            name=self.name,
            own=own,
            typing=typing,
            lease_lost=self.metrics.lease_lost,
            store_away=self.metrics.store_away,
        )

    def _turns(self) -> Worker:
        return Worker(
            self.store,
            self.clock,
            self.releases.current,
            self._capabilities,
            name=self.name,
            batch=self.settings.workers,
            metrics=self.metrics,
            link=self._link,
            spent=self.hints.remove_options,
            newer=self.fleet.newer,
            warmed=garbage.give_back,
        )

    def _deliveries(self) -> Delivery:
        return Delivery(
            self.store,
            self.clock,
            self.channels,
            worker=self.name,
            metrics=self.metrics,
            on_down=self.outages.down,
            on_up=self.outages.up,
            on_moved=self.intake.moved,
            link=self.public.url,
            shares=Shares(self.store, self.clock, self.fleet.workers, metrics=self.metrics),
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
        await refuse_while_copied(self.store, self.clock.now())
        if self._advice:
            self._show(self._advice)
        for problem in await self.store.check():
            log.warning("store_check", extra={"code": "store"})
            self._show(f"Store: {problem}")
        for channel in self.channels.values():
            try:
                await channel.start()
            except ChannelMisconfigured as error:
                # One account in trouble stops alone: the others, the chat and the desk go on.
                self.outages.down(channel.name, channel.account, str(error))
        await self.fleet.announce()
        self.parts.spawn("fleet", self.fleet.run())
        self.parts.spawn("feed", self.feed.run())
        if "worker" in self.roles:
            start_work(self)
        if self.settings.watch:
            self.parts.spawn("watch", self.releases.watch(self.parts.ending))

    def web(self) -> web.Application:
        """Return the pages of this process's roles, and those for whoever runs it: health and metrics."""
        app = web.Application(middlewares=[security_headers], client_max_size=1 << 20)
        app.add_routes(
            operations_routes(
                health=self.health,
                metrics=self.metrics,
                store=self.store,
                clock=self.clock,
                metrics_token=self.settings.metrics_token,
            )
        )
        if "desk" in self.roles:
            app.add_routes(self.desk.routes())
        if "web" in self.roles:
            hooks = {key: channel for key, channel in self.channels.items() if hasattr(channel, "receive")}
            app.add_routes(webhook_routes(hooks, self.intake, self.metrics))  # type: ignore[arg-type]
            for channel in self.channels.values():
                if hasattr(channel, "routes"):
                    app.add_routes(channel.routes())
            app.add_routes(self.public.routes())
            app.add_routes(mydata_routes(self.store, self.blobs, self.clock))
        return app

    async def close_pages(self) -> None:
        """Close the live lines of chat and desk before the server waits for its connections; they come back later."""
        self.health.stopping()
        self.parts.ending.set()
        pages = [channel.stop for channel in self.channels.values() if hasattr(channel, "routes")]
        await asyncio.gather(*(bounded("pages", close) for close in (self.desk.stop, *pages)))

    async def stop(self) -> None:
        """Drain: claim nothing more, finish what is leased, close everything; within the times of `bots.parts`."""
        self.health.stopping()
        self.worker.stop()
        self.caller.stop()
        draining = [self.parts.finish(("worker", "calls", "delivery"))]
        if "worker" in self.roles:
            draining.append(self.delivery.drain(DRAINING))
        await asyncio.gather(*draining)
        closing = [self.fleet.leave, self.hints.close, *(channel.stop for channel in self.channels.values())]
        await asyncio.gather(*(bounded("connections", close) for close in closing))
        await self.store.close()

    @property
    def failed(self) -> bool:
        """Whether a part ended by itself."""
        return self.parts.failed

    async def until_stopped(self) -> None:
        """Return when a part failed."""
        await self.parts.ending.wait()
