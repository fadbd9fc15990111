"""From a checked draft to the program the engine runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flows.bot_texts import BotText
from flows.crisis import Crisis
from flows.danger import shared_danger
from flows.draft import Draft, FlowDraft, StepDraft
from flows.facts import Facts
from flows.faq import Faq
from flows.knowledge_checks import shelf_of
from flows.program import Command, Flow, Place, Program, Queue, Step, option_token
from flows.references import Conditions
from flows.shelf import Shelf
from flows.spec import BotSpec
from flows.texts import TEXTS
from flows.translation_checks import Translations
from flows.understanding import Tongues
from flows.word_checks import command_words
from i18n.catalog import Translator

__all__ = ["commands_of", "compile_bot", "compile_flows", "token_table"]


def compile_flows(draft: Draft, conditions: Conditions) -> dict[str, Flow]:
    """Return the flows with every step that could be read; flows without steps are left out."""
    return {flow.id: _flow(flow, conditions) for flow in draft.flows.values() if flow.steps}


def _flow(flow: FlowDraft, conditions: Conditions) -> Flow:
    names = list(flow.steps)
    following: dict[str, str | None] = dict(zip(names, [*names[1:], None], strict=True))
    steps = {
        step.id: _step(flow, step, following[step.id], conditions)
        for step in flow.steps.values()
        if step.spec is not None and not step.broken
    }
    return Flow(
        id=flow.id,
        steps=steps,
        first=names[0],
        inputs=flow.inputs,
        outputs=flow.outputs,
        vars=flow.types,
        renamed={old: step.id for step in flow.steps.values() if step.spec is not None for old in step.spec.was},
        on_update=flow.header.on_update if flow.header is not None else None,
        intake=flow.header.intake if flow.header is not None else None,
    )


def _step(flow: FlowDraft, step: StepDraft, following: str | None, conditions: Conditions) -> Step:
    verb, spec = step.verb, step.spec
    if verb is None:
        raise AssertionError("a step with a spec has a verb")
    found = conditions.get((flow.id, step.id), {})
    return Step(
        flow=flow.id,
        id=step.id,
        verb=verb,
        spec=spec,
        next=spec.then or following,
        condition=found.get(("when",)),
        conditions={path: condition for path, condition in found.items() if path != ("when",)},
        texts={text.part: text.source for text in verb.texts(spec)},
    )


def commands_of(bot: BotSpec) -> dict[str, Command]:
    """Return the words that work everywhere."""
    return {
        name: Command(id=name, goto=command.goto, call=command.call, action=command.action)
        for name, command in bot.commands.items()
    }


def compile_bot(
    draft: Draft,
    bot: BotSpec,
    flows: Mapping[str, Flow],
    texts: Sequence[BotText],
    translations: Translations,
    faq: Faq,
) -> Program:
    """Return the program of a draft without errors."""
    translator = Translator(
        translations.catalogs,
        source=bot.languages.source,
        offered=bot.languages.offered,
        fallback=bot.languages.fallback,
    )
    commands = commands_of(bot)
    shelf = shelf_of(draft)
    home, _, step = bot.home.partition(".")
    return Program(
        bot=draft.folder.resolve().name,
        spec=bot,
        flows=flows,
        home=Place(home, step or flows[home].first),
        release=_release(draft),
        translator=translator,
        texts={
            name: (f"texts.{name}", bot.texts[name]) if name in bot.texts else (f"streetwork.{name}", text)
            for name, text in TEXTS.items()
        },
        commands=commands,
        words=command_words(draft, translations.lookup),
        tokens=token_table(flows, bot.languages.offered, commands, shelf),
        sources=tuple((text.context, text.source) for text in texts),
        facts=Facts(draft.facts),
        faq=faq,
        tongues=Tongues(_corpus(faq, bot, translations)),
        questions=_questions(faq),
        faq_entries=shelf.entries,
        faq_topics=faq.topics,
        shelf=shelf,
        crisis=Crisis(draft.crisis, signs=shared_danger(), everyday=_everyday(faq)),
        canned=draft.canned,
        queues={name: Queue.open(name, queue) for name, queue in bot.queues.items()},
        hooks=draft.hooks,
    )


def _everyday(faq: Faq) -> Iterator[str]:
    """Yield the bot's own texts: a word that they use is no misspelled word of danger."""
    for texts in faq.texts.values():
        for one in texts:
            yield from (*one.asked, one.told)


def _questions(faq: Faq) -> dict[str, dict[str, Sequence[str]]]:
    found: dict[str, dict[str, Sequence[str]]] = {}
    for language, texts in faq.texts.items():
        for one in texts:
            found.setdefault(one.entry, {})[language] = one.asked
    return found


def _corpus(faq: Faq, bot: BotSpec, translations: Translations) -> dict[str, list[str]]:
    """Return texts of each offered language, those in people's own words first."""
    found: dict[str, list[str]] = {}
    for language in bot.languages.offered:
        asked = [text for one in faq.texts.get(language, ()) for text in one.asked]
        known = list(translations.lookup.get(language, {}).values())
        if language == bot.languages.source:
            known = list(dict.fromkeys(text for other in translations.lookup.values() for _, text in other))
        told = [one.told for one in faq.texts.get(language, ())]
        found[language] = [*asked, *known, *told]
    return found


def token_table(
    flows: Mapping[str, Flow], languages: Sequence[str], commands: Mapping[str, Any], shelf: Shelf
) -> dict[str, tuple[str, str, str]]:
    """Return every button token and where it belongs; earlier names of a step lead to the present one."""
    table: dict[str, tuple[str, str, str]] = {}
    for flow in flows.values():
        for name, step in (*_renamed(flow), *flow.steps.items()):
            options = languages if step.verb.name == "language" else step.verb.options(step.spec)
            for option in options:
                table[option_token(flow.id, name, option)] = (flow.id, step.id, option)
    for command in commands:
        table[option_token("", "commands", command)] = ("", "commands", command)
    for thing in (*shelf.entries, *shelf.rumours, *shelf.centres):
        table[option_token("", "faq", thing)] = ("", "faq", thing)
    for entry, spec in shelf.entries.items():
        if spec.next is not None:
            table[option_token("", "next", entry)] = ("", "next", entry)
    for name in page_names(flows, shelf):
        table[option_token("", "pages", name)] = ("", "pages", name)
    for way in ("same", "bot"):
        table[option_token("", "case", way)] = ("", "case", way)
    for answer in ("yes", "no"):
        table[option_token("", "erase", answer)] = ("", "erase", answer)
    return table


def page_names(flows: Mapping[str, Flow], shelf: Shelf) -> Iterator[str]:
    """Yield every page that a button of this bot can name: of each topic, and of each choice of topics of a step."""
    wanted: dict[tuple[str, ...], None] = {(): None} | {(topic,): None for topic in shelf.topics}
    for flow in flows.values():
        for step in flow.steps.values():
            wanted |= {shown.topics: None for shown in step.verb.shelves(step.spec)}
    for topics in wanted:
        for page in shelf.all_pages(topics):
            yield page.name


def _renamed(flow: Flow) -> Iterator[tuple[str, Step]]:
    for old, present in flow.renamed.items():
        if present in flow.steps:
            yield old, flow.steps[present]


def _release(draft: Draft) -> str:
    """Return a short hash over everything that was loaded, translations and hooks too."""
    digest = hashlib.sha256()
    for name in sorted(draft.contents):
        content = draft.contents[name]
        digest.update(f"{name}\x1f{len(content)}\x1f".encode())
        digest.update(content)
    return digest.hexdigest()[:12]
