"""Numbers: no published table tells a small cell, months only when they are over, CSV that is no program."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.events import TimerFired
from core.records import Arrival, Commit
from handoff.accounts import Role
from handoff.conversation import dump, load
from handoff.numbers import LEAST, as_csv, case_counts, months, published, safe_cell, wait_count
from tests.fakes.desk_world import DeskWorld

MAY = 1_777_600_000_000  # 1 May 2026, in the night
DAY = 86_400_000


async def count(world: DeskWorld, at: int, counts: dict[str, int]) -> None:
    """Let a turn of that time raise day counters."""
    address = world.address("counted")
    arrival = Arrival(
        conversation=world.conversation("counted"),
        address=address,
        event_id=f"count/{at}",
        event=TimerFired(name="count"),
        at=at,
    )
    world.working.clear()
    await world.idle()
    await world.store.ingest([arrival], at)
    (lease,) = await world.store.claim("test", world.clock.now(), 5000, 1)
    names = tuple(name for name, n in counts.items() for _ in range(n))
    await world.store.commit(lease, Commit(state=dump(load(lease.state)), epoch=0, counts=names), at)
    world.working.set()


def table(values: dict[str, int], prefix: str = "closed.language."):
    counts = {("2026-04-10", f"{prefix}{cell}"): number for cell, number in values.items()}
    (found,) = published(counts, "2026-04")
    return found


@pytest.mark.parametrize("width", [2, 3, 4, 5])
def test_no_hidden_cell_can_be_reckoned_from_what_is_published(width):
    """Try every small table: for what is published, each hidden cell could have at least two values."""
    most = {2: 30, 3: 13, 4: 9, 5: 7}[width]
    told = defaultdict(list)
    for values in itertools.product(range(1, most), repeat=width):
        made = table(dict(zip("abcd", values, strict=False)))
        told[made.total, tuple(number for _, number in made.cells)].append(values)
    hidden = 0
    for (total, cells), tables in told.items():
        for place, number in enumerate(cells):
            # At the edge of what is tried here the larger tables are missing that would be told alike.
            if number is None and (total is None or total < most):
                hidden += 1
                assert len({values[place] for values in tables}) > 1, (total, cells, tables)
    assert hidden


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 10**6), min_size=1))
def test_small_cells_are_hidden_and_never_alone(values):
    made = table(values)
    cells = dict(made.cells)
    hidden = [values[cell] for cell, number in cells.items() if number is None]
    assert not cells or cells.keys() == values.keys()
    assert all(number is None or number == values[cell] >= LEAST for cell, number in cells.items())
    assert made.total == (sum(values.values()) if sum(values.values()) >= LEAST else None)
    assert cells or min(values.values()) < LEAST
    assert not hidden or (len(hidden) >= 2 and sum(hidden) > max(LEAST - 1, len(hidden)))


def test_only_months_that_are_over_are_told():
    counts = {("2026-04-30", "closed.topic.work"): 9, ("2026-05-01", "closed.topic.work"): 9, ("2026-03-01", "lost"): 9}
    assert months(counts, MAY) == ["2026-04"]
    assert months(counts, MAY + 40 * DAY) == ["2026-05", "2026-04"]


def test_counters_of_other_things_are_no_numbers():
    counts = {("2026-04-01", "faq.answered"): 7, ("2026-04-01", "faq.chosen"): 7, ("2026-04-01", "dead.silent"): 7}
    (found,) = published(counts, "2026-04")
    assert found.cells == (("answered", 7),)


def test_a_wait_falls_into_its_band():
    minutes = (0, 5, 6, 60, 61, 240, 241, 1440, 1441, 4320, 4321)
    found = [wait_count(n * 60_000).removeprefix("waited.") for n in minutes]
    assert found == ["5m", "5m", "1h", "1h", "4h", "4h", "24h", "24h", "72h", "72h", "more"]


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_of_the_csv_is_a_formula(evil):
    assert safe_cell(evil) == f"'{evil}"
    made = table({evil: 7, 'say "hi", you': 8}, "closed.topic.")
    rows = list(csv.reader(io.StringIO(as_csv("2026-04", [made], "hidden"), newline="")))
    assert rows[0] == ["month", "table", "cell", "number"]
    assert {row[2] for row in rows[1:]} == {f"'{evil}", 'say "hi", you', "total"}
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for row in rows for cell in row)


async def test_analysts_and_leads_see_the_page_and_nobody_else(world: DeskWorld):
    roles: list[Role] = ["counsellor", "lead", "editor", "analyst", "admin", "privacy"]
    found = {}
    for role in roles:
        window = await world.staff(role, roles=(role,))
        answers = [await window.http.get(f"{world.base}/desk/numbers{end}") for end in ("", ".csv")]
        found[role] = {answer.status for answer in answers}
    assert {role for role, status in found.items() if status == {200}} == {"lead", "analyst"}
    assert all(status in ({200}, {404}) for status in found.values())


async def test_what_is_hidden_stands_neither_on_the_page_nor_in_the_file(world: DeskWorld):
    window = await world.staff("ana", roles=("analyst",))
    month = world.clock.now() - 35 * DAY
    await count(world, month, {"closed.language.ar": 4321, "closed.language.ru": 777, "closed.language.bg": 3})
    await count(world, world.clock.now(), {"closed.language.uk": 99})
    for end in ("", ".csv"):
        answer = await window.http.get(f"{world.base}/desk/numbers{end}")
        text = await answer.text()
        assert "4321" in text
        assert str(4321 + 777 + 3) in text
        for hidden in ("777", ">3<", '"3"', "uk", "Ukrainian", "99"):
            assert hidden not in re.sub(r'"(?:csrf|key)" value="[^"]+"', "", text), hidden


def test_a_closed_case_raises_codes_only():
    names = case_counts(language="ar", topic="", channel="viber", urgency="normal", outcome="left")
    assert names[1] == "closed.topic.none"
    assert len(names) == 5
