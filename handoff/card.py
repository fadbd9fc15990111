"""The handover card: what a counsellor must know of the time before them, from the lines that the case points at.

Between ``bot_from`` and the wish for a human lies what the person asked the bot and what it answered; between the wish
and the claim, what the person said to the human who was to come. The card is made when it is looked at: nothing of it
is kept beside the transcript, so an erasure has nothing more to find.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from core.ids import Millis
from core.messages import Choice, Edited, Media, Text
from core.records import Heard, Line, Wrote
from flows.state import Consent
from handoff.case import Case
from i18n.negotiate import NATIVE_NAMES

__all__ = ["BotAnswer", "ConsentView", "Handover", "consent_state", "handover"]

#: Of each kind the card shows so many, the newest; the transcript has the rest.
_MOST = 12
_LONGEST = 300
_TITLE = 120
#: Texts that are answers from the shelf; the part behind names the entry.
_ANSWERS = ("faq.", "rumours.")
_LANGUAGES = frozenset(name.casefold() for name in NATIVE_NAMES.values())


class BotAnswer(Struct, frozen=True, kw_only=True):
    """One answer that the bot gave."""

    id: str
    title: str


class ConsentView(Struct, frozen=True, kw_only=True):
    """What the person said when asked whether a human may read along."""

    version: str
    language: str
    at: Millis
    #: ``given``, ``refused`` or ``withdrawn``.
    state: str


class Handover(Struct, frozen=True, kw_only=True):
    """The card."""

    asked: list[str]
    bot_answers: list[BotAnswer]
    said: list[str]
    deadline: str
    language: str
    topic: str
    consents: list[ConsentView]


def handover(case: Case, lines: Iterable[Line], consents: Sequence[Consent]) -> Handover:
    """Return the card of a case; of ``lines`` those count that lie in its range."""
    asked: list[str] = []
    said: list[str] = []
    answers: dict[str, str] = {}
    until = case.claimed or case.closed or _FOREVER
    for line in lines:
        entry = line.entry
        if not case.bot_from <= entry.at <= until:
            continue
        if isinstance(entry.body, Heard):
            words = _words(entry.body)
            if words and not _is_noise(words):
                (asked if entry.at < case.from_at else said).append(words[:_LONGEST])
        elif isinstance(entry.body, Wrote) and entry.author == "bot":
            source = entry.body.source or ""
            if source.startswith(_ANSWERS):
                answers.setdefault(source.split(".", 1)[1], _title(getattr(entry.body.message, "text", "")))
    return Handover(
        asked=asked[-_MOST:],
        bot_answers=[BotAnswer(id=name, title=title) for name, title in list(answers.items())[-_MOST:]],
        said=said[-_MOST:],
        deadline=case.deadline or "",
        language=case.language,
        topic=case.topic,
        consents=[
            ConsentView(version=one.version, language=one.language, at=one.at, state=consent_state(one))
            for one in consents
        ],
    )


_FOREVER: Millis = 2**53


def consent_state(consent: Consent) -> str:
    """Return a consent as one word."""
    if consent.withdrawn:
        return "withdrawn"
    return "given" if consent.given else "refused"


def _words(heard: Heard) -> str:
    match heard.message.content:
        case Text(text=text) | Edited(text=text):
            return text.strip()
        case Choice(label=label):
            return (label or "").strip()
        case Media(caption=caption):
            return (caption or "").strip()
        case _:
            return ""


def _is_noise(words: str) -> bool:
    """Return whether these words only moved the bot: a messenger's command, or a language that was chosen."""
    return words.startswith("/") or words.casefold() in _LANGUAGES


def _title(text: str) -> str:
    return text.strip().split("\n", 1)[0][:_TITLE]
