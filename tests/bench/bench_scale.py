"""What a turn costs when the store holds 1,000 and when it holds 1,000,000 conversations.

Both stores are open side by side and take turns at the same work, so that a busy machine hits both. The people who
write are real ones, made through the product and spread evenly over the whole file; what lies between them are copies
of such a person under random ids, put in by SQL (rows, transcript, handled event, provider's id, wrapped key), because
a million first turns would take half an hour. A turn here is everything but the network: ingest to settled.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

from store.seal import KeyRing
from tests.bench.report import Report, cores, machine, median, percentile, pin, quick, run_async
from tests.bench.rig import Rig
from tests.bench.walk import TYPED, bot, script_of

SMALL, LARGE = 1_000, 1_000_000
#: Real people of each store, and how many of them write at once.
PEOPLE, AT_ONCE = 1_000, 250
#: Each group of people makes so many steps of the walk; a round is one step of one group on one store.
GROUPS, STEPS = 4, 5
#: DESIGN section 8: flat, within ten percent.
FLAT = 1.10
FIRST = 7_000_000


async def make(made: Rig, people: int, replies: int) -> None:
    """Make the real people: each has started the bot and got its answer."""
    async with made as rig:
        await asyncio.gather(*(rig.turn(rig.person(FIRST + n), "", replies) for n in range(people)))
        await rig.settled()


def spread(path: Path, people: int, total: int) -> None:
    """Spread the real people over ``total`` conversations and fill the gaps with copies of the first of them."""
    step = total // people
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute("pragma journal_mode = delete")
        db.execute("pragma synchronous = off")
        db.execute("pragma cache_size = -2000000")
        db.execute("attach ? as keys", (str(path.with_name(path.name + ".keys")),))
        db.execute("begin")
        # Highest first, so that no id is taken twice on the way.
        for (old,) in db.execute("select id from conv order by id desc").fetchall():
            _move(db, old, old * step)
        model = step
        db.execute("create temp table n (id integer primary key)")
        db.execute(
            "with recursive c (x) as (select 1 union all select x + 1 from c where x < ?)"
            " insert into n select x from c where x % ? <> 0",
            (total, step),
        )
        _copy(db, "conv", "m.id = ?", (model,), id="n.id", conversation="lower(hex(randomblob(16)))", part="n.id % 64")
        begin = model << 24
        among = "m.id between ? and ?"
        _copy(
            db, "entry", among, (begin, begin + (1 << 24) - 1), id="(n.id << 24) + (m.id - (? << 24))", _more=(model,)
        )
        _copy(db, "mail", "m.seq = (select min(seq) from main.mail)", (), seq="null", key="randomblob(16)")
        _copy(db, "provider", "m.entry between ? and ?", (begin, begin + (1 << 24) - 1), key="randomblob(16)")
        db.execute(
            "insert into keys.key (conversation, generation, kid, wrapped)"
            " select c.conversation, c.generation, k.kid, randomblob(length(k.wrapped))"
            " from conv c join n on n.id = c.id cross join (select kid, wrapped from keys.key limit 1) k"
        )
        db.execute("update sqlite_sequence set seq = ? where name = 'conv'", (total,))
        db.execute("commit")
    finally:
        db.close()


def _move(db: sqlite3.Connection, old: int, new: int) -> None:
    begin, end, by = old << 24, (old + 1) << 24, (new - old) << 24
    db.execute("update conv set id = ? where id = ?", (new, old))
    db.execute("update entry set id = id + ? where id >= ? and id < ?", (by, begin, end))
    db.execute("update provider set entry = entry + ? where entry >= ? and entry < ?", (by, begin, end))


def _copy(
    db: sqlite3.Connection, table: str, where: str, values: tuple[Any, ...], _more: tuple[Any, ...] = (), **changed: str
) -> None:
    """Copy the rows of the model for every new conversation, with some columns ``changed``."""
    columns = [row[1] for row in db.execute(f"pragma main.table_info({table})")]
    shown = ", ".join(changed.get(column, f"m.{column}") for column in columns)
    db.execute(
        f"insert into main.{table} ({', '.join(columns)})"
        f" select {shown} from n cross join main.{table} m where {where}",
        (*_more, *values),
    )


async def compare(one: Rig, other: Rig, script: list[dict[str, Any]]) -> list[list[float]]:
    """Return microseconds a turn of each round, for each store."""
    people = [FIRST + n for n in range(AT_ONCE * GROUPS if not quick() else 2 * GROUPS)]
    times: list[list[float]] = [[], []]
    async with one as small, other as large:
        for round_ in range(GROUPS * STEPS):
            step = script[1 + round_ // GROUPS]
            group = people[round_ % GROUPS :: GROUPS]
            for number, rig in enumerate((small, large) if round_ % 2 else (large, small)):
                begun = time.perf_counter()
                await asyncio.gather(
                    *(rig.turn(rig.person(peer), step["say"], len(step["replies"])) for peer in group),
                )
                spent = (time.perf_counter() - begun) / len(group) * 1e6
                if round_:  # the first round warms up
                    times[number if round_ % 2 else 1 - number].append(spent)
    return times


def measure(total: int, report: Report) -> None:
    """Measure and tell ``report``."""
    program = bot()
    script = script_of(program, TYPED)
    ring = KeyRing.generate()
    people = 8 if quick() else PEOPLE
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        folders = [Path(first), Path(second)]
        for folder in folders:
            run_async(make(Rig(folder, program, None, ring), people, len(script[0]["replies"])))
        begun = time.perf_counter()
        spread(folders[1] / "bench.db", people, total)
        size = sum(file.stat().st_size for file in folders[1].iterdir()) / 2**20
        report.note(f"filled to {total:,} conversations in {time.perf_counter() - begun:.0f} s: {size:,.0f} MiB")
        pin(cores()[0])
        rigs = [Rig(folder, program, None, ring, first_update=10_000_000) for folder in folders]
        times = run_async(compare(rigs[0], rigs[1], script))
    tell(report, times, people, total, "SQLite")


def tell(report: Report, times: list[list[float]], people: int, total: int, store: str) -> None:
    """Tell what a turn cost in both stores."""
    few, many = median(times[0]), median(times[1])
    ratio = median([large / small for small, large in zip(*times, strict=True)])
    report.note(f"{people:,} stored: {[round(one) for one in times[0]]} us a turn")
    report.note(f"{total:,} stored: {[round(one) for one in times[1]]} us a turn")
    report.note(f"best: {min(times[0]):.0f} and {min(times[1]):.0f} us; p90: {percentile(times[1], 0.9):.0f} us")
    report.row(
        f"cost of a turn on {store} from {people:,} to {total:,} stored conversations",
        "+- 10 %",
        f"{few:,.0f} -> {many:,.0f} us",
        ratio=f"{ratio:.2f} x (median of rounds)",
        met=ratio <= FLAT,
    )


def main() -> None:
    """Measure and print."""
    default = 64 if quick() else int(os.environ.get("BENCH_CONVERSATIONS", LARGE))
    parser = argparse.ArgumentParser()
    parser.add_argument("--conversations", type=int, default=default, help="also BENCH_CONVERSATIONS")
    options = parser.parse_args()
    print(f"  {machine()}")
    cores()
    report = Report(name="scale")
    measure(options.conversations, report)
    report.finish()


if __name__ == "__main__":
    main()
