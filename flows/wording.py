"""Filling texts with values: everything that turns data into words for a person, in their language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from flows.read_words import yes_no_shown
from flows.values import Value
from flows.waits import wait_phrase
from i18n.bidi import isolate, isolate_parts
from i18n.formatting import format_date, format_day_time, format_number
from i18n.negotiate import NATIVE_NAMES

if TYPE_CHECKING:
    from flows.run import Run

__all__ = ["carrier", "contact", "fill", "gaps"]

_HOLE = re.compile(r"\{([a-z][a-z0-9_.]*)\}")

#: Values that are the same for everybody on one day.
_COMMON = ("fact.", "bot.", "team.")
#: Filled texts kept at once: a bot has some hundreds, in each language and on each day.
_FILLED = 4096


@lru_cache(maxsize=4096)
def _pieces(text: str) -> tuple[tuple[str, ...], bool]:
    """Return literal and name in turn, and whether the values are the same for everybody."""
    pieces = tuple(_HOLE.split(text))
    return pieces, all(name.startswith(_COMMON) for name in pieces[1::2])


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
        return isolate_parts(text, language)
    if not common or values or missing:
        return _filled(run, pieces, language, queue, values or {}, missing)
    key = (text, language, run.language, run.today)
    found = run.program.filled.get(key)
    if found is None:
        if len(run.program.filled) >= _FILLED:
            run.program.filled.clear()
        found = run.program.filled[key] = _filled(run, pieces, language, queue, {}, missing)
    return found


def gaps(run: Run, text: str, language: str, missing: str = "–") -> tuple[str, ...]:
    """Return the values of ``text`` alone, each once, in the order in which it names them; nothing is isolated."""
    names = dict.fromkeys(_pieces(text)[0][1::2])
    return tuple(" ".join(_value(run, name, language, None).split()) or missing for name in names)


def _filled(
    run: Run, pieces: Sequence[str], language: str, queue: str | None, values: Mapping[str, str], missing: str
) -> str:
    out = [isolate_parts(pieces[0], language)]
    for name, literal in zip(pieces[1::2], pieces[2::2], strict=True):
        value = values.get(name)
        if value is None:
            value = _value(run, name, language, queue)
        out.append(isolate(value, language) if value else missing)
        out.append(isolate_parts(literal, language))
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


def contact(run: Run) -> str:
    """Return the other ways to reach the team, in the person's language."""
    return _team_value(run, "contact")


#: Companies that carry messages. Our own pages are not among them: nobody but us sees what is written there.
_MESSENGERS = {"telegram": "Telegram", "viber": "Viber", "whatsapp": "WhatsApp"}


def carrier(run: Run) -> str:
    """Return a sentence on the company that carries the messages and can read along; empty on our own pages."""
    channel = run.env.channel
    if channel in {"", "webchat", "terminal", "simulator"}:
        return ""
    name = _MESSENGERS.get(channel, channel.title())
    return run.system_text("carrier").text.replace("{messenger}", name)


def _queue_value(run: Run, queue: str, key: str, language: str) -> str:
    found = run.program.queues[queue]
    if key == "promise":
        return run.translate(f"queues.{queue}.promise", found.spec.promise).text
    if key == "wait":
        return wait_phrase(run, queue, language)
    if key == "opens":
        opens = found.hours_for(run.language).next_opening(run.env.now)
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
