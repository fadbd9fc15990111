"""Translations: what is missing, unchecked or outdated, what lost a value, and which labels grew too long."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from core.capabilities import Capabilities
from core.errors import BotBroken
from flows.bot_texts import BotText
from flows.canned import GAP
from flows.channels import capabilities
from flows.draft import Draft
from flows.findings import Finding, finding
from flows.spec import BotSpec
from flows.texts import TEXTS
from flows.yaml_nodes import Path
from i18n.catalog import CatalogFile, Catalogs, catalog_files
from i18n.check import Problem, check_catalog

__all__ = ["DOMAIN", "Translations", "check_lengths", "check_translations", "load_translations"]

DOMAIN = "messages"

#: Problems of a catalogue -> code of the finding; the rest is told in another way.
_CODES: Mapping[str, str] = {
    "unreadable": "E501",
    "plural-header": "E506",
    "plural-forms": "E506",
    "untranslated": "W501",
    "blank": "W501",
    "fuzzy": "W502",
    "placeholder-missing": "E505",
    "placeholder-unknown": "E505",
    "braces": "E505",
    "same-as-source": "H509",
    "newlines": "W507",
    "bidi-control": "W507",
    "url-changed": "W507",
    "phone-changed": "W507",
    "number-changed": "W507",
}
#: Words are written anew in each language, so they need not say the same.
_FREE = (".words",)
_CONTEXT = re.compile(rb'^msgctxt "(.*)"$', re.MULTILINE)


@dataclass(slots=True, kw_only=True)
class Translations:
    """The catalogues of a bot as they were read."""

    catalogs: Catalogs
    files: dict[str, CatalogFile] = field(default_factory=dict)
    problems: dict[str, list[Problem]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    #: language -> (context, source) -> text
    lookup: dict[str, dict[tuple[str, str], str]] = field(default_factory=dict)


def load_translations(draft: Draft, texts: list[BotText], framework: FilePath) -> Translations:
    """Read the catalogues of the framework and of the bot; the bot's wording wins."""
    own = draft.folder / "locales"
    if draft.bot is None:
        return Translations(catalogs=Catalogs())
    chosen = draft.bot.languages
    source = chosen.source
    languages = [language for language in dict.fromkeys((*chosen.offered, *chosen.desk)) if language != source]
    found = Translations(catalogs=Catalogs())
    for file in catalog_files([own], languages, DOMAIN):
        if file.language:
            found.files[file.language] = file
            found.problems[file.language] = check_catalog(file.data, file.language)
        draft.contents[file.path.relative_to(draft.folder).as_posix()] = file.data
    try:
        found.catalogs = Catalogs.load([framework, own], languages, DOMAIN)
    except BotBroken as error:
        if not any(problem.code == "unreadable" for problems in found.problems.values() for problem in problems):
            found.findings.append(finding("E501", f"{draft.shown}/locales", 1, 1, error.report))
    for language in languages:
        known = found.lookup.setdefault(language, {})
        for text in texts:
            translated = found.catalogs.lookup(language, text.context, text.source)
            if translated is not None:
                known[text.context, text.source] = translated
    return found


def check_translations(draft: Draft, texts: list[BotText], translations: Translations) -> list[Finding]:
    """Return what is wrong with the catalogues themselves; texts without a translation are told at their own line."""
    if draft.bot is None:
        return []
    found = list(translations.findings)
    languages = draft.bot.languages
    contexts = {text.context for text in texts}
    for language, file in translations.files.items():
        found += _problems(draft, file, translations.problems[language], contexts, language)
    for group, named in (("offered", languages.offered), ("desk", languages.desk)):
        for index, language in enumerate(named):
            if language != languages.source and (group == "offered" or language not in languages.offered):
                _check_language(draft, draft.bot, texts, translations, language, ("languages", group, index))
            if group == "desk":
                _check_desk(draft, texts, translations, language, ("languages", group, index))
    return found


def _wanted(draft: Draft, language: str, context: str) -> bool:
    """Return whether a lack is told text by text: what a language of the desk lacks is told as one number."""
    return draft.bot is None or language in draft.bot.languages.offered or context.startswith("canned.")


def _check_language(
    draft: Draft, bot: BotSpec, texts: list[BotText], translations: Translations, language: str, path: Path
) -> None:
    wanted = [text for text in texts if _wanted(draft, language, text.context)]
    span = draft.bot_doc.span(path)
    if wanted and language not in translations.files:
        draft.bot_doc.add("W504", span, f"there is no catalogue locales/{language}/LC_MESSAGES/{DOMAIN}.po")
    elif wanted:
        _missing(language, wanted, translations)
        _check_gaps(language, wanted, translations)
    missing = sum(
        translations.catalogs.lookup(language, f"streetwork.{name}", text) is None
        for name, text in TEXTS.items()
        if name not in bot.texts and language in bot.languages.offered
    )
    if missing:
        message = f"{missing} of the framework's own {len(TEXTS)} texts are not there in {language}"
        draft.bot_doc.add("W504", span, message)


