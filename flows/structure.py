"""From read data to typed specs: every mistake becomes a finding with its place, and what is left is kept.

pydantic finds all mistakes at once; here its paths become lines and its messages plain words. A wrong part is then
left out and the rest read again, so that one wrong key does not hide the mistakes behind it.
"""

from __future__ import annotations

import copy
import re
import types
import typing
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from flows.findings import did_you_mean
from flows.knowledge_spec import Centre, CrisisKind, Examples, FactSpec, Rumour
from flows.spec import CannedSpec, Name
from flows.yaml_nodes import Document, Path

__all__ = ["CANNED", "CENTRES", "CRISIS", "EXAMPLES", "FACTS", "RUMOURS", "fields_at", "validate"]

FACTS: Any = dict[Name, FactSpec]
CRISIS: Any = dict[Name, CrisisKind]
RUMOURS: Any = dict[Name, Rumour]
CENTRES: Any = dict[Name, Centre]
EXAMPLES: Any = Examples
CANNED: Any = dict[Name, CannedSpec]

#: A wrong part is left out and the rest read again so often.
_ROUNDS = 12
_EXPECTED = re.compile(r"'([^']*)'")
_SHOWN = 40

_PLAIN = {
    "string_type": "a text",
    "dict_type": "keys with values, one a line and indented",
    "mapping_type": "keys with values, one a line and indented",
    "model_type": "keys with values, one a line and indented",
    "model_attributes_type": "keys with values, one a line and indented",
    "list_type": "a list, one - a line",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a smaller number",
    "decimal_parsing": "a number, for example 12.50",
    "decimal_type": "a number, for example 12.50",
    "finite_number": "a number, for example 12.50",
    "date_type": "a date, for example 2026-12-31",
    "date_parsing": "a date, for example 2026-12-31",
    "date_from_datetime_parsing": "a date, for example 2026-12-31",
    "date_from_datetime_inexact": "a date, for example 2026-12-31",
    "bool_parsing": "yes or no",
    "bool_type": "yes or no",
}
_KINDS = {"string_type", "dict_type", "mapping_type", "model_type", "model_attributes_type", "list_type"}
_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


_ADAPTERS: dict[int, TypeAdapter[Any]] = {}


def _reader(model: Any) -> TypeAdapter[Any]:
    """Return what reads data as ``model``; built once for each."""
    found = _ADAPTERS.get(id(model))
    if found is None:
        found = _ADAPTERS[id(model)] = TypeAdapter(model)
    return found


def validate(model: Any, data: Any, doc: Document, base: Path = ()) -> tuple[Any, bool]:
    """Read ``data``, which stands at ``base`` in ``doc``, as ``model``.

    Returns what could be read (None when nothing could) and whether all of it was right. Mistakes go into the findings
    of ``doc``.
    """
    reader = _reader(model)
    try:
        return reader.validate_python(data), True
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
    except (
        Exception
    ) as error:  # a verb of another package may fail in its own way; the editor must learn it all the same
        doc.add("E106", doc.span(base, key=True), f"this cannot be read: {type(error).__name__}")
        return None, False
    for mistake in mistakes:
        _report(model, mistake, doc, base)
    return _salvage(reader, data, mistakes), False


def _salvage(reader: TypeAdapter[Any], data: Any, mistakes: list[Any]) -> Any:
    """Leave the wrong parts out and read the rest; None when nothing is left."""
    rest = copy.deepcopy(data)
    for _ in range(_ROUNDS):
        for mistake in reversed(mistakes):  # the later places of a list first
            loc = tuple(part for part in mistake["loc"] if part != "[key]")
            if mistake["type"] == "missing":
                loc = loc[:-1]
            if not loc:
                return None
            _leave_out(rest, loc)
        try:
            return reader.validate_python(rest)
        except ValidationError as error:
            mistakes = list(error.errors(include_url=False))
        except Exception:  # as above; it is reported there
            return None
    return None


def _leave_out(data: Any, loc: tuple[Any, ...]) -> None:
    """Remove the part at ``loc``, or the nearest part above it that is there."""
    holder: Any = None
    key: Any = None
    for part in loc:
        there = part in data if isinstance(data, dict) else isinstance(data, list) and part in range(len(data))
        if not there:
            break
        holder, key, data = data, part, data[part]
    if holder is not None:
        del holder[key]


