"""Fifth link: typed words that mean one of the options shown: its number, its label, its id or one of its words.

Options come before the words that work everywhere, so that an option "stop smoking" is never mistaken for "stop".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.messages import Choice, Inbound
from core.pages import MORE_LABELS
from flows import engine
from flows.answers import name_of
from flows.program import Step, option_token
from flows.run import Run
from handlers.chain.button import follow
from handlers.chain.words import typed
from handlers.talk import Talk
from i18n.negotiate import NATIVE_NAMES
from i18n.plain import digits, fold

__all__ = ["take"]

#: Labels are short; a longer text is an answer or a question.
LONGEST_OPTION = 200
_MORE_WORDS = frozenset(fold(label) for label in MORE_LABELS.values())


def take(talk: Talk, message: Inbound) -> bool:
    """Treat the typed words as a press of the option they mean."""
    text = typed(message)
    if text is None or len(text) > LONGEST_OPTION:
        return False
    folded = talk.folded(text)
    token = _by_number(talk, text) or _by_name(talk, folded) or _more(talk, folded)
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


def _more(talk: Talk, text: str) -> str | None:
    """Return the button of the next page where somebody types what stands on it."""
    return (talk.conversation.more or None) if text in _MORE_WORDS else None


def _by_name(talk: Talk, text: str) -> str | None:
    if not text:
        return None
    step = engine.open_step(talk.run)
    token = _names_of(talk, step).get(text) if step is not None else None
    if token is not None:
        return token
    for shown in talk.conversation.shown:
        flow, kind, name = talk.program.tokens.get(shown, ("-", "", ""))
        if flow == "" and text == _name_of(talk.run, kind, name):
            return shown
    return None


def _names_of(talk: Talk, step: Step) -> Mapping[str, str]:
    """Return everything that may be typed for the options of a step, folded, and the token of each; kept once made."""
    run = talk.run
    key = (step.flow, step.id, run.language)
    found = talk.program.typed.get(key)
    if found is None:
        found = talk.program.typed[key] = {}
        for token, names in _options(talk, step):
            for name in names:
                found.setdefault(fold(name), token)
    return found


def _options(talk: Talk, step: Step) -> Iterator[tuple[str, list[str]]]:
    run = talk.run
    for option, part in step.options.items():
        names = [option, run.label(step, part)]
        words = step.texts.get(f"{part}.words")
        if words is not None:
            names += [*run.label(step, f"{part}.words").split(","), *words.split(",")]
        yield option_token(step.flow, step.id, option), names
    if step.verb.name == "language":
        for tag in talk.program.languages:
            yield option_token(step.flow, step.id, tag), [tag, NATIVE_NAMES.get(tag, tag)]


def _name_of(run: Run, kind: str, name: str) -> str | None:
    """Return the folded label of a button that belongs to no step; kept once made."""
    key = (kind, name, run.language)
    found = run.program.labels.get(key)
    if found is None:
        if kind == "faq":
            found = fold(name_of(run, name))
        elif kind == "case":
            found = fold(run.system_text(f"come_back_{name}").text)
        elif kind == "commands" and name in run.program.texts:
            found = fold(run.system_text(name).text)
        else:
            return None
        run.program.labels[key] = found
    return found
