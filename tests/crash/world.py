"""What the world outside knows of a run of the crash fuzz, written to a file and read back across real kills."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.ids import Millis

__all__ = ["START", "Violation", "World"]

START: Millis = 1_700_000_000_000


class Violation(AssertionError):
    """A promise was broken; says which, where and under which seed."""


@dataclass(slots=True)
class World:
    """What everybody outside the store knows. With a file, each fact is on disk before it is acted on."""

    log: Path | None = None
    now: Millis = START
    #: Messages acknowledged, by person.
    accepted: dict[int, int] = field(default_factory=dict)
    #: Entry ids in the order the provider got them, by conversation; repeats included.
    delivered: dict[str, list[str]] = field(default_factory=dict)
    #: Entries that the store confirmed as sent: sending one again would be a mistake.
    settled: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def load(cls, log: Path) -> World:
        """Return the world as its file tells it; a line cut off by a kill was never acted on."""
        world = cls(log=log)
        if log.exists():
            for line in log.read_text(encoding="ascii").split("\n")[:-1]:
                world._apply(json.loads(line))
        return world

    def note(self, kind: str, *values: Any) -> None:
        """Write a fact down, then let it be true."""
        fact = [kind, *values]
        if self.log is not None:
            with self.log.open("ab", buffering=0) as file:
                file.write(json.dumps(fact).encode("ascii") + b"\n")
        self._apply(fact)

    def _apply(self, fact: list[Any]) -> None:
        match fact:
            case ["accepted", person, message]:
                self.accepted[person] = message
            case ["delivered", conversation, entry]:
                self.delivered.setdefault(conversation, []).append(entry)
            case ["settled", entry]:
                self.settled.add(entry)
            case ["clock", now]:
                self.now = now
            case ["count", name]:
                self.counts[name] += 1
            case _:
                raise ValueError(f"unknown fact {fact}")

    def count(self, name: str) -> None:
        """Raise a total."""
        self.note("count", name)
