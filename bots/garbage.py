"""The collector's long pauses, taken once and out of the way of those who wait.

A full collection walks through every object of the process: the bot with its texts and the search index are some
hundred thousand, which took 40 to 60 ms here, at any moment, with everything else standing still. They live as long as
the process, so after the start they are set aside (``gc.freeze``); what a collection then walks through is small.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc

__all__ = ["again", "give_back", "set_aside"]


def set_aside() -> None:
    """Collect once, and leave all that is alive now out of later collections. For a process that begins to serve."""
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Give the system back what building the search index took for a second: 30 MB; only where glibc is."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def again() -> None:
    """Do it anew, because much of what was set aside was replaced; nothing where nothing was set aside."""
    if gc.get_freeze_count():
        gc.unfreeze()
        set_aside()
