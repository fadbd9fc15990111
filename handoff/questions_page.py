"""``/desk/questions``: questions that the bot could not answer, for editors, and the lines that make an example of one.

The page shows what conversations keep where ``bot.yaml`` says ``unanswered: keep``: no name, no case, no other word of
the person. An editor chooses the entry that answers a question and gets the lines for its examples file. Once the bot
has them, it knows the question, and the page no longer shows it. The desk never writes into the bot's folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from aiohttp import web
from msgspec import Struct

from core.errors import StoreCorrupt
from flows.program import Program
from flows.unanswered import KEPT_FOR, Unanswered
from handoff.conversation import UNANSWERED, load
from handoff.forms import Form, Office, moment, one
from handoff.pages import page_language
from i18n.plain import fold

if TYPE_CHECKING:
    from handoff.sessions import SignedIn

__all__ = ["QuestionsPage", "example_lines"]

_PAGE = "/desk/questions"
#: Conversations looked at for one page, the newest first.
_MOST = 200


class _Shown(Struct, frozen=True, kw_only=True):
    name: str
    text: str
    language: str
    when: str


class QuestionsPage:
    """The page of unanswered questions."""

    def __init__(self, office: Office, program: Callable[[], Program] | None) -> None:
        self._office = office
        self._program = program

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        return [
            web.get(_PAGE, self._office.shown(self._list, "questions")),
            web.post(_PAGE, self._office.sent(_PAGE, self._example, "questions")),
        ]

    async def _list(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        return await self._page(request, signed, {})

    async def _example(self, request: web.Request, signed: SignedIn, form: Form) -> web.StreamResponse:
        return await self._page(request, signed, form)

    async def _page(self, request: web.Request, signed: SignedIn, form: Form) -> web.StreamResponse:
        language = page_language(request, signed.session.language)
        program = self._program() if self._program is not None else None
        keeps = program is not None and program.spec.unanswered == "keep"
        questions = await self._questions(program) if program is not None and keeps else []
        shown = [
            _Shown(name=_name(found), text=found.text, language=found.language, when=moment(found.at, language))
            for found in questions
        ]
        chosen = next((found for found in questions if _name(found) == one(form, "question")), None)
        entry = one(form, "entry")
        known = sorted(program.faq.topics) if program is not None else []
        lines = example_lines(entry, chosen.text) if chosen is not None and entry in known else ""
        if lines:
            await self._office.audit.write(
                self._office.border.now(), actor=signed.account.id, verb="question-example", result="ok"
            )
        file = f"examples/{chosen.language}.yaml" if chosen is not None else ""
        return self._office.render(
            request, signed, "questions.html", keeps=keeps, questions=shown, entries=known, lines=lines, file=file
        )

    async def _questions(self, program: Program) -> list[Unanswered]:
        """Return the questions of all conversations that the bot still does not know, newest first."""
        known = {fold(text) for texts in program.faq.texts.values() for entry in texts for text in entry.asked}
        now = self._office.border.now()
        found: dict[str, Unanswered] = {}
        for label in await self._office.store.find(UNANSWERED, _MOST):
            snapshot = await self._office.store.snapshot(label.conversation)
            for question in _kept(snapshot.state if snapshot is not None else None):
                text = fold(question.text)
                if text not in known and now - question.at < KEPT_FOR:
                    found.setdefault(text, question)
        return sorted(found.values(), key=lambda question: (-question.at, question.text))


def _kept(state: bytes | None) -> Iterator[Unanswered]:
    try:
        yield from load(state).unanswered
    except StoreCorrupt:
        return


def _name(question: Unanswered) -> str:
    """Return how a form names a question: the list may have moved since it was shown."""
    return hashlib.sha256(question.text.encode()).hexdigest()[:16]


def example_lines(entry: str, text: str) -> str:
    """Return the lines for an examples file that teach the bot this question."""
    return f"{entry}: |\n  {' '.join(text.split())}\n"
