"""Loading a bot folder: read, check everything, and compile what has no errors. The one entrance to the authoring side.

Theory of operation: the files become a draft (``reading``), in which every part that could be read is kept; then each
group of checks walks the draft and adds its findings to the file they belong to. Checks that conclude from the whole
(unreachable steps, the proof) leave out what an earlier mistake has hidden, so that one mistake gives one finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from flows.answer_lengths import check_answers
from flows.bot_checks import check_bot
from flows.bot_texts import BotText, texts_of
from flows.checker import Failure, prove
from flows.compile import commands_of, compile_bot, compile_flows
from flows.draft import Draft
from flows.encoders import Encoder
from flows.faq import Faq
from flows.faq_texts import make_faq, read_search
from flows.findings import Finding, has_errors
from flows.hooks import load_hooks
from flows.knowledge_checks import check_knowledge, check_taps
from flows.logic import check_logic
from flows.names import declare
from flows.program import Flow, Program
from flows.reading import read_folder
from flows.references import check_flows
from flows.release_checks import check_release
from flows.steps import load_verbs
from flows.text_checks import check_texts
from flows.translation_checks import Translations, check_lengths, check_translations, load_translations
from flows.verbs import Verb
from flows.ways import Node, Ways
from flows.word_checks import check_words
from i18n import catalog

__all__ = ["Loaded", "load"]

#: Catalogues of the framework's own texts.
_FRAMEWORK = Path(catalog.__file__).parent / "locales"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What loading gave. ``program`` is None when any finding is an error."""

    draft: Draft
    texts: tuple[BotText, ...]
    translations: Translations
    program: Program | None
    findings: tuple[Finding, ...]
    #: Lines of every file, for showing findings.
    sources: Mapping[str, list[str]]


def load(
    folder: Path,
    *,
    today: date,
    verbs: Mapping[str, Verb] | None = None,
    framework_locales: Path | None = None,
    release: bool = False,
    encoder: Encoder | None = None,
) -> Loaded:
    """Load and check the bot in ``folder``; ``today`` decides which facts and reviews are due; ``encoder`` has a
    say in the FAQ search, where there is one.

    ``release`` also refuses what a team has not read yet, as errors.

    Whatever an editor wrote, nothing is raised: all findings come back in one run, ordered by file and line. Raises
    ValueError only for installed verbs that clash.
    """
    draft = read_folder(folder, verbs if verbs is not None else load_verbs())
    read_search(draft)
    _load_hooks(draft)
    declare(draft)
    conditions = check_flows(draft)
    check_bot(draft, today)
    check_knowledge(draft, today)
    check_texts(draft)
    texts = list(texts_of(draft))
    translations = load_translations(draft, texts, framework_locales or _FRAMEWORK)
    more = check_translations(draft, texts, translations)
    check_lengths(draft, texts, translations)
    check_answers(draft, translations)
    check_words(draft, texts, translations.lookup)
    flows = compile_flows(draft, conditions)
    _check_ways(draft, flows)
    if release:
        more += check_release(draft, texts, translations, today)
    faq = make_faq(draft, draft.bot, translations, encoder) if draft.bot is not None else Faq({})
    everything = [*draft.findings, *more, *(found for doc in draft.docs for found in doc.findings)]
    findings = tuple(sorted(set(everything), key=Finding.sort_key))
    program = None
    if draft.bot is not None and not has_errors(findings):
        program = compile_bot(draft, draft.bot, flows, texts, translations, faq)
    sources = {doc.file: doc.lines for doc in draft.docs}
    for file in translations.files.values():
        name = f"{draft.shown}/{file.path.relative_to(draft.folder).as_posix()}"
        sources[name] = file.data.decode("utf-8", "replace").splitlines()
    return Loaded(
        draft=draft, texts=tuple(texts), translations=translations, program=program, findings=findings, sources=sources
    )


def _load_hooks(draft: Draft) -> None:
    path = draft.folder / "hooks.py"
    draft.hooks, findings = load_hooks(path, f"{draft.shown}/hooks.py")
    draft.findings += findings
    draft.hooks_broken = bool(findings)
    if path.is_file():
        draft.contents["hooks.py"] = path.read_bytes()


# -- the graph ---------------------------------------------------------------------------------------------


def _check_ways(draft: Draft, flows: Mapping[str, Flow]) -> None:
    bot = draft.bot
    if bot is None or not flows:
        return
    broken = frozenset(
        (flow.id, step.id) for flow in draft.flows.values() for step in flow.steps.values() if step.broken
    )
    led = {entry.next.goto: name for _, _, name, entry in draft.faq_entries if entry.next is not None}
    ways = Ways.of(flows, commands_of(bot), home=bot.home, start=bot.start, open_steps=broken, led_from=led)
    whole = not any(flow.partial for flow in draft.flows.values()) and not draft.bot_doc.partial
    for failure in check_logic(ways, _guesses(draft), whole=whole and bot.start in flows):
        _tell(draft, failure)
    for failure in prove(ways, whole=_commands_whole(draft, ways)):
        _tell(draft, failure)
    if whole and not broken and not draft.hides_knowledge:
        check_taps(draft, ways)


def _commands_whole(draft: Draft, ways: Ways) -> bool:
    """Return whether all commands could be read and lead somewhere; if not, that is told already."""
    if draft.bot is None or draft.bot_doc.partial or set(draft.written("commands")) != set(ways.commands):
        return False
    for command in ways.commands.values():
        target = command.goto or command.call
        if target and draft.resolve(target, "") is None:
            return False
    return draft.resolve(draft.bot.home, "") is not None


def _guesses(draft: Draft) -> dict[Node, set[Node]]:
    """Return where steps that could not be read most likely lead to, so that their targets count as reached."""
    found = {node: set(targets) for node, targets in draft.guesses.items()}
    for flow in draft.flows.values():
        names = list(flow.steps)
        for index, step in enumerate(flow.steps.values()):
            if not step.broken:
                continue
            targets = found.setdefault((flow.id, step.id), set())
            targets.update((flow.id, name) for name in names[index + 1 : index + 2])
            for text in _scalars(step.raw):
                place = draft.resolve(text.rpartition("->")[2].strip(), flow.id)
                if place is not None:
                    targets.add(place)
    return found


def _scalars(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for value in data.values() if isinstance(data, dict) else data:
            yield from _scalars(value)


def _tell(draft: Draft, failure: Failure) -> None:
    flow, step = failure.node
    if not flow:
        draft.bot_doc.add(failure.code, draft.bot_doc.span(("commands",), key=True), failure.message)
        return
    doc = draft.flows[flow].doc
    path = ("steps", step, *failure.path)
    doc.add(failure.code, doc.span(path, key=not failure.path), failure.message)
