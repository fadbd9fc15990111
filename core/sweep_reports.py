"""The report of each night about what was erased. Numbers only: a report must not point at anybody."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from core.ids import Millis
from core.ports import Store
from core.sweeping import Swept

__all__ = ["OPEN", "REPORTS", "Report", "read_report", "reports", "write_report"]

#: Kind of the records; the key is the day of the report, or OPEN for the counts since the last one.
REPORTS = "sweep"
OPEN = "open"
#: Reports are kept so long: a year and a month, to show that erasure runs.
_KEPT: Millis = 400 * 86_400_000


class Report(Struct, frozen=True, kw_only=True):
    """What was erased between two moments."""

    since: Millis
    until: Millis
    swept: Swept = Swept()
    #: People erased because they, or the desk for them, asked for it. Counted by days in UTC, the first one whole: who
    #: asked between midnight and the report before stands in both.
    on_wish: int = 0


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Report)


async def reports(store: Store, now: Millis, limit: int = 400) -> list[tuple[str, Report]]:
    """Return the reports with their days, newest first; the open one is not among them."""
    found = [record for record in await store.scan(REPORTS, now, limit + 1) if record.key != OPEN]
    return [(record.key, _decoder.decode(record.value)) for record in reversed(found)]


async def read_report(store: Store, key: str, now: Millis) -> Report | None:
    """Return the report of a day, or the open one; None where there is none."""
    record = await store.get(REPORTS, key, now)
    return None if record is None else _decoder.decode(record.value)


async def write_report(store: Store, key: str, report: Report, now: Millis) -> bool:
    """Keep a report. That of a day is written once: False says that another process was faster."""
    value = _encoder.encode(report)
    if key == OPEN:
        return await store.put(REPORTS, key, value, now) is not None
    return await store.put(REPORTS, key, value, now, expires=now + _KEPT, expect=0) is not None
