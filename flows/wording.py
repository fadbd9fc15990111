"""Filling texts with values and showing FAQ answers: everything that turns data into words for a person."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING

from core.messages import Option, Say, Span
from flows.effects import Match, SayText
from flows.faq import ANSWER, OFFER
from flows.program import option_token
from flows.read_words import yes_no_shown
from flows.values import Value
from i18n.bidi import isolate
from i18n.formatting import format_date, format_day_time, format_number
from i18n.negotiate import NATIVE_NAMES

if TYPE_CHECKING:
    from flows.run import Run

__all__ = ["fill", "show_entry", "show_matches", "show_topic"]

_HOLE = re.compile(r"\{([a-z][a-z0-9_.]*)\}")

#: A topic shows at most so many of its questions as buttons; more would push the text off a phone's screen.
TOPIC_BUTTONS = 8


#: Values that are the same for everybody on one day.
_COMMON = ("fact.", "bot.", "team.")
#: Filled texts kept at once: a bot has some hundreds, in each language and on each day.
_FILLED = 4096


@lru_cache(maxsize=4096)
def _pieces(text: str) -> tuple[tuple[str, ...], bool]:
    """Return literal and name in turn, and whether the values are the same for everybody."""
    pieces = tuple(_HOLE.split(text))
    return pieces, all(name.startswith(_COMMON) for name in pieces[1::2])


@lru_cache(maxsize=4096)
def _source(text: str, language: str, source: str, checked: date) -> str:
    """Return the line that says where an answer comes from. Holds nothing of a person, so it may be kept."""
    pieces, _ = _pieces(text)
    values = {"source": source, "date": format_date(checked, language)}
    shown = [isolate(values.get(name, ""), language) for name in pieces[1::2]]
    return "".join(piece + value for piece, value in zip_longest(pieces[::2], shown, fillvalue=""))


def fill(
    run: Run,
    text: str,
    language: str,
    *,
    queue: str | None = None,
    values: Mapping[str, str] | None = None,
    missing: str = "",
) -> str:
    """Return ``text`` with every ``{name}`` replaced, formatted for ``language`` and kept apart from its direction.

    A value that is not known leaves ``missing`` behind: the checker saw that the name exists.
    """
    pieces, common = _pieces(text)
    if len(pieces) == 1:
        return text
    if not common or values or missing:
        return _filled(run, pieces, language, queue, values or {}, missing)
    key = (text, language, run.language, run.today)
    found = run.program.filled.get(key)
    if found is None:
        if len(run.program.filled) >= _FILLED:
            run.program.filled.clear()
        found = run.program.filled[key] = _filled(run, pieces, language, queue, {}, missing)
    return found


def _filled(
    run: Run, pieces: Sequence[str], language: str, queue: str | None, values: Mapping[str, str], missing: str
) -> str:
    out = [pieces[0]]
    for name, literal in zip(pieces[1::2], pieces[2::2], strict=True):
        value = values.get(name)
        if value is None:
            value = _value(run, name, language, queue)
        out.append(isolate(value, language) if value else missing)
        out.append(literal)
    return "".join(out)


def _value(run: Run, name: str, language: str, queue: str | None) -> str:
    group, _, key = name.partition(".")
    match group:
        case "fact":
            return run.program.facts.text(key, run.today, language) or run.system_text("fact_unknown").text
        case "queue":
            return _queue_value(run, queue or next(iter(run.program.queues)), key, language)
        case "bot":
            return run.translate("bot.name", run.program.spec.name).text
        case "team":
            return _team_value(run, key)
        case _:
            kind = run.kind(name)
            value = run.get(name)
            return _chosen(run, name, str(value)) if kind == "choice" and value else _shown(value, kind, language)


def _chosen(run: Run, name: str, value: str) -> str:
    """Return the label of a chosen option, in the language of whoever reads the text."""
    flow = run.flow_of(run.frame) if run.state.frames else None
    for step in flow.steps.values() if flow else ():
        part = step.options.get(value) if name in step.verb.saves(step.spec) else None
        if part is not None:
            return step.texts[part] if run.for_staff else run.label(step, part)
    return value


def _team_value(run: Run, key: str) -> str:
    team = run.program.spec.team
    if key == "contact":
        return run.translate("team.contact", team.contact).text
    return str(getattr(team, key, ""))


def _queue_value(run: Run, queue: str, key: str, language: str) -> str:
    found = run.program.queues[queue]
    if key == "promise":
        return run.translate(f"queues.{queue}.promise", found.spec.promise).text
    if key == "opens":
        opens = found.hours.next_opening(run.env.now)
        return format_day_time(opens, language) if opens else ""
    return ""


def _shown(value: Value | None, kind: str, language: str) -> str:
    """Return a value as it is read in ``language``; one that is no value of its kind (an edit, a hook) as it stands."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return yes_no_shown(value, language)
    if isinstance(value, int | float):
        return format_number(value, language)
    try:
        if kind == "date":
            return format_date(date.fromisoformat(value), language)
        if kind == "number":
            number = Decimal(value)
            return format_number(number, language) if number.is_finite() else value
    except (ArithmeticError, ValueError):
        return value
    return NATIVE_NAMES.get(value, value) if kind == "language" else value


