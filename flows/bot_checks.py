"""What holds for the whole bot: ``bot.yaml`` refers to what exists, facts have no gaps, no name is given twice."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

from flows.channels import capabilities
from flows.crisis import pattern
from flows.crisis_phrases import groups_of
from flows.draft import Draft
from flows.fact_checks import check_facts
from flows.findings import did_you_mean
from flows.knowledge_spec import CrisisKind
from flows.program import Queue
from flows.references import check_target
from flows.spec import BotSpec, QueueSpec
from flows.texts import TEXTS
from flows.yaml_nodes import Path
from i18n.negotiate import NATIVE_NAMES

__all__ = ["check_bot"]


def check_bot(draft: Draft, today: date) -> None:
    """Check everything outside the flows."""
    if draft.bot is not None:
        _Bot(draft, draft.bot).check()
    check_facts(draft.facts, today, draft.facts_doc)
    _check_crisis(draft)


class _Bot:
    """The references of bot.yaml."""

    def __init__(self, draft: Draft, bot: BotSpec) -> None:
        self.draft = draft
        self.bot = bot
        self.doc = draft.bot_doc

    def check(self) -> None:
        self.languages()
        self.channels()
        self.places()
        self.queues()
        self.consent()
        for name in self.bot.texts:
            if name not in TEXTS:
                self.add("E216", ("texts", name), name, f"the framework has no text “{name}”", TEXTS, key=True)

    def add(self, code: str, path: Path, name: str, message: str, known: Collection[str], *, key: bool = False) -> None:
        span = self.doc.span(path, key=True) if key else self.doc.inside(path, name)
        self.doc.add(code, span, message, suggestion=did_you_mean(name, known))

    def languages(self) -> None:
        languages = self.bot.languages
        offered = {*languages.offered, languages.source}
        for language, others in languages.fallback.items():
            if language not in offered:
                path: Path = ("languages", "fallback", language)
                self.add("E208", path, language, f"the language {language} is not offered", offered, key=True)
            for index, other in enumerate(others):
                path = ("languages", "fallback", language, index)
                if other not in offered:
                    self.add("E208", path, other, f"the language {other} is not offered", offered)
        for index, language in enumerate(languages.desk):
            if language not in NATIVE_NAMES:
                self.add(
                    "E208", ("languages", "desk", index), language, f"no language is called {language}", NATIVE_NAMES
                )

    def channels(self) -> None:
        known = capabilities()
        for index, channel in enumerate(self.bot.channels):
            if channel not in known:
                self.add("E209", ("channels", index), channel, f"there is no channel “{channel}”", known)

    def places(self) -> None:
        bot, flows = self.bot, self.draft.flows
        if bot.start not in flows:
            self.add("E202", ("start",), bot.start, f"there is no flow “{bot.start}”", flows)
        check_target(self.draft, self.doc, ("home",), bot.home, "", None)
        for name, command in bot.commands.items():
            if command.goto:
                check_target(self.draft, self.doc, ("commands", name, "goto"), command.goto, "", None)
            if command.call and command.call not in flows:
                path: Path = ("commands", name, "call")
                self.add("E202", path, command.call, f"there is no flow “{command.call}”", flows)

    def consent(self) -> None:
        """Consent must be as easy to withdraw as to give (GDPR Art. 7(3))."""
        if self.bot.consent.ask == "yes" and all(one.action != "withdraw" for one in self.bot.commands.values()):
            span = self.doc.span(("commands",), key=True)
            self.doc.add("E607", span, "no command lets people withdraw their consent")

    def queues(self) -> None:
        offered = self.bot.languages.offered
        for name, queue in self.bot.queues.items():
            for index, language in enumerate(queue.languages):
                if language not in {*offered, self.bot.languages.source}:
                    path: Path = ("queues", name, "languages", index)
                    self.add("E208", path, language, f"the language {language} is not offered", offered)
            self._hours(name, queue)

    def _hours(self, name: str, queue: QueueSpec) -> None:
        """Check hours and days off, those of single languages too."""
        for language in queue.by_language:
            if language not in queue.languages:
                path: Path = ("queues", name, "by_language", language)
                self.add("E208", path, language, f"nobody of this queue speaks {language}", queue.languages)
        own: dict[Path, QueueSpec] = {("queues", name): queue.model_copy(update={"by_language": {}})}
        for language in queue.by_language:
            one = {"by_language": {language: queue.by_language[language]}}
            own["queues", name, "by_language", language] = queue.model_copy(update=one)
        for path, part in own.items():
            try:
                Queue.open(name, part)
            except ValueError as error:
                self.doc.add("E706", self.doc.span((*path, "hours")), str(error).rstrip("."))
                return


#: Numbers that everybody knows and nobody has to look up.
_SETTLED = {"112", "110", "116117"}
#: A number to call: from a 0 or + on, or one of the six-digit numbers of public services.
_CALL = re.compile(r"(?<![\d.,])(?:(?:\+|0)\d(?:[ ()/\-]{0,2}\d){5,20}|116[ ]?\d{3})(?![\d])")


def _check_numbers(draft: Draft, name: str, kind: CrisisKind) -> None:
    known = {re.sub(r"\D", "", one.number) for one in kind.numbers} | _SETTLED
    for number in _CALL.findall(kind.answer):
        if re.sub(r"\D", "", number) not in known:
            span = draft.crisis_doc.inside((name, "answer"), number)
            draft.crisis_doc.add("W712", span, f"the number {number} stands here without a source")
    said = re.sub(r"\D", "", kind.answer)
    for index, one in enumerate(kind.numbers):
        if re.sub(r"\D", "", one.number) not in said:
            span = draft.crisis_doc.span((name, "numbers", index, "number"))
            draft.crisis_doc.add("W712", span, f"the number {one.number} does not stand in the answer")


def _check_crisis(draft: Draft) -> None:
    for name, kind in draft.crisis.items():
        _check_numbers(draft, name, kind)
        for key, phrases in (("phrases", kind.phrases), ("unless", kind.unless)):
            for language, listed in phrases.items():
                groups = kind.groups.get(language, {})
                for index, phrase in enumerate(listed):
                    span = draft.crisis_doc.span((name, key, language, index))
                    for group in groups_of(phrase):
                        if group not in groups:
                            near = did_you_mean(group, groups)
                            message = f"there is no group “{group}” in {language}"
                            draft.crisis_doc.add("E707", span, message, suggestion=near and "{" + near + "}")
                    if not groups_of(phrase) and pattern(phrase) is None:
                        draft.crisis_doc.add("E707", span, f"in the phrase “{phrase[:40]}” nothing can be recognised")
