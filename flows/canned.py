"""Ready replies: what a counsellor can put into a reply, in the person's language and in their own.

A gap, written ``[…]``, is what only the counsellor knows (a day, an address). The desk jumps to it and does not send a
reply that still has one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from core.ids import Millis
from flows.program import Program
from i18n.bidi import isolate
from i18n.formatting import format_day_time

__all__ = ["GAP", "ReadyReply", "ready_replies"]

#: What stands in a text for something that the counsellor fills in.
GAP = "[…]"

_HOLE = re.compile(r"\{([a-z][a-z0-9_.]*)\}")


class ReadyReply(Struct, frozen=True, kw_only=True):
    """One ready reply with its values filled in."""

    id: str
    #: In the counsellor's language.
    title: str
    shown: str
    shown_language: str
    #: In the person's language, or in ``language`` where it is not translated.
    text: str
    language: str


def ready_replies(
    program: Program, *, person: str, reader: str, counsellor: str, queue: str, now: Millis
) -> list[ReadyReply]:
    """Return all ready replies for a person who reads ``person`` and a counsellor who reads ``reader``."""
    known = queue if queue in program.queues else next(iter(program.queues))
    found = []
    for name, spec in program.canned.items():

        def say(language: str, part: str, source: str, name: str = name) -> tuple[str, str]:
            said = program.translator.text(language, f"canned.{name}.{part}", source)
            value = _values(program, said.language, counsellor, known, now)
            return _filled(said.text, said.language, value), said.language

        title, _ = say(reader, "title", spec.title)
        shown, shown_language = say(reader, "text", spec.text)
        text, language = say(person, "text", spec.text)
        found.append(
            ReadyReply(id=name, title=title, shown=shown, shown_language=shown_language, text=text, language=language)
        )
    return found


def _filled(text: str, language: str, value: Callable[[str], str]) -> str:
    """Return ``text`` with its values; one that is not known today becomes a gap, never a hole nobody sees."""
    return _HOLE.sub(lambda found: isolate(value(found[1]), language) or GAP, text)


def _values(program: Program, language: str, counsellor: str, queue: str, now: Millis) -> Callable[[str], str]:
    chosen, team = program.queues[queue], program.spec.team

    def value(name: str) -> str:
        group, _, key = name.partition(".")
        match group, key:
            case "counsellor", _:
                return counsellor
            case "fact", _:
                return program.facts.text(key, _today(program, now), language)
            case "queue", "opens":
                opens = chosen.hours.next_opening(now)
                return format_day_time(opens, language) if opens else ""
            case "queue", "promise":
                return program.translator.text(language, f"queues.{queue}.promise", chosen.spec.promise).text
            case "bot", _:
                return program.translator.text(language, "bot.name", program.spec.name).text
            case "team", "contact":
                return program.translator.text(language, "team.contact", team.contact).text
            case _:
                return str(getattr(team, key, ""))

    return value


def _today(program: Program, now: Millis) -> date:
    zone = ZoneInfo(next(iter(program.queues.values())).spec.zone)
    return datetime.fromtimestamp(now / 1000, zone).date()
