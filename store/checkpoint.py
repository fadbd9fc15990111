"""Folding the write-ahead log into the data file, beside the writer instead of in its way.

SQLite would do this inside a commit, which then takes tens of milliseconds. Here a thread of its own copies the bulk
while the writer goes on; the writer itself copies only the little that came meanwhile, after which SQLite begins the
log anew. Should the thread not keep up, SQLite's own limit holds: the log never grows without bound.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable

__all__ = ["Checkpointer"]

#: Operations between two runs; each dirties about four pages of 4 KiB, so the log stays near 32 MiB.
EVERY = 2_000

_FOLD = "pragma wal_checkpoint(passive)"


class Checkpointer:
    """Told of every batch by the writer thread; works in a thread of its own on a connection of its own."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], *, name: str) -> None:
        self._connect = connect
        self._operations = 0
        self._wanted = threading.Event()
        self._copied = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"store-checkpoint-{name}", daemon=True)
        self._thread.start()

    def after_batch(self, operations: int, connection: sqlite3.Connection) -> None:
        """Note a committed batch; called between batches with the writer's ``connection``."""
        self._operations += operations
        if self._copied.is_set():
            self._copied.clear()
            self._operations = 0
            with contextlib.suppress(sqlite3.Error):
                connection.execute(_FOLD)
        elif self._operations >= EVERY:
            self._wanted.set()

    def close(self) -> None:
        """End the thread. Blocks until a run under way is through."""
        self._closed.set()
        self._wanted.set()
        self._thread.join()

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        while not self._closed.is_set():
            self._wanted.wait()
            if self._closed.is_set():
                break
            # A full disk or a lock is for the writer to report; the next run tries again.
            with contextlib.suppress(sqlite3.Error):
                if connection is None:
                    connection = self._connect()
                connection.execute(_FOLD)
                self._copied.set()
            # Wishes of the meantime are done. A close of the meantime is cleared too, but the loop looks at it first.
            self._wanted.clear()
        if connection is not None:
            connection.close()
