"""The writer thread: one thread, one transaction for all that waits, one sync to disk.

Theory of operation. Callers put operations into a queue from their event loops and await a future. The thread takes
everything that waits, up to a bound, runs it inside one ``BEGIN IMMEDIATE`` transaction and commits once; while it
commits, the next batch gathers. So the price of a sync (milliseconds) is shared by as many operations as there are
callers, and nobody waits for a timer. Futures are resolved after the commit, by one call into each loop.

An operation that raises must not take its neighbours along. Savepoints for all would cost two statements each, so the
batch is first run without; when an operation raises, everything is rolled back and run again with a savepoint around
each. Operations are functions of the transaction alone, so running them twice is safe. A failure of the files (disk
full, locked, IO error) rolls back everything and fails the whole batch with StoreUnavailable.

Overload. What waits lies in memory, so it must have an end. New work from outside asks :meth:`Writer.admit` first,
which refuses it while too much waits or the disk has not answered for seconds; then whoever sent it is told to come
again. What the workers write is not refused: it is bounded by what they have leased, and it makes the queue shorter.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from core.errors import StoreCorrupt, StoreError, StoreUnavailable
from store.tx import Tx
from store.wakeups import Wakeups

__all__ = ["Writer", "translated"]

P = ParamSpec("P")
R = TypeVar("R")

#: Operations in one transaction: enough to make the sync cheap, few enough to keep each one's latency low.
MAX_BATCH = 256
#: Operations that may wait before new work is refused (a second's worth on a slow disk), and seconds that one batch may
#: take. Messengers wait 10 seconds and longer for their answer, so both come before they give up by themselves.
MOST_WAITING = 2_000
SLOWEST = 5.0

_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_INTERRUPT,
    }
)


def _passing(error: sqlite3.Error) -> bool:
    """Say whether the files cannot be used now, whoever asks."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _PASSING


def translated(error: sqlite3.Error) -> StoreError:
    """Return the store's error for one of SQLite's. Never quotes values: SQLite's messages hold none."""
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if _passing(error):
        return StoreUnavailable(
            f"the store cannot be used now ({name}: {error}): free the disk or the lock, then retry"
        )
    return StoreCorrupt(f"the store is damaged ({name}: {error}): run `store check`, restore a backup if it says so")


class _Job(NamedTuple):
    future: asyncio.Future[Any]
    op: Callable[..., Any]
    args: tuple[Any, ...]


class _Result(NamedTuple):
    value: Any
    error: BaseException | None


def _resolve(pairs: list[tuple[asyncio.Future[Any], _Result]]) -> None:
    for future, (value, error) in pairs:
        if future.done():  # its caller was cancelled; what it asked for is stored
            continue
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)


class Writer:
    """Owns the write connection. Made open; :meth:`close` finishes what is queued.

    ``after_batch`` is called in the thread with the size of each batch, when its callers have their answers.
    """

    def __init__(
        self,
        tx: Tx,
        wakeups: Wakeups,
        after_batch: Callable[[int], None],
        *,
        name: str,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timer = timer
        #: When the batch under way began; None between two.
        self._began: float | None = None
        self._tx = tx
        self._after_batch = after_batch
        self._wakeups = wakeups
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"store-writer-{name}", daemon=True)
        self._thread.start()

    def submit(self, op: Callable[Concatenate[Tx, P], R], /, *args: P.args, **_none: P.kwargs) -> asyncio.Future[R]:
        """Queue ``op(tx, *args)``; the future ends when it is durable. Takes no keyword arguments."""
        if self._closed:
            raise StoreUnavailable("the store is closed")
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queue.put(_Job(future, op, args))
        return future

    def admit(self) -> None:
        """Raise StoreUnavailable when new work must come again later; see *Overload* above."""
        began, waiting = self._began, self._queue.qsize()
        if waiting >= MOST_WAITING:
            raise StoreUnavailable(f"the store is busy ({waiting} operations wait): come again in a moment")
        if began is not None and self._timer() - began > SLOWEST:
            raise StoreUnavailable("the disk of the store does not answer: look at it; come again in a moment")

    def close(self) -> None:
        """Finish what is queued and end the thread. Blocks; later calls of :meth:`submit` are refused."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        last = False
        while not last:
            batch: list[_Job] = []
            job = self._queue.get()
            while job is not None:
                batch.append(job)
                if len(batch) == MAX_BATCH:
                    break
                try:
                    job = self._queue.get_nowait()
                except queue.Empty:
                    break
            else:
                last = True
            if batch:
                self._began = self._timer()
                results = self._transact(batch)
                self._began = None
                self._deliver(batch, results)
                self._after_batch(len(batch))

    def _transact(self, batch: list[_Job]) -> list[_Result]:
        results = self._attempt(batch, careful=False)
        if results is None:
            results = self._attempt(batch, careful=True)
        assert results is not None  # noqa: S101 - only the first attempt gives up
        return results

    def _attempt(self, batch: list[_Job], *, careful: bool) -> list[_Result] | None:
        """Run a batch; None when an operation raised and the batch has to be run again with care."""
        tx = self._tx
        results: list[_Result] = []
        try:
            tx.begin()
            if careful:
                results.extend(self._guarded(job) for job in batch)
            else:
                results.extend(_Result(job.op(tx, *job.args), None) for job in batch)
            tx.commit()
        except sqlite3.Error as error:
            self._roll_back()
            if careful or len(batch) == 1 or _passing(error):
                return [_Result(None, translated(error)) for _ in batch]
            return None
        except Exception as error:
            self._roll_back()
            if careful or len(batch) == 1:
                return [_Result(None, error) for _ in batch]
            return None
        self._wakeups.mark(tx.wake)
        return results

    def _guarded(self, job: _Job) -> _Result:
        tx = self._tx
        mark = tx.mark()
        try:
            value = job.op(tx, *job.args)
        except sqlite3.Error as error:
            if _passing(error):
                raise
            tx.back_to(mark)
            return _Result(None, translated(error))
        except Exception as error:
            tx.back_to(mark)
            return _Result(None, error)
        tx.keep()
        return _Result(value, None)

    def _roll_back(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._tx.rollback()

    def _deliver(self, batch: list[_Job], results: list[_Result]) -> None:
        loops: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], _Result]]] = {}
        for job, result in zip(batch, results, strict=True):
            loops.setdefault(job.future.get_loop(), []).append((job.future, result))
        for loop, pairs in loops.items():
            with contextlib.suppress(RuntimeError):  # that loop is closed: nobody waits there any more
                loop.call_soon_threadsafe(_resolve, pairs)
