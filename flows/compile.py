"""From a checked draft to the program the engine runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flows.bot_texts import BotText
from flows.crisis import Crisis
from flows.draft import Draft, FlowDraft, StepDraft
from flows.facts import Facts
from flows.faq import Faq
from flows.knowledge_checks import shelf_of
from flows.program import Command, Flow, Place, Program, Queue, Step, option_token
from flows.references import Conditions
from flows.shelf import Shelf
from flows.spec import BotSpec, Spec
from flows.texts import TEXTS
from flows.translation_checks import Translations
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
    draft: Draft, bot: BotSpec, flows: Mapping[str, Flow], texts: Sequence[BotText], translations: Translations
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
    questions = _questions(draft, translations)
    topics = {**shelf.topic_of, **{name: centre.topics[0] for name, centre in shelf.centres.items()}}
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
        faq=Faq.build(questions, source=bot.languages.source, topics=topics),
        questions=questions,
        faq_entries=shelf.entries,
        faq_topics=topics,
        shelf=shelf,
        crisis=Crisis(draft.crisis),
        canned=draft.canned,
        queues={name: Queue.open(name, queue) for name, queue in bot.queues.items()},
        hooks=draft.hooks,
    )


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


def _questions(draft: Draft, translations: Translations) -> dict[str, dict[str, list[str]]]:
    """Return what each entry, rumour and centre is found by, per language: its own words, and how people ask."""
    source = draft.bot.languages.source if draft.bot else "en"
    found: dict[str, dict[str, list[str]]] = {}
    own: list[tuple[str, str, tuple[str, ...], Spec]] = []
    own += [(f"faq.{name}", name, ("question", "title"), entry) for _, _, name, entry in draft.faq_entries]
    own += [(f"rumours.{name}", name, ("claim", "title"), rumour) for name, rumour in draft.rumours.items()]
    own += [(f"centres.{name}", name, ("name", "title"), centre) for name, centre in draft.centres.items()]
    for context, name, parts, spec in own:
        texts = found.setdefault(name, {})
        for part in parts:
            text = getattr(spec, part)
            if not text:
                continue
            texts.setdefault(source, []).append(text)
            for language, known in translations.lookup.items():
                translated = known.get((f"{context}.{part}", text))
                if translated:
                    texts.setdefault(language, []).append(translated)
        for language, examples in draft.examples.items():
            texts.setdefault(language, []).extend(examples.texts.get(name, "").splitlines())
    return found


def _release(draft: Draft) -> str:
    """Return a short hash over everything that was loaded, translations and hooks too."""
    digest = hashlib.sha256()
    for name in sorted(draft.contents):
        content = draft.contents[name]
        digest.update(f"{name}\x1f{len(content)}\x1f".encode())
        digest.update(content)
    return digest.hexdigest()[:12]
