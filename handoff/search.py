"""Search over a counsellor's own open cases: what they hold is opened, read through and forgotten again.

There is no index of text: it would be a second copy of everything people entrusted to us. A search therefore reads the
counsellor's own cases and nothing else, the latest first, with a bound on lines and hits, and off the event loop.
Upper and lower case, accents, Arabic letter forms and digits of all scripts are the same (:func:`i18n.plain.fold`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence

from aiohttp import web
from msgspec import Struct

from core.errors import Refused
from core.ids import Millis
from core.records import Line
from handoff.access import Access, Grant
from handoff.accounts import Account
from handoff.auth import Border
from handoff.guard import answer, api, json_body
from handoff.lines import LineView, describe, person_name
from handoff.sessions import SignedIn
from i18n.plain import fold, words

__all__ = ["Found", "Search", "SearchRoutes", "Snippet", "match"]

#: Cases, lines of one case and of all, and hits: of one case and altogether.
_CASES = 200
_LINES = 2000
_LINES_OF_ALL = 20_000
_HITS_PER_CASE = 5
_HITS = 50
#: Characters of a query, and words of it that count.
_QUERY = 200
_WORDS = 8
#: Characters around the first hit, and of one word that is shown.
_BEFORE, _AFTER, _LONGEST_WORD = 40, 120, 60
#: Searches at once, for the whole desk; more wait their turn.
_AT_ONCE = 2

_TOKEN = re.compile(r"\S+")


class Snippet(Struct, frozen=True, kw_only=True):
    """A piece of a text; ``hit`` says that it was looked for."""

    text: str
    hit: bool


class Found(Struct, frozen=True, kw_only=True):
    """One place where all words of the query were found."""

    number: str
    language: str
    state: str
    #: Line of the transcript; 0 for the note of the bot and the name of the person.
    seq: int
    at: Millis
    author: str
    kind: str
    parts: tuple[Snippet, ...]


class Results(Struct, frozen=True, kw_only=True):
    """What a search found. ``more``: there is more than is told."""

    hits: list[Found]
    cases: int
    more: bool


def match(text: str, wanted: Sequence[str]) -> tuple[Snippet, ...]:
    """Return the surroundings of the first hit, if ``text`` has every folded word of ``wanted``; else nothing."""
    if not wanted or not all(word in fold(text) for word in wanted):
        return ()
    hits = [found for found in _TOKEN.finditer(text) if any(word in fold(found[0]) for word in wanted)]
    # A word can lie across two tokens only where folding joins them; then the beginning is shown, unmarked.
    start = hits[0].start() if hits else 0
    begin, end = max(0, start - _BEFORE), min(len(text), start + _AFTER)
    return tuple(_pieces(text, begin, end, [(hit.start(), hit.end()) for hit in hits]))


def _pieces(text: str, begin: int, end: int, hits: list[tuple[int, int]]) -> Iterator[Snippet]:
    place = begin
    if begin:
        yield Snippet(text="… ", hit=False)
    for first, last in hits:
        if first >= end:
            break
        if first > place:
            yield Snippet(text=text[place:first], hit=False)
        yield Snippet(text=text[first : min(last, first + _LONGEST_WORD)], hit=True)
        place = last
    if place < end:
        yield Snippet(text=text[place:end], hit=False)
    if end < len(text):
        yield Snippet(text=" …", hit=False)


class Search:
    """Searches for one account at a time."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def run(self, account: Account, query: str, now: Millis) -> Results:
        """Return where the query's words stand together, in the account's own open cases, latest first."""
        wanted = list(dict.fromkeys(words(query[:_QUERY])))[:_WORDS]
        if not wanted or all(len(word) < 2 for word in wanted):
            return Results(hits=[], cases=0, more=False)
        async with self._turns:
            mine = await self._access.listed(account, f"owner:{account.id}", _CASES)
            mine.sort(key=lambda row: -row.case.touched)
            hits: list[Found] = []
            left = _LINES_OF_ALL
            for looked, row in enumerate(mine, start=1):
                grant = await self._access.open(account, "read", row.case.number, now)
                if grant is None or grant.case.owner != account.id:
                    continue
                lines = await self._access.lines(grant, -min(_LINES, left), min(_LINES, left))
                left -= len(lines)
                hits += await asyncio.to_thread(_in_case, grant, lines, wanted)
                if len(hits) >= _HITS or left <= 0:
                    return Results(hits=hits[:_HITS], cases=looked, more=True)
            return Results(hits=hits, cases=len(mine), more=len(mine) >= _CASES)


def _in_case(grant: Grant, lines: list[Line], wanted: Sequence[str]) -> list[Found]:
    """Return the newest hits of one case; runs in a thread of its own."""
    case, found = grant.case, []
    for view, text in _texts(grant, lines):
        parts = match(text, wanted)
        if parts:
            found.append(
                Found(
                    number=case.number,
                    language=case.language,
                    state=case.state,
                    seq=view.seq if view else 0,
                    at=view.at if view else case.since,
                    author=view.author if view else "system",
                    kind=view.kind if view else "case",
                    parts=parts,
                )
            )
            if len(found) >= _HITS_PER_CASE:
                break
    return found


def _texts(grant: Grant, lines: list[Line]) -> Iterator[tuple[LineView | None, str]]:
    yield None, "\n".join((grant.case.number, grant.case.note, person_name(lines)))
    for line in reversed(lines):
        view = describe(line, {}, grant.case.from_at)
        if view.kind != "mark":
            yield view, "\n".join(part for part in (view.text, view.detail.get("file", "")) if part)


class SearchRoutes:
    """``/desk/api/search``."""

    def __init__(self, search: Search, border: Border) -> None:
        self._search = search
        self._border = border

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        # What is looked for are words about a person; in an address they would stand in the logs of every proxy.
        return [web.post("/desk/api/search", api(self._border, self._find, changes=True))]

    async def _find(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        query = (await json_body(request)).get("q")
        if not isinstance(query, str):
            raise Refused("malformed")
        return answer(await self._search.run(signed.account, query, self._border.now()))
