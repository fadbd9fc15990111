"""The fuzz is only worth what it catches: four stores of each backend, broken on purpose, must each be found out."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from core.records import Commit, Timer
from store import redis_turns, sqlite_turns
from store.lua_source import script_source
from store.seal import Hasher
from tests.crash.harness import Violation
from tests.crash.test_fuzz import fuzz_redis, fuzz_sqlite

#: Each mutant must be caught by one of so many seeds.
SEEDS = 12


def no_fence(patch: pytest.MonkeyPatch) -> None:
    """Commits are taken under any token; the event is popped as it is leased now."""
    patch.setattr(sqlite_turns, "holds", lambda token, generation, lease: True)


def no_dedupe(patch: pytest.MonkeyPatch) -> None:
    """Every arrival counts as new."""
    numbers = itertools.count()
    patch.setattr(Hasher, "event", lambda self, conversation, event_id: b"%016d" % next(numbers))


def no_timer_cancel(patch: pytest.MonkeyPatch) -> None:
    """Cancelled timers stay."""

    def kept(timers: list[Timer], commit: Commit) -> list[Timer]:
        return [*timers, *commit.set_timers]

    patch.setattr(sqlite_turns, "merged_timers", kept)
    patch.setattr(redis_turns, "merged_timers", kept)


def wrong_next_due(patch: pytest.MonkeyPatch) -> None:
    """Events that wait behind the handled one are forgotten until something else happens."""
    patch.setattr(
        sqlite_turns,
        "next_due",
        lambda waiting, timers, now: min((timer.at for timer in timers), default=None),
    )


@pytest.mark.parametrize("mutant", [no_fence, no_dedupe, no_timer_cancel, wrong_next_due])
async def test_a_broken_store_is_found_out(
    mutant: Callable[[pytest.MonkeyPatch], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)
    for seed in range(SEEDS):
        try:
            await fuzz_sqlite(tmp_path / str(seed), seed)
        except Violation as violation:
            print(f"\n{mutant.__name__}: {violation}")
            return
    pytest.fail(f"{mutant.__name__} was not caught by {SEEDS} seeds")


#: The same four mistakes in the scripts: what stands there and what the mutant says instead.
LUA = {
    "no_fence": (
        (
            "if not h or h.gen ~= A.gen or h.token ~= A.token then\n    return nil, 'lost'",
            "if not h then\n    return nil, 'lost'",
        ),
        ("if not item or string.sub(item, 1, 16) ~= A.key then", "if not item then"),
        ("if h.last ~= A.last then", "if false then"),
    ),
    "no_dedupe": (("return seen\nend", "return false\nend"),),
    "wrong_next_due": (("redis.call('LLEN', K.mail) > 0 and A.now or A.tat)", "A.tat)"),),
}


def broken(name: str) -> Callable[[str], str]:
    """Return scripts with one mistake; a mistake that fits no script is one of this test."""

    def source(script: str) -> str:
        text = script_source(script)
        for right, wrong in LUA[name]:
            text = text.replace(right, wrong)
        return text

    texts = [script_source(script) for script in ("arrive", "commit")]
    assert all(any(right in text for text in texts) for right, _ in LUA[name]), "the mutant breaks nothing"
    return source


@pytest.mark.parametrize("mutant", [*LUA, "no_timer_cancel"])
async def test_a_broken_store_on_redis_is_found_out(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if mutant == "no_timer_cancel":
        no_timer_cancel(monkeypatch)
    source = broken(mutant) if mutant in LUA else script_source
    for seed in range(SEEDS):
        try:
            await fuzz_redis(seed, source=source)
        except Violation as violation:
            print(f"\n{mutant}: {violation}")
            return
    pytest.fail(f"{mutant} was not caught by {SEEDS} seeds")
