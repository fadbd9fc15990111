"""Texts for translators: extractors with which ``pybabel extract`` reads flow files and the framework's own texts.

``babel.cfg`` names them. The context of a text is its id (``flow.step.part``), so the same words can be translated in
two ways, and a text that moves inside its file keeps its translation.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import PurePath
from typing import IO, Any

from flows.bot_texts import (
    BotText,
    bot_texts,
    canned_texts,
    centre_texts,
    crisis_texts,
    faq_texts,
    flow_texts,
    rumour_texts,
)
from flows.knowledge_spec import FaqFile
from flows.reading import NOT_FLOWS, flow_of
from flows.spec import BotSpec
from flows.steps import load_verbs
from flows.structure import CANNED, CENTRES, CRISIS, RUMOURS, validate
from flows.yaml_nodes import Document, read_yaml

__all__ = ["extract", "extract_texts"]

#: (line, function, (context, text), comments), as Babel wants it.
Extracted = tuple[int, str, tuple[str, str], list[str]]

_COMMENTS = {
    "label": "Label of a button: keep it short.",
    "title": "On a button: 24 signs at most.",
}
#: Files that hold things by their id: what they are, and which texts one has.
_TABLES: Mapping[str, tuple[Any, Callable[[Document, str, Any], Iterator[BotText]]]] = {
    "crisis.yaml": (CRISIS, crisis_texts),
    "rumours.yaml": (RUMOURS, rumour_texts),
    "centres.yaml": (CENTRES, centre_texts),
    "canned.yaml": (CANNED, canned_texts),
}


def extract(
    fileobj: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[Extracted]:
    """Yield the texts of one file of a bot folder; what cannot be read is left to ``streetwork check``."""
    path = PurePath(str(getattr(fileobj, "name", "flow.yaml")))
    doc = read_yaml(fileobj.read(), path.as_posix())
    for text in _texts(doc, path):
        if text.kind == "staff":
            continue
        comments = [comment for comment in (text.comment, _COMMENTS.get(text.kind)) if comment]
        yield text.span.line, "pgettext", (text.context, text.source), comments


def _texts(doc: Document, path: PurePath) -> Iterator[BotText]:
    data = doc.data
    if not isinstance(data, dict):
        return
    if path.name == "bot.yaml":
        bot, _ = validate(BotSpec, data, doc)
        if bot is not None:
            yield from bot_texts(doc, bot)
    elif path.name in _TABLES:
        model, texts = _TABLES[path.name]
        for name, spec in (validate(model, data, doc)[0] or {}).items():
            yield from texts(doc, name, spec)
    elif "topic" in data and "entries" in data:
        faq, _ = validate(FaqFile, data, doc)
        if faq is not None:
            yield from faq_texts(doc, faq)
    elif path.name not in NOT_FLOWS and "steps" in data:
        yield from flow_texts(flow_of(doc, path.stem, load_verbs()))


def extract_texts(
    fileobj: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[Extracted]:
    """Yield the framework's own texts from ``flows/texts.py``: the dictionary ``TEXTS``, each with its line."""
    for node in ast.walk(ast.parse(fileobj.read())):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.value, ast.Dict):
            continue
        if not isinstance(node.target, ast.Name) or node.target.id != "TEXTS":
            continue
        for key, value in zip(node.value.keys, node.value.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(value, ast.Constant):
                yield key.lineno, "pgettext", ("streetwork." + str(key.value), str(value.value)), []
