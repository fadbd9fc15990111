"""Answering what people ask in their own words: the entry, the nearest entries, or an honest word that there is none.

A question in another of our languages is answered in that language, with an offer to go on in it; the language of the
conversation is never changed silently. A question in a language that is none of ours brings the choice of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from core.messages import Option
from flows.answers import option_of
from flows.answers import show as show_one
from flows.effects import KeepQuestion, Understood
from flows.faq import Match
from flows.nearness import STAGE
from flows.program import option_token
from flows.unanswered import counter_of, without_numbers
from flows.understanding import Judged, judge, present
from i18n.greetings import small_talk
from i18n.negotiate import NATIVE_NAMES

if TYPE_CHECKING:
    from flows.run import Run

__all__ = ["search", "show_found"]


def search(run: Run, query: str, topics: Sequence[str], show: int) -> bool:
    """Greet back whoever greets, and look for everything else; False when nothing was said.

    A text without a letter, such as the number of a choice that is not there, asks for nothing.
    """
    said = small_talk(query)
    if said is not None and show:
        run.count(f"talk.{said}")
        heard = run.understand(query)
        other = heard.sure and heard.language != run.language
        with run.in_language(heard.language if other else run.language):
            run.system(said, options=run.command_options("menu", "human"))
            if other:
                run.system("language_offer", options=_switch(run, (heard.language,)))
        return True
    if said is not None or not any(sign.isalpha() for sign in query):
        return False
    return show_found(run, run.understand(query), topics, show)


def show_found(run: Run, found: Understood, topics: Sequence[str], show: int) -> bool:
    """Show what a question was found to ask for; False when nothing was said.

    With ``show=0`` only a sure answer is given, and nothing is said about languages.
    """
    asked_in = run.language
    there = _of_use(run, present(run.program, found.matches, run.today))
    judged = judge([match for match in there if not topics or run.program.faq_topics.get(match.id) in topics], show)
    if judged.kind == "offer" and run.get(STAGE) == "abroad":
        judged = replace(judged, matches=tuple(sorted(judged.matches, key=lambda one: not _from_abroad(run, one.id))))
    if judged.kind == "unknown" and show:
        run.count(counter_of(found.language, found.matches, run.program.faq_topics))
        if run.program.spec.unanswered == "keep":
            run.effects.append(KeepQuestion(text=without_numbers(found.text), language=found.language))
    other = found.sure and found.language != asked_in
    with run.in_language(found.language if other else asked_in):
        _show(run, judged)
        if other and (judged.kind != "unknown" or show):
            run.count(f"language.other.{found.language}")
            run.system("language_offer", options=_switch(run, (found.language,)))
            return True
    if judged.kind != "unknown":
        return True
    if found.foreign is not None and show:
        run.count("language.foreign")
        run.system("language_foreign", options=_switch(run, run.program.languages))
        return True
    return False


def _of_use(run: Run, matches: Sequence[Match]) -> list[Match]:
    """Return the matches without centres that people abroad cannot go to."""
    if run.get(STAGE) != "abroad":
        return list(matches)
    centres = run.program.shelf.centres.keys() - run.program.shelf_abroad.centres.keys()
    return [match for match in matches if match.id not in centres]


def _from_abroad(run: Run, name: str) -> bool:
    """Return whether something is written for people who are still abroad."""
    shelf = run.program.shelf
    found = shelf.entries.get(name) or shelf.rumours.get(name) or shelf.centres.get(name)
    return found is not None and "abroad" in found.audience


def _show(run: Run, judged: Judged) -> None:
    match judged.kind:
        case "answer":
            run.count("faq.answered")
            show_one(run, judged.matches[0].id)
        case "offer":
            run.count("faq.offered")
            # Titles that all miss are a wall; the way to a human stands beneath them.
            offered = [option_of(run, match.id) for match in judged.matches]
            run.system("faq_did_you_mean", options=[*offered, *run.command_options("human")])
        case "unknown":
            run.count("faq.unknown")


def _switch(run: Run, languages: Sequence[str]) -> tuple[Option, ...]:
    """Return a button for each language; where the bot has no question for the language, its name can be typed."""
    step = run.program.language_step
    human = run.command_options("human")
    if step is None:
        return human
    buttons = [
        Option(token=option_token(step.flow, step.id, tag), label=NATIVE_NAMES.get(tag, tag)) for tag in languages
    ]
    return (*buttons, *human)
