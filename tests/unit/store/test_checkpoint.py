"""The thread that folds the log ends when it is told to, whatever it is doing then."""

from __future__ import annotations

import sqlite3
import threading
from typing import Any

from store.checkpoint import EVERY, Checkpointer

PATIENCE = 20.0


class SlowFiles:
    """A connection whose fold takes as long as the test wants."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.closed = False

    def execute(self, _statement: str) -> None:
        self.begun.set()
        assert self.go_on.wait(PATIENCE)

    def close(self) -> None:
        self.closed = True


def test_closing_during_a_fold_ends_the_thread() -> None:
    """The end is not forgotten with the wishes that came while it folded; the process would never stop."""
    files: Any = SlowFiles()
    checkpointer = Checkpointer(lambda: files, name="test")
    writer = sqlite3.connect(":memory:")
    checkpointer.after_batch(EVERY, writer)
    assert files.begun.wait(PATIENCE)
    closing = threading.Thread(target=checkpointer.close, daemon=True)
    closing.start()
    while not checkpointer._closed.is_set():
        threading.Event().wait(0.001)
    threading.Event().wait(0.01)
    files.go_on.set()
    closing.join(PATIENCE)
    assert not closing.is_alive()
    assert files.closed
    writer.close()
