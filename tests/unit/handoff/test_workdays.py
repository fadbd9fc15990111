"""The next working days, for putting a case aside: over nights, weekends, holidays and the change of the clock."""

from __future__ import annotations

from datetime import UTC, datetime

from flows.hours import OpeningHours
from handoff.workdays import next_workdays
from tests.fakes.bots import BERLIN, program
from tests.fakes.desk_world import DeskWorld, open_desk

HOURS = OpeningHours.parse("Mo-Fr 09:00-12:00,13:00-17:00", "Europe/Berlin", "DE-BE")


def at(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc,arg-type]


def days(now: int, count: int = 3) -> list[str]:
    found = next_workdays(HOURS, now, count)
    return [datetime.fromtimestamp(one / 1000, HOURS.zone).strftime("%a %d.%m. %H:%M") for one in found]


def test_today_is_left_out_also_before_it_opens_and_in_its_break():
    for hour in (3, 8, 11, 16, 20):
        assert days(at(2026, 7, 1, hour)) == ["Thu 02.07. 09:00", "Fri 03.07. 09:00", "Mon 06.07. 09:00"]


def test_holidays_and_the_night_in_which_the_clock_changes():
    assert days(at(2026, 4, 2, 8)) == ["Tue 07.04. 09:00", "Wed 08.04. 09:00", "Thu 09.04. 09:00"]
    assert days(at(2026, 10, 23, 8), 1) == ["Mon 26.10. 09:00"]


def test_a_team_that_never_opens_has_no_working_day():
    shut = OpeningHours.parse("Mo-Su off", "Europe/Berlin", None)
    assert next_workdays(shut, at(2026, 7, 1)) == []


async def test_the_desk_asks_for_ten_of_them(world: DeskWorld):
    window = await world.staff("mariam")
    assert await window.get("workdays") == (200, {"days": []})
    bot = program(BERLIN)
    async with open_desk(program=lambda: bot) as other:
        _, found = await (await other.staff("mariam")).get("workdays")
        assert len(found["days"]) == 10
        assert found["days"] == sorted(found["days"])
