"""What is installed on top of the bot never changes what the bot runs on: the locked versions agree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

LOCKS = Path(__file__).parents[2] / "requirements"


def versions(name: str) -> dict[str, str]:
    """Return package -> version of a lock file."""
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (LOCKS / f"{name}.lock").read_text(), re.MULTILINE))


@pytest.mark.parametrize(("below", "above"), [("run", "embed"), ("run", "dev"), ("embed", "dev")])
def test_a_lock_holds_everything_of_the_one_below_in_the_same_version(below: str, above: str) -> None:
    base, more = versions(below), versions(above)
    assert len(base) > 10
    assert {name: more.get(name) for name in base} == base, "run `make lock`"
