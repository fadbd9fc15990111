"""Holds calls against Twilio's own OpenAPI documents, by openapi-core, and against the limits the documents leave out.

The documents are data files beside the project (``../shared/specs``). Where they are absent, tests that need them skip
visibly; with ``CI=true`` they fail.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

SPECS = Path(__file__).resolve().parents[2].parent / "shared" / "specs" / "twilio"

#: Which document knows a path, by its beginning, and the address that the document gives for it.
_DOCUMENTS = (
    ("/2010-04-01/Accounts/", "messages.subset.json", "https://api.twilio.com"),
    ("/v1/Content", "twilio_content_v1.json", "https://content.twilio.com"),
    ("/v3/Indicators", "twilio_messaging_v3.json", "https://messaging.twilio.com"),
)


def read_spec(name: str) -> Any:
    """Return a JSON file of the specifications, or skip (fail in CI) the test that wants it."""
    import pytest  # only tests come here

    path = SPECS / name
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the specification {name} is absent")
        pytest.skip(f"the specification {name} is absent")
    return json.loads(path.read_text(encoding="utf-8"))


class Refusal(Exception):
    """Twilio would answer 400 with this code."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code


@cache
def _document(name: str) -> tuple[Any, Any]:
    from openapi_core import OpenAPI

    document = read_spec(name)
    return OpenAPI.from_dict(document), document


class Judge:
    """Twilio's documents as a checker of requests."""

    def __init__(self) -> None:
        for _, name, _ in _DOCUMENTS:
            _document(name)
        self.checked = 0

    def check(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], content_type: str, body: bytes
    ) -> None:
        """Raise :class:`Refusal` for what the documents do not allow. Paths they do not describe pass."""
        from openapi_core.exceptions import OpenAPIError
        from openapi_core.testing import MockRequest

        for beginning, name, host in _DOCUMENTS:
            if not path.startswith(beginning) or (name.startswith("messages") and "/Messages" not in path):
                continue
            api, document = _document(name)
            request = MockRequest(
                host, method.lower(), path, args=query, headers=headers, data=body or None, content_type=content_type
            )
            try:
                api.validate_request(request)
            except OpenAPIError as exc:
                raise Refusal(20001, f"{exc}: {exc.__cause__}") from None
            self._known_fields(document, method, path, content_type, body)
            self.checked += 1

    def _known_fields(self, document: Any, method: str, path: str, content_type: str, body: bytes) -> None:
        """Refuse fields of a form that the document does not name: Twilio ignores them, so they are our mistakes."""
        if method != "POST" or not path.endswith("/Messages.json"):
            return
        from urllib.parse import parse_qsl

        operation = document["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"][method.lower()]
        known = operation["requestBody"]["content"][content_type]["schema"]["properties"]
        unknown = {name for name, _ in parse_qsl(body.decode(), keep_blank_values=True)} - set(known)
        if unknown:
            raise Refusal(20001, f"unknown fields {sorted(unknown)}")


def check_content(content: dict[str, Any]) -> None:
    """Refuse a template that breaks a limit of the Content API's pages: body 1024, titles 20, items 24, 3 and 10."""
    (kind, what), *more = content["types"].items()
    if more:
        raise Refusal(20001, "more than one type")
    if not 1 <= len(what["body"]) <= 1024:
        raise Refusal(20001, "body")
    if kind == "twilio/quick-reply":
        labels, most, longest = [one["title"] for one in what["actions"]], 3, 20
        ids = [one["id"] for one in what["actions"]]
    elif kind == "twilio/list-picker":
        labels, most, longest = [one["item"] for one in what["items"]], 10, 24
        ids = [one["id"] for one in what["items"]]
        if not 1 <= len(what["button"]) <= 20:
            raise Refusal(20001, "button")
    else:
        raise Refusal(20001, f"type {kind}")
    if not 1 <= len(labels) <= most or len(set(labels)) != len(labels) or len(set(ids)) != len(ids):
        raise Refusal(20001, f"{len(labels)} choices")
    if not all(1 <= len(label) <= longest and "\n" not in label for label in labels):
        raise Refusal(20001, "label")
    if not all(1 <= len(one) <= 200 for one in ids):
        raise Refusal(20001, "id")


def filled(content: dict[str, Any], variables: str | None) -> tuple[str, list[tuple[str, str]]]:
    """Return the body and the (id, label) pairs that the person sees; refuses variables as error 21656 does."""
    import re

    (what,) = content["types"].values()
    try:
        given = json.loads(variables or "{}")
    except ValueError:
        raise Refusal(21656, "not JSON") from None
    values = {**content.get("variables", {}), **given}
    for value in given.values():
        if not isinstance(value, str) or not value or len(value) > 255 or re.search(r"[\n\r\t]| {5,}", value):
            raise Refusal(21656, f"variable of {len(value)}")

    def fill(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise Refusal(21656, f"no variable {match[1]}")
        return str(values[match[1]])

    body = re.sub(r"\{\{(\w+)\}\}", fill, what["body"])
    if not 1 <= len(body) <= 1024:
        raise Refusal(21656, f"body of {len(body)}")
    pairs = what.get("actions") or what.get("items")
    return body, [(one["id"], one.get("title") or one["item"]) for one in pairs]
