"""The loop that turns due events into commits.

Theory of operation
-------------------
A worker leases a batch of due conversations, runs each one's turn and commits it under the lease's token. Turns are
short and pure, so they run on the event loop; only what a typed text is taken for (its language, the FAQ entries near
it) is found out in a thread. The store groups the commits of a batch into one write.

- A commit that comes back :class:`LeaseLost` is dropped without a word: somebody else has the event, nothing was
  written, and their run gives the same result.
- An exception in a turn would come again, so the event becomes a dead letter at once, with a sentence to the person
  and a human. A worker that dies leaves its lease to expire; the event is tried once more, and the claim after that
  makes it a dead letter, so that an event which kills workers cannot kill them all.
- When the store is not available the worker waits and asks again. Nothing is lost: what is not committed is due.
- In a rolling deploy a conversation may have gone on with newer flows, or with a later version of the program. It is
  left to those: the lease is given back without counting, and this worker pauses its claiming, so that they come first.
- ``stop`` ends the claiming; what is leased is finished first.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Protocol

from core.capabilities import Capabilities
from core.errors import StateNewer, StoreCorrupt, StoreUnavailable
from core.events import Claim, ConsoleActed
from core.ids import Millis
from core.messages import Address
from core.ports import Clock, Store
from core.records import Commit, LeaseLost, TurnLease
from flows.effects import Env, Understood
from flows.program import Program
from flows.understanding import understand
from handlers.spent import spent_message
from handlers.talk import TurnEnv
from handlers.turn import Needs, NeedsLook, dead_turn, describe, take_turn
from handoff.conversation import Conversation, load
from handoff.forgetting import forget_drafts
from handoff.standing import Standing

__all__ = ["LEASE", "WORKERS_DIED", "Worker", "WorkerMetrics"]

log = logging.getLogger("streetwork.worker")

#: A turn takes microseconds; five seconds are for a machine that swaps. DESIGN section 4, rule 5.
LEASE: Millis = 5_000
#: The first claim and one more after a worker's death.
MOST_ATTEMPTS = 2
#: Reason of a dead letter; ``streetwork dead show`` says what to do about each.
WORKERS_DIED = "workers died while they handled this event"
#: Seconds to wait for work before looking again; wake-ups come earlier.
IDLE = 0.5
#: Seconds for finding out what a text is taken for. An encoder can be slow on strange input or a busy machine; then the
#: letters alone must do, well inside of the lease.
PATIENCE = 2.0
#: Seconds after the start in which nothing is built for texts that nobody typed yet.
WARM_AFTER = 3.0
#: Milliseconds for which an event is left to a newer worker, and seconds for which this one then claims nothing: longer
#: than an idle worker of another process takes to look for work.
LEAVE: Millis = 100
STEP_BACK = 2 * IDLE


class WorkerMetrics(Protocol):
    """What the worker tells the metrics."""

    def turn(self, kind: str, seconds: float) -> None:
        """Count a committed turn and how long it took from claim to commit."""

    def fallback_text(self, language: str) -> None:
        """Count a text that was shown in another language than the person's."""

    def lease_lost(self, lane: str) -> None:
        """Count a lease that somebody else had taken."""

    def left_to_newer(self, what: str) -> None:
        """Count a turn left to a worker with newer ``flows`` or a newer ``program``."""

    def dead_letter(self, reason: str) -> None:
        """Count an event put aside: because a turn ``failed``, workers ``died``, or the state was ``unreadable``."""

    def store_away(self, part: str) -> None:
        """Count a look for work that the store did not answer."""


