"""What the commands that read a bot share: loading it, and which day it is where its people live."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bots.clock import SystemClock
from bots.releases import load_bot, report
from core.errors import BotBroken
from flows.program import Program

__all__ = ["open_bot", "today"]


def open_bot(folder: Path) -> Program:
    """Load a bot; raises :class:`core.errors.BotBroken` with every finding when it has errors."""
    loaded = load_bot(folder, SystemClock())
    if loaded.program is None:
        raise BotBroken(report(loaded))
    return loaded.program


def today(program: Program) -> date:
    """Return the day in the zone of the bot's first queue, in which its facts switch."""
    zone = ZoneInfo(next(iter(program.spec.queues.values())).zone)
    return datetime.fromtimestamp(SystemClock().now() / 1000, zone).date()
