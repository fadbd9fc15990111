"""The measurements run: tiny counts, in processes of their own, and end with a table. Nothing here looks at times."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.report import Report, Row, percentile, table

ROOT = Path(__file__).parents[2]
#: ``start`` is a test of its own elsewhere (end to end), and ``check`` is quick only in words.
NAMES = ("engine", "durable", "redis", "latency", "webhook", "scale", "faq", "answers", "crisis", "desk")


@pytest.mark.parametrize("name", NAMES)
def test_a_measurement_runs_and_ends_with_a_table(name: str, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    # The frameworks to compare with may be missing here; then that row says so.
    environment = {**os.environ, "BENCH_PEERS": sys.executable}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick", "--json", str(file), name],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "what" in done.stdout
    (result,) = json.loads(file.read_text(encoding="utf-8"))["results"]
    assert result["name"] == name
    assert not result["broken"]
    assert result["notes"]
    for row in result["rows"]:
        assert row["what"]
        assert row["measured"]
        assert row["what"] in done.stdout


def test_an_unknown_measurement_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "engin"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "there is no measurement engin" in done.stderr


def test_a_missed_goal_stands_out_in_the_table() -> None:
    rows = [
        Row(what="kept", goal="< 1 s", measured="0.5 s", met=True),
        Row(what="missed", goal="< 1 s", measured="2 s", met=False),
        Row(what="only told", goal="-", measured="3", met=None),
    ]
    lines = table(rows).splitlines()
    assert lines[2].endswith("yes")
    assert lines[3].endswith("NO")
    assert lines[4].endswith("-")


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(n) for n in range(1, 101)]
    assert percentile(values, 0.5) == 50
    assert percentile(values, 0.99) == 99
    assert percentile(values, 1) == 100
    assert percentile([7.0], 0.99) == 7


def test_results_are_written_for_the_runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_REPORT", str(tmp_path / "one.json"))
    report = Report(name="one")
    report.note("a note")
    report.row("a thing", "< 1", "0", met=True)
    report.finish()
    written = json.loads((tmp_path / "one.json").read_text(encoding="utf-8"))
    assert written["notes"] == ["a note"]
    assert written["rows"][0]["met"] is True
