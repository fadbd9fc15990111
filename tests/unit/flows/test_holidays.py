"""What `holidays` promises, in tables over all languages and as properties."""

from __future__ import annotations

import datetime as dt

import pytest

from flows.holidays import LANDS, easter_sunday, holiday_name, holidays, normal_land


@pytest.mark.parametrize(
    ("year", "easter"),
    [
        (2000, dt.date(2000, 4, 23)),
        (2008, dt.date(2008, 3, 23)),
        (2024, dt.date(2024, 3, 31)),
        (2025, dt.date(2025, 4, 20)),
        (2026, dt.date(2026, 4, 5)),
        (2027, dt.date(2027, 3, 28)),
        (2038, dt.date(2038, 4, 25)),
    ],
)
def test_easter(year: int, easter: dt.date) -> None:
    assert easter_sunday(year) == easter


BERLIN = {
    2024: "01-01 03-08 03-29 04-01 05-01 05-09 05-20 10-03 12-25 12-26",
    2025: "01-01 03-08 04-18 04-21 05-01 05-08 05-29 06-09 10-03 12-25 12-26",
    2026: "01-01 03-08 04-03 04-06 05-01 05-14 05-25 10-03 12-25 12-26",
    2027: "01-01 03-08 03-26 03-29 05-01 05-06 05-17 10-03 12-25 12-26",
}


@pytest.mark.parametrize("year", sorted(BERLIN))
def test_berlin(year: int) -> None:
    assert " ".join(day.strftime("%m-%d") for day in holidays(year, "DE-BE")) == BERLIN[year]


#: Number of holidays of the whole state in 2027 (Brandenburg names two Sundays).
COUNTS = {
    "DE-BB": 12, "DE-BE": 10, "DE-BW": 12, "DE-BY": 12, "DE-BY-CATHOLIC": 13, "DE-BY-AUGSBURG": 14, "DE-HB": 10,
    "DE-HE": 10, "DE-HH": 10, "DE-MV": 11, "DE-NI": 10, "DE-NW": 11, "DE-RP": 11, "DE-SH": 10, "DE-SL": 12,
    "DE-SN": 11, "DE-SN-CATHOLIC": 12, "DE-ST": 11, "DE-TH": 11, "DE-TH-CATHOLIC": 12,
}  # fmt: skip


def test_every_state_is_counted() -> None:
    assert set(COUNTS) == set(LANDS)


@pytest.mark.parametrize("land", sorted(COUNTS))
def test_counts_of_the_states(land: str) -> None:
    assert len(holidays(2027, land)) == COUNTS[land]


@pytest.mark.parametrize(
    ("day", "land", "name"),
    [
        ("2018-03-08", "DE-BE", None),
        ("2019-03-08", "DE-BE", "Internationaler Frauentag"),
        ("2022-03-08", "DE-MV", None),
        ("2023-03-08", "DE-MV", "Internationaler Frauentag"),
        ("2025-03-08", "DE-HH", None),
        ("2020-05-08", "DE-BE", "Tag der Befreiung"),
        ("2025-05-08", "DE-BE", "Tag der Befreiung"),
        ("2025-05-08", "DE-BB", None),
        ("2026-05-08", "DE-BE", None),
        ("2028-06-17", "DE-BE", "75. Jahrestag des Volksaufstands"),
        ("2017-10-31", "DE-BE", "Reformationstag"),
        ("2017-10-31", "DE-HH", "Reformationstag"),
        ("2016-10-31", "DE-HH", None),
        ("2018-10-31", "DE-HH", "Reformationstag"),
        ("2018-10-31", "DE-BE", None),
        ("2024-11-20", "DE-SN", "Buß- und Bettag"),
        ("2025-11-19", "DE-SN", "Buß- und Bettag"),
        ("2026-11-18", "DE-SN", "Buß- und Bettag"),
        ("2027-11-17", "DE-SN", "Buß- und Bettag"),
        ("2026-11-18", "DE-ST", None),
        ("2026-06-04", "DE-NW", "Fronleichnam"),
        ("2026-06-04", "DE-BY-AUGSBURG", "Fronleichnam"),
        ("2026-06-04", "DE-SN", None),
        ("2026-06-04", "DE-SN-CATHOLIC", "Fronleichnam"),
        ("2026-08-15", "DE-BY", None),
        ("2026-08-15", "DE-BY-CATHOLIC", "Mariä Himmelfahrt"),
        ("2026-08-15", "DE-SL", "Mariä Himmelfahrt"),
        ("2026-08-08", "DE-BY-CATHOLIC", None),
        ("2026-08-08", "DE-BY-AUGSBURG", "Augsburger Hohes Friedensfest"),
        ("2026-01-06", "DE-ST", "Heilige Drei Könige"),
        ("2026-09-20", "DE-TH", "Weltkindertag"),
        ("2018-09-20", "DE-TH", None),
        ("2026-04-05", "DE-BB", "Ostersonntag"),
        ("2026-04-05", "DE-BE", None),
        ("2026-12-24", "DE-BY", None),
        ("1990-05-01", "DE-BE", None),
    ],
)
def test_days_with_a_story(day: str, land: str, name: str | None) -> None:
    assert holiday_name(dt.date.fromisoformat(day), land) == name


def test_codes_are_forgiving_and_wrong_ones_are_named() -> None:
    assert normal_land("be") == "DE-BE"
    assert normal_land(" de_by_augsburg ") == "DE-BY-AUGSBURG"
    with pytest.raises(ValueError, match="'XX' is no German state"):
        normal_land("XX")
    with pytest.raises(ValueError, match="from 1995"):
        holidays(1980, "DE-BE")