def _report(model: Any, mistake: Mapping[str, Any], doc: Document, base: Path) -> None:
    loc = tuple(mistake["loc"])
    on_key = loc[-1:] == ("[key]",)
    loc = tuple(part for part in loc if part != "[key]")
    path = (*base, *loc)
    kind = mistake["type"]
    if kind == "missing":
        key = str(loc[-1])
        present = _present(mistake["input"])
        near = did_you_mean(key, present)
        known = fields_at(model, loc[:-1])
        if near is not None and near not in known:
            return  # the misspelt key is reported with the right one
        doc.add("E101", doc.span(path[:-1], key=True), f"“{key}” is missing here")
    elif kind == "extra_forbidden":
        key = str(loc[-1])
        known = fields_at(model, loc[:-1])
        near = did_you_mean(key, known)
        more = "" if near or not known else f"; known are {', '.join(known)}"
        doc.add("E104", doc.span(path, key=True), f"“{key}” is no key here{more}", suggestion=near)
    else:
        code, message, suggestion = _sentence(mistake, loc)
        if kind == "value_error" and isinstance(mistake["input"], dict):
            named = str(mistake["ctx"]["error"]).split(" ", 1)[0]  # a rule over several keys names the wrong one first
            path = (*path, named) if named in mistake["input"] else path
        doc.add(code, doc.span(path, key=on_key or kind == "too_short"), message, suggestion=suggestion)


def _present(value: Any) -> list[str]:
    return [str(key) for key in value] if isinstance(value, dict) else []


def _sentence(mistake: Mapping[str, Any], loc: tuple[Any, ...]) -> tuple[str, str, str | None]:
    """Return (code, plain sentence, suggestion) of a wrong value."""
    kind, value, context = mistake["type"], mistake["input"], mistake.get("ctx") or {}
    key = next((str(part) for part in reversed(loc) if isinstance(part, str)), "this")
    shown = f"“{value[:_SHOWN]}”" if isinstance(value, str) and value else f"“{key}”"
    if kind in _PLAIN:
        if value == "":
            return "E105", f"“{key}” has nothing behind its colon; it must be {_PLAIN[kind]}", None
        if kind in _KINDS:
            return "E105", f"“{key}” must be {_PLAIN[kind]}, not {_kind_of(value)}", None
        return "E106", f"{shown} must be {_PLAIN[kind]}", None
    if kind in ("literal_error", "enum"):
        expected = _EXPECTED.findall(str(context.get("expected", "")))
        near = did_you_mean(str(value), expected)
        return "E106", f"{shown} does not fit here; write one of {', '.join(expected)}", near
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        return "E106", f"“{key}” must be {words} {context.get(bound)}", None
    if kind == "too_short":
        return "E106", f"“{key}” needs at least {context.get('min_length')} of them", None
    if kind == "too_long":
        return "E106", f"“{key}” can have at most {context.get('max_length')} of them", None
    if kind in ("value_error", "assertion_error"):
        message = str(context.get("error", mistake["msg"]))
        code = "E107" if message.startswith("is not a name") else "E106"
        subject = f"{shown} " if message.startswith(("is ", "has ", "needs ", "must ")) else f"“{key}”: "
        return code, subject + message, None
    return "E106", f"{shown}: {mistake['msg'][:1].lower()}{mistake['msg'][1:]}", None


def _kind_of(value: Any) -> str:
    if isinstance(value, dict):
        return "keys with values"
    return "a list" if isinstance(value, list) else "a text"


def fields_at(model: Any, loc: tuple[Any, ...]) -> tuple[str, ...]:
    """Return the keys that are known at a place inside ``model``, as an editor writes them."""
    for part in loc:
        model = _into(model, part)
    model = _bare(model)
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return ()
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _bare(model: Any) -> Any:
    """Return a type without Annotated and None."""
    while True:
        origin = typing.get_origin(model)
        if origin is typing.Annotated:
            model = typing.get_args(model)[0]
        elif origin in (typing.Union, types.UnionType):
            model = next((arg for arg in typing.get_args(model) if arg is not type(None)), None)
        else:
            return model


def _into(model: Any, part: Any) -> Any:
    model = _bare(model)
    arguments = typing.get_args(model)
    if typing.get_origin(model) is dict:
        return arguments[1]
    if typing.get_origin(model) is list:
        return arguments[0]
    if isinstance(model, type) and issubclass(model, BaseModel):
        for name, field in model.model_fields.items():
            if part in (name, field.alias):
                return field.annotation
    return None
