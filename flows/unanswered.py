"""Questions that the bot could not answer: counted always, and kept for the editors where the bot's team has said so.

The counters hold no words: a language, a topic and the entry that came nearest (so that one sees around which answers
something is missing). With ``unanswered: keep`` in ``bot.yaml`` the last questions of a person are also kept in their
conversation, sealed with it and erased with it, without long numbers and addresses, for a month at most.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

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
#: Numbers of papers mix letters and digits ("C01X00T47"); words of so many signs with so many digits are taken for one.
_LONG_WORD, _DIGITS_OF_PAPERS = re.compile(r"\w{7,}"), 3


class Unanswered(Struct, frozen=True, kw_only=True):
    """One question that nothing answered."""

    text: str
    language: str
    at: Millis


def counter_of(language: str, matches: Sequence[Match], topics: Mapping[str, str]) -> str:
    """Return the day counter of an unanswered question: its language, topic, and the entry around which it lies."""
    if not matches or matches[0].score < _NEAR:
        return f"unanswered.{language}.nothing"
    near = matches[0].id
    return f"unanswered.{language}.{topics.get(near, 'other')}.{near}"


def without_numbers(text: str) -> str:
    """Return a question without what may name somebody by number or address, cut."""
    found = _PRIVATE.sub("…", text[: 4 * _LONGEST])
    return _LONG_WORD.sub(_unless_numbered, found).strip()[:_LONGEST]


def _unless_numbered(found: re.Match[str]) -> str:
    """Return a long word, or a dash of omission for one with the digits of a passport or a residence card in it."""
    return "…" if sum(map(str.isdigit, found[0])) >= _DIGITS_OF_PAPERS else found[0]


def kept(before: Iterable[Unanswered], more: Iterable[Unanswered], now: Millis) -> list[Unanswered]:
    """Return the questions to keep: the newest few that are not too old, each text once."""
    found: dict[str, Unanswered] = {}
    for one in (*before, *more):
        if one.text and now - one.at < KEPT_FOR:
            found.pop(one.text, None)
            found[one.text] = one
    return list(found.values())[-_MOST:]
