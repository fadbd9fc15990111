"""The rules of the house that no other tool knows: sizes, docstrings, public names, and what must not stand in files.

Everything here reads files; nothing is imported but the standard library, so that it stays fast.
"""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("bots", "core", "flows", "handlers", "handoff", "i18n", "store")

#: Lines, blank ones included.
LONGEST_FILE = 400
MEDIAN_FILE = 150
LONGEST_FUNCTION = 60


@lru_cache(maxsize=1)
def tracked() -> tuple[Path, ...]:
    """Return every file that belongs to the project: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = {ROOT / name for name in listed.stdout.decode().split("\0") if name}
    return tuple(sorted(path for path in paths if path.is_file()))


def product(*suffixes: str) -> list[Path]:
    return [p for p in tracked() if p.suffix in suffixes and p.relative_to(ROOT).parts[0] in PACKAGES]


def test_files() -> list[Path]:
    return [p for p in tracked() if p.suffix == ".py" and p.relative_to(ROOT).parts[0] == "tests"]


test_files.__test__ = False  # type: ignore[attr-defined]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@lru_cache(maxsize=1024)
def source(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@lru_cache(maxsize=1024)
def tree(path: Path) -> ast.Module:
    return ast.parse(source(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def told(problems: list[str]) -> None:
    """Fail with all problems at once."""
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


def test_no_product_file_is_longer_than_400_lines() -> None:
    lengths = {path: len(source(path).splitlines()) for path in product(".py", ".js", ".css")}
    told([f"{name_of(p)} has {n} lines, more than {LONGEST_FILE}" for p, n in lengths.items() if n > LONGEST_FILE])


def test_half_of_the_product_files_have_at_most_150_lines() -> None:
    median = statistics.median(len(source(path).splitlines()) for path in product(".py", ".js"))
    assert median <= MEDIAN_FILE


def test_no_function_is_longer_than_60_lines() -> None:
    long = []
    for path in product(".py"):
        for function in functions(path):
            lines = (function.end_lineno or function.lineno) - function.lineno + 1
            if lines > LONGEST_FUNCTION:
                long.append(f"{name_of(path)}:{function.lineno} {function.name} has {lines} lines")
    told(long)


def test_every_module_says_what_it_is() -> None:
    files = [path for path in (*product(".py"), *test_files()) if source(path).strip()]
    told([f"{name_of(path)} has no docstring" for path in files if not ast.get_docstring(tree(path))])


def test_every_script_and_style_sheet_says_what_it_is() -> None:
    told(
        [
            f"{name_of(p)} does not begin with a comment"
            for p in product(".js", ".css", ".sql")
            if not source(p).lstrip().startswith(("//", "/*", "--"))
        ]
    )


@pytest.mark.parametrize("path", ["flows/engine.py", "bots/delivery.py", "handlers/worker.py", "store/sqlite.py"])
def test_the_hard_parts_open_with_a_theory_of_operation(path: str) -> None:
    assert "theory of operation" in (ast.get_docstring(tree(ROOT / path)) or "").lower()


def public_names(path: Path) -> tuple[set[str], list[str] | None]:
    """Return the classes and functions a module defines in public, and what its ``__all__`` lists."""
    defined: set[str] = set()
    listed: list[str] | None = None
    for node in tree(path).body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                defined.add(name)
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                listed = ast.literal_eval(value)
            case _:
                pass
    return {name for name in defined if not name.startswith("_")}, listed


def all_names(path: Path) -> set[str]:
    """Return every name that a module binds at its top level."""
    bound: set[str] = set()
    for node in ast.walk(tree(path)):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                bound.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                bound.add(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                bound |= {(alias.asname or alias.name).partition(".")[0] for alias in names}
            case _:
                pass
    return bound


def test_modules_with_public_names_list_them_sorted_and_truly() -> None:
    problems = []
    for path in product(".py"):
        if "berlin" in path.parts or path.name == "__main__.py":
            continue
        defined, listed = public_names(path)
        if listed is None:
            if defined:
                problems.append(f"{name_of(path)} has public names and no __all__")
            continue
        unknown = sorted(set(listed) - all_names(path))
        if unknown:
            problems.append(f"{name_of(path)}: __all__ names {', '.join(unknown)}, which the module does not have")
        if len(set(listed)) != len(listed):
            problems.append(f"{name_of(path)}: __all__ names something twice")
    told(problems)


def test_names_imported_from_another_module_are_public_there() -> None:
    problems = []
    for path in product(".py"):
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.ImportFrom) or (node.module or "").partition(".")[0] not in PACKAGES:
                continue
            found = ROOT.joinpath(*(node.module or "").split(".")).with_suffix(".py")
            if not found.exists():
                continue
            private = [alias.name for alias in node.names if alias.name.startswith("_")]
            if private:
                problems.append(f"{name_of(path)}:{node.lineno} imports {', '.join(private)} of {node.module}")
    told(problems)


def called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def test_product_code_prints_nothing() -> None:
    told(
        [
            f"{name_of(path)}:{node.lineno} prints; log it, or return it to the command line"
            for path in product(".py")
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
        ]
    )


#: Where waiting is what is simulated, and why.
MAY_SLEEP = {
    "tests/fakes/telegram_push.py": "Telegram's own wait before it repeats a webhook, in a unit that tests set"
}
#: Seconds between two looks at a condition.
LONGEST_POLL = 0.1


def sleeps(node: ast.AST, polling: bool = False) -> Iterator[int]:
    """Yield the lines of sleeps that are more than a short pause between two looks at a condition.

    A clock's own ``sleep`` is none, and ``asyncio.sleep(0)`` only lets others run.
    """
    if isinstance(node, ast.AsyncFunctionDef) and node.name == "sleep":
        return
    if isinstance(node, ast.Call) and called(node) == "sleep":
        seconds = node.args[0].value if len(node.args) == 1 and isinstance(node.args[0], ast.Constant) else None
        short = isinstance(seconds, int | float) and seconds <= (LONGEST_POLL if polling else 0)
        of_a_clock = isinstance(node.func, ast.Attribute) and "clock" in ast.unparse(node.func.value)
        if not short and not of_a_clock:
            yield node.lineno
    for child in ast.iter_child_nodes(node):
        yield from sleeps(child, polling or isinstance(node, ast.While | ast.For | ast.AsyncFor))


def test_no_test_sleeps() -> None:
    told(
        [
            f"{name_of(path)}:{line} sleeps; wait for what you need instead"
            for path in test_files()
            # A benchmark paces its load by the clock; it asserts nothing and no test run waits for it.
            if name_of(path) not in MAY_SLEEP and not name_of(path).startswith("tests/bench/")
            for line in sleeps(tree(path))
        ]
    )
    assert all((ROOT / name).exists() for name in MAY_SLEEP)


def test_no_test_mocks_our_own_code() -> None:
    told(
        [
            f"{name_of(p)} uses unittest.mock; write a fake of the port"
            for p in test_files()
            if "unittest.mock" in source(p) and p != Path(__file__)
        ]
    )


#: Written in pieces, so that this file does not find itself.
MACHINE = re.compile(r"(?<![\w.])/" + r"(?:home/\w|Users/\w|work/|tmp/bash)")


def test_no_file_names_a_developers_machine() -> None:
    problems = []
    for path in tracked():
        if path.suffix in {".png", ".ico", ".woff2", ".gz", ".db"}:
            continue
        try:
            text = source(path)
        except UnicodeDecodeError:
            continue
        problems += [
            f"{name_of(path)}:{n} names a path of one machine"
            for n, line in enumerate(text.splitlines(), 1)
            if "/" in line and MACHINE.search(line)
        ]
    told(problems)


def test_nothing_is_left_to_do_in_the_code() -> None:
    marks = re.compile(r"(?:#|//|--)\s*(?:TO" + r"DO|FIX" + r"ME|XXX|HACK)\b")
    told(
        [
            f"{name_of(path)}:{n} leaves something to do: finish it, or open an issue"
            for path in (*product(".py", ".js", ".css", ".sql", ".lua"), *test_files())
            for n, line in enumerate(source(path).splitlines(), 1)
            if marks.search(line)
        ]
    )


def test_lua_scripts_say_what_they_take_and_give() -> None:
    """The shebang makes a server refuse keys of another slot; shared functions are no scripts of their own."""
    problems = []
    for path in product(".lua"):
        text = source(path)
        if path.parent.name == "lib":
            wanted: tuple[str, ...] = ("-- ",)
        else:
            wanted = ("-- Keys:", "Arguments:", "Returns:")
            if not re.match(r"#!lua( flags=[a-z-]+)?\n-- ", text):
                problems.append(f"{name_of(path)} does not begin with its shebang and what it does")
        problems += [f"{name_of(path)} does not say its {one.strip('- :')}" for one in wanted if one not in text]
    told(problems)


def metric_calls() -> Iterator[tuple[str, str, set[str]]]:
    """Yield (place, name, labels) of every ``metrics.count("x", ...)`` and ``metrics.observe("x", ...)``."""
    for path in product(".py"):
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr not in {"count", "observe"} or "metrics" not in ast.unparse(node.func.value).lower():
                continue
            if node.args and isinstance(node.args[0], ast.Constant):
                labels = {keyword.arg or "**" for keyword in node.keywords}
                yield f"{name_of(path)}:{node.lineno}", str(node.args[0].value), labels


def test_every_number_that_is_kept_is_declared() -> None:
    declared: dict[str, set[str]] = {}
    for node in tree(ROOT / "bots" / "metric_names.py").body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
            table = ast.literal_eval(node.value)
            declared |= {name: set(labels) for name, (_, labels) in table.items()}
    found = list(metric_calls())
    assert found, "no use of metrics was found; the search is broken"
    told(
        [
            f"{place}: metric {name!r} with labels {sorted(labels)} is not what bots/metric_names.py declares"
            for place, name, labels in found
            if declared.get(name) != labels
        ]
    )
