"""Opening hours: when people are there, when they are there again, and how much working time lies between two moments.

Times are clock times of one zone, so the hours stay right through the change to summer time: a day then has 23 or
25 hours, and an interval around the change is as long as it really is. Everything outside works in
:data:`core.ids.Millis`. A rule is written as in OpenStreetMap: ``Mo-Fr 09:00-17:00; Sa 10:00-12:00; PH off``.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.ids import Millis
from flows.holidays import holiday_name, normal_land

__all__ = ["ClosedDays", "OpeningHours", "holiday_name"]

#: Minutes after midnight: (from, until); ``until`` beyond 1440 runs into the next day.
Span = tuple[int, int]
#: A moment interval in milliseconds, end excluded.
Interval = tuple[Millis, Millis]

_DAY_MINUTES = 24 * 60
#: How far ahead an opening is looked for; hours that stay shut for a year never open.
_HORIZON_DAYS = 400
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

#: English and German abbreviations; they do not contradict each other.
_DAY_NAMES = {
    name: day
    for day, names in enumerate(
        (
            "mo mon monday montag",
            "tu tue tues tuesday di dienstag",
            "we wed wednesday mi mittwoch",
            "th thu thurs thursday do donnerstag",
            "fr fri friday freitag",
            "sa sat saturday samstag sonnabend",
            "su sun sunday so sonntag",
        )
    )
    for name in names.split()
}
_HOLIDAY_NAMES = frozenset({"ph", "feiertag", "feiertage", "holiday", "holidays"})
_CLOSED_WORDS = frozenset({"off", "closed", "geschlossen", "zu"})
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?")
_YEARLY = re.compile(r"(?:--)?(\d{1,2})-(\d{1,2})|(\d{1,2})\.(\d{1,2})\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedDays:
    """Days without opening hours beside the holidays: dates, dates of every year, and ranges with both ends."""

    dates: frozenset[dt.date] = frozenset()
    #: (month, day)
    yearly: frozenset[tuple[int, int]] = frozenset()
    ranges: tuple[tuple[dt.date, dt.date], ...] = ()

    @classmethod
    def parse(cls, days: Iterable[dt.date | str]) -> ClosedDays:
        """Read ``2026-12-28``, ``12-24`` or ``24.12.`` (every year) and ``2026-12-28/2027-01-02`` (a range).

        Raises ValueError with a plain sentence.
        """
        dates: set[dt.date] = set()
        yearly: set[tuple[int, int]] = set()
        ranges: list[tuple[dt.date, dt.date]] = []
        for day in days:
            if isinstance(day, dt.date):
                dates.add(day)
            elif match := _YEARLY.fullmatch(day.strip()):
                yearly.add(_month_and_day(day, match))
            elif "/" in day:
                first, _, last = day.partition("/")
                ranges.append((_iso(first), _iso(last)))
                if ranges[-1][0] > ranges[-1][1]:
                    raise ValueError(f"the closed days '{day}' end before they begin.")
            else:
                dates.add(_iso(day))
        return cls(dates=frozenset(dates), yearly=frozenset(yearly), ranges=tuple(ranges))

    def __contains__(self, day: dt.date) -> bool:
        return (
            day in self.dates
            or (day.month, day.day) in self.yearly
            or any(first <= day <= last for first, last in self.ranges)
        )


def _month_and_day(text: str, match: re.Match[str]) -> tuple[int, int]:
    month, day = (match[1], match[2]) if match[1] else (match[4], match[3])
    try:
        found = dt.date(2024, int(month), int(day))
    except ValueError as error:
        raise ValueError(f"the closed day '{text}' does not exist; write it as 12-24 or 24.12.") from error
    return found.month, found.day


def _iso(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(f"the closed day '{text.strip()}' is no date; write it as 2026-12-28 or 24.12.") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """The hours of one place. Make it with :meth:`parse`."""

    spec: str
    #: Monday to Sunday.
    week: tuple[tuple[Span, ...], ...]
    zone: ZoneInfo
    #: Code of the state whose holidays apply, or None for none.
    land: str | None
    #: Hours on a holiday; () is closed.
    holiday_spans: tuple[Span, ...]
    closed_days: ClosedDays

    @classmethod
    def parse(
        cls,
        spec: str,
        zone: str = "Europe/Berlin",
        holidays: str | None = None,
        closed_days: Iterable[dt.date | str] = (),
    ) -> OpeningHours:
        """Read hours such as ``Mo-Fr 09:00-12:00,13:00-17:00; Sa 10-12``; later rules replace earlier ones of a day.

        Days are English or German; ``24/7``, ``We off``, ``PH 10:00-12:00`` (on holidays, else closed) and hours past
        midnight (``22:00-02:00``) are understood. ``holidays`` is a state, DE-BE; ``closed_days`` are read by
        :meth:`ClosedDays.parse`. Raises ValueError with a plain sentence.
        """
        try:
            place = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"'{zone}' is no time zone; write it as Europe/Berlin.") from error
        week: list[tuple[Span, ...]] = [()] * 7
        on_holidays: tuple[Span, ...] = ()
        rules = [rule.strip() for rule in spec.split(";") if rule.strip()]
        if not rules:
            raise ValueError("the opening hours are empty; write them as Mo-Fr 09:00-17:00.")
        for rule in rules:
            days, on_holiday, spans = _rule(rule)
            for day in days:
                week[day] = spans
            on_holidays = spans if on_holiday else on_holidays
        return cls(
            spec=spec,
            week=tuple(week),
            zone=place,
            land=normal_land(holidays) if holidays else None,
            holiday_spans=on_holidays,
            closed_days=ClosedDays.parse(closed_days),
        )

    def is_open(self, now: Millis) -> bool:
        """Return whether ``now`` lies in an interval; its first moment does, its last one does not."""
        day = self._local(now).date()
        return any(start <= now < end for start, end in self._intervals(day - dt.timedelta(days=1), day))

    def next_opening(self, now: Millis) -> dt.datetime | None:
        """Return when the next interval begins after ``now``, in the zone; None when there is none within 400 days.

        While it is open, that is the opening after the present one.
        """
        today = self._local(now).date()
        last = today + dt.timedelta(days=_HORIZON_DAYS)
        for start, _ in self._intervals(today - dt.timedelta(days=1), last):
            if start > now:
                return self._local(start)
        return None

    def closes(self, now: Millis) -> dt.datetime | None:
        """Return the end of the interval ``now`` lies in, in the zone; None while it is shut or never shuts."""
        end: Millis | None = None
        today = self._local(now).date()
        for start, until in self._intervals(today - dt.timedelta(days=1), today + dt.timedelta(days=_HORIZON_DAYS)):
            if start <= now < until:
                end = until
            elif start > now:
                break
        horizon = now + (_HORIZON_DAYS - 2) * 86_400_000
        return None if end is None or end > horizon else self._local(end)

    def working_time_between(self, a: Millis, b: Millis) -> dt.timedelta:
        """Return how much opening time really passes from ``a`` to ``b``; zero when ``b`` is not after ``a``."""
        if b <= a:
            return dt.timedelta()
        first, last = self._local(a).date() - dt.timedelta(days=1), self._local(b).date()
        inside = (min(b, end) - max(a, start) for start, end in self._intervals(first, last))
        return dt.timedelta(milliseconds=sum(part for part in inside if part > 0))

    def after_working_time(self, start: Millis, amount: Millis) -> Millis | None:
        """Return the moment at which ``amount`` of opening time has passed since ``start``; None if not in 400 days.

        Nothing to wait for is over at the next moment of opening, ``start`` itself where it is open.
        """
        today = self._local(start).date()
        left = amount
        for begin, end in self._intervals(today - dt.timedelta(days=1), today + dt.timedelta(days=_HORIZON_DAYS)):
            if end <= start:
                continue
            begin = max(begin, start)
            if end - begin > left or (end - begin == left > 0):
                return begin + left
            left -= end - begin
        return None

    def why_closed(self, day: dt.date) -> str | None:
        """Return the German name of the holiday that shuts ``day``, "" for a closed day without a name, else None."""
        if day in self.closed_days:
            return ""
        return (holiday_name(day, self.land) if self.land else None) if not self.holiday_spans else None

    def _local(self, moment: Millis) -> dt.datetime:
        return (_EPOCH + dt.timedelta(milliseconds=moment)).astimezone(self.zone)

    def _spans(self, day: dt.date) -> tuple[Span, ...]:
        if day in self.closed_days:
            return ()
        if self.land is not None and holiday_name(day, self.land) is not None:
            return self.holiday_spans
        return self.week[day.weekday()]

    def _intervals(self, first: dt.date, last: dt.date) -> Iterator[Interval]:
        """Yield the intervals that begin on the days ``first`` to ``last``, in order; touching ones are joined."""
        open_since: Millis | None = None
        open_until = 0
        day = first
        while day <= last:
            for begin, end in self._spans(day):
                start, until = _moment(self.zone, day, begin, end=False), _moment(self.zone, day, end, end=True)
                if open_since is None:
                    open_since, open_until = start, until
                elif start <= open_until:
                    open_until = max(open_until, until)
                else:
                    yield open_since, open_until
                    open_since, open_until = start, until
            day += dt.timedelta(days=1)
        if open_since is not None:
            yield open_since, open_until


@lru_cache(maxsize=4096)
def _moment(zone: ZoneInfo, day: dt.date, minutes: int, *, end: bool) -> Millis:
    """Return the moment of a clock time. An hour that comes twice in autumn is open both times.

    A clock time that spring skips counts as the moment it would have been: 02:30 is 03:30 summer time.
    """
    later, rest = divmod(minutes, _DAY_MINUTES)
    clock = dt.datetime.combine(day + dt.timedelta(days=later), dt.time(rest // 60, rest % 60), tzinfo=zone)
    moment = clock.astimezone(dt.UTC)
    if end:
        moment = max(moment, clock.replace(fold=1).astimezone(dt.UTC))
    return (moment - _EPOCH) // dt.timedelta(milliseconds=1)


def _rule(rule: str) -> tuple[list[int], bool, tuple[Span, ...]]:
    """Return (weekdays, whether holidays are meant, spans) of one rule."""
    text = " ".join(re.sub("[\u2010-\u2015]", "-", rule).split())
    if text.replace(" ", "") == "24/7":
        return list(range(7)), False, ((0, _DAY_MINUTES),)
    text = re.sub(r"\s*([,-])\s*", r"\1", text)
    days_text, _, hours = text.partition(" ")
    if days_text[:1].isdigit():
        days_text, hours = "Mo-Su", text
    if not hours:
        raise ValueError(f"'{rule}' has days but no hours; write it as Mo-Fr 09:00-17:00 or Su off.")
    days, on_holiday = _days(days_text, rule)
    if hours.lower() in _CLOSED_WORDS:
        return days, on_holiday, ()
    return days, on_holiday, _spans_of(hours, rule)


def _days(text: str, rule: str) -> tuple[list[int], bool]:
    days: list[int] = []
    on_holiday = False
    for part in text.lower().split(","):
        first, dash, last = part.partition("-")
        if part in _HOLIDAY_NAMES:
            on_holiday = True
            continue
        begin, end = _day(first, rule), _day(last if dash else first, rule)
        days.extend((begin + n) % 7 for n in range((end - begin) % 7 + 1))
    return days, on_holiday


def _day(name: str, rule: str) -> int:
    day = _DAY_NAMES.get(name.rstrip("."))
    if day is None:
        raise ValueError(f"'{name}' in '{rule}' is no day; write Mo Tu We Th Fr Sa Su, or PH for holidays.")
    return day


def _spans_of(text: str, rule: str) -> tuple[Span, ...]:
    spans: list[Span] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not dash:
            raise ValueError(f"'{part}' in '{rule}' is no time span; write it as 09:00-17:00.")
        begin, end = _minutes(first, rule), _minutes(last, rule)
        if begin in (_DAY_MINUTES, end):
            raise ValueError(f"'{part}' in '{rule}' has no length.")
        spans.append((begin, end if end > begin else end + _DAY_MINUTES))
    spans.sort()
    if any(following[0] < span[1] for span, following in itertools.pairwise(spans)):
        raise ValueError(f"the hours in '{rule}' overlap.")
    return tuple(spans)


def _minutes(text: str, rule: str) -> int:
    match = _TIME.fullmatch(text.strip().removesuffix(" Uhr"))
    minutes = int(match[1]) * 60 + int(match[2] or 0) if match else _DAY_MINUTES + 1
    if match is None or int(match[2] or 0) > 59 or minutes > _DAY_MINUTES:
        raise ValueError(f"'{text}' in '{rule}' is no time between 00:00 and 24:00.")
    return minutes
