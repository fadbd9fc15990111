"""What is over is erased within a minute; each night has a report of numbers, also after an outage."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bots import sweeping
from bots.sweeping import Sweeper
from core.errors import StoreUnavailable
from core.sweep_reports import Report, reports
from core.sweeping import Swept
from store.memory import MemoryStore
from tests.contract.words import DAY, HOUR, MINUTE, NOW, conv, turn
from tests.fakes.clock import FakeClock

BERLIN = ZoneInfo("Europe/Berlin")


def at(day: str, hour: str) -> int:
    return int(datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=BERLIN).timestamp() * 1000)


class Night:
    """A store, a clock and a sweeper."""

    def __init__(self, start: int) -> None:
        self.store, self.clock = MemoryStore(), FakeClock(start)
        self.sweeper = Sweeper(self.store, self.clock, lambda: BERLIN)

    async def found(self) -> list[tuple[str, Report]]:
        return await reports(self.store, self.clock.now())


async def test_what_is_over_goes_at_any_hour_and_stands_in_the_report_of_the_night() -> None:
    night = Night(at("2026-03-02", "02:00"))
    await night.sweeper.look()
    for n in range(3):
        await turn(night.store, f"e{n}", n, expires=night.clock.now() + n * MINUTE)
    night.clock.advance(MINUTE)
    await night.sweeper.look()
    assert [await night.store.snapshot(conv(n)) is None for n in range(3)] == [True, True, False]
    night.clock.advance(MINUTE)
    await night.sweeper.look()
    assert await night.found() == []
    night.clock.advance(HOUR)
    await night.sweeper.look()
    [(day, report)] = await night.found()
    assert day == "2026-03-02"
    assert report.swept.conversations == 3
    assert (report.since, report.until) == (at("2026-03-02", "02:00"), night.clock.now())
    await night.sweeper.look()
    assert len(await night.found()) == 1


async def test_each_report_begins_where_the_one_before_ended() -> None:
    night = Night(at("2026-03-02", "04:00"))
    await night.sweeper.look()
    await turn(night.store, "e", 1, expires=night.clock.now() + HOUR)
    night.clock.advance(2 * HOUR)
    await night.sweeper.look()
    night.clock.advance(DAY)
    await night.sweeper.look()
    newest, first = await night.found()
    assert first[1].swept.conversations == 0
    assert newest[1].swept.conversations == 1
    assert newest[1].since == first[1].until


async def test_after_an_outage_the_report_comes_at_once_and_covers_it() -> None:
    night = Night(at("2026-03-02", "04:00"))
    await night.sweeper.look()
    await turn(night.store, "e", 1, expires=night.clock.now() + DAY)
    night.clock.advance(6 * DAY + 12 * HOUR)
    await night.sweeper.look()
    newest = (await night.found())[0]
    assert newest[0] == "2026-03-08"
    assert newest[1].swept.conversations == 1
    assert await night.store.snapshot(conv(1)) is None


async def test_a_night_of_summer_time_has_one_report() -> None:
    night = Night(at("2026-03-29", "01:00"))
    days: list[str] = []
    for _ in range(4 * 24):
        await night.sweeper.look()
        night.clock.advance(HOUR // 2)
    days = [day for day, _ in await night.found()]
    assert days == ["2026-03-30", "2026-03-29"]


async def test_a_portion_is_never_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "PORTION", 2)
    monkeypatch.setattr(sweeping, "BREATH", 0.0)
    night = Night(at("2026-03-02", "02:00"))
    for n in range(5):
        await turn(night.store, f"e{n}", n, expires=night.clock.now() + 1)
    night.clock.advance(1)
    night.sweeper = Sweeper(night.store, _Instant(night.clock), lambda: BERLIN)
    await night.sweeper.look()
    assert (await night.store.stats(night.clock.now())).conversations == 0


class _Instant(FakeClock):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock.now())

    async def sleep(self, seconds: float) -> None:
        return


async def test_erasures_on_wish_are_counted_too() -> None:
    night = Night(NOW - HOUR)
    await night.sweeper.look()
    await turn(night.store, "e1", 1)
    await turn(night.store, "e2", 1, erase=True, counts=("erased",))
    night.clock.advance(DAY)
    await night.sweeper.look()
    newest, first = await night.found()
    assert (first[1].on_wish, newest[1].on_wish) == (0, 1)


async def test_two_processes_make_one_report() -> None:
    night = Night(at("2026-03-02", "04:00"))
    other = Sweeper(night.store, night.clock, lambda: BERLIN)
    await night.sweeper.look()
    await other.look()
    assert len(await night.found()) == 1


async def test_a_store_that_is_away_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    night = Night(at("2026-03-02", "04:00"))

    async def away(now: int, limit: int) -> Swept:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(night.store, "sweep", away)
    with pytest.raises(StoreUnavailable):
        await night.sweeper.look()
    assert await night.found() == []


def test_counts_add_up() -> None:
    both = Swept(files=2, conversations=1) + Swept(files=3)
    assert (both.files, both.conversations, both.total) == (5, 1, 6)
