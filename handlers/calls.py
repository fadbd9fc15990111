"""Outside calls: functions of the bot's ``hooks.py`` and https addresses, run from the call lane, at least once.

A call is a durable row with its own lease. Its answer comes back as an event named after the call, so that a second
answer changes nothing. Failing is an answer too: the flow has a ``failed`` branch for it. The person's conversation
goes on meanwhile; nothing waits for a slow server but the flow that asked.

The framework's own calls (files that people sent) go the same way under names that no hook can have. They are tried
several times, and mostly end without an event when all went well. They have places of their own, so that slow files
never hold up a hook.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import aiohttp

from core.errors import StoreUnavailable
from core.events import CallReturned
from core.ids import Millis
from core.messages import Address
from core.ports import Clock, Store
from core.records import Arrival, CallLease
from flows.program import Program

__all__ = ["CallFailed", "Caller", "Hook", "OwnCall", "TryAgain"]

log = logging.getLogger("streetwork.calls")

#: A coroutine of ``hooks.py``: takes the arguments by name and returns values by name.
Hook = Callable[..., Awaitable[Mapping[str, object]]]

#: Answers of https hooks beyond this are refused.
LONGEST_ANSWER = 65_536
#: A call whose worker died is made again so often; then it counts as failed.
MOST_ATTEMPTS = 3
#: Longer than any hook may take, so that no second worker makes a call that is still under way.
LEASE: Millis = 90_000
#: Milliseconds between the tries of one of our own calls.
OWN_RETRIES: tuple[Millis, ...] = (5_000, 30_000, 120_000, 600_000, 1_200_000)
#: Longer than this we do not wait for a provider that asks us to.
MOST_WAIT: Millis = 3_600_000
#: One of our own calls for which there is no place is looked at again after so long.
OWN_PAUSE: Millis = 1_000
#: Seconds of a call after which the person is shown that it goes on, and again so often.
TYPING_AFTER = 1.0
#: Seconds to wait for a hint of the store before looking again.
IDLE = 1.0


class CallFailed(Exception):
    """One of our own calls failed for good; ``code`` is enumerated and goes into the event."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TryAgain(Exception):
    """One of our own calls failed for now, with ``code``; ``after`` is how long the other side asked us to wait."""

    def __init__(self, code: str, after: Millis | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.after = after


class OwnCall(Protocol):
    """A kind of call that is the framework's own. May run more than once for one call, also at the same time."""

    async def make(self, lease: CallLease) -> Mapping[str, str] | None:
        """Do it, and return what the event of its end shall say; None: no event.

        Raises :class:`CallFailed` or :class:`TryAgain`. Anything else counts as the latter.
        """

    async def give_up(self, lease: CallLease, code: str) -> None:
        """Keep that it failed, before the event says so."""


def _session() -> aiohttp.ClientSession:
    """Return connections that keep no cookies: one person's call must not be told from another's."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())


class Caller:
    """Runs the call lane."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        program: Callable[[], Program],
        *,
        name: str,
        batch: int = 8,
        session: Callable[[], aiohttp.ClientSession] = _session,
        own: Mapping[str, OwnCall] | None = None,
        typing: Callable[[Address], None] | None = None,
        own_at_once: int = 4,
        lease_lost: Callable[[str], None] = lambda lane: None,
        store_away: Callable[[str], None] = lambda part: None,
    ) -> None:
        """Prepare; ``name`` is this process, ``batch`` how many calls run at once, ``session`` makes connections.

        ``typing`` is told again and again where somebody waits for a call that takes longer than a second. ``own`` are
        the framework's own calls by name, of which ``own_at_once`` run at once, beside the others. ``lease_lost`` and
        ``store_away`` count trouble.
        """
        self._lease_lost = lease_lost
        self._store_away = store_away
        self._store = store
        self._clock = clock
        self._program = program
        self._name = name
        self._batch = batch
        self._session = session
        self._own = dict(own or {})
        self._typing = typing
        self._own_at_once = own_at_once
        self._own_running = 0
        self._running: set[asyncio.Task[None]] = set()
        self._away: StoreUnavailable | None = None
        self._stopping = False
        self._http: aiohttp.ClientSession | None = None

    async def run(self) -> None:
        """Make calls until :meth:`stop`; then return once those under way are done."""
        pause = 0.1
        while not self._stopping:
            try:
                if not await self._start_some():
                    await self._store.wait("call", IDLE)
                pause = 0.1
            except StoreUnavailable:
                self._store_away("call")
                await self._clock.sleep(pause)
                pause = min(pause * 2, 5.0)
        await asyncio.gather(*self._running)
        if self._http is not None:
            await self._http.close()

    def stop(self) -> None:
        """Claim nothing more."""
        self._stopping = True

    async def _start_some(self) -> int:
        """Begin what is due and return how much that was; waits while every place is taken."""
        if self._away is not None:
            away, self._away = self._away, None
            raise away
        free = self._batch + self._own_at_once - len(self._running)
        if free <= 0:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            return 1
        leases = await self._store.claim_calls(self._name, self._clock.now(), LEASE, free)
        for lease in leases:
            task = asyncio.create_task(self._safely(lease))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        await asyncio.sleep(0)
        return len(leases)

    async def _safely(self, lease: CallLease) -> None:
        """Make one call; if the store goes away meanwhile, its lease runs out and it is made again."""
        try:
            await self._make(lease)
        except StoreUnavailable as error:
            self._away = error

    async def work_once(self) -> int:
        """Make one batch of calls and return how many there were."""
        leases = await self._store.claim_calls(self._name, self._clock.now(), LEASE, self._batch)
        if leases:
            await asyncio.gather(*(self._make(lease) for lease in leases))
        return len(leases)

    async def _make(self, lease: CallLease) -> None:
        own = self._own.get(lease.call.name)
        if own is not None:
            await self._make_own(lease, own)
            return
        waiting = asyncio.create_task(self._while_it_waits(lease))
        try:
            values, error = await self._outcome(lease)
        finally:
            waiting.cancel()
        await self._end(lease, values, error)

    async def _while_it_waits(self, lease: CallLease) -> None:
        """Show the person that an answer is prepared, from the first second on."""
        while self._typing is not None:
            await self._clock.sleep(TYPING_AFTER)
            self._typing(lease.address)

    async def _make_own(self, lease: CallLease, own: OwnCall) -> None:
        if self._own_running >= self._own_at_once:
            now = self._clock.now()
            await self._store.release(lease, now + OWN_PAUSE, now)
            return
        self._own_running += 1
        try:
            code = await self._try_own(lease, own)
        finally:
            self._own_running -= 1
        if code is not None:
            await own.give_up(lease, code)
            log.warning("call_failed", extra={"conversation": lease.conversation[:8], "code": code})
            await self._end(lease, {}, code)

    async def _try_own(self, lease: CallLease, own: OwnCall) -> str | None:
        """Make one of our own calls; return why it failed for good, or None when it is done or tried again later."""
        if lease.attempts > len(OWN_RETRIES) + 1:
            return "tried"
        try:
            async with asyncio.timeout(lease.call.timeout / 1000):
                answer = await own.make(lease)
        except CallFailed as failed:
            return failed.code
        except StoreUnavailable:
            raise
        except TimeoutError:
            again = TryAgain("slow")
        except TryAgain as failed_now:
            again = failed_now
        except Exception as error:
            again = TryAgain(type(error).__name__.lower())
        else:
            if answer is not None:
                await self._end(lease, dict(answer), None)
            else:
                await self._settle(lease)
            return None
        if lease.attempts > len(OWN_RETRIES):
            return again.code
        wait = max(OWN_RETRIES[lease.attempts - 1], min(again.after or 0, MOST_WAIT))
        # Extended, not released: the try counts.
        await self._store.extend(lease, self._clock.now() + wait)
        return None

    async def _end(self, lease: CallLease, values: dict[str, str], error: str | None) -> None:
        event = CallReturned(call_id=lease.call.id, values=values, error=error)
        now = self._clock.now()
        snapshot = await self._store.snapshot(lease.conversation)
        if snapshot is None or snapshot.generation != lease.generation:
            return  # erased meanwhile: an event would bring the address back
        arrival = Arrival(
            conversation=lease.conversation,
            address=lease.address,
            event_id=f"call:{lease.call.id}",
            event=event,
            at=now,
        )
        await self._store.ingest([arrival], now)
        await self._settle(lease)

    async def _settle(self, lease: CallLease) -> None:
        if not await self._store.settle_call(lease, self._clock.now()):
            self._lease_lost("call")

    async def _outcome(self, lease: CallLease) -> tuple[dict[str, str], str | None]:
        if lease.attempts > MOST_ATTEMPTS:
            return {}, "the call was tried several times and never came to an end"
        try:
            async with asyncio.timeout(lease.call.timeout / 1000):
                answer = await self._call(lease)
            return {str(key): _text(value) for key, value in answer.items() if value is not None}, None
        except TimeoutError:
            reason = "it took too long"
        except Exception as error:
            reason = type(error).__name__
        log.warning("call_failed", extra={"conversation": lease.conversation[:8], "code": reason})
        return {}, reason

    async def _call(self, lease: CallLease) -> Mapping[str, object]:
        name, args = lease.call.name, lease.call.args
        if name.startswith("https://"):
            return await self._post(name, args, lease.call.id, lease.call.timeout)
        hook: Hook | None = self._program().hooks.get(name)
        if hook is None:
            raise LookupError(f"hooks.py has no function {name}")
        if "call_id" in inspect.signature(hook).parameters:
            return await hook(**args, call_id=lease.call.id)
        return await hook(**args)

    async def _post(self, url: str, args: Mapping[str, str], call_id: str, timeout: Millis) -> Mapping[str, object]:
        if self._http is None:
            self._http = self._session()
        async with self._http.post(
            url,
            json=dict(args),
            headers={"Idempotency-Key": call_id},
            timeout=aiohttp.ClientTimeout(total=timeout / 1000),
            allow_redirects=False,
        ) as response:
            if response.status != 200:
                raise ValueError(f"the address answered {response.status}")
            body = bytearray()
            async for part in response.content.iter_any():
                body += part
                if len(body) > LONGEST_ANSWER:
                    raise ValueError("the answer is too long")
        answer = json.loads(body)
        if not isinstance(answer, dict):
            raise TypeError("the answer is not an object of names and values")
        return answer


def _text(value: object) -> str:
    """Return a value as flows read it: yes and no for truth, else its words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
