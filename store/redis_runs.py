"""One script and one run of it, and how several become the commands of a pipeline."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from redis.crc import key_slot
from redis.exceptions import NoScriptError, RedisError

from store.redis_node import Command, Place

__all__ = ["Batch", "Run", "Script", "slot_of"]

_REPEAT = re.compile(r"^-- repeat: safe\b", re.MULTILINE)
_DURABLE = re.compile(r"^-- durable: yes\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Script:
    """A script's text and what its header promises."""

    name: str
    text: str
    sha: str
    #: Running it twice does no harm, so it may be repeated when its answer was lost.
    repeatable: bool
    #: Its caller may rely on what it wrote.
    durable: bool

    @classmethod
    def parsed(cls, name: str, text: str) -> Script:
        """Return the script of this text."""
        shebang = text.partition("\n")[0]
        return cls(
            name=name,
            text=text,
            sha=hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(),
            repeatable="no-writes" in shebang or _REPEAT.search(text) is not None,
            durable=_DURABLE.search(text) is not None,
        )


@dataclass(slots=True, eq=False)
class Run:
    """One run that somebody waits for."""

    script: Script
    slot: int
    keys: Sequence[bytes | str]
    args: Sequence[bytes | str | int]
    future: asyncio.Future[Any]
    #: Of the loop's clock; until then it is offered again after refusals.
    deadline: float
    tries: int = 0
    #: Its text must go along: the server said that it does not know it.
    load: bool = False
    #: The node to ask just this once, while the slot moves there.
    asking: Place | None = None
    #: What the last server said.
    refusal: RedisError | None = None
    #: What else is known of why it was not reached.
    why: str = ""

    @property
    def size(self) -> int:
        """Roughly how many bytes it sends."""
        return 100 + sum(len(one) for one in self.args if not isinstance(one, int))


class Batch:
    """Runs that go out together."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = runs
        self.durable = any(one.script.durable for one in runs)
        self._loads: list[str] = []
        self._places: list[int] = []
        self._end = 0

    def commands(self, loaded: AbstractSet[str]) -> list[Command]:
        """Return the commands to send. The texts of scripts that the server may not have go first."""
        unknown = {one.script.name: one.script for one in self.runs if one.load or one.script.name not in loaded}
        self._loads = list(unknown)
        commands: list[Command] = [("SCRIPT", "LOAD", script.text) for script in unknown.values()]
        for one in self.runs:
            if one.asking is not None:
                commands.append(("ASKING",))
            self._places.append(len(commands))
            commands.append(("EVALSHA", one.script.sha, len(one.keys), *one.keys, *one.args))
        self._end = len(commands)
        return commands

    def answers(self, answers: Sequence[Any]) -> tuple[list[Any], Sequence[Any]]:
        """Return the answer to each run, and what was answered behind them."""
        refused = {
            name: answer for name, answer in zip(self._loads, answers, strict=False) if isinstance(answer, RedisError)
        }
        found = [answers[place] for place in self._places]
        for number, one in enumerate(self.runs):
            # A script that may not be loaded is not just unknown.
            if isinstance(found[number], NoScriptError) and one.script.name in refused:
                found[number] = refused[one.script.name]
        return found, answers[self._end :]

    def known(self) -> set[str]:
        """Return the scripts that the server has from now on."""
        return {one.script.name for one in self.runs if not one.load}


def slot_of(key: bytes | str) -> int:
    """Return the slot of a key: that of its hash tag."""
    raw = key.encode() if isinstance(key, str) else key
    return _slot(raw[: raw.index(b"}") + 1] if raw[:1] == b"{" and b"}" in raw else raw)


@lru_cache(maxsize=1024)
def _slot(tag: bytes) -> int:
    return int(key_slot(tag))