def show_matches(run: Run, ranking: Sequence[Match], topics: Sequence[str], show: int) -> bool:
    """Show the best entry when it is good enough, else offer the nearest; False when nothing comes near."""
    allowed = [m for m in ranking if not topics or run.program.faq_topics.get(m.id) in topics]
    good = [m for m in allowed if m.score >= OFFER]
    if not good:
        run.count("faq.unknown")
        return False
    if good[0].score >= ANSWER and (len(good) == 1 or good[0].score - good[1].score >= 0.1):
        run.count("faq.answered")
        show_entry(run, good[0].id)
    elif show == 0:
        return False
    else:
        run.count("faq.offered")
        run.system("faq_did_you_mean", options=[_entry_option(run, match.id) for match in good[:show]])
    return True


def show_topic(run: Run, topics: Sequence[str]) -> tuple[Option, ...]:
    """Return buttons for the questions of these topics."""
    key = ("", "faq", run.language, *topics)
    found = run.program.buttons.get(key)
    if found is None:
        entries = [entry for entry, topic in run.program.faq_topics.items() if topic in topics]
        found = run.program.buttons[key] = tuple(_entry_option(run, entry) for entry in entries[:TOPIC_BUTTONS])
    return found


def _entry_option(run: Run, entry: str) -> Option:
    question = run.program.faq_entries[entry].question
    label = run.translate(f"faq.{entry}.question", question).text
    return Option(token=option_token("", "faq", entry), label=label)


def show_entry(run: Run, entry: str) -> None:
    """Say question, answer, draft notice and source of an entry as one message."""
    spec = run.program.faq_entries[entry]
    title = run.translate(f"faq.{entry}.question", spec.question)
    answer = run.translate(f"faq.{entry}.answer", spec.answer)
    parts = [title.text, fill(run, answer.text, answer.language)]
    if spec.status == "draft":
        parts.append(run.system_text("faq_draft").text)
    source = run.system_text("faq_source")
    parts.append(_source(source.text, source.language, spec.source, spec.checked))
    options = _helped_options(run)
    if options and run.state.wait is not None:
        parts.append(run.system_text("faq_helped").text)
        run.state.wait.data["answered"] = entry
    message = Say(
        text="\n\n".join(parts),
        spans=(Span(start=0, end=len(title.text), style="bold"),),
        options=options or run.command_options("menu", "human"),
        language=answer.language,
    )
    run.effects.append(SayText(source=f"faq.{entry}", message=message, fell_back=answer.fell_back))


def _helped_options(run: Run) -> tuple[Option, ...]:
    """Return the two buttons of the open FAQ step, if one is open."""
    frame = run.state.top
    step = run.program.step(frame.flow, frame.step) if frame and frame.wait else None
    if step is None or step.verb.name != "faq":
        return ()
    return run.labels(step, step.options)
