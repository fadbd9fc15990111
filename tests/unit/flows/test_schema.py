"""The JSON Schema: valid itself, accepts every shipped file as loader and editor read it, refuses mistakes."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from flows.reading import NOT_FLOWS
from flows.schema import schemas
from flows.yaml_nodes import read_file
from tests.fakes.bots import BERLIN, MINI

SCHEMAS = schemas()


def kind_of(path):
    if path.parent.name == "faq":
        return "faq"
    if path.parent.name == "examples":
        return "examples"
    return path.stem if path.name in NOT_FLOWS else "flow"


def shipped():
    for bot in (MINI, BERLIN):
        for path in sorted(bot.rglob("*.yaml")):
            if "tests" not in path.relative_to(bot).parts:
                yield path


class Core(yaml.SafeLoader):
    """Reads scalars as YAML 1.2 does, like the language server of editors: on and off are texts, dates too."""


Core.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag.rsplit(":", 1)[-1] in ("int", "float", "null")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def errors(kind, data):
    validator = jsonschema.Draft202012Validator(SCHEMAS[kind])
    return [f"{list(error.path)}: {error.message[:200]}" for error in validator.iter_errors(data)]


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_the_schema_is_valid(kind):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[kind])


@pytest.mark.parametrize("path", list(shipped()), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_shipped_file_fits(path: Path):
    assert errors(kind_of(path), read_file(path, path.name).data) == []
    assert errors(kind_of(path), yaml.load(path.read_text(encoding="utf-8"), Loader=Core)) == []


@pytest.mark.parametrize(
    "step",
    [
        {"sya": "Hello"},
        {"say": "Hello", "goto": "main"},
        {"say": "Hello", "colour": "red"},
        {"ask": "Age?", "type": "number"},
        {"ask": "Age?", "type": "nuber", "save": "age"},
        {"say": ""},
        {},
    ],
)
def test_mistakes_are_refused(step):
    assert errors("flow", {"flow": "x", "steps": {"a": step}})


@pytest.mark.parametrize(
    "step",
    [
        {"say": "Hello", "commands": "off"},
        {"ask": "Age?", "type": "number", "save": "age", "retries": 2, "min": 0},
        {"ask": "Age?", "type": "number", "save": "age", "retries": "2", "decimals": "yes"},
        {"menu": "Where?", "options": {"a": "A -> b", "c": {"label": "C", "goto": "d"}}},
        {"end": "done", "say": "Bye"},
        {"if": [{"when": "x is set", "goto": "a"}, {"else": "b"}]},
        {"hook": "f", "with": {"a": "b"}, "failed": "c", "time_limit": "5s"},
    ],
)
def test_good_steps_fit(step):
    assert errors("flow", {"flow": "x", "steps": {"a": step}}) == []
