"""Loading ``hooks.py`` of a bot: the coroutines that ``hook:`` steps call, and those that installed packages bring."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
import traceback
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from flows.findings import Finding, finding

__all__ = ["load_hooks"]


def load_hooks(path: Path, shown: str) -> tuple[dict[str, Any], list[Finding]]:
    """Return the hooks by name, and what is wrong with the file. Code of the bot runs here, as it does later.

    The module gets a name of its own for each content, so that an edited file is loaded anew.
    """
    hooks: dict[str, Any] = {}
    found: list[Finding] = []
    for point in entry_points(group="streetwork.hooks"):
        hooks[point.name] = point.load()
    if not path.is_file():
        return hooks, found
    try:
        module = _module(path)
    except (Exception, SystemExit) as error:  # whatever the bot's own code does, the editor gets a finding
        line = _line(error, path)
        found.append(finding("E211", shown, line, 1, f"hooks.py does not load: {type(error).__name__}: {error}"))
        return hooks, found
    own = vars(module).items()
    hooks |= {name: one for name, one in own if inspect.iscoroutinefunction(one) and not name.startswith("_")}
    return hooks, found


def _module(path: Path) -> ModuleType:
    content = path.read_bytes()
    name = f"streetwork_hooks_{hashlib.sha256(str(path).encode() + content).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError("it is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up while it is being loaded
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _line(error: BaseException, path: Path) -> int:
    if isinstance(error, SyntaxError) and error.lineno is not None:
        return error.lineno
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path]
    return frames[-1].lineno or 1 if frames else 1
