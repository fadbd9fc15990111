"""Takes entries out of the outbox and hands them to the messengers.

Theory of operation
-------------------
One dispatcher claims due entries of all accounts that may send now, at most one of each conversation (the store sees
to that), and starts one task for each. A task sends, and settles; then the conversation's next entry becomes due. So
the entries of a conversation leave in order, and different conversations do not wait for each other.

*Leases.* A claim holds the entry for ``lease`` (60 s, three times the longest HTTP call). Just before sending, the
task looks whether enough of it is left, and gives the entry back if not. While a lease is held nothing waits: a chat
that must slow down has its entry given back with the time at which it may go (``release`` counts no try).

*Trouble stays where it is.* Each account has its own slots, its own rate limits and its own pause. A wrong token
(``Down``) stops that account for 60 s, growing to 10 min, and calls ``on_down``, as a minute without reaching the
provider does; ``on_up`` follows when it works again. Three conversations in a row that
cannot be served are an outage: the account rests 1, 2, 4 ... 60 s and no entry loses a try. A single entry that cannot
be served while others can is tried six times and then fails, which becomes an event of its conversation.

*The window of duplication.* Between the provider's answer and the settlement a crash leaves an entry that was sent but
not settled. Its lease runs out, the next claim says ``maybe_sent``, and it is sent once more: a message may come twice,
never not at all. The same holds for an answer that got lost (``Unsure``): resent once after 10 s unless a receipt came.
What may have been sent twice is not sent a third time: it ends as uncertain, which the counsellor sees. (Tries that
certainly did not arrive do not count there; the outbox row counts them.) When the store is away at the moment of
settling, the task keeps trying to settle, so that only a real crash opens the window.

*Stopping.* ``drain`` stops claiming and returns when everything under way is settled, after 25 s at most; cancelling
``run`` does the same within 10 s. What is cut off then is in the window above.
"""

from __future__ import annotations

import asyncio
import enum
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Final

from msgspec.structs import replace

from bots.counting import Metrics, NoMetrics
from bots.rate import LIMITS, Limits
from bots.settling import AccountState, GiveBack, final_doubt
from bots.sharing import Shares
from core.capabilities import Capabilities
from core.errors import StoreError
from core.ids import Millis
from core.messages import Address, Outbound, SendMedia
from core.ports import Channel, Clock, Store
from core.reasons import reason
from core.records import DeliveryLease, Settlement
from core.rendering import simplest
from core.sending import Down, NotSent, Refused, SendResult, Taken, Unsure

__all__ = ["Delivery", "Link", "OnDown", "OnMoved", "OnUp"]

#: Called with (channel, account, reason in plain words) when an account stops.
OnDown = Callable[[str, str, str], None]
#: Called with (channel, account) when it works again.
OnUp = Callable[[str, str], None]
#: Called with an address and the new peer there when a provider says that a chat has moved.
OnMoved = Callable[[Address, str], Awaitable[None]]
#: Returns the https address at which a file of ours can be fetched for a while; None when it is gone.
Link = Callable[[str], Awaitable[str | None]]

#: Milliseconds that a claim holds an entry, and that a send may take; see the theory above.
_LEASE: Final[Millis] = 60_000
_SEND: Final[Millis] = 20_000
#: Seconds after which the store is asked without a hint.
_POLL = 1.0
#: Seconds that sends under way get when the loop is cancelled, and when it is drained.
_GRACE = 10.0
_DRAIN = 25.0

_log = logging.getLogger(__name__)


class _Claimed(enum.Enum):
    """What a look for work brought."""

    #: No account could take anything, or the store is away.
    NONE = enum.auto()
    #: Less than there was room for: nothing more is due.
    FEW = enum.auto()
    FULL = enum.auto()


