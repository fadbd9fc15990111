"""A small bot with every verb, and one person talking to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from core.capabilities import CAPABILITIES
from core.messages import Say
from core.records import Entry, Wrote
from flows.loader import load
from flows.program import Program
from handlers.simulator import Simulator

FOLDER = Path(__file__).parents[2] / "fixtures" / "bots" / "talk"
#: A Monday, ten o'clock in Berlin.
MONDAY = int(datetime(2026, 3, 2, 9, 0, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000


@pytest.fixture(scope="session")
def program() -> Program:
    loaded = load(FOLDER, today=date(2026, 11, 23))
    assert loaded.program is not None, [f.message for f in loaded.findings if f.level == "error"]
    return loaded.program


@pytest.fixture
def talk(program: Program) -> Simulator:
    return Simulator(program, CAPABILITIES["webchat"], now=MONDAY)


@pytest.fixture
def sources() -> Callable[[list[Entry]], list[str]]:
    """Return the ids of what the bot said."""
    return lambda entries: [
        entry.body.source or "" for entry in entries if isinstance(entry.body, Wrote) and entry.dispatch is not None
    ]


@pytest.fixture
def texts() -> Callable[[list[Entry]], list[str]]:
    """Return what was said, without the marks around values."""
    return lambda entries: [
        entry.body.message.text.replace("\u2068", "").replace("\u2069", "")
        for entry in entries
        if isinstance(entry.body, Wrote) and isinstance(entry.body.message, Say)
    ]
