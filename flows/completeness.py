"""How complete a bot is in each language: what is missing, what is fuzzy, what nobody has read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flows.bot_texts import BotText
from flows.draft import Draft
from flows.knowledge_checks import FEWEST_EXAMPLES
from flows.reviews import Review, review_key, wanted
from flows.texts import TEXTS
from flows.translation_checks import Translations

__all__ = ["Count", "State", "completeness", "examples", "framework", "states"]

#: Groups of texts by the beginning of their context; everything else belongs to a flow.
_GROUPS = ("topics", "faq", "rumours", "centres", "crisis", "canned", "commands", "queues", "texts", "bot", "team")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One text in one language."""

    text: BotText
    language: str
    #: ``missing``, ``fuzzy`` (not used until somebody checked it), ``unreviewed`` (used, nobody read it) or ``done``.
    state: str
    #: What people read; the source where it is missing.
    shown: str


@dataclass(slots=True, kw_only=True)
class Count:
    """One kind of texts in one language."""

    language: str
    kind: str
    total: int = 0
    missing: int = 0
    fuzzy: int = 0
    unreviewed: int = 0

    @property
    def translated(self) -> int:
        """Return how many texts people read in this language."""
        return self.total - self.missing - self.fuzzy


def states(
    texts: Sequence[BotText],
    translations: Translations,
    reviews: Mapping[str, Mapping[str, Review]],
    languages: Sequence[str],
    source: str,
) -> Iterator[State]:
    """Yield every text in every language with its state."""
    for language in languages:
        known = translations.lookup.get(language, {})
        ledger = reviews.get(language, {})
        fuzzy = {one.context for one in translations.problems.get(language, ()) if one.code == "fuzzy"}
        for text in wanted(texts):
            shown = text.source if language == source else known.get((text.context, text.source))
            if shown is None:
                state = "fuzzy" if text.context in fuzzy else "missing"
            else:
                state = "done" if review_key(text.context, text.source, shown) in ledger else "unreviewed"
            yield State(text=text, language=language, state=state, shown=shown or text.source)


def completeness(found: Sequence[State]) -> list[Count]:
    """Return the counts per language and kind, in the order in which they come."""
    counts: dict[tuple[str, str], Count] = {}
    for one in found:
        group = one.text.context.partition(".")[0]
        kind = group if group in _GROUPS else "flows"
        count = counts.setdefault((one.language, kind), Count(language=one.language, kind=kind))
        count.total += 1
        if one.state != "done":
            setattr(count, one.state, getattr(count, one.state) + 1)
    return list(counts.values())


def examples(draft: Draft, languages: Sequence[str]) -> Iterator[Count]:
    """Yield for how many things each language has enough example questions; the desk needs none."""
    names = [name for name, _, _ in draft.known_ids]
    for language in languages:
        written = draft.examples[language].texts if language in draft.examples else {}
        few = sum(len(written.get(name, "").split("\n")) < FEWEST_EXAMPLES for name in names)
        yield Count(language=language, kind="examples", total=len(names), missing=few)


def framework(translations: Translations, languages: Sequence[str], source: str) -> Iterator[Count]:
    """Yield how many of the framework's own texts each language has; their reviews are those of the framework."""
    for language in languages:
        missing = sum(
            language != source and translations.catalogs.lookup(language, f"streetwork.{name}", text) is None
            for name, text in TEXTS.items()
        )
        yield Count(language=language, kind="streetwork", total=len(TEXTS), missing=missing)