class Worker:
    """Claims turns, runs them, commits them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        program: Callable[[], Program],
        capabilities: Callable[[Address], Capabilities],
        *,
        name: str,
        batch: int = 64,
        metrics: WorkerMetrics | None = None,
        link: Callable[[Address], str | None] = lambda address: None,
        spent: Callable[[Address, str], None] = lambda address, message: None,
        newer: Callable[[str], bool] = lambda release: False,
        warmed: Callable[[], None] = lambda: None,
    ) -> None:
        """``spent`` is told of a message whose buttons lead nowhere any more; it must return at once.

        ``newer`` says whether a living worker with newer flows uses this release of them. ``warmed`` is called in a
        thread when the bot is ready for typed texts, which leaves memory behind that nobody needs any more.
        """
        self._warmed = warmed
        self._store = store
        self._clock = clock
        self._program = program
        self._capabilities = capabilities
        self._name = name
        self._batch = batch
        self._metrics = metrics
        self._link = link
        self._spent = spent
        self._newer = newer
        self._left = 0
        self._standing = Standing(store)
        self._stopping = False
        #: Builds what the first questions would otherwise each build on their own; set when one cannot wait for it.
        self._warming: asyncio.Task[None] | None = None
        self._asked = asyncio.Event()
        #: When the loop last came round; health looks at it.
        self.beat: Millis = clock.now()

    async def run(self) -> None:
        """Work until :meth:`stop`; then return once everything leased is done."""
        self._warming = asyncio.create_task(self._warm())
        try:
            await self._work()
        finally:
            self._asked.set()
            await self._warming

    async def _warm(self) -> None:
        """Make the bot ready for typed texts; should that fail, the first text says so again and its turn goes on.

        Not at once: it would slow down everything else that starts, and people press a button before they type.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WARM_AFTER):
                await self._asked.wait()
        if self._stopping:
            return
        try:
            await asyncio.to_thread(self._program().warm)
            await asyncio.to_thread(self._warmed)
        except Exception as error:
            log.exception("warming_failed", extra={"error": describe(error)})

    async def _work(self) -> None:
        pause = 0.1
        while not self._stopping:
            self.beat = self._clock.now()
            try:
                if not await self.work_once():
                    await self._store.wait("turn", IDLE)
                elif self._left:
                    await self._clock.sleep(STEP_BACK)
                pause = 0.1
            except StoreUnavailable as error:
                if self._metrics:
                    self._metrics.store_away("turn")
                log.warning("store_unavailable", extra={"error": describe(error)})
                await self._clock.sleep(pause)
                pause = min(pause * 2, 5.0)

    def stop(self) -> None:
        """Claim nothing more."""
        self._stopping = True

    async def work_once(self) -> int:
        """Handle one batch and return how many turns it held, those left to newer workers included."""
        self._left = 0
        leases = await self._store.claim(self._name, self._clock.now(), LEASE, self._batch)
        if leases:
            results = await asyncio.gather(*(self._turn(lease) for lease in leases), return_exceptions=True)
            for result in results:
                if isinstance(result, BaseException):
                    raise result
        return len(leases)

    async def _turn(self, lease: TurnLease) -> None:
        started = self._clock.now()
        commit = await self._decide(lease)
        if commit is None:
            return
        done = await self._store.commit(lease, commit, self._clock.now())
        if isinstance(done, LeaseLost):
            log.info("lease_lost", extra={"conversation": lease.conversation[:8]})
            if self._metrics:
                self._metrics.lease_lost("turn")
            return
        self._tell_spent(lease, commit)
        await self._teach(lease, commit)
        if commit.erase:
            await forget_drafts(self._store, lease.conversation, self._clock.now())
        if self._metrics:
            kind = type(lease.event).__name__
            self._metrics.turn(kind, (self._clock.now() - started) / 1000)
            for name in commit.counts:
                if name.startswith("fallback."):
                    self._metrics.fallback_text(name.removeprefix("fallback."))

    async def _decide(self, lease: TurnLease) -> Commit | None:
        """Return what the event does; None when it is left to a newer worker."""
        program = self._program()
        env = self._env(lease)
        try:
            conversation = load(lease.state)
        except StateNewer:
            await self._leave(lease, "program")
            return None
        except StoreCorrupt as error:
            log.exception("state_unreadable", extra={"conversation": lease.conversation[:8]})
            self._count_dead("unreadable")
            return dead_turn(program, Conversation(), lease.event, env, describe(error))
        if self._newer(conversation.flow.release):
            await self._leave(lease, "flows")
            return None
        if lease.attempts > MOST_ATTEMPTS:
            log.error("dead_letter", extra={"conversation": lease.conversation[:8], "code": "worker-died"})
            self._count_dead("died")
            return dead_turn(program, conversation, lease.event, env, WORKERS_DIED)
        try:
            made = take_turn(program, conversation, lease.event, env)
            while not isinstance(made, Commit):
                await self._obtain(program, lease, conversation, env, made)
                made = take_turn(program, conversation, lease.event, env)
        except StoreUnavailable:
            raise  # nobody could look; the event stays where it is
        except Exception as error:
            # Whatever a turn raises, the person must not be left in silence.
            reason = describe(error)
            log.exception("dead_letter", extra={"conversation": lease.conversation[:8], "error": reason})
            self._count_dead("failed")
            return dead_turn(program, conversation, lease.event, env, reason)
        return made

    def _count_dead(self, reason: str) -> None:
        if self._metrics:
            self._metrics.dead_letter(reason)

    async def _leave(self, lease: TurnLease, what: str) -> None:
        """Give the event back for a worker that knows more."""
        now = self._clock.now()
        self._left += 1
        log.info("left_to_newer", extra={"conversation": lease.conversation[:8], "code": what})
        if self._metrics:
            self._metrics.left_to_newer(what)
        await self._store.release(lease, now + LEAVE, now)

    async def _obtain(
        self, program: Program, lease: TurnLease, conversation: Conversation, env: TurnEnv, need: Needs | NeedsLook
    ) -> None:
        """Get what a turn needs to go on, and put it into its environment."""
        match need:
            case Needs(text=text, language=language):
                if self._warming is not None:
                    self._asked.set()
                    await asyncio.shield(self._warming)
                env.flow.understood[text, language] = await _understand(program, text, language)
                now = self._clock.now()
                if lease.until - now < LEASE // 2:
                    # A machine that swaps or thinks slowly is no dead worker: two of them would be a dead letter.
                    await self._store.extend(lease, now + LEASE)
            case NeedsLook(queue=queue, language=language):
                env.flow.queues[queue, language] = await self._standing.facts(
                    program, lease.conversation, conversation.case, queue, language, self._clock.now()
                )

    def _tell_spent(self, lease: TurnLease, commit: Commit) -> None:
        """Tell of a message whose buttons lead nowhere any more; a dead letter's state may be unreadable."""
        message = None
        if commit.dead is None:
            message = spent_message(self._program(), lease.event, lease.state, commit.state)
        if message is not None:
            self._spent(lease.address, message)

    async def _teach(self, lease: TurnLease, commit: Commit) -> None:
        """Keep what a claim teaches about the queue. A crash before this loses one length and one claim of the count.

        That is meant: behind the commit nobody waits for it, and neither number tells anything by a single one
        (:mod:`handoff.waiting`; a claim that is not counted lets one more pass, eleven instead of ten).
        """
        event = lease.event
        if not (isinstance(event, ConsoleActed) and isinstance(event.action, Claim)):
            return
        if commit.outcome is not None and commit.outcome.ok and (case := load(lease.state).case) is not None:
            await self._standing.claimed(self._program(), case, lease.at)

    def _env(self, lease: TurnLease) -> TurnEnv:
        prefix = f"{lease.conversation}/{lease.generation}/{lease.turn}"
        return TurnEnv(
            conversation=lease.conversation,
            generation=lease.generation,
            turn=lease.turn,
            address=lease.address,
            epoch=lease.epoch,
            capabilities=self._capabilities(lease.address),
            flow=Env(now=lease.at, prefix=prefix, understood={}, queues={}, channel=lease.address.channel),
            link=self._link(lease.address),
        )


async def _understand(program: Program, text: str, language: str | None) -> Understood:
    """Return what a text is taken for; whatever goes wrong, the turn goes on, for the text may be a cry for help."""
    try:
        return await asyncio.wait_for(asyncio.to_thread(understand, program, text, language), PATIENCE)
    except TimeoutError:
        log.warning("encoder_slow")
    except Exception as error:
        log.exception("understanding_failed", extra={"error": describe(error)})
        return Understood(text=text, language=language or program.spec.languages.source)
    return await asyncio.to_thread(understand, program, text, language, quick=True)
