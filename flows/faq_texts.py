"""What the search of a bot is made of: the texts of its entries, and what ``streetwork faq tune`` kept beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath

from flows.classes import read_classes
from flows.draft import Draft
from flows.encoders import Encoder
from flows.faq import Faq
from flows.findings import finding
from flows.knowledge_spec import FaqEntry
from flows.lexical import EntryTexts
from flows.spec import BotSpec, Spec
from flows.translation_checks import Translations
from flows.tuned import read_tuned

__all__ = ["CLASSES", "TUNED", "VECTORS", "make_faq", "read_search"]

#: Files of the folder ``search`` of a bot; all are written by ``streetwork faq tune``.
TUNED, CLASSES, VECTORS = "search/tuned.json", "search/classes.bin", "search/vectors.bin"
#: With fewer entries there is too little to learn from.
_WORTH_TUNING = 10


def read_search(draft: Draft) -> None:
    """Read what the tuning kept; without it the search works with figures that fit most bots."""
    for name in (TUNED, CLASSES):
        path: FilePath = draft.folder / name
        if path.is_file():
            draft.contents[name] = path.read_bytes()


def make_faq(draft: Draft, bot: BotSpec, translations: Translations, encoder: Encoder | None) -> Faq:
    """Return the search index, and tell the draft when it was tuned on other texts than these."""
    kept = draft.contents.get(TUNED)
    tuned = read_tuned(kept) if kept is not None else None
    classes = read_classes(draft.contents.get(CLASSES, b""))
    faq = Faq(
        _texts(draft, bot, translations.lookup),
        topics=_topics(draft),
        tuned=tuned,
        classes=classes,
        encoder=encoder,
    )
    file = f"{draft.shown}/{TUNED}"
    if kept is not None and tuned is None:
        draft.findings.append(finding("W521", file, 1, 1, "this file cannot be read"))
    elif tuned is not None and tuned.texts != faq.fingerprint:
        draft.findings.append(finding("H522", file, 1, 1, "the search was tuned on other texts"))
    elif tuned is None and len(faq.topics) >= _WORTH_TUNING:
        draft.findings.append(finding("H522", f"{draft.shown}/bot.yaml", 1, 1, "the search was never tuned"))
    return faq


def _topics(draft: Draft) -> dict[str, str]:
    """Return the topic of everything that is found; of a centre the first."""
    found = {name: topic for _, topic, name, _ in draft.faq_entries}
    found |= {name: rumour.topic for name, rumour in draft.rumours.items()}
    return found | {name: centre.topics[0] for name, centre in draft.centres.items()}


#: Fields by which something is found like by a question, and fields with what is told about it.
_ASKED: Mapping[str, tuple[str, ...]] = {
    "faq": ("question", "title"),
    "rumours": ("claim", "title"),
    "centres": ("name", "title"),
}
_TOLD: Mapping[str, tuple[str, ...]] = {
    "faq": ("answer", "steps", "bring", "deadline", "help"),
    "rumours": ("truth", "share"),
    "centres": ("what", "who"),
}


def _texts(
    draft: Draft, bot: BotSpec, lookup: Mapping[str, Mapping[tuple[str, str], str]]
) -> dict[str, list[EntryTexts]]:
    """Return what every entry, rumour and centre is found by, by language, as far as it is translated."""
    own: list[tuple[str, str, Spec]] = [("faq", name, entry) for _, _, name, entry in draft.faq_entries]
    own += [("rumours", name, rumour) for name, rumour in draft.rumours.items()]
    own += [("centres", name, centre) for name, centre in draft.centres.items()]
    source = bot.languages.source
    found: dict[str, list[EntryTexts]] = {}
    for language in dict.fromkeys((source, *lookup)):
        examples = draft.examples.get(language)
        for kind, name, spec in own:

            def told(part: str, kind: str = kind, name: str = name, spec: Spec = spec, language: str = language) -> str:
                text = getattr(spec, part) or ""
                return text if language == source else lookup[language].get((f"{kind}.{name}.{part}", text), "")

            def danger(spec: Spec, language: str = language) -> str:
                kind = spec.danger if isinstance(spec, FaqEntry) else None
                text = draft.crisis[kind].answer if kind in draft.crisis else ""
                return text if language == source else lookup[language].get((f"crisis.{kind}", text), "")

            words = [text for part in _ASKED[kind] if (text := told(part))]
            lines = [line.strip() for line in (examples.texts.get(name, "") if examples else "").splitlines()]
            if words or any(lines):
                one = EntryTexts(
                    entry=name,
                    asked=(*words, *filter(None, lines)),
                    own=len(words),
                    told="\n".join(filter(None, (danger(spec), *map(told, _TOLD[kind])))),
                )
                found.setdefault(language, []).append(one)
    return found
