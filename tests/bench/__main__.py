"""Runs the measurements of this folder, one process each, so that none profits from what another one warmed up.

``python -m tests.bench [--peers PYTHON] [--quick] [--json FILE] [name ...]``: ``PYTHON`` is an interpreter in whose
environment the frameworks to compare with are installed; measurements find it in the variable ``BENCH_PEERS``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.report import QUICK, REPORT, Row, machine, table

#: In this order; names are those of the modules without ``bench_``. ``store`` and ``size`` run only when
#: they are named.
NAMES = (
    "engine", "durable", "redis", "workers", "latency", "webhook", "scale", "scale_redis", "start", "check", "faq",
    "answers", "crisis", "desk",
)  # fmt: skip
MORE = ("store", "size")


def main() -> int:
    """Run and return the exit status: 1 when a measurement broke. A goal that is missed is told, not an error."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--peers", type=Path, help="interpreter with the frameworks to compare with")
    parser.add_argument("--quick", action="store_true", help="tiny counts: shows that it runs, measures nothing")
    parser.add_argument("--json", type=Path, help="write all results to this file")
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"of {', '.join((*NAMES, *MORE))}; all but the last two"
    )
    options = parser.parse_args()
    if unknown := sorted({*options.names} - {*NAMES, *MORE}):
        parser.error(f"there is no measurement {', '.join(unknown)}; there are {', '.join((*NAMES, *MORE))}")
    environment = dict(os.environ)
    if options.peers is not None:
        # Not resolved: an environment is known by the place of its link, not by what the link points at.
        environment["BENCH_PEERS"] = str(Path.cwd() / options.peers)
    if options.quick:
        environment[QUICK] = "1"
    print(machine())
    results = []
    for name in options.names or NAMES:
        print(f"\n== {name}", flush=True)
        results.append(_run(name, environment))
    _print_all(results, quick=options.quick)
    if options.json is not None:
        data = {"machine": machine(), "results": results}
        options.json.write_text(json.dumps(data, indent=2), encoding="utf-8")
    return 1 if any(result["broken"] for result in results) else 0


def _run(name: str, environment: dict[str, str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        done = subprocess.run(
            [sys.executable, "-m", f"tests.bench.bench_{name}"], env={**environment, REPORT: str(file)}, check=False
        )
        result: dict[str, Any] = {"name": name, "rows": [], "notes": [], "broken": done.returncode != 0}
        if file.exists():
            result |= json.loads(file.read_text(encoding="utf-8"))
        return result


def _print_all(results: list[dict[str, Any]], *, quick: bool) -> None:
    rows = [Row(**row) for result in results for row in result["rows"]]
    print("\n== all" + (" (quick: the numbers mean nothing)" if quick else ""))
    print(table(rows))
    broken = [result["name"] for result in results if result["broken"]]
    if broken:
        print(f"\nbroken: {', '.join(broken)}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
