"""Reads the recorded callbacks and vectors of Viber, which lie beside the project (``../shared/specs``)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SPECS = Path(__file__).resolve().parents[2].parent / "shared" / "specs" / "viber"


def read_spec(name: str) -> Any:
    """Return a JSON file of the specifications, or skip (fail in CI) the test that wants it."""
    path = SPECS / name
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the specification {name} is absent")
        pytest.skip(f"the specification {name} is absent")
    return json.loads(path.read_text(encoding="utf-8"))


def callbacks() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every recorded callback with a name."""
    for name, found in read_spec("callbacks.samples.json").items():
        if "event" in found:
            yield name, found
        else:
            yield from found.items()
