"""From a checked draft to the program the engine runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flows.crisis import Crisis
from flows.draft import Draft, FlowDraft, StepDraft
from flows.facts import Facts
from flows.faq import Faq
from flows.hours import OpeningHours
from flows.program import Command, Flow, Place, Program, Queue, Step, option_token
from flows.references import Conditions
from flows.spec import BotSpec
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


def compile_bot(draft: Draft, bot: BotSpec, flows: Mapping[str, Flow], translations: Translations) -> Program:
    """Return the program of a draft without errors."""
    translator = Translator(
        translations.catalogs,
        source=bot.languages.source,
        offered=bot.languages.offered,
        fallback=bot.languages.fallback,
    )
    commands = commands_of(bot)
    entries = {name: entry for _, _, name, entry in draft.faq_entries}
    topics = {name: topic for _, topic, name, _ in draft.faq_entries}
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
        tokens=token_table(flows, bot.languages.offered, commands, entries),
        facts=Facts(draft.facts),
        faq=Faq.build(_faq_texts(draft, translations), source=bot.languages.source, topics=topics),
        faq_entries=entries,
        faq_topics=topics,
        crisis=Crisis(draft.crisis),
        canned=draft.canned,
        queues={
            name: Queue(id=name, spec=queue, hours=OpeningHours.parse(queue.hours, queue.zone, queue.holidays))
            for name, queue in bot.queues.items()
        },
        hooks=draft.hooks,
    )


def token_table(
    flows: Mapping[str, Flow], languages: Sequence[str], commands: Mapping[str, Any], entries: Mapping[str, Any]
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
    for entry in entries:
        table[option_token("", "faq", entry)] = ("", "faq", entry)
    for answer in ("yes", "no"):
        table[option_token("", "erase", answer)] = ("", "erase", answer)
    return table


def _renamed(flow: Flow) -> Iterator[tuple[str, Step]]:
    for old, present in flow.renamed.items():
        if present in flow.steps:
            yield old, flow.steps[present]


def _faq_texts(draft: Draft, translations: Translations) -> dict[str, dict[str, list[str]]]:
    """Return question and examples of every entry, per language."""
    source = draft.bot.languages.source if draft.bot else "en"
    found: dict[str, dict[str, list[str]]] = {}
    for _, _, name, entry in draft.faq_entries:
        texts = found.setdefault(name, {})
        texts[source] = [entry.question, *(entry.examples or "").splitlines()]
        for language, known in translations.lookup.items():
            question = known.get((f"faq.{name}.question", entry.question))
            examples = known.get((f"faq.{name}.examples", entry.examples or ""))
            own = [*([question] if question else []), *(examples or "").splitlines()]
            if own:
                texts[language] = own
    return found


def _release(draft: Draft) -> str:
    """Return a short hash over everything that was loaded, translations and hooks too."""
    digest = hashlib.sha256()
    for name in sorted(draft.contents):
        content = draft.contents[name]
        digest.update(f"{name}\x1f{len(content)}\x1f".encode())
        digest.update(content)
    return digest.hexdigest()[:12]
