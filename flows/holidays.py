"""Public holidays of the sixteen German states, computed for any year from 1995 on.

Sources: the holiday acts of the states (Feiertagsgesetze der Länder: FTG BW, BayFTG, FeiertG BE, FTG BB, BremFeiertG,
HmbFeiertagsG, HFeiertagsG, FTG M-V, NFeiertagsG, Feiertagsgesetz NW, LFtG RP, SFG SL, SächsSFG, FeiertG LSA, SFTG SH,
ThürFtG) and Article 2(2) of the Unification Treaty for 3 October. Movable days hang on Easter. Sundays are closed
days of the opening hours, not holidays, except where a state names them (Brandenburg).

Half-special days, law in a part of a state only, have a code of their own behind the state's:
``DE-BY-CATHOLIC`` (15 August in the mostly Catholic municipalities of Bavaria), ``DE-BY-AUGSBURG`` (that and
8 August in the city), ``DE-SN-CATHOLIC`` and ``DE-TH-CATHOLIC`` (Corpus Christi in some Sorbian and Eichsfeld
municipalities). Christmas Eve and New Year's Eve are no holidays anywhere: list them as closed days.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["LANDS", "easter_sunday", "holiday_name", "holidays", "normal_land"]

#: Codes (ISO 3166-2 and the four parts of states) and names.
LANDS: Mapping[str, str] = MappingProxyType(
    {
        "DE-BB": "Brandenburg",
        "DE-BE": "Berlin",
        "DE-BW": "Baden-Württemberg",
        "DE-BY": "Bayern",
        "DE-BY-AUGSBURG": "Bayern, Stadt Augsburg",
        "DE-BY-CATHOLIC": "Bayern, überwiegend katholische Gemeinden",
        "DE-HB": "Bremen",
        "DE-HE": "Hessen",
        "DE-HH": "Hamburg",
        "DE-MV": "Mecklenburg-Vorpommern",
        "DE-NI": "Niedersachsen",
        "DE-NW": "Nordrhein-Westfalen",
        "DE-RP": "Rheinland-Pfalz",
        "DE-SH": "Schleswig-Holstein",
        "DE-SL": "Saarland",
        "DE-SN": "Sachsen",
        "DE-SN-CATHOLIC": "Sachsen, katholische sorbische Gemeinden",
        "DE-ST": "Sachsen-Anhalt",
        "DE-TH": "Thüringen",
        "DE-TH-CATHOLIC": "Thüringen, Eichsfeld und katholische Gemeinden",
    }
)

#: In every state. The number is days after Easter Sunday.
_MOVABLE = {-2: "Karfreitag", 1: "Ostermontag", 39: "Christi Himmelfahrt", 50: "Pfingstmontag"}
_FIXED = {
    (1, 1): "Neujahr",
    (5, 1): "Tag der Arbeit",
    (10, 3): "Tag der Deutschen Einheit",
    (12, 25): "1. Weihnachtstag",
    (12, 26): "2. Weihnachtstag",
}
#: (month, day) -> (name, first year by state).
_STATE_FIXED: tuple[tuple[int, int, str, Mapping[str, int]], ...] = (
    (1, 6, "Heilige Drei Könige", dict.fromkeys(("BW", "BY", "ST"), 1995)),
    (3, 8, "Internationaler Frauentag", {"BE": 2019, "MV": 2023}),
    (8, 15, "Mariä Himmelfahrt", {"SL": 1995, "BY-CATHOLIC": 1995, "BY-AUGSBURG": 1995}),
    (8, 8, "Augsburger Hohes Friedensfest", {"BY-AUGSBURG": 1995}),
    (9, 20, "Weltkindertag", {"TH": 2019}),
    (
        10,
        31,
        "Reformationstag",
        dict.fromkeys(("BB", "MV", "SN", "ST", "TH"), 1995) | dict.fromkeys(("HB", "HH", "NI", "SH"), 2018),
    ),
    (11, 1, "Allerheiligen", dict.fromkeys(("BW", "BY", "NW", "RP", "SL"), 1995)),
)
_CORPUS_CHRISTI = frozenset({"BW", "BY", "HE", "NW", "RP", "SL", "SN-CATHOLIC", "TH-CATHOLIC"})
#: Laws for one day: (day, name, states; none means all).
_ONCE: tuple[tuple[dt.date, str, frozenset[str]], ...] = (
    (dt.date(2017, 10, 31), "Reformationstag", frozenset()),
    (dt.date(2020, 5, 8), "Tag der Befreiung", frozenset({"BE"})),
    (dt.date(2025, 5, 8), "Tag der Befreiung", frozenset({"BE"})),
    (dt.date(2028, 6, 17), "75. Jahrestag des Volksaufstands", frozenset({"BE"})),
)


def easter_sunday(year: int) -> dt.date:
    """Return Easter Sunday of the Gregorian calendar (the anonymous algorithm of 1876, "Meeus/Jones/Butcher")."""
    golden = year % 19
    century, rest = divmod(year, 100)
    leap, skipped = divmod(century, 4)
    moon = (19 * golden + century - leap - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    quarter, over = divmod(rest, 4)
    weekday = (32 + 2 * skipped + 2 * quarter - moon - over) % 7
    shift = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * shift + 114, 31)
    return dt.date(year, month, day + 1)


def normal_land(code: str) -> str:
    """Return the code as :data:`LANDS` spells it (``be`` and ``de-be`` are DE-BE); ValueError when there is none."""
    upper = code.strip().upper().replace("_", "-")
    full = upper if upper.startswith("DE-") else f"DE-{upper}"
    if full not in LANDS:
        known = ", ".join(sorted(LANDS))
        raise ValueError(f"'{code}' is no German state with known holidays; write one of {known}.")
    return full


@functools.lru_cache(maxsize=256)
def holidays(year: int, land: str) -> Mapping[dt.date, str]:
    """Return the public holidays of a state in ``year`` with their German names, in the order of the year.

    ValueError for an unknown state and for years in which these laws were not yet in force.
    """
    if year < 1995 or year > 9998:
        raise ValueError(f"holidays are known from 1995 on, not for {year}.")
    part = normal_land(land).removeprefix("DE-")
    state = part[:2]
    easter = easter_sunday(year)
    days = {dt.date(year, month, day): name for (month, day), name in _FIXED.items()}
    days |= {easter + dt.timedelta(days=after): name for after, name in _MOVABLE.items()}
    for month, day, name, since in _STATE_FIXED:
        if year >= since.get(part, since.get(state, 9999)):
            days[dt.date(year, month, day)] = name
    if part in _CORPUS_CHRISTI or state in _CORPUS_CHRISTI:
        days[easter + dt.timedelta(days=60)] = "Fronleichnam"
    if state == "BB":
        days[easter] = "Ostersonntag"
        days[easter + dt.timedelta(days=49)] = "Pfingstsonntag"
    if state == "SN":
        days[_repentance_day(year)] = "Buß- und Bettag"
    for day_once, name, states in _ONCE:
        if day_once.year == year and (not states or state in states):
            days.setdefault(day_once, name)
    return MappingProxyType(dict(sorted(days.items())))


def _repentance_day(year: int) -> dt.date:
    """Return the Wednesday before 23 November."""
    last = dt.date(year, 11, 22)
    return last - dt.timedelta(days=(last.weekday() - 2) % 7)


def holiday_name(date: dt.date, land: str) -> str | None:
    """Return the German name of the public holiday on ``date`` in ``land``, or None on other days."""
    return holidays(date.year, land).get(date) if 1995 <= date.year <= 9998 else None
