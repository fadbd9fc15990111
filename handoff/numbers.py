"""Numbers about whole months: counted as cases go, published so that no sum gives a single person away.

A turn raises day counters (:func:`case_counts`); nothing here reads a conversation. Only months that are over are told,
and only as months: two sums that differ by a day would tell what happened on that day. All tables about closed cases
count the same cases, so they have one total.

A cell under :data:`LEAST` is hidden (primary suppression). Its neighbour in the order of names is hidden too until at
least two cells are, and together they count :data:`LEAST` or more (secondary suppression): then total minus visible
cells tells none of them. Where that cannot be, the table has no cells. The neighbour is chosen by name, never by size:
a rule about sizes would tell sizes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from core.ids import Millis

__all__ = ["LEAST", "TABLES", "Table", "as_csv", "case_counts", "months", "published", "safe_cell", "wait_count"]

#: The smallest number that is told.
LEAST = 5
#: Tables in the order of the page: name and prefix of the counters.
TABLES: Mapping[str, str] = {
    "language": "closed.language.",
    "topic": "closed.topic.",
    "channel": "closed.channel.",
    "urgency": "closed.urgency.",
    "outcome": "closed.outcome.",
    "waited": "waited.",
    "bot": "faq.",
}
#: Outcomes of questions to the bot that are told; other counters of the same family are parts of these.
_BOT = ("answered", "unknown")
_MINUTE: Millis = 60_000
_WAITS: Sequence[tuple[str, Millis]] = (
    ("5m", 5 * _MINUTE), ("1h", 60 * _MINUTE), ("4h", 240 * _MINUTE), ("24h", 1440 * _MINUTE), ("72h", 4320 * _MINUTE),
)  # fmt: skip
#: What a spreadsheet takes for a formula at the beginning of a cell (OWASP: CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class Table(Struct, frozen=True, kw_only=True):
    """One table as it may be shown. None: hidden."""

    name: str
    cells: tuple[tuple[str, int | None], ...]
    total: int | None


def case_counts(*, language: str, topic: str, channel: str, urgency: str, outcome: str) -> tuple[str, ...]:
    """Return the counters that a closed case raises. Each value is a code of ours, never a word of a person."""
    return (
        f"closed.language.{language}",
        f"closed.topic.{topic or 'none'}",
        f"closed.channel.{channel}",
        f"closed.urgency.{urgency}",
        f"closed.outcome.{outcome or 'other'}",
    )


def wait_count(waited: Millis) -> str:
    """Return the counter of a case that was claimed after so long."""
    return f"waited.{next((name for name, most in _WAITS if waited <= most), 'more')}"


def months(counts: Iterable[tuple[str, str]], now: Millis) -> list[str]:
    """Return the months (YYYY-MM) with any number, that are over, the newest first."""
    this = datetime.fromtimestamp(now / 1000, tz=UTC).strftime("%Y-%m")
    return sorted({day[:7] for day, name in counts if _table_of(name) and day[:7] < this}, reverse=True)


def published(counts: Mapping[tuple[str, str], int], month: str) -> list[Table]:
    """Return the tables of a month."""
    summed: dict[str, dict[str, int]] = {name: {} for name in TABLES}
    for (day, name), number in counts.items():
        table = _table_of(name)
        if table is not None and day[:7] == month:
            cell = name.removeprefix(TABLES[table])
            summed[table][cell] = summed[table].get(cell, 0) + number
    return [_published(name, cells) for name, cells in summed.items() if cells]


def _table_of(name: str) -> str | None:
    for table, prefix in TABLES.items():
        if name.startswith(prefix) and (table != "bot" or name.removeprefix(prefix) in _BOT):
            return table
    return None


def _published(name: str, cells: Mapping[str, int]) -> Table:
    total = sum(cells.values())
    hidden = _hidden({cell: cells[cell] for cell in sorted(cells)})
    # That a cell has a name tells that it is not empty, so a table that cannot be told has no names either.
    told = () if hidden is None else _ordered(name, cells)
    shown = tuple((cell, None if cell in (hidden or ()) else cells[cell]) for cell in told)
    return Table(name=name, cells=shown, total=total if total >= LEAST else None)


def _hidden(cells: Mapping[str, int]) -> set[str] | None:
    """Return the cells to hide (``cells`` by name, none empty); None when the table cannot be told at all."""
    names = list(cells)
    hidden = {name for name in names if cells[name] < LEAST}
    place = names.index(max(hidden)) if hidden else 0
    # Together they must count more than there are, or each would be one.
    while hidden and (len(hidden) < 2 or sum(cells[name] for name in hidden) < max(LEAST, len(hidden) + 1)):
        if len(hidden) == len(names):
            return None
        place = (place + 1) % len(names)
        hidden.add(names[place])
    return hidden


def _ordered(name: str, cells: Mapping[str, int]) -> list[str]:
    """Return the cells in an order that tells no size: by name, waits by length."""
    if name == "waited":
        known = [wait for wait, _ in _WAITS] + ["more"]
        return sorted(cells, key=lambda cell: known.index(cell) if cell in known else len(known))
    return sorted(cells)


def as_csv(month: str, tables: Iterable[Table], hidden: str) -> str:
    """Return the tables as CSV for spreadsheets (RFC 4180); ``hidden`` stands for a number that is not told."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(["month", "table", "cell", "number"])
    for table in tables:
        for cell, number in (*table.cells, ("total", table.total)):
            shown = hidden if number is None else str(number)
            writer.writerow([safe_cell(one) for one in (month, table.name, cell, shown)])
    return out.getvalue()


def safe_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
