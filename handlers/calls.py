"""Outside calls: functions of the bot's ``hooks.py`` and https addresses, run from the call lane, at least once.

A call is a durable row with its own lease. Its answer comes back as an event named after the call, so that a second
answer changes nothing. Failing is an answer too: the flow has a ``failed`` branch for it. The person's conversation
goes on meanwhile; nothing waits for a slow server but the flow that asked.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from collections.abc import Awaitable, Callable, Mapping

import aiohttp

from core.errors import StoreUnavailable
from core.events import CallReturned
from core.ids import Millis
from core.ports import Clock, Store
from core.records import Arrival, CallLease
from flows.program import Program

__all__ = ["Caller", "Hook"]

log = logging.getLogger("streetwork.calls")

#: A coroutine of ``hooks.py``: takes the arguments by name and returns values by name.
Hook = Callable[..., Awaitable[Mapping[str, object]]]

#: Answers of https hooks beyond this are refused.
LONGEST_ANSWER = 65_536
#: A call whose worker died is made again so often; then it counts as failed.
MOST_ATTEMPTS = 3
#: Longer than any hook may take, so that no second worker makes a call that is still under way.
LEASE: Millis = 90_000
#: Seconds to wait for a hint of the store before looking again.
IDLE = 1.0


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
    ) -> None:
        """Prepare; ``name`` is this process, ``batch`` how many calls run at once, ``session`` makes connections."""
        self._store = store
        self._clock = clock
        self._program = program
        self._name = name
        self._batch = batch
        self._session = session
        self._stopping = False
        self._http: aiohttp.ClientSession | None = None

    async def run(self) -> None:
        """Make calls until :meth:`stop`; then return once those under way are done."""
        pause = 0.1
        while not self._stopping:
            try:
                if not await self.work_once():
                    await self._store.wait("call", IDLE)
                pause = 0.1
            except StoreUnavailable:
                await self._clock.sleep(pause)
                pause = min(pause * 2, 5.0)
        if self._http is not None:
            await self._http.close()

    def stop(self) -> None:
        """Claim nothing more."""
        self._stopping = True

    async def work_once(self) -> int:
        """Make one batch of calls and return how many there were."""
        leases = await self._store.claim_calls(self._name, self._clock.now(), LEASE, self._batch)
        if leases:
            await asyncio.gather(*(self._make(lease) for lease in leases))
        return len(leases)

    async def _make(self, lease: CallLease) -> None:
        values, error = await self._outcome(lease)
        event = CallReturned(call_id=lease.call.id, values=values, error=error)
        now = self._clock.now()
        arrival = Arrival(
            conversation=lease.conversation,
            address=lease.address,
            event_id=f"call:{lease.call.id}",
            event=event,
            at=now,
        )
        await self._store.ingest([arrival], now)
        await self._store.settle_call(lease, now)

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
