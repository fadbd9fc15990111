"""Timers of a conversation: how a commit changes them and which comes first. Pure, shared by the backends that seal."""

from __future__ import annotations

from core.ids import Millis
from core.records import Commit, Timer

__all__ = ["merged_timers", "timer_order"]


def timer_order(timer: Timer) -> tuple[Millis, str]:
    """Return what timers are ordered by."""
    return timer.at, timer.name


def merged_timers(timers: list[Timer], commit: Commit) -> list[Timer]:
    """Return the timers after a commit: first the cancelled ones go, then the new ones come, one per name."""
    if "*" in commit.cancel_timers:
        timers = []
    gone = {*commit.cancel_timers, *(timer.name for timer in commit.set_timers)}
    kept = {timer.name: timer for timer in timers if timer.name not in gone}
    kept.update((timer.name, timer) for timer in commit.set_timers)
    return list(kept.values())
