"""Questions that the bot could not answer: counted always, and kept for the editors where the bot's team has said so.

The counters hold no words: a language, and the entry that came nearest (so that one sees around which answers something
is missing). With ``unanswered: keep`` in ``bot.yaml`` the last questions of a person are also kept in their
conversation, sealed with it and erased with it, without long numbers and addresses, for a month at most.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from core.ids import Millis
from flows.effects import Match

__all__ = ["KEPT_FOR", "Unanswered", "counter_of", "kept", "without_numbers"]

#: A question that nobody looked at for so long is not kept any more.
KEPT_FOR: Millis = 30 * 86_400_000
#: Questions kept of one person, the newest: the state is written on every turn.
_MOST = 3
_LONGEST = 200
#: Nearer than this and the entry is named in the counter; farther away it says nothing.
_NEAR = 0.05
#: Phone, passport and account numbers, addresses of mail and web.
_PRIVATE = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|[+\w]*\d(?:[\s./()-]*\d){4,}\w*")


class Unanswered(Struct, frozen=True, kw_only=True):
    """One question that nothing answered."""

    text: str
    language: str
    at: Millis


def counter_of(language: str, matches: Sequence[Match]) -> str:
    """Return the day counter of an unanswered question."""
    near = matches[0].id if matches and matches[0].score >= _NEAR else "nothing"
    return f"unanswered.{language}.{near}"


def without_numbers(text: str) -> str:
    """Return a question without what may name somebody by number or address, cut."""
    return _PRIVATE.sub("…", text[: 4 * _LONGEST]).strip()[:_LONGEST]


def kept(before: Iterable[Unanswered], more: Iterable[Unanswered], now: Millis) -> list[Unanswered]:
    """Return the questions to keep: the newest few that are not too old, each text once."""
    found: dict[str, Unanswered] = {}
    for one in (*before, *more):
        if one.text and now - one.at < KEPT_FOR:
            found.pop(one.text, None)
            found[one.text] = one
    return list(found.values())[-_MOST:]
