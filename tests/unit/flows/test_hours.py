"""What `hours` promises, in tables over all languages and as properties."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.ids import Millis
from flows.hours import ClosedDays, OpeningHours

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = OpeningHours.parse(
    "Mo-Fr 09:00-12:00,13:00-17:00; Sa 10:00-12:00", zone="Europe/Berlin", holidays="DE-BE", closed_days=["24.12."]
)


def at(text: str, zone: ZoneInfo = BERLIN, fold: int = 0) -> Millis:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp() * 1000)


def shown(moment: dt.datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%d %H:%M %Z") if moment else None


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23 08:59:59", False),  # Monday
        ("2026-11-23 09:00", True),
        ("2026-11-23 11:59:59", True),
        ("2026-11-23 12:00", False),
        ("2026-11-23 13:00", True),
        ("2026-11-23 17:00", False),
        ("2026-11-28 11:00", True),  # Saturday
        ("2026-11-29 11:00", False),
        ("2026-12-24 10:00", False),  # closed day
        ("2026-12-25 10:00", False),  # holiday
        ("2027-03-08 10:00", False),  # Women's Day is Berlin's own
        ("2027-03-09 10:00", True),
        ("2027-03-26 10:00", False),  # Good Friday
    ],
)
def test_is_open(moment: str, is_open: bool) -> None:
    assert OFFICE.is_open(at(moment)) is is_open


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-23 08:00", "2026-11-23 09:00 CET"),
        ("2026-11-23 10:00", "2026-11-23 13:00 CET"),  # open now: the one after
        ("2026-11-23 12:30", "2026-11-23 13:00 CET"),
        ("2026-11-28 12:00", "2026-11-30 09:00 CET"),
        ("2026-12-23 18:00", "2026-12-28 09:00 CET"),  # 24 closed, 25 and 26 holidays, 27 Sunday
        ("2027-03-25 18:00", "2027-03-27 10:00 CET"),
        ("2027-03-27 13:00", "2027-03-30 09:00 CEST"),  # Easter, and summer time begins on the 28th
    ],
)
def test_next_opening(moment: str, opens: str) -> None:
    assert shown(OFFICE.next_opening(at(moment))) == opens


@pytest.mark.parametrize(
    ("begin", "end", "hours"),
    [
        ("2026-11-23 09:00", "2026-11-23 17:00", 7),
        ("2026-11-23 11:30", "2026-11-23 13:15", 0.75),
        ("2026-11-27 16:00", "2026-11-30 10:00", 4),  # Friday to Monday over a Saturday
        ("2026-11-29 00:00", "2026-11-29 23:00", 0),
        ("2026-12-23 16:00", "2026-12-28 10:00", 2),
        ("2026-11-23 17:00", "2026-11-23 09:00", 0),
        ("2026-11-23 10:00", "2026-11-23 10:00", 0),
    ],
)
def test_working_time(begin: str, end: str, hours: float) -> None:
    assert OFFICE.working_time_between(at(begin), at(end)) == dt.timedelta(hours=hours)


NIGHT = OpeningHours.parse("24/7")


def test_around_the_clock() -> None:
    assert NIGHT.is_open(at("2026-12-25 03:00"))
    assert NIGHT.next_opening(at("2026-12-25 03:00")) is None
    assert NIGHT.closes(at("2026-12-25 03:00")) is None


@pytest.mark.parametrize(
    ("day", "hours"), [("2027-03-27", 24), ("2027-03-28", 23), ("2026-10-25", 25), ("2026-10-26", 24)]
)
def test_days_of_the_clock_change_are_as_long_as_they_are(day: str, hours: int) -> None:
    next_day = (dt.date.fromisoformat(day) + dt.timedelta(days=1)).isoformat()
    assert NIGHT.working_time_between(at(day), at(next_day)) == dt.timedelta(hours=hours)


def test_the_hour_that_comes_twice_is_open_twice() -> None:
    hours = OpeningHours.parse("Su 02:00-03:00")
    assert hours.is_open(at("2026-10-25 02:30", fold=0))
    assert hours.is_open(at("2026-10-25 02:30", fold=1))
    assert hours.working_time_between(at("2026-10-25"), at("2026-10-26")) == dt.timedelta(hours=2)


def test_the_hour_that_spring_skips_is_not_lost() -> None:
    hours = OpeningHours.parse("Su 02:00-02:30")
    assert shown(hours.next_opening(at("2027-03-27 12:00"))) == "2027-03-28 03:00 CEST"
    assert hours.working_time_between(at("2027-03-28"), at("2027-03-29")) == dt.timedelta(minutes=30)


def test_office_hours_keep_their_clock_time_over_the_change() -> None:
    hours = OpeningHours.parse("Mo-Su 09:00-17:00")
    assert shown(hours.next_opening(at("2027-03-27 20:00"))) == "2027-03-28 09:00 CEST"
    assert shown(hours.next_opening(at("2026-10-24 20:00"))) == "2026-10-25 09:00 CET"


def test_hours_past_midnight_belong_to_the_day_they_begin() -> None:
    hours = OpeningHours.parse("Fr 22:00-02:00; Sa 02:00-04:00", closed_days=["2026-11-28"])
    assert hours.is_open(at("2026-11-28 01:59"))  # Friday's hours, although Saturday is closed
    assert not hours.is_open(at("2026-11-28 02:30"))
    assert hours.is_open(at("2026-12-05 02:30"))
    assert shown(hours.closes(at("2026-12-04 23:00"))) == "2026-12-05 04:00 CET"  # the two touch
    assert hours.working_time_between(at("2026-12-04"), at("2026-12-06")) == dt.timedelta(hours=6)


def test_closes() -> None:
    assert shown(OFFICE.closes(at("2026-11-23 09:30"))) == "2026-11-23 12:00 CET"
    assert OFFICE.closes(at("2026-11-23 12:30")) is None


def test_why_closed() -> None:
    assert OFFICE.why_closed(dt.date(2026, 12, 25)) == "1. Weihnachtstag"
    assert OFFICE.why_closed(dt.date(2026, 12, 24)) == ""
    assert OFFICE.why_closed(dt.date(2026, 11, 29)) is None


def test_hours_on_holidays() -> None:
    hours = OpeningHours.parse("Mo-Fr 09:00-17:00; PH 10:00-12:00", holidays="BE")
    assert hours.land == "DE-BE"
    assert hours.is_open(at("2026-12-25 11:00"))
    assert not hours.is_open(at("2026-12-25 13:00"))
    assert hours.is_open(at("2026-10-03 11:00"))  # a Saturday


def test_without_a_state_there_are_no_holidays() -> None:
    assert OpeningHours.parse("Mo-Su 09:00-17:00").is_open(at("2026-12-25 11:00"))


def test_never_open() -> None:
    never = OpeningHours.parse("Mo-Su off")
    assert never.next_opening(at("2026-11-23")) is None
    assert not never.is_open(at("2026-11-23 12:00"))


MONDAY_TO_FRIDAY = ((540, 1020),)


@pytest.mark.parametrize(
    ("spec", "open_days"),
    [
        ("Mo-Fr 09:00-17:00", "01234"),
        ("Mo - Fr 9 - 17", "01234"),
        ("Mo\u2013Fr 09:00\u201317:00", "01234"),
        ("mo,mi,fr 9:00-17:00", "024"),
        ("Montag-Freitag 9.00-17.00", "01234"),
        ("Sa-Mo 09:00-17:00", "056"),
        ("09:00-17:00", "0123456"),
        ("Mo-Fr 09:00-17:00; We off", "0134"),
        ("Mo-Fr 09:00-17:00; Mi geschlossen;", "0134"),
        ("Tu, Th 09:00-17:00", "13"),
    ],
)
def test_spellings(spec: str, open_days: str) -> None:
    week = OpeningHours.parse(spec).week
    assert "".join(str(n) for n, spans in enumerate(week) if spans == MONDAY_TO_FRIDAY) == open_days
    assert all(spans in {(), MONDAY_TO_FRIDAY} for spans in week)


def test_a_later_rule_replaces_the_day() -> None:
    week = OpeningHours.parse("Mo-Fr 09:00-17:00; We 09:00-13:00,00:00-01:00").week
    assert week[2] == ((0, 60), (540, 780))


@pytest.mark.parametrize(
    ("spec", "zone", "holidays", "says"),
    [
        ("", "Europe/Berlin", None, "are empty"),
        (" ; ", "Europe/Berlin", None, "are empty"),
        ("Mo-Fr", "Europe/Berlin", None, "has days but no hours"),
        ("Xx 09:00-17:00", "Europe/Berlin", None, "'xx' in 'Xx 09:00-17:00' is no day"),
        ("Mo 09:00", "Europe/Berlin", None, "is no time span"),
        ("Mo 09:00-25:00", "Europe/Berlin", None, "'25:00' in 'Mo 09:00-25:00' is no time"),
        ("Mo 09:60-17:00", "Europe/Berlin", None, "is no time"),
        ("Mo 09:00-09:00", "Europe/Berlin", None, "has no length"),
        ("Mo 09:00-12:00,11:00-13:00", "Europe/Berlin", None, "overlap"),
        ("Mo-Fr 09:00-17:00, Sa 10:00-12:00", "Europe/Berlin", None, "is no time"),
        ("Mo 09:00-17:00", "Berlin", None, "'Berlin' is no time zone"),
        ("Mo 09:00-17:00", "../etc/passwd", None, "is no time zone"),
        ("Mo 09:00-17:00", "Europe/Berlin", "DE-XX", "no German state"),
    ],
)
def test_mistakes_are_told_in_a_sentence(spec: str, zone: str, holidays: str | None, says: str) -> None:
    with pytest.raises(ValueError) as caught:
        OpeningHours.parse(spec, zone, holidays)
    assert says in str(caught.value)


def test_closed_days() -> None:
    days = ClosedDays.parse([dt.date(2026, 12, 1), "2026-12-02", "12-24", "31.12.", "2026-12-28/2027-01-02"])
    closed = ["2026-12-01", "2026-12-02", "2026-12-24", "2031-12-24", "2030-12-31", "2026-12-28", "2027-01-02"]
    assert all(dt.date.fromisoformat(day) in days for day in closed)
    assert not any(dt.date.fromisoformat(day) in days for day in ("2027-12-01", "2027-01-03", "2026-12-27"))


@pytest.mark.parametrize(
    "day", ["31.02.", "13-40", "tomorrow", "2026-02-30", "2027-01-02/2026-12-28", "2026-12-28/x", ""]
)
def test_wrong_closed_days(day: str) -> None:
    with pytest.raises(ValueError, match="closed day"):
        ClosedDays.parse([day])


MOMENTS = st.integers(min_value=at("2024-01-01"), max_value=at("2028-01-01"))


@settings(deadline=None, max_examples=60)
@given(MOMENTS, st.integers(min_value=0, max_value=40 * 86_400_000), st.integers(min_value=0, max_value=86_400_000))
def test_working_time_adds_up(start: Millis, first: int, second: int) -> None:
    middle, end = start + first, start + first + second
    parts = OFFICE.working_time_between(start, middle) + OFFICE.working_time_between(middle, end)
    assert parts == OFFICE.working_time_between(start, end)
    assert parts <= dt.timedelta(milliseconds=end - start)


@settings(deadline=None, max_examples=60)
@given(MOMENTS)
def test_the_next_opening_is_the_next_change_to_open(now: Millis) -> None:
    opens = OFFICE.next_opening(now)
    assert opens is not None
    moment = round(opens.timestamp() * 1000)
    assert moment > now
    assert OFFICE.is_open(moment)
    assert not OFFICE.is_open(moment - 1)
    if not OFFICE.is_open(now):
        assert OFFICE.working_time_between(now, moment) == dt.timedelta()
