"""Fifth link: typed words that mean one of the options shown: its number, its label, its id or one of its words.

Options come before the words that work everywhere, so that an option "stop smoking" is never mistaken for "stop".
"""

from __future__ import annotations

from collections.abc import Iterator

from core.messages import Choice, Inbound
from flows import engine
from flows.program import Step, option_token
from handlers.chain.button import follow
from handlers.chain.words import typed
from handlers.talk import Talk
from i18n.negotiate import NATIVE_NAMES
from i18n.plain import digits, fold

__all__ = ["take"]

#: Labels are short; a longer text is an answer or a question.
LONGEST_OPTION = 200


def take(talk: Talk, message: Inbound) -> bool:
    """Treat the typed words as a press of the option they mean."""
    text = typed(message)
    if text is None or len(text) > LONGEST_OPTION:
        return False
    token = _by_number(talk, text) or _by_name(talk, talk.folded(text))
    return token is not None and follow(talk, Choice(token=token, label=text))


def _by_number(talk: Talk, text: str) -> str | None:
    number = digits(text).strip().rstrip(".)").strip()
    if not number.isdigit() or len(number) > 2:
        return None
    step = engine.open_step(talk.run)
    if step is not None and step.verb.name == "ask" and step.spec.type not in {"choice", "yes_no"}:
        return None  # the number is the answer itself
    shown = talk.conversation.shown
    index = int(number) - 1
    return shown[index] if 0 <= index < len(shown) else None


def _by_name(talk: Talk, text: str) -> str | None:
    if not text:
        return None
    for token, names in _named(talk):
        if text in names:
            return token
    return None


def _names_of(talk: Talk, step: Step) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield token and folded names of the options of a step."""
    run = talk.run
    for option, part in step.options.items():
        names = {fold(option), fold(run.label(step, part))}
        words = step.texts.get(f"{part}.words")
        if words is not None:
            names |= {fold(word) for word in run.label(step, f"{part}.words").split(",")}
            names |= {fold(word) for word in words.split(",")}
        yield option_token(step.flow, step.id, option), frozenset(names)
    if step.verb.name == "language":
        for tag in talk.program.languages:
            yield option_token(step.flow, step.id, tag), frozenset({fold(tag), fold(NATIVE_NAMES.get(tag, tag))})


def _named(talk: Talk) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield token and folded names of everything that can be chosen now."""
    run = talk.run
    step = engine.open_step(run)
    if step is not None:
        key = (step.flow, step.id, run.language)
        known = talk.program.typed.get(key)
        if known is None:
            known = talk.program.typed[key] = tuple(_names_of(talk, step))
        yield from known
    for token in talk.conversation.shown:
        flow, kind, name = talk.program.tokens.get(token, ("-", "", ""))
        if flow == "" and kind == "faq" and name in talk.program.faq_entries:
            question = talk.program.faq_entries[name].question
            yield token, frozenset({fold(run.translate(f"faq.{name}.question", question).text)})
        elif flow == "" and kind == "commands" and name in talk.program.texts:
            yield token, frozenset({fold(run.system_text(name).text)})
