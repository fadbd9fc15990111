"""Words people type: does each mean one thing, in every language, after folding?

Words of options win over the words of commands, so that "stop" can be an answer; but an editor should know. Words of
the source language count in every language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flows.bot_texts import BotText
from flows.draft import Draft
from i18n.plain import fold

__all__ = ["Lookup", "check_words", "command_words", "split_words"]

#: language -> (context, source) -> text in that language or None
Lookup = Mapping[str, Mapping[tuple[str, str], str]]


def split_words(text: str) -> list[str]:
    """Return the words of a list with commas, also Arabic ones, folded; empty ones left out."""
    parts = text.replace("،", ",").replace("\n", ",").replace(";", ",").split(",")
    return [folded for part in parts if (folded := fold(part))]


def command_words(draft: Draft, lookup: Lookup) -> dict[str, dict[str, str]]:
    """Return per language: folded word -> command. The source words and ``/id`` work in every language."""
    bot = draft.bot
    if bot is None:
        return {}
    found: dict[str, dict[str, str]] = {}
    for language in dict.fromkeys((*bot.languages.offered, bot.languages.source)):
        words = found.setdefault(language, {})
        translated = lookup.get(language, {})
        for name, command in bot.commands.items():
            own = translated.get((f"commands.{name}.words", command.words))
            for word in split_words(own) if own else ():
                words.setdefault(word, name)
        for name, command in bot.commands.items():
            for word in (*split_words(command.words), f"/{name}"):
                words.setdefault(word, name)
    return found


def check_words(draft: Draft, texts: list[BotText], lookup: Lookup) -> None:
    """Report words that two options share, that two commands share, and options that hide a command."""
    bot = draft.bot
    if bot is None:
        return
    languages = list(dict.fromkeys((bot.languages.source, *bot.languages.offered)))
    folded: dict[str, str] = {}
    steps: dict[tuple[str, str], list[BotText]] = {}
    commands: list[BotText] = []
    for text in texts:
        if text.context.startswith("commands."):
            commands.append(text)
        elif text.flow is not None and text.step is not None and text.kind in ("label", "words"):
            steps.setdefault((text.flow.id, text.step), []).append(text)
    for language in languages:
        translated = lookup.get(language, {})
        _commands_apart(commands, translated, language)
        taken = {
            word: text.context.split(".")[1]
            for text in commands
            for word in split_words(translated.get((text.context, text.source)) or text.source)
        }
        for options in steps.values():
            _options_apart(options, translated, taken, language, language == languages[0], folded)


def _commands_apart(commands: list[BotText], translated: Mapping[tuple[str, str], str], language: str) -> None:
    seen: dict[str, str] = {}
    for text in commands:
        name = text.context.split(".")[1]
        for word in split_words(translated.get((text.context, text.source)) or text.source):
            other = seen.setdefault(word, name)
            if other != name:
                message = f"in {language} the word “{word}” means {other} and {name}"
                text.doc.add("E803", text.doc.inside(text.path, word), message)


def _means(
    texts: list[BotText], translated: Mapping[tuple[str, str], str], folded: dict[str, str]
) -> Iterator[tuple[str, str, BotText]]:
    """Yield (folded word, option, text) of everything that can be typed for the options of a step."""
    for text in texts:
        option = text.path[-2] if text.kind == "words" else text.path[-1]
        own = translated.get((text.context, text.source)) or text.source
        if text.kind == "words":
            for word in split_words(own):
                yield word, str(option), text
            continue
        if own not in folded:
            folded[own] = fold(own)
        yield folded[own], str(option), text


def _options_apart(
    options: list[BotText],
    translated: Mapping[tuple[str, str], str],
    taken: Mapping[str, str],
    language: str,
    first: bool,
    folded: dict[str, str],
) -> None:
    seen: dict[str, str] = {}
    for word, option, text in _means(options, translated, folded):
        if not word:
            continue
        other = seen.setdefault(word, option)
        own = (text.context, text.source) in translated
        if not (first or own):
            continue  # told for the source language already
        if other != option:
            message = f"in {language} “{word}” means {other} and {option}"
            text.doc.add("E801", text.doc.inside(text.path, _shown(text, word)), message)
        elif text.kind == "words" and word in taken:
            message = f"in {language} “{word}” is also the command {taken[word]}"
            text.doc.add("W802", text.doc.inside(text.path, _shown(text, word)), message)


def _shown(text: BotText, word: str) -> str:
    """Return the word as it stands in the source, or the whole text."""
    return word if word in text.source else text.source.split("\n", 1)[0]
