"""Which centres fit a person, the nearest first. Pure; the verb ``referral`` and the answers ask here.

What is not known about a person shuts no centre out. What is known does: a centre for people from the EU is not named
to somebody from elsewhere, one that does not exist any more to nobody, and one that has to be visited is never named
to people who are still abroad.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from flows.knowledge_spec import DISTRICTS, Centre
from flows.places import ELSEWHERE, hops
from flows.shelf import Shelf

__all__ = ["DISTRICT", "STAGE", "Seeker", "fits", "for_abroad", "nearest"]

#: What is kept about a person: the district they live in, and ``abroad`` or ``here``.
DISTRICT, STAGE = "contact.district", "contact.stage"
#: What is known by one of these excludes the others of its line; a line of which nothing is known excludes nothing.
_ORIGINS = frozenset({"eu", "third_country", "ukraine", "refugee"})
_AGES = frozenset({"under_27", "over_27"})
#: Who comes from outside the EU can be each of these.
_NOT_EU = frozenset({"third_country", "ukraine", "refugee"})
#: Borders to cross: an office for the whole city is as near as one next door, one for the whole country is further
#: than any district of the town (no two of them have more than four borders between them).
_CITY, _COUNTRY, _WORLD = 1, 8, 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeker:
    """What is known about somebody who looks for help."""

    language: str
    #: They are not in Germany yet.
    abroad: bool = False
    #: A district of Berlin, :data:`flows.places.ELSEWHERE`, or None where it is not known.
    place: str | None = None
    #: What is known of whom they belong to, as ``audience`` of centres names it.
    audience: frozenset[str] = field(default_factory=frozenset)


def for_abroad(centre: Centre) -> bool:
    """Return whether somebody who is still abroad gets anything from it: never where one has to go there."""
    goes_there = centre.visit in ("walk_in", "appointment") or centre.address is not None or centre.area == "berlin"
    return not goes_there and (centre.area == "everywhere" or "abroad" in centre.audience)


def fits(centre: Centre, seeker: Seeker) -> bool:
    """Return whether a centre is for somebody, as far as that is known."""
    if seeker.abroad:
        return for_abroad(centre) and _is_for(centre, seeker)
    if seeker.place == ELSEWHERE and centre.area == "berlin":
        return False
    return _is_for(centre, seeker)


def _is_for(centre: Centre, seeker: Seeker) -> bool:
    """Return whether one of those whom it is for can be this person."""
    if not centre.audience or set(centre.audience) == {"abroad"}:
        return True  # whoever answers people abroad answers those who have arrived too; it comes last then
    return any(_can_be(one, seeker) for one in centre.audience)


def _can_be(one: str, seeker: Seeker) -> bool:
    if one == "abroad":
        return seeker.abroad
    known = seeker.audience & (_ORIGINS if one in _ORIGINS else _AGES)
    if not known or one in known:
        return True
    outside = {one, *known}
    return "third_country" in outside and outside <= _NOT_EU


def nearest(shelf: Shelf, topics: Collection[str], seeker: Seeker, today: date) -> tuple[str, ...]:
    """Return the centres under these topics that fit, the nearest first; without topics, all.

    Of two that are equally near, one that speaks the person's language comes first; one that speaks only others comes
    only if there is nothing else.
    """
    listed = shelf.things("centres", tuple(topics or shelf.topics), today)
    fitting = [name for name in listed if fits(shelf.centres[name], seeker)]
    understood = [name for name in fitting if _speaks(shelf.centres[name], seeker.language) < 2]
    order: Sequence[str] = understood or fitting
    return tuple(sorted(order, key=lambda name: _far(shelf.centres[name], seeker)))


def _speaks(centre: Centre, language: str) -> int:
    """Return 0 where the language is spoken, 1 where that is not known, 2 where others are."""
    if language in centre.languages:
        return 0
    return 1 if not centre.languages or centre.languages_note else 2


def _far(centre: Centre, seeker: Seeker) -> tuple[bool, int, int]:
    """Return what centres are sorted by; the file's order decides the rest."""
    only_abroad = not seeker.abroad and set(centre.audience) == {"abroad"}
    speaks = _speaks(centre, seeker.language)
    if centre.area != "berlin" and centre.district is None:
        return only_abroad, _COUNTRY if centre.area == "germany" else _WORLD, speaks
    if seeker.place not in DISTRICTS or centre.district is None:
        return only_abroad, _CITY, speaks
    return only_abroad, hops(seeker.place, centre.district), speaks
