"""What every measurement shares: how it reports, where it runs, and how much it does in a quick run.

A measurement is a module ``bench_*`` with a ``main``; it runs in a process of its own and tells its results to a
:class:`Report`. The runner (``python -m tests.bench``) collects them through a file named in ``BENCH_REPORT``.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

__all__ = [
    "Report",
    "Row",
    "cores",
    "loop_factory",
    "machine",
    "median",
    "percentile",
    "pin",
    "quick",
    "run_async",
    "spread",
    "table",
    "versions",
]

REPORT = "BENCH_REPORT"
QUICK = "BENCH_QUICK"
CORES = "BENCH_CORES"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the final table. ``met`` is None where there is no goal or nothing could be compared."""

    what: str
    goal: str
    measured: str
    ratio: str = ""
    met: bool | None = None


@dataclass(kw_only=True)
class Report:
    """Results of one measurement."""

    name: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Print and keep one line: a configuration, a size, a single number."""
        self.notes.append(text)
        print(f"  {text}", flush=True)

    def row(self, what: str, goal: str, measured: str, *, ratio: str = "", met: bool | None = None) -> None:
        """Keep one line of the final table."""
        self.rows.append(Row(what=what, goal=goal, measured=measured, ratio=ratio, met=met))

    def finish(self) -> None:
        """Print the table, and write everything where the runner looks for it."""
        print()
        print(table(self.rows), flush=True)
        target = os.environ.get(REPORT)
        if target:
            Path(target).write_text(json.dumps(asdict(self)), encoding="utf-8")


def table(rows: Sequence[Row]) -> str:
    """Return rows as a text table."""
    words = {True: "yes", False: "NO", None: "-"}
    lines = [("what", "goal", "measured", "ratio", "met")]
    lines += [(row.what, row.goal, row.measured, row.ratio, words[row.met]) for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([shown[0], "  ".join("-" * width for width in widths), *shown[1:]])


def quick() -> bool:
    """Say whether only a smoke test with tiny counts is wanted."""
    return os.environ.get(QUICK, "") not in {"", "0"}


def median(values: Sequence[float]) -> float:
    """Return the middle value (the upper one of two)."""
    return sorted(values)[len(values) // 2]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least ``share`` (0 to 1) of ``values`` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1))]


def spread(milliseconds: Sequence[float]) -> str:
    """Return how times are spread, in one line."""
    shares = ", ".join(f"p{round(share * 100)} {percentile(milliseconds, share):.1f}" for share in (0.5, 0.9, 0.99))
    return f"{shares}, max {max(milliseconds):.1f} ms"


# -- where it runs ---------------------------------------------------------------------------------------


def machine() -> str:
    """Return the machine in one line."""
    model = ""
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = found[0].partition(":")[2].strip() if found else ""
    load = f", load {os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{platform.python_implementation()} {platform.python_version()} on {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores {model}{load}"
    )


def versions(*names: str) -> str:
    """Return the installed versions of packages, ``absent`` for those that are not there."""

    def one(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "absent"

    return ", ".join(f"{name} {one(name)}" for name in names)


def cores() -> tuple[set[int], set[int]]:
    """Return (the core that is measured, the cores for everything else); both the same where there is only one."""
    if not hasattr(os, "sched_getaffinity"):
        return set(), set()
    # A process that was pinned hands its narrow choice down; the first one to ask tells what there really is.
    known = os.environ.setdefault(CORES, ",".join(str(one) for one in sorted(os.sched_getaffinity(0))))
    allowed = [int(one) for one in known.split(",")]
    return {allowed[0]}, set(allowed[1:]) or {allowed[0]}


def pin(chosen: set[int]) -> None:
    """Keep this process, and the threads it starts from now on, on ``chosen`` cores, where the system can do that."""
    if chosen and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, chosen)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes the event loop: uvloop where it is installed, as in the shipped process."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def run_async(work: Coroutine[Any, Any, Any]) -> Any:
    """Run ``work`` on the event loop that the shipped process uses."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(work)


def loop_name() -> str:
    """Return which event loop :func:`run_async` uses."""
    return "asyncio" if loop_factory() is None else versions("uvloop")


def fail(text: str) -> None:
    """End the measurement: something that had to be there is not."""
    print(text, file=sys.stderr)
    raise SystemExit(1)
