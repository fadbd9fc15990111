"""Running scripts: the only way in which the store talks to its servers.

Theory of operation. Everything that is asked for within one turn of the event loop goes out in one pipeline to each
server, and while a server's few connections are busy, what comes meanwhile waits and goes out together: that is the
group commit, as a server with `appendfsync always` syncs once for all it read at once. A script is sent by its hash;
its text goes along the first time, and again when a server says that it does not know it.

A refusal means that nothing happened (:mod:`store.redis_errors`), so the work is offered again, to where the primary
is then, until `patience` is over. A lost answer is another matter: the script may have run. It is repeated only if
that is right for the script, that is, if it writes nothing (`flags=no-writes`) or its header says `-- repeat: safe`.
Otherwise the caller gets StoreUnavailable and knows what repeating the whole operation means (ingest is deduplicated,
a commit is fenced, a lease that nobody got runs out).

A script whose header says `-- durable: yes` is answered only when what it wrote is safe: synced where the server syncs
on its own time, and held by as many replicas as are wanted. One wait at the end of a pipeline serves all of it. Where
fewer replicas are in step than are wanted, those that are must do, and ``check`` says so. No order is kept between
scripts that were asked for without waiting for each other once one of them has to be repeated.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import AskError, RedisError

from core.errors import StoreError, StoreUnavailable
from core.redis_url import RedisUrl
from store.lua_source import script_source
from store.redis_client import hint_client
from store.redis_errors import Next, next_step, told
from store.redis_facts import Facts, Waiting, learn, online_replicas, waiting_for
from store.redis_node import Command, Lost, Node, NotSent
from store.redis_routes import Routes, Unknown
from store.redis_runs import Batch, Run, Script, slot_of

__all__ = ["Scripts"]

#: Pipelines under way to one server. More would only cut what could go together into pieces.
FLIGHTS = 3
#: Scripts and bytes in one pipeline: what one of them has to wait for stays bounded.
MOST_RUNS = 256
MOST_BYTES = 2 << 20
#: Seconds for which the number of replicas in step is believed.
_BELIEVED = 1.0

#: Called with each new connection to a primary, after its facts are known; raises a StoreError to refuse the server.
Guard = Callable[[Node, AbstractConnection], Any]


class _Line:
    """What waits for one server."""

    def __init__(self) -> None:
        self.runs: deque[Run] = deque()
        self.flights = 0
        self.facts: Facts | None = None
        self.waiting = Waiting(local=False, replicas=0)
        self.replicas = 0
        self.counted = 0.0


class Scripts:
    """Runs scripts on the servers of one address. Does nothing until the first run; belongs to that run's loop."""

    def __init__(self, at: RedisUrl, *, source: Callable[[str], str] = script_source) -> None:
        self.at = at
        self.namespace = at.namespace
        self.guard: Guard | None = None
        self.routes = Routes(at, self._greet)
        #: For hints only: `publish` and `pubsub`.
        self.client: Redis = hint_client(at, self._any_place)
        self._source = source
        self._scripts: dict[str, Script] = {}
        self._offered: list[Run] = []
        self._lines: dict[Node, _Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def run(self, name: str, keys: Sequence[bytes | str], args: Sequence[bytes | str | int] = ()) -> Any:
        """Run a script and return its answer; all keys must be of one partition. Raises the errors of the store."""
        if self._closed:
            raise StoreUnavailable("the store is closed")
        script = self._scripts.get(name)
        if script is None:
            script = self._scripts[name] = Script.parsed(name, self._source(name))
        loop = asyncio.get_running_loop()
        one = Run(script, slot_of(keys[0]), keys, args, loop.create_future(), loop.time() + self.at.patience)
        self._offer(one)
        return await one.future

    async def each(
        self, name: str, calls: Sequence[tuple[Sequence[bytes | str], Sequence[bytes | str | int]]]
    ) -> list[Any]:
        """Run a script several times at once and return the answers in order."""
        return await asyncio.gather(*(self.run(name, keys, args) for keys, args in calls))

    def facts(self) -> dict[str, Facts]:
        """Return what the servers in use told about themselves, by name."""
        return {node.name: line.facts for node, line in self._lines.items() if line.facts is not None}

    @property
    def replicas_missing(self) -> int:
        """How many replicas that should hold what was acknowledged are not in step, as last looked."""
        used = [line for node, line in self._lines.items() if not node.retired and line.facts is not None]
        return sum(max(0, self.at.wanted_replicas - line.replicas) for line in used)

    async def close(self) -> None:
        """Wait for what is under way, as long as a server may take, then end all connections."""
        self._closed = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self.at.timeout)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.client.aclose()
        await self.routes.close()

    # -- the way out --------------------------------------------------------------------------------------

    def _offer(self, one: Run) -> None:
        self._offered.append(one)
        if len(self._offered) == 1:
            asyncio.get_running_loop().call_soon(self._sort)

    def _sort(self) -> None:
        """Give what was offered to the lines of its servers."""
        offered, self._offered = self._offered, []
        unknown: list[Run] = []
        lines: dict[Node, _Line] = {}
        for one in offered:
            node = self.routes.node(one.asking) if one.asking is not None else self.routes.of(one.slot)
            if node is None:
                unknown.append(one)
            else:
                lines[node] = self._line(node)
                lines[node].runs.append(one)
        for node, line in lines.items():
            self._start(node, line)
        if unknown:
            self._spawn(self._again(unknown, self.routes.looks, look=True, pause=0.0))

    def _line(self, node: Node) -> _Line:
        found = self._lines.get(node)
        if found is None:
            for gone in [one for one, line in self._lines.items() if one.retired and not line.runs]:
                del self._lines[gone]
            found = self._lines[node] = _Line()
        return found

    def _start(self, node: Node, line: _Line) -> None:
        while line.runs and line.flights < FLIGHTS:
            batch: list[Run] = []
            size = 0
            while line.runs and len(batch) < MOST_RUNS and size < MOST_BYTES:
                one = line.runs.popleft()
                if not one.future.done():
                    batch.append(one)
                    size += one.size
            if batch:
                line.flights += 1
                self._spawn(self._fly(node, line, batch))

    async def _fly(self, node: Node, line: _Line, batch: list[Run]) -> None:
        seen = self.routes.looks
        together = Batch(batch)
        waits: list[Command] = []

        def commands() -> list[Command]:
            if together.durable:
                waits.extend(self._waits(line))
            return [*together.commands(node.loaded), *waits]

        try:
            answers, behind = together.answers(await node.exchange(commands))
            self._answered(node, batch, answers, seen, safe=self._safe(line, waits, behind))
            node.loaded |= together.known()
        except NotSent as error:
            self._refused(node, batch, error, seen)
        except StoreError as error:
            self._fail(batch, error)
        except asyncio.CancelledError:
            self._fail(batch, StoreUnavailable("the store is closed"))
            raise
        except Exception as error:
            # A defect of ours: whoever waits must hear of it rather than wait for ever.
            self._fail(batch, StoreError(f"the answers of {node.name} were not understood ({type(error).__name__})"))
            raise
        finally:
            line.flights -= 1
            self._start(node, line)

    # -- the way back -------------------------------------------------------------------------------------

    def _answered(self, node: Node, batch: list[Run], answers: list[Any], seen: int, *, safe: bool) -> None:
        again: dict[Next, list[Run]] = {}
        for one, answer in zip(batch, answers, strict=True):
            one.load = False
            if isinstance(answer, RedisError):
                step = self._judged(node, one, answer)
                if step is not None:
                    again.setdefault(step, []).append(one)
            elif isinstance(answer, Lost):
                if one.script.repeatable:
                    again.setdefault(Next.ELSEWHERE, []).append(one)
                else:
                    self._fail(
                        [one], StoreUnavailable(f"the server at {node.name} did not answer; it may have written")
                    )
            elif one.script.durable and not safe:
                self._fail([one], StoreUnavailable(f"{node.name} wrote, but its replicas or its disk did not follow"))
            elif not one.future.done():
                one.future.set_result(answer)
        for step, runs in again.items():
            self._repeat(node, runs, step, seen)

    def _judged(self, node: Node, one: Run, error: RedisError) -> Next | None:
        """Return what to do next about a refusal, or tell the caller."""
        step = next_step(error)
        one.refusal, one.asking = error, None
        match step:
            case Next.LOAD:
                one.load = True
            case Next.MOVED | Next.ASK if isinstance(error, AskError):
                place = (error.host or node.place[0], error.port)
                if step is Next.ASK:
                    one.asking = place
                else:
                    self.routes.moved(one.slot, place)
            case Next.RAISE:
                self._fail([one], told(error, name=one.script.name, where=node.name))
                return None
            case _:
                pass
        return step

    def _refused(self, node: Node, batch: list[Run], error: NotSent, seen: int) -> None:
        """Go on after no connection came about."""
        refusal = error.refusal
        if refusal is not None and next_step(refusal) is Next.RAISE:
            self._fail(batch, told(refusal, name="", where=node.name))
            return
        for one in batch:
            one.refusal, one.asking, one.why = refusal, None, error.why
        self._repeat(node, batch, Next.ELSEWHERE, seen)

    def _repeat(self, node: Node, runs: list[Run], step: Next, seen: int) -> None:
        now = asyncio.get_running_loop().time()
        over = [one for one in runs if now >= one.deadline]
        for one in over:
            if one.refusal is not None:
                self._fail([one], told(one.refusal, name=one.script.name, where=node.name))
            else:
                self._fail(
                    [one], StoreUnavailable(f"the server at {node.name} cannot be reached{one.why}: nothing was lost")
                )
        left = [one for one in runs if now < one.deadline]
        for one in left:
            one.tries += 1
        if left:
            tries = min(one.tries for one in left)
            at_once = step in (Next.LOAD, Next.MOVED, Next.ASK) and tries <= 2
            pause = 0.0 if at_once else min(0.5, 0.01 * 2.0**tries) * random.uniform(0.5, 1.0)
            self._spawn(self._again(left, seen, look=step is Next.ELSEWHERE or tries > 4, pause=pause))

    async def _again(self, runs: list[Run], seen: int, *, look: bool, pause: float) -> None:
        if pause:
            await asyncio.sleep(pause)
        if look:
            try:
                await self.routes.look(seen)
            except StoreError as error:
                self._fail(runs, error)
                return
            except Unknown as error:
                now = asyncio.get_running_loop().time()
                over = [one for one in runs if now >= one.deadline]
                self._fail(over, StoreUnavailable(f"{error}: nothing was lost, try again"))
                left = [one for one in runs if now < one.deadline]
                if left:
                    self._spawn(self._again(left, self.routes.looks, look=True, pause=max(0.05, min(0.5, pause * 2))))
                return
        for one in runs:
            if not one.future.done():
                self._offer(one)

    @staticmethod
    def _fail(runs: list[Run], error: StoreError) -> None:
        for one in runs:
            if not one.future.done():
                one.future.set_exception(error)

    # -- durability ---------------------------------------------------------------------------------------

    def _waits(self, line: _Line) -> list[Command]:
        """Return what to send behind a pipeline that writes; empty where the answer itself is enough."""
        if not line.waiting.needed:
            return []
        count: list[Command] = []
        now = asyncio.get_running_loop().time()
        if line.waiting.replicas and now - line.counted > _BELIEVED:
            line.counted = now
            count = [("INFO", "replication")]
        if not line.waiting.local and not line.replicas:
            return count
        return [line.waiting.command(line.replicas, int(self.at.timeout * 800)), *count]

    def _safe(self, line: _Line, waits: Sequence[Command], answers: Sequence[Any]) -> bool:
        """Take in the answers to :meth:`_waits`; say whether what was written is safe."""
        held, safe = line.replicas, True
        for command, answer in zip(waits, answers, strict=True):
            if command[0] == "INFO":
                line.replicas = online_replicas(answer) if isinstance(answer, bytes) else line.replicas
        for command, answer in zip(waits, answers, strict=True):
            if command[0] != "INFO":
                safe = line.waiting.satisfied(answer, min(held, line.replicas))
        if not safe:
            line.counted = 0.0
        return safe

    # -- connections --------------------------------------------------------------------------------------

    async def _greet(self, node: Node, connection: AbstractConnection) -> None:
        """Look at a server before its new connection is used."""
        line = self._line(node)
        line.facts = await learn(connection)
        line.waiting = waiting_for(line.facts, self.at.wanted_replicas)
        line.replicas, line.counted = line.facts.replicas, asyncio.get_running_loop().time()
        node.loaded.clear()
        if self.guard is not None:
            await self.guard(node, connection)

    async def _any_place(self) -> tuple[str, int]:
        if not self.routes.nodes:
            try:
                await self.routes.look(self.routes.looks)
            except Unknown as error:
                raise ConnectionError(str(error)) from None
        return random.choice(self.routes.nodes).place

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
