"""Whether a whole answer is one message: question, steps, source and all, in every language, on every channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flows.channels import capabilities
from flows.draft import Draft
from flows.knowledge_spec import FaqEntry
from flows.texts import TEXTS
from flows.translation_checks import Translations

__all__ = ["check_answers"]

#: Room for the date and the values that stand in place of {date} and {fact.x}.
_VALUES = 20


def check_answers(draft: Draft, translations: Translations) -> None:
    """Report answers that arrive in several pieces on the channel with the shortest messages."""
    bot = draft.bot
    limits = capabilities()
    channels = {name: limits[name] for name in (bot.channels if bot else ()) if name in limits}
    if bot is None or not channels:
        return
    name, most = min(
        ((name, one.text_with_buttons or one.text) for name, one in channels.items()), key=lambda found: found[1]
    )
    said = {kind: crisis.answer for kind, crisis in draft.crisis.items()}
    for doc, _, entry, spec in draft.faq_entries:
        for language in dict.fromkeys((bot.languages.source, *bot.languages.offered)):
            length = _length(entry, spec, said, _reader(translations, language))
            if length > most:
                message = (
                    f"the whole answer is too long for one message on {name} in {language}: {length} of {most} signs"
                )
                doc.add("W402", doc.span(("entries", entry), key=True), message)


def _reader(translations: Translations, language: str) -> Callable[[str, str], str]:
    def read(context: str, source: str) -> str:
        return translations.catalogs.lookup(language, context, source) or source

    return read


def _length(name: str, spec: FaqEntry, said: Mapping[str, str], read: Callable[[str, str], str]) -> int:
    """Return the length of the message; values are counted as the names that stand for them."""
    parts = []
    for part in ("question", "answer", "steps", "bring", "deadline", "help"):
        source = getattr(spec, part)
        if source:
            text = read(f"faq.{name}.{part}", source)
            label = read(f"streetwork.faq_{part}", TEXTS[f"faq_{part}"]) if f"faq_{part}" in TEXTS else ""
            parts.append(len(text) + len(label.replace("{text}", "")) + 2 * (text.count("\n") + 1) * (part == "steps"))
    if spec.danger is not None:
        parts.append(len(read(f"crisis.{spec.danger}", said.get(spec.danger, ""))))
    notes = ("faq_draft", "faq_helped") if spec.status == "draft" else ("faq_helped",)
    parts += [len(read(f"streetwork.{text}", TEXTS[text])) for text in notes]
    source_line = read("streetwork.faq_source", TEXTS["faq_source"]).replace("{source}", spec.source[0])
    parts.append(len(source_line) + _VALUES)
    return sum(parts) + 2 * (len(parts) - 1)
