"""The JSON Schema of the flow language, for editors that complete and check while one types.

It comes from the same types as the checks. The loader keeps every scalar a string while an editor reads ``2`` as a
number and ``yes`` as a truth value, so the schema allows both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from flows.knowledge_spec import FaqFile
from flows.spec import BotSpec, FlowHeader
from flows.steps import load_verbs
from flows.structure import CANNED, CENTRES, CRISIS, EXAMPLES, FACTS, RUMOURS
from flows.verbs import Verb

__all__ = ["schemas"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NAME = "^[a-z][a-z0-9_]{0,39}$"
_WORDS = ["yes", "no", "true", "false", "on", "off"]


def schemas(verbs: Mapping[str, Verb] | None = None) -> dict[str, dict[str, Any]]:
    """Return the schema of each kind of file, by the name of the kind."""
    known = verbs if verbs is not None else load_verbs()
    return {
        "bot": _of(BotSpec, "A bot"),
        "flow": _flow(known),
        "faq": _of(FaqFile, "Questions of one topic"),
        "examples": _of(EXAMPLES, "How people really ask"),
        "rumours": _of(RUMOURS, "Rumours and what is true"),
        "centres": _of(CENTRES, "Advice centres"),
        "facts": _of(FACTS, "Dated facts"),
        "crisis": _of(CRISIS, "Kinds of danger"),
        "canned": _of(CANNED, "Ready replies"),
    }


def _of(model: Any, title: str) -> dict[str, Any]:
    schema = TypeAdapter(model).json_schema(mode="validation")
    return {"$schema": _DIALECT, **_widen_keys(schema), "title": title}


def _flow(verbs: Mapping[str, Verb]) -> dict[str, Any]:
    """Return the schema of a flow: its header, and steps of which each has exactly one verb."""
    schema = TypeAdapter(FlowHeader).json_schema(mode="validation")
    definitions: dict[str, Any] = schema.pop("$defs", {})
    alternatives = []
    for name, verb in verbs.items():
        step = TypeAdapter(verb.spec).json_schema(mode="validation", ref_template="#/$defs/{model}")
        definitions |= step.pop("$defs", {})
        step["title"] = f"{name}: {(verb.spec.__doc__ or '').strip().splitlines()[0]}"
        if name not in step.get("required", []):
            step["required"] = [name, *step.get("required", [])]
        definitions[f"step_{name}"] = step
        alternatives.append({"$ref": f"#/$defs/step_{name}"})
    if "MenuOption" in definitions:
        full = definitions["MenuOption"]
        shorthand = {"type": "string", "minLength": 1, "description": "Label, or: Label -> step"}
        definitions["MenuOption"] = {"anyOf": [shorthand, full]}
    steps = {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": _NAME},
        "additionalProperties": {"oneOf": alternatives},
        "description": "The steps, name by name; each has one verb. Without goto or then the step below is next.",
    }
    schema["properties"]["steps"] = steps
    schema["required"] = [*schema.get("required", []), "steps"]
    return {"$schema": _DIALECT, **_widen_keys({**schema, "$defs": definitions}), "title": "A flow"}


def _widen(schema: Any) -> Any:
    """Widen a part of a schema, whatever it is."""
    if isinstance(schema, list):
        return [_widen(part) for part in schema]
    return _widen_keys(schema) if isinstance(schema, dict) else schema


def _widen_keys(schema: dict[str, Any]) -> dict[str, Any]:
    """Allow for each scalar the string that the loader reads as well as the value an editor makes of it."""
    found: dict[str, Any] = {
        key: {name: _widen(part) for name, part in value.items()} if key in _MAPS else _widen(value)
        for key, value in schema.items()
        if key not in ("default", "const", "enum", "required")
    }
    found |= {key: schema[key] for key in ("default", "required") if key in schema}
    if "const" in schema or "enum" in schema:
        found.pop("type", None)
        found["enum"] = _spellings([schema["const"]] if "const" in schema else schema["enum"])
        return found
    match schema.get("type"):
        case "integer":
            return _either(found, {"type": "integer"}, {"type": "string", "pattern": r"^\s*-?\d+\s*$"})
        case "number":
            return _either(found, {"type": "number"}, {"type": "string", "pattern": r"^\s*-?\d+(\.\d+)?\s*$"})
        case "boolean":
            return _either(found, {"type": "boolean"}, {"type": "string", "enum": _WORDS})
        case "string" if schema.get("format") != "date":
            found["type"] = ["string", "number", "boolean"]
    return found


_MAPS = ("properties", "$defs")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "type", "pattern")


def _either(found: dict[str, Any], plain: dict[str, Any], written: dict[str, Any]) -> dict[str, Any]:
    bounds = {key: found.pop(key) for key in _BOUNDS if key in found}
    return {**found, "anyOf": [{**bounds, **plain}, written]}


def _spellings(values: list[Any]) -> list[Any]:
    """Return fixed words together with what YAML makes of them."""
    out: list[Any] = []
    for value in values:
        out.append(value)
        if isinstance(value, str) and value.isdigit():
            out.append(int(value))
        if value in ("yes", "on", "true"):
            out.append(True)
        if value in ("no", "off", "false"):
            out.append(False)
    return out