def _check_desk(draft: Draft, texts: list[BotText], translations: Translations, language: str, path: Path) -> None:
    """Tell as one number what counsellors cannot read in their language of what people read."""
    known = translations.lookup.get(language, {})
    read = [text for text in texts if text.kind not in ("staff", "words") and not text.context.startswith("canned.")]
    missing = sum((text.context, text.source) not in known for text in read)
    if missing:
        message = f"counsellors cannot read {missing} texts in {language}; see streetwork translations"
        draft.bot_doc.add("H515", draft.bot_doc.span(path), message)


def _check_gaps(language: str, texts: list[BotText], translations: Translations) -> None:
    """A translation needs as many gaps as its text; in other texts the sign means nothing."""
    for text in texts:
        found = translations.lookup[language].get((text.context, text.source))
        if text.context.startswith("canned.") and found is not None and found.count(GAP) != text.source.count(GAP):
            message = (
                f"{text.context} has {text.source.count(GAP)} gaps, its translation into {language} another number"
            )
            text.doc.add("W512", text.span, message)


def _problems(
    draft: Draft, file: CatalogFile, problems: list[Problem], contexts: set[str], language: str
) -> Iterator[Finding]:
    """Yield what is wrong in one catalogue; what a language of the desk lacks is told as one number elsewhere."""
    shown = f"{draft.shown}/{file.path.relative_to(draft.folder).as_posix()}"
    for problem in problems:
        code = _CODES[problem.code]
        if problem.context and problem.context not in contexts:
            continue
        if problem.context.endswith(_FREE) and code in ("W507", "H509", "E505"):
            continue
        if code in ("W501", "W502") and not _wanted(draft, language, problem.context):
            continue
        where = f"{problem.context}: " if problem.context else ""
        yield finding(code, shown, problem.line, 1, where + problem.message.rstrip("."))


def _missing(language: str, texts: list[BotText], translations: Translations) -> None:
    """Report texts that the catalogue does not have, or has with an older source."""
    told = {problem.context for problem in translations.problems[language] if problem.code in ("untranslated", "fuzzy")}
    if any(problem.code == "unreadable" for problem in translations.problems[language]):
        return
    data = translations.files[language].data
    there = {found.decode("utf-8", "replace") for found in _CONTEXT.findall(data)}
    known = translations.lookup[language]
    for text in texts:
        if (text.context, text.source) in known or text.context in told or text.kind == "staff":
            continue
        if text.context in there:
            text.doc.add("W503", text.span, f"the translation of {text.context} into {language} is older than the text")
        else:
            text.doc.add("W501", text.span, f"{text.context} is not translated into {language}")


# -- lengths -----------------------------------------------------------------------------------------------


def check_lengths(draft: Draft, texts: list[BotText], translations: Translations) -> None:
    """Hold every label and text, in every language, against the limits of the bot's channels."""
    if draft.bot is None:
        return
    limits = capabilities()
    channels = {name: limits[name] for name in draft.bot.channels if name in limits}
    if not channels:
        return
    shortest = {
        "label": min(one.label for one in channels.values()),
        "title": min(one.label for one in channels.values()),
        "body": min(one.text for one in channels.values()),
    }
    source = draft.bot.languages.source
    options: dict[tuple[str, str], int] = {}
    for text in texts:
        if text.flow is not None and text.step is not None and text.kind == "label":
            options[text.flow.id, text.step] = options.get((text.flow.id, text.step), 0) + 1
        limit = shortest.get(text.kind)
        if limit is None:
            continue
        _check_length(text, source, text.source, limit, channels)
        for language, known in translations.lookup.items():
            if language not in draft.bot.languages.offered:
                continue  # counsellors read it at the desk, no messenger cuts it
            translated = known.get((text.context, text.source))
            if translated is not None:
                _check_length(text, language, translated, limit, channels)
    for (flow, step), count in options.items():
        _check_count(draft, flow, step, count, channels)


def _check_length(text: BotText, language: str, shown: str, limit: int, channels: Mapping[str, Capabilities]) -> None:
    if len(shown) * 2 <= limit or max(len(shown), _units(shown, "utf16")) <= limit:
        return
    for name, channel in channels.items():
        allowed = channel.text if text.kind == "body" else channel.label
        length = _units(shown, channel.unit)
        if length <= allowed:
            continue
        if text.kind == "label":
            message = f"this label is too long for {name} in {language}: {length} of {allowed} signs"
            text.doc.add("E401", text.span, message)
        elif text.kind == "title":
            message = f"this is cut on a button of {name} in {language}: {length} of {allowed} signs"
            text.doc.add("W404", text.span, message)
        else:
            message = f"this text is too long for one message on {name} in {language}: {length} of {allowed} signs"
            text.doc.add("W402", text.span, message)


def _units(text: str, unit: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2 if unit == "utf16" else len(text)


def _check_count(draft: Draft, flow: str, step: str, count: int, channels: Mapping[str, Capabilities]) -> None:
    for name, channel in channels.items():
        if 0 < channel.buttons < count:
            doc = draft.flows[flow].doc
            message = f"{name} shows {channel.buttons} buttons, this step has {count}"
            doc.add("H403", doc.span(("steps", step), key=True), message)
