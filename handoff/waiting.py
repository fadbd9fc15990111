"""How long people really wait: what is told about it comes from the last 28 days, never from a wish.

Each claim leaves a sample: queue, language, hour band in which the person asked, rounded minutes of opening time until
a human took the case. No id; the samples of a day are one small record that vanishes after 28 days. What most people
were served within (:data:`MOST` of them) is told only from :data:`ENOUGH` samples on; until then the promise is.

A sample is written behind the claim's commit, so a crash between the two loses it. That is meant: without an id nobody
could tell a repeated sample from a second one, and a person who is counted twice is worse than one who is missing.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import msgspec

from core.ids import Millis
from core.ports import Store

__all__ = ["ENOUGH", "KEPT", "MOST", "add_sample", "band_of", "served_within", "typical_minutes"]

KIND = "wait"
#: Fewer samples than this say nothing about the next person.
ENOUGH = 20
#: "Most people": eight of ten. The goal is that 80 % are served within what they were told (handoff reference, 5.7).
MOST = 0.8
KEPT: Millis = 28 * 86_400_000
_DAY: Millis = 86_400_000
#: Records of one queue and language: four parts of the day on 29 days.
_RECORDS = 4 * 29
#: Minutes above which lengths are rounded up to a multiple: (above, multiple).
_ROUND = ((8 * 60, 60), (60, 15), (0, 5))
#: A wait longer than this is counted as this long: four weeks of working days.
_LONGEST = 160 * 60
#: Bands of the day by the clock of the queue: night, morning, afternoon, evening.
_BANDS = ((6, "night"), (12, "morning"), (18, "afternoon"), (24, "evening"))

_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(dict[str, int])


def band_of(at: Millis, zone: ZoneInfo) -> str:
    """Return the part of the day in which somebody asked."""
    hour = dt.datetime.fromtimestamp(at / 1000, zone).hour
    return next(name for until, name in _BANDS if hour < until)


def rounded(minutes: float) -> int:
    """Return a length as it is kept: rounded up, the coarser the longer."""
    whole = min(_LONGEST, max(1, math.ceil(minutes)))
    step = next(step for above, step in _ROUND if whole > above)
    return -(-whole // step) * step


async def add_sample(store: Store, *, queue: str, language: str, band: str, minutes: float, now: Millis) -> None:
    """Keep how long somebody waited."""
    day = now // _DAY
    key, length = f"{queue}/{language}/{day:06d}/{band}", str(rounded(minutes))
    while True:
        record = await store.get(KIND, key, now)
        lengths = {} if record is None else _decoder.decode(record.value)
        value = _encode(lengths | {length: lengths.get(length, 0) + 1})
        version = 0 if record is None else record.version
        # Of two that count at once the second counts again on top of the first.
        if await store.put(KIND, key, value, now, expires=(day + 1) * _DAY + KEPT, expect=version) is not None:
            return


async def typical_minutes(store: Store, *, queue: str, language: str, band: str, now: Millis) -> int | None:
    """Return the minutes of opening time within which most people were served; None while too few were.

    Those who asked in the same part of the day count, or, where they are too few, everybody of the last 28 days.
    """
    prefix = f"{queue}/{language}/"
    everybody: Counter[int] = Counter()
    alike: Counter[int] = Counter()
    for record in await store.scan(KIND, now, _RECORDS, after=f"{prefix}{(now - KEPT) // _DAY:06d}"):
        if not record.key.startswith(prefix):
            break
        for length, count in _decoder.decode(record.value).items():
            everybody[int(length)] += count
            alike[int(length)] += count * record.key.endswith(f"/{band}")
    found = served_within(alike)
    return found if found is not None else served_within(everybody)


def served_within(lengths: Mapping[int, int]) -> int | None:
    """Return the length within which :data:`MOST` of these were served; None for fewer than :data:`ENOUGH`."""
    total = sum(lengths.values())
    if total < ENOUGH:
        return None
    served = 0
    for length in sorted(lengths):
        served += lengths[length]
        if served >= MOST * total:
            return length
    return None
