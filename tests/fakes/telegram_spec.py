"""Holds calls against the Bot API specification: method, required and unknown parameters, types, and the known limits.

The specification is a data file beside the project (``../shared/specs``). Where it is absent, tests that need it skip
visibly; with ``CI=true`` they fail.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

SPECS = Path(__file__).resolve().parents[2].parent / "shared" / "specs" / "telegram"
_API = SPECS / "bot-api-10.1.paulsonoflars.json"

#: (Method parameter or object field) -> longest text in UTF-16 units; Bot API 10.1 and PTB's constants.
_TEXT_LIMITS = {"text": 4096, "caption": 1024}


class Upload:
    """A file that came with a multipart request."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        self.content = content


class Refusal(Exception):
    """The server would answer 400 with this description."""


def read_spec(name: str) -> Any:
    """Return a JSON file of the specifications, or skip (fail in CI) the test that wants it."""
    import pytest  # only tests come here; the fake also runs as a process of its own

    path = SPECS / name
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the specification {name} is absent")
        pytest.skip(f"the specification {name} is absent")
    return json.loads(path.read_text(encoding="utf-8"))


class Specification:
    """Methods and types of the Bot API, as a checker."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.methods = {name.lower(): method for name, method in document["methods"].items()}
        self.types = document["types"]

    @classmethod
    def load(cls) -> Specification:
        """Read the specification; skips the test where it is absent."""
        return cls(read_spec(_API.name))

    @classmethod
    def load_if_there(cls) -> Specification | None:
        """Read the specification, or return None."""
        return cls(json.loads(_API.read_text(encoding="utf-8"))) if _API.exists() else None

    def check_call(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Return the decoded parameters; raises :class:`Refusal` (or KeyError for an unknown method)."""
        spec = self.methods[method.lower()]
        fields = {field["name"]: field for field in spec.get("fields", [])}
        unknown = [name for name in parameters if name not in fields and not isinstance(parameters[name], Upload)]
        if unknown:
            raise Refusal(f"unknown parameters {unknown} of {method}")
        decoded: dict[str, Any] = {}
        for name, field in fields.items():
            if name not in parameters:
                if field["required"]:
                    raise Refusal(f"parameter {name} of {method} is missing")
                continue
            decoded[name] = self._decode(parameters[name], field["types"], f"{method}.{name}", parameters)
        check_limits(method, decoded)
        return decoded

    def check_object(self, kind: str, value: Any) -> None:
        """Raise :class:`Refusal` when ``value`` is not a ``kind``."""
        problem = self._problem(value, kind, kind)
        if problem:
            raise Refusal(problem)

    def _decode(self, value: Any, kinds: list[str], path: str, parameters: dict[str, Any]) -> Any:
        """Return a form field as what it stands for: fields are text, objects in them are JSON."""
        problems = []
        if isinstance(value, str) and value.startswith("attach://"):
            value = parameters.get(value.removeprefix("attach://"), value)
        for kind in kinds:
            candidate = value
            if isinstance(value, str) and kind not in {"String", "InputFile"}:
                try:
                    candidate = json.loads(value)
                except ValueError:
                    problems.append(f"{path}: not {kind}")
                    continue
            problem = self._problem(candidate, kind, path)
            if problem is None:
                return candidate
            problems.append(problem)
        raise Refusal("; ".join(problems))

    def _problem(self, value: Any, kind: str, path: str) -> str | None:
        if kind.startswith("Array of "):
            if not isinstance(value, list):
                return f"{path}: not a list"
            inner = kind.removeprefix("Array of ")
            found = (self._problem(item, inner, f"{path}[{n}]") for n, item in enumerate(value))
            return next((problem for problem in found if problem), None)
        plain = {"Integer": int, "String": str, "Boolean": bool, "Float": (int, float), "InputFile": Upload}
        if kind in plain:
            wrong = not isinstance(value, plain[kind]) or (kind in {"Integer", "Float"} and isinstance(value, bool))  # type: ignore[arg-type]
            return f"{path}: not {kind}" if wrong else None
        return self._object_problem(value, kind, path)

    def _object_problem(self, value: Any, kind: str, path: str) -> str | None:
        spec = self.types[kind]
        if spec.get("subtypes"):
            problems = [self._problem(value, subtype, path) for subtype in spec["subtypes"]]
            return None if None in problems else "; ".join(str(problem) for problem in problems)[:500]
        if not isinstance(value, dict):
            return f"{path}: not {kind}"
        fields = {field["name"]: field for field in spec.get("fields", [])}
        for name in value:
            if name not in fields:
                return f"{path}: {kind} has no field {name}"
        for name, field in fields.items():
            if name not in value:
                if field["required"]:
                    return f"{path}: {kind} lacks {name}"
                continue
            problems = [self._problem(value[name], inner, f"{path}.{name}") for inner in field["types"]]
            if None not in problems:
                return str(problems[0])
        return None


def utf16(text: str) -> int:
    """Return the length of ``text`` in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def check_limits(method: str, parameters: dict[str, Any]) -> None:
    """Raise :class:`Refusal` in the server's words for what is beyond a limit."""
    limits = {"text": 200} if method.lower() == "answercallbackquery" else _TEXT_LIMITS
    for name, limit in limits.items():
        text = parameters.get(name)
        if isinstance(text, str) and utf16(text) > limit:
            raise Refusal("message is too long" if name == "text" else "message caption is too long")
    if method.lower() == "sendmessage" and not parameters["text"].strip():
        raise Refusal("message text is empty")
    for name in ("latitude", "longitude"):
        bound = 90 if name == "latitude" else 180
        if name in parameters and not -bound <= float(parameters[name]) <= bound:
            raise Refusal(f"{name} is out of range")
    _check_entities(parameters.get("text", ""), parameters.get("entities") or [])
    markup = parameters.get("reply_markup")
    if isinstance(markup, dict):
        _check_keyboard(markup)
    secret = parameters.get("secret_token") if method.lower() == "setwebhook" else None
    if secret is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise Refusal("secret token contains unallowed characters")


def _check_entities(text: str, entities: list[dict[str, Any]]) -> None:
    units = text.encode("utf-16-le")
    for entity in entities:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        if entity["length"] < 1 or start < 0 or end * 2 > len(units):
            raise Refusal("can't parse entities: out of bounds")
        for edge in (start, end):
            if edge * 2 < len(units) and 0xDC00 <= int.from_bytes(units[edge * 2 : edge * 2 + 2], "little") <= 0xDFFF:
                raise Refusal("can't parse entities: an edge is inside a character")
        if entity["type"] == "text_link" and not entity.get("url"):
            raise Refusal("can't parse entities: a link without address")


def _check_keyboard(markup: dict[str, Any]) -> None:
    rows = markup.get("inline_keyboard")
    for row in rows or markup.get("keyboard") or []:
        for button in row:
            if not button["text"].strip():
                raise Refusal("inline keyboard button text is empty" if rows else "keyboard button text is empty")
    if rows is None:
        return
    if sum(len(row) for row in rows) > 100 or any(len(row) > 8 for row in rows):
        raise Refusal("reply markup is too long")
    for button in (button for row in rows for button in row):
        actions = set(button) - {"text", "icon_custom_emoji_id", "style"}
        if len(actions) != 1:
            raise Refusal("text buttons are unallowed in the inline keyboard")
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
            raise Refusal("BUTTON_DATA_INVALID")
        if "url" in button and not re.match(r"(https?|tg)://\S+$", button["url"]):
            raise Refusal("BUTTON_URL_INVALID")