class Delivery:
    """The delivery loop of one process; several processes may run one each on the same store."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        channels: Mapping[tuple[str, str], Channel],
        *,
        worker: str = "delivery",
        limits: Mapping[str, Limits] = LIMITS,
        metrics: Metrics | None = None,
        on_down: OnDown | None = None,
        on_up: OnUp | None = None,
        on_moved: OnMoved | None = None,
        link: Link | None = None,
        shares: Shares | None = None,
        rng: random.Random | None = None,
        concurrency: int = 64,
        lease: Millis = _LEASE,
        send_time: Millis = _SEND,
    ) -> None:
        """Prepare for ``channels`` by (channel, account), with ``concurrency`` sends at once on each.

        ``limits`` go by channel name; ``link`` is for files that a messenger does not take; ``shares`` are the
        limits of all workers together; ``send_time`` is the longest one HTTP call takes and ``lease`` at least
        three times that.
        """
        if lease < 3 * send_time:
            raise ValueError("lease must be at least three times send_time")
        self._store = store
        self._clock = clock
        self._channels = channels
        self._worker = worker
        self._limits = limits
        self._metrics = metrics or NoMetrics()
        self._on_down = on_down
        self._on_up = on_up
        self._on_moved = on_moved
        self._link = link
        self._shares = shares
        self._rng = rng or random.Random()
        self._concurrency = concurrency
        self._lease = lease
        self._send_time = send_time
        self._accounts: dict[tuple[str, str], AccountState] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = False
        self._grace = _GRACE
        #: When the loop last came round; it does so once a second at least.
        self.beat: Millis = 0
        #: An account had no slot free at the last look for work.
        self._short = False
        self._ended = asyncio.Event()
        self._ended.set()

    # -- the loop --------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Deliver until cancelled or drained. Nothing that a channel or the store does ends it."""
        self._stopping = False
        self._ended.clear()
        self._grace = _GRACE
        hint: asyncio.Task[None] | None = None
        try:
            while not self._stopping:
                self._wake.clear()
                self.beat = self._clock.now()
                claimed = await self._try_dispatch()
                if claimed is _Claimed.FULL:
                    await asyncio.sleep(0)  # the new tasks take their tokens first
                    continue
                if hint is not None:
                    hint.cancel()
                hint = asyncio.create_task(self._hint(claimed))
                await self._wake.wait()
        finally:
            if hint is not None:
                hint.cancel()
            await self._finish(self._grace)
            self._ended.set()

    async def drain(self, grace: float = _DRAIN) -> None:
        """Claim nothing more and return when everything under way is settled; ``run`` then returns too.

        After ``grace`` seconds (a store that is away, a channel that hangs) the rest is cut off.
        """
        self._stopping = True
        self._grace = grace
        self._wake.set()
        await self._ended.wait()
        await self._finish(grace)

    async def deliver_due(self) -> int:
        """Deliver all that is due at this moment of the clock, then return how many entries were handled."""
        handled = 0
        while True:
            await self._dispatch()
            if not self._tasks:
                return handled
            handled += len(self._tasks)
            await self._finish(None)

    async def _hint(self, claimed: _Claimed) -> None:
        """Wake the loop when there may be work: at a hint of the store, the end of a pause, or a second later."""
        now = self._clock.now()
        waits = [account.next_at(now) - now for _, account in self._all()]
        seconds = min([_POLL, *(wait / 1000 for wait in waits if wait > 0)])
        if claimed is _Claimed.FEW:
            try:
                await self._store.wait("delivery", seconds)
            except StoreError:
                await self._clock.sleep(_POLL)
        else:
            # Nobody looked for work, so the store's hint still stands and would come at once, for ever.
            await self._clock.sleep(seconds)
        self._wake.set()

    async def _finish(self, grace: float | None) -> None:
        if not self._tasks:
            return
        _, late = await asyncio.wait(set(self._tasks), timeout=grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _try_dispatch(self) -> _Claimed:
        try:
            return await self._dispatch()
        except StoreError as exc:
            _log.error("claim_failed", extra={"code": exc.code})
            self._metrics.count("store_unavailable", part="delivery")
            return _Claimed.NONE

    async def _dispatch(self) -> _Claimed:
        """Claim for all accounts that have room and start the sends."""
        now = self._clock.now()
        self._short = any(self._free(account) == 0 for _, account in self._all())
        room = {key: min(self._free(account), account.room(now)) for key, account in self._all()}
        ready = [key for key, free in room.items() if free > 0]
        if not ready:
            return _Claimed.NONE
        # No account is handed more than it has room for, so no lease waits for a slot.
        limit = min(room[key] for key in ready)
        leases = await self._store.claim_delivery(self._worker, now, self._lease, limit, ready)
        for lease in leases:
            account = self._account((lease.address.channel, lease.address.account))
            account.busy += 1
            task = asyncio.create_task(self._deliver(account, lease))
            self._tasks.add(task)
            task.add_done_callback(self._done)
        return _Claimed.FULL if len(leases) >= limit else _Claimed.FEW

    def _free(self, account: AccountState) -> int:
        """Return how many slots of an account may be filled. A full one waits until a quarter of them is free.

        Without that, an account that hangs would, slot by slot, make every claim a claim of one.
        """
        free = self._concurrency - account.busy
        return free if free >= max(1, self._concurrency // 4) else 0

    def _all(self) -> Iterator[tuple[tuple[str, str], AccountState]]:
        for key in self._channels:
            yield key, self._account(key)

    def _account(self, key: tuple[str, str]) -> AccountState:
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = AccountState(self._limits.get(key[0]))
        return account

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._short:  # else a hint of the store tells of what became due
            self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("delivery_broke", exc_info=error)

    # -- one entry -------------------------------------------------------------------------------------------

    async def _deliver(self, account: AccountState, lease: DeliveryLease) -> None:
        channel, number = lease.address.channel, lease.address.account
        try:
            settlement = await self._outcome(account, lease)
            if isinstance(settlement, GiveBack):
                await self._release(lease, settlement.at)
                self._metrics.count("deliveries", channel=channel, account=number, result="put-off")
                return
            kept = await self._settle(lease, settlement)
            result = type(settlement).__name__.lower() if kept else "lease-lost"
            self._metrics.count("deliveries", channel=channel, account=number, result=result)
            if not kept:
                self._metrics.count("lease_lost", lane="delivery")
            if result == "sent":
                # An entry is as old as the event it answers.
                waited = (self._clock.now() - lease.entry.at) / 1000
                self._metrics.observe("delivery_seconds", waited, channel=channel)
        finally:
            account.busy -= 1

    async def _outcome(self, account: AccountState, lease: DeliveryLease) -> Settlement | GiveBack:
        """Send, unless it must not be now or never again, and return what becomes of the entry."""
        if (doubt := final_doubt(lease)) is not None:
            return doubt
        now = self._clock.now()
        if lease.until - now < self._send_time:
            return GiveBack(at=now)
        if (start := account.not_before(lease.address.peer, now)) is not None:
            return GiveBack(at=start)
        if (start := await self._shared(account, lease, now)) > now:
            return GiveBack(at=start)
        result = await self._send(lease)
        await self._note_move(lease, result)
        now = self._clock.now()
        was_ready, was_down = account.ready(now), account.down
        settlement = account.ended(result, lease, now, self._rng.random())
        if was_down and not account.down and self._on_up is not None:
            self._on_up(lease.address.channel, lease.address.account)
        if was_ready and not account.ready(now):
            self._rest(account, lease, result)
        return settlement

    async def _shared(self, account: AccountState, lease: DeliveryLease, now: Millis) -> Millis:
        """Return ``now`` when all workers together may send this, else when they may."""
        if self._shares is None:
            return now
        where = lease.address
        start = await self._shares.account_at(where.channel, where.account, now)
        if start > now:
            account.limiter.rest(start)
            return start
        return await self._shares.chat_at(where.channel, lease.conversation, where.peer, now)

    async def _note_move(self, lease: DeliveryLease, result: SendResult) -> None:
        """Tell of a new address; where the store is away the next send tells it again."""
        if self._on_moved is None or not isinstance(result, Taken) or result.peer is None:
            return
        try:
            await self._on_moved(lease.address, result.peer)
        except StoreError as exc:
            _log.error("move_not_noted", extra={"code": exc.code})

    async def _send(self, lease: DeliveryLease) -> SendResult:
        channel = self._channels[(lease.address.channel, lease.address.account)]
        try:
            message = await self._form(lease, channel.capabilities)
        except StoreError:
            return NotSent(reason=reason("store"))
        if message is None:
            return Refused(reason=reason("file_not_taken"))
        started = time.perf_counter()
        try:
            # A channel has its own, shorter time limits; this one keeps a mistake in them from outliving the lease.
            async with asyncio.timeout(self._send_time * 2 / 1000):
                return await channel.send(lease.address, message, entry_id=lease.entry.id)
        except TimeoutError:
            return Unsure(reason=reason("no_answer"))
        except Exception as exc:  # a mistake in a channel must not stop the others
            _log.error("channel_broke", extra={"channel": lease.address.channel}, exc_info=exc)
            return Unsure(reason=reason("broke"))
        finally:
            self._metrics.observe("send_seconds", time.perf_counter() - started, channel=lease.address.channel)

    async def _form(self, lease: DeliveryLease, capabilities: Capabilities) -> Outbound | None:
        """Return what is sent: the message itself, or its plain form; None for a link to a file that is gone."""
        message = lease.message
        linked = isinstance(message, SendMedia) and message.link
        if not lease.plain and not linked:
            return message
        if isinstance(message, SendMedia) and not message.ref.startswith("https://"):
            url = await self._link(message.ref) if self._link is not None else None
            if url is None:
                return None if linked else message
            message = replace(message, ref=url)
        return simplest(message, capabilities)

    def _rest(self, account: AccountState, lease: DeliveryLease, result: SendResult) -> None:
        """Tell of an account's pause."""
        name, number = lease.address.channel, lease.address.account
        kind = type(result).__name__.lower()
        rest = account.paused_until - self._clock.now()
        _log.error("account_rests", extra={"channel": name, "account": number, "result": kind, "ms": rest})
        self._metrics.count("channel_pauses", channel=name, account=number, result=kind)
        if account.down and self._on_down is not None and isinstance(result, Down | NotSent | Unsure):
            self._on_down(name, number, result.reason)

    async def _release(self, lease: DeliveryLease, at: Millis) -> None:
        try:
            await self._store.release(lease, at, self._clock.now())
        except StoreError as exc:
            # The lease runs out by itself.
            _log.error("release_failed", extra={"code": exc.code})

    async def _settle(self, lease: DeliveryLease, settlement: Settlement) -> bool:
        """Write the settlement, as often as it takes: until then a crash would send the message again."""
        delay = 0.2
        while True:
            try:
                return await self._store.settle(lease, settlement, self._clock.now())
            except StoreError as exc:
                _log.error("settle_failed", extra={"code": exc.code})
                await self._clock.sleep(delay)
                delay = min(5.0, delay * 2)
