"""The page of what was erased: numbers of each night, and a word when no report came."""

from __future__ import annotations

from core.sweep_reports import Report, write_report
from core.sweeping import Swept
from tests.fakes.desk_world import DeskWorld
from tests.unit.handoff.test_account_pages import page

HOUR = 3_600_000
LATE = "There was no report for more than a day"


async def test_each_night_stands_with_its_numbers_and_a_missing_one_is_told(world: DeskWorld):
    window = await world.staff("tech", roles=("admin",))
    assert "There is no report yet" in await page(window, "erasures")
    now = world.clock.now()
    swept = Swept(conversations=31, files=77, records=5, ids=1200)
    for day, wish in (("2026-03-02", 0), ("2026-03-03", 13)):
        report = Report(since=now - 24 * HOUR, until=now, swept=swept, on_wish=wish)
        assert await write_report(world.store, day, report, now)
    text = await page(window, "erasures?lang=en")
    # 31 people whose time was over, 13 at their wish, 77 files, and everything else as one sum.
    for cell in (">31<", ">13<", ">77<", ">1205<"):
        assert cell in text, cell
    assert text.index("3 March 2026") < text.index("2 March 2026")
    assert LATE not in text
    world.fake.advance(37 * HOUR)
    assert await window.sign_in("tech") == 303
    assert LATE in await page(window, "erasures?lang=en")


async def test_the_nav_leads_there_for_whoever_may(world: DeskWorld):
    for login, roles, there in (("lead", ("lead",), True), ("mariam", ("counsellor",), False)):
        window = await world.staff(login, roles=roles)
        assert ("/desk/erasures" in await page(window, "account")) is there, login
