"""Reading ``tests/*.yaml`` of a bot; a test that cannot be read is an error with its line, never left out silently."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from core.errors import BotBroken
from flows.findings import render
from flows.yaml_nodes import Document, read_file
from handlers.flowtest_spec import FlowTest, TestFile

__all__ = ["Source", "load_tests"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One test and where it stands."""

    test: FlowTest
    file: str
    document: Document
    #: Path of the test inside the file.
    path: tuple[str | int, ...]

    def place(self, line: int) -> str:
        """Return ``file:line`` of a chat line, or of ``expect`` for -1."""
        inside = ("expect",) if line < 0 else ("chat", line)
        return f"{self.file}:{self.document.span((*self.path, *inside)).line}"


def load_tests(bot: Path) -> list[Source]:
    """Return all tests of a bot; raises :class:`core.errors.BotBroken` with every mistake in them."""
    found: list[Source] = []
    mistakes: list[str] = []
    for path in sorted((bot / "tests").glob("*.yaml")):
        name = f"{bot.name}/tests/{path.name}"
        document = read_file(path, name)
        errors = [finding for finding in document.findings if finding.level == "error"]
        if errors:
            mistakes.append(render(errors, {name: document.lines}))
            continue
        try:
            tests = TestFile.model_validate(document.data).tests
        except ValidationError as error:
            single = isinstance(document.data, dict) and "test" in document.data
            mistakes += [_mistake(name, document, one["loc"], one["msg"], single) for one in error.errors()]
            continue
        single = "tests" not in document.data
        found += [
            Source(test=test, file=name, document=document, path=() if single else ("tests", number))
            for number, test in enumerate(tests)
        ]
    if mistakes:
        raise BotBroken("\n".join(mistakes))
    return found


def _mistake(name: str, document: Document, location: tuple[str | int, ...], message: str, single: bool) -> str:
    path = location[2:] if single else location
    return f"{name}:{document.span(path).line} this test cannot be read: {message.removeprefix('Value error, ')}"
