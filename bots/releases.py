"""The bot in use, and how an edited one takes its place: checked whole, swapped in one step, never half."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import watchfiles

from bots import garbage
from bots.clock import SystemClock
from core.errors import BotBroken
from core.ports import Clock
from core.settings import Settings
from flows.encoders import Encoder, load_encoder
from flows.findings import render
from flows.loader import Loaded, load
from flows.program import Program

__all__ = ["Releases", "day_of", "load_bot", "open_program", "releases_of", "report"]

log = logging.getLogger("streetwork.releases")


def day_of(clock: Clock) -> date:
    """Return today, by UTC: good enough for reviews and for what is still there."""
    return datetime.fromtimestamp(clock.now() / 1000, UTC).date()


def load_bot(folder: Path, clock: Clock, encoder: Encoder | None = None, *, release: bool = False) -> Loaded:
    """Load and check a bot's folder as of today. The result says what is wrong; nothing is raised for content."""
    return load(folder, today=day_of(clock), encoder=encoder, release=release)


def open_program(folder: Path, encoder: str = "none") -> Program:
    """Return a bot for a command; raises :class:`core.errors.BotBroken` with every finding, or SettingsError."""
    loaded = load_bot(folder, SystemClock(), load_encoder(encoder))
    if loaded.program is None:
        raise BotBroken(report(loaded))
    return loaded.program


class Releases:
    """Holds the program in use. Reading it is free; replacing it is one assignment."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        show: Callable[[str], None],
        on_change: Callable[[Program], None],
        encoder: Encoder | None = None,
    ) -> None:
        self.folder = folder
        self._encoder = encoder
        self._clock = clock
        self._show = show
        self._on_change = on_change
        self._program: Program | None = None

    def current(self) -> Program:
        """Return the bot in use."""
        if self._program is None:
            raise BotBroken(f"{self.folder}: no bot is loaded")
        return self._program

    def open(self) -> Program:
        """Load the bot for the first time; raises :class:`core.errors.BotBroken` with every finding."""
        loaded = load_bot(self.folder, self._clock, self._encoder)
        if loaded.program is None:
            raise BotBroken(report(loaded))
        return self._take(loaded.program)

    async def reload(self) -> bool:
        """Check the folder and swap the bot if it has no errors; else show them and keep the old one."""
        loaded = await asyncio.to_thread(self._load)
        if loaded.program is None:
            errors = sum(finding.level == "error" for finding in loaded.findings)
            self._show(f"{report(loaded)}\nThe change was not taken in; the earlier flows stay in use.")
            log.warning("flows_kept", extra={"count": errors})
            return False
        if self._program is not None and loaded.program.release == self._program.release:
            return False
        self._take(loaded.program)
        garbage.again()
        self._show(f"The changed flows are in use now (release {loaded.program.release}).")
        log.info("flows_changed", extra={"code": loaded.program.release})
        return True

    def _load(self) -> Loaded:
        loaded = load_bot(self.folder, self._clock, self._encoder)
        if loaded.program is not None:
            loaded.program.warm()  # before it is in use, so that no question waits
        return loaded

    async def watch(self, stop: asyncio.Event) -> None:
        """Reload on every change of the folder until ``stop`` is set."""
        async for _ in watchfiles.awatch(self.folder, stop_event=stop, step=100, debounce=500):
            await self.reload()

    def _take(self, program: Program) -> Program:
        self._program = program
        self._on_change(program)
        return program


def releases_of(settings: Settings, clock: Clock, show: Callable[[str], None], told: Callable[[str], None]) -> Releases:
    """Return the holder of the bot that the settings name; ``told`` hears of each release.

    Raises :class:`core.errors.SettingsError` when a text encoder is named that is not there.
    """
    return Releases(
        settings.bot,
        clock,
        show=show,
        on_change=lambda program: told(program.release),
        encoder=load_encoder(settings.encoder),
    )


def report(loaded: Loaded, *, color: bool = False) -> str:
    """Return the errors of a bot that cannot be used, as text."""
    errors = [finding for finding in loaded.findings if finding.level == "error"]
    return render(errors, loaded.sources, color=color)
