"""The product between the three fakes: real webhooks, SQLite, worker and delivery, with a clock that is moved by hand.

One loop does what is due, and moves the clock only when nothing is. Webhooks arrive meanwhile. Now and then the
delivery dies in the middle of its sends and another one takes over, as when a process is killed.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web

from bots.delivery import Delivery
from bots.intake import Intake
from bots.telegram import TelegramChannel
from bots.telegram_settings import TelegramAccount
from bots.viber import ViberAccount, ViberChannel
from bots.viber_wiring import look_back
from bots.webhooks import webhook_routes
from bots.whatsapp import WhatsAppChannel
from bots.whatsapp_settings import WhatsAppAccount
from bots.whatsapp_wiring import last_words
from core.capabilities import CAPABILITIES
from core.errors import StoreUnavailable
from core.records import Accepted, Arrival, DeliveryLease, Duplicate, Line
from flows.program import Program
from handlers.worker import Worker
from store.seal import KeyRing
from store.sqlite import SqliteStore, open_sqlite
from tests.chaos.street import SECRET, Person, Street
from tests.chaos.trouble import Dice, Trouble, Witness
from tests.fakes.bots import ROOT, program
from tests.fakes.clock import InstantClock
from tests.fakes.outbox import Interposed
from tests.fakes.telegram_api import TOKEN, FakeTelegram
from tests.fakes.telegram_spec import Specification
from tests.fakes.twilio_api import FakeTwilio
from tests.fakes.twilio_push import ACCOUNT_SID, AUTH_TOKEN, SENDER, Twilio
from tests.fakes.viber_api import TOKEN as VIBER_TOKEN
from tests.fakes.viber_api import FakeViber

PUBLIC = "https://bot.example.org"
#: Seconds until a hanging server is given up, and sends at once on each channel.
READ_TIMEOUT = 0.4
CONCURRENCY = 16
#: One look for deliveries in so many is cut off by the death of its process.
LIVES = 8
#: The clock's step when nothing is due, and how many steps in a row mean that something is stuck.
STEP = 500
STUCK = 40_000
#: Between two waves, so that nobody writes so much at once that the bot asks them to slow down.
PAUSE = 20_000


@cache
def echo() -> Program:
    """Return the bot that answers every message with one."""
    return program(ROOT / "tests" / "fixtures" / "bots" / "echo")


class City:
    """Everything of one run."""

    def __init__(self, store: SqliteStore, clock: InstantClock, rng: random.Random) -> None:
        self.store, self.clock, self._rng = store, clock, rng
        self.crashes = 0
        self.store_away = 0
        self.trouble: dict[str, Trouble] = {}
        self.witnesses: dict[tuple[str, str], Witness] = {}
        self.street: Street
        #: Entries claimed since the last look for work, and those claimed by a delivery that died.
        self._claimed: set[str] = set()
        self._cut_off: list[set[str]] = []
        self.intake = Intake(
            Interposed(store, ingest=self._ingest),
            clock,
            bot=echo().bot,
            id_key=b"k",
        )
        self.worker = Worker(store, clock, echo, lambda address: CAPABILITIES[address.channel], name="w")
        self.delivery: Delivery

    async def _ingest(self, arrivals: Sequence[Arrival], now: int) -> list[Accepted | Duplicate]:
        """Be away now and then, before or after the write: both are answered with 503."""
        dice = self._rng.randrange(40)
        if dice == 0:
            self.store_away += 1
            raise StoreUnavailable("away")
        taken = await self.store.ingest(arrivals, now)
        if dice == 1:
            self.store_away += 1
            raise StoreUnavailable("away")
        return taken

    async def _claim(self, *arguments: Any) -> list[DeliveryLease]:
        """Claim and note what; a claim whose caller dies meanwhile is noted as well."""
        return await asyncio.shield(self._noted(self._claimed, *arguments))

    async def _noted(self, claimed: set[str], *arguments: Any) -> list[DeliveryLease]:
        leases = await self.store.claim_delivery(*arguments)
        claimed.update(lease.entry.id for lease in leases)
        return leases

    def doubts(self) -> set[str]:
        """Return the entries that may be sent twice: an answer got lost, or the delivery that held them died."""
        return set().union(*self._cut_off, *(witness.doubts for witness in self.witnesses.values()))

    def new_delivery(self) -> None:
        """Start a delivery that remembers nothing."""
        rng = random.Random(self._rng.random())
        name = f"d{self.crashes}"
        store = Interposed(self.store, claim_delivery=self._claim)
        self.delivery = Delivery(store, self.clock, self.witnesses, worker=name, rng=rng, concurrency=CONCURRENCY)

    async def run(self, waves: Sequence[int]) -> None:
        """Let people write in ``waves`` and work until nothing is left to do."""
        left = list(waves)
        writing = asyncio.create_task(self.street.wave(left.pop()))
        idle = 0
        while idle < STUCK:
            if writing.done() and left:
                await writing
                self.clock.advance(PAUSE)
                writing = asyncio.create_task(self.street.wave(left.pop()))
            busy = await self.worker.work_once() + await self._deliver()
            if busy:
                idle = 0
                continue
            if writing.done() and not left and not await self._left():
                break
            idle += 1
            self.clock.advance(STEP)
            await asyncio.sleep(0)
        await writing
        assert not await self._left(), "something is stuck"

    async def _left(self) -> int:
        stats = await self.store.stats(self.clock.now())
        return stats.due_turns + stats.undelivered

    async def _deliver(self) -> int:
        self._claimed = set()
        if self._rng.randrange(LIVES):
            return await self.delivery.deliver_due()
        doing = asyncio.create_task(self.delivery.deliver_due())
        for _ in range(self._rng.randrange(1, 60)):
            await asyncio.sleep(0)  # lets the sends go on a little, no time passes
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)
        await self.delivery.drain(grace=0)
        self._cut_off.append(self._claimed)
        self.crashes += 1
        self.new_delivery()
        return 0

    async def lines(self, person: Person) -> list[Line]:
        """Return the whole transcript of a person."""
        conversation = self.intake.conversation(person.channel, person.account, person.peer)
        return await self.store.transcript(conversation, 0, 100_000)


@asynccontextmanager
async def city(folder: Path, *, seed: str, people: int) -> AsyncIterator[City]:
    """Build everything; ``people`` for each messenger."""
    clock = InstantClock()
    rng = random.Random(seed)
    async with AsyncExitStack() as stack:
        store = open_sqlite(folder / "chaos.db", KeyRing.generate())
        stack.push_async_callback(store.close)
        made = City(store, clock, rng)
        telegram = await stack.enter_async_context(FakeTelegram(spec=Specification.load_if_there()))
        viber = await stack.enter_async_context(FakeViber(now=clock.now))
        twilio = await stack.enter_async_context(FakeTwilio())
        telegram.world._now = lambda: clock.now() / 1000
        twilio.clock = clock.now
        made.trouble = {name: Trouble(f"{seed}/{name}") for name in ("telegram", "viber", "whatsapp")}
        telegram.world.faults = Dice(made.trouble["telegram"].telegram)
        viber.faults = Dice(made.trouble["viber"].viber)
        twilio.world.faults = Dice(made.trouble["whatsapp"].twilio)
        channels = _channels(made, telegram, viber, twilio)
        for channel in channels.values():
            stack.push_async_callback(channel.stop)
        made.witnesses = {key: Witness(channel) for key, channel in channels.items()}
        made.new_delivery()
        url = await _serve(stack, channels, made.intake)
        caller = await stack.enter_async_context(Twilio(twilio.world, public=PUBLIC, real=url))
        street = Street(telegram, viber, twilio, caller, url=url, people=people, rng=rng, now=clock.now)
        made.street = await stack.enter_async_context(street)
        yield made
        assert [*telegram.world.refused, *viber.refused, *twilio.world.refused] == []


def _channels(made: City, telegram: FakeTelegram, viber: FakeViber, twilio: FakeTwilio) -> dict[tuple[str, str], Any]:
    number = SENDER.removeprefix("whatsapp:+")
    sender = WhatsAppAccount(
        account=number, account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, sender=SENDER, public_url=PUBLIC
    )
    found: list[Any] = [
        TelegramChannel(
            TelegramAccount(account=TOKEN.partition(":")[0], token=TOKEN, secret=SECRET),
            api_url=telegram.url,
            read_timeout=READ_TIMEOUT,
        ),
        ViberChannel(
            ViberAccount(account="advice", token=VIBER_TOKEN),
            clock=made.clock,
            sender="Echo",
            api_url=viber.url,
            bot=echo().bot,
            look=look_back(made.store, made.intake),
            read_timeout=READ_TIMEOUT,
        ),
        WhatsAppChannel(
            sender,
            made.clock,
            api_url=twilio.url,
            records=made.store,
            last_heard=last_words(made.store, made.intake),
            read_timeout=READ_TIMEOUT,
        ),
    ]
    return {(channel.name, channel.account): channel for channel in found}


async def _serve(stack: AsyncExitStack, channels: dict[tuple[str, str], Any], intake: Intake) -> str:
    app = web.Application()
    app.add_routes(webhook_routes(channels, intake))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"
