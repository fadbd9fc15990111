"""``/desk/numbers``: sums over whole months, for analysts and leads, as tables, charts and CSV."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from handoff.bot_words import BotWords
from handoff.forms import Office
from handoff.numbers import Table, as_csv, months, published
from handoff.pages import page_language
from handoff.sessions import SignedIn
from handoff.ui_texts import TEXTS, texts
from i18n.formatting import babel_locale

__all__ = ["NumbersPage"]

_PAGE = "/desk/numbers"
#: Where the words of a table's cells are.
_WORDS: Mapping[str, str] = {
    "channel": "channel.",
    "urgency": "urgency.",
    "outcome": "outcome.",
    "waited": "wait.",
    "topic": "topic.",
    "bot": "bot.",
}
#: Units of a chart's picture.
_WIDE = 400


class NumbersPage:
    """The page and its CSV file."""

    def __init__(self, office: Office, words: BotWords) -> None:
        self._office = office
        self._words = words

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        return [
            web.get(_PAGE, self._office.shown(self._page, "numbers")),
            web.get(f"{_PAGE}.csv", self._office.shown(self._csv, "numbers")),
        ]

    async def _tables(self, request: web.Request) -> tuple[list[str], str, list[Table]]:
        """Return the months there are, the one asked for, and its tables."""
        counts = await self._office.store.counts("0000-00-00")
        there = months(counts, self._office.border.now())
        asked = request.query.get("month", "")
        month = asked if asked in there else (there[0] if there else "")
        return there, month, published(counts, month) if month else []

    async def _page(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        there, month, tables = await self._tables(request)
        language = page_language(request, signed.session.language)
        topics = self._words.topics(language)
        shown = [
            {
                "name": table.name,
                "rows": [
                    (_word(table.name, cell, language, topics), number, _bar(number, table))
                    for cell, number in table.cells
                ],
                "total": table.total,
            }
            for table in tables
        ]
        return self._office.render(request, signed, "numbers.html", months=there, month=month, tables=shown)

    async def _csv(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        _, month, tables = await self._tables(request)
        await self._office.audit.write(
            self._office.border.now(), actor=signed.account.id, verb="numbers-csv", result="ok"
        )
        language = page_language(request, signed.session.language)
        return web.Response(
            text=as_csv(month, tables, texts(language)["numbers.hidden"]),
            content_type="text/csv",
            charset="utf-8",
            headers={"Content-Disposition": f'attachment; filename="numbers-{month or "none"}.csv"'},
        )


def _word(table: str, cell: str, language: str, topics: Mapping[str, str]) -> str:
    """Return a cell's name as the page shows it; a code that has no words stays as it is."""
    if table == "topic" and cell in topics:
        return topics[cell]
    if table == "language":
        return str(babel_locale(language).languages.get(cell.partition("-")[0], cell))
    key = f"{_WORDS.get(table, '')}{cell}"
    return texts(language)[key] if key in TEXTS else cell


def _bar(number: int | None, table: Table) -> int:
    most = max((n for _, n in table.cells if n is not None), default=0)
    return 0 if number is None or not most else max(1, round(_WIDE * number / most))
