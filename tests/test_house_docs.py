"""What is written about the project is true: settings, dependencies, decisions, versions, commands and links."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bots.cli import COMMANDS
from core.settings import SETTINGS_FILE, declarations

ROOT = Path(__file__).resolve().parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def bare(requirement: str) -> str:
    """Return the name of a requirement as indexes write it."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def declared_dependencies() -> dict[str, set[str]]:
    """Return the names by heading of docs/dependencies.md."""
    groups = PROJECT["dependency-groups"]
    extras = PROJECT["project"]["optional-dependencies"]
    return {
        "To run": {bare(one) for one in (*PROJECT["project"]["dependencies"], *extras["fast"])},
        "To understand": {bare(one) for one in extras["embed"]},
        "To test": {bare(one) for one in groups["test"]},
        "To check": {bare(one) for one in groups["check"]},
        "To measure": {bare(one) for one in groups["bench"]},
    }


def test_every_dependency_has_a_reason_and_a_licence_and_every_reason_a_dependency() -> None:
    sections = re.split(r"^## ", read("docs/dependencies.md"), flags=re.MULTILINE)[1:]
    documented: dict[str, set[str]] = {}
    for section in sections:
        heading, _, body = section.partition("\n")
        rows = re.findall(r"^\| `([^`]+)` \| (.+) \| (.+) \|$", body, re.MULTILINE)
        assert all(len(reason) > 5 and len(licence) > 2 for _, reason, licence in rows), heading
        documented[heading] = {name for name, _, _ in rows}
    assert documented == declared_dependencies()


@pytest.mark.parametrize("lock", ["run", "embed", "dev", "bench"])
def test_locks_hold_what_is_declared_with_hashes(lock: str) -> None:
    text = read(f"requirements/{lock}.lock")
    pinned = {bare(line) for line in re.findall(r"^([A-Za-z0-9._-]+(?:\[[^]]*\])?==\S+)", text, re.MULTILINE)}
    wanted = declared_dependencies()
    needed = {
        "run": wanted["To run"],
        "embed": wanted["To run"] | wanted["To understand"],
        "dev": wanted["To run"] | wanted["To understand"] | wanted["To test"] | wanted["To check"],
        "bench": wanted["To measure"],
    }
    assert needed[lock] <= pinned
    assert text.count("--hash=sha256:") >= len(pinned)
    assert "index-url" not in re.sub(r"--no-emit-index-url", "", text)
    assert "://" not in text, "a lock names a place that others do not have"


def test_every_setting_is_in_the_readme() -> None:
    readme = read("README.md")
    for name in [*(one.name for one in declarations()), SETTINGS_FILE]:
        assert f"| `{name}` |" in readme, name


def test_every_setting_that_the_docs_name_exists() -> None:
    known = {*(one.name for one in declarations()), SETTINGS_FILE}
    pages = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
    for page in pages:
        named = set(re.findall(r"\bSTREETWORK_[A-Z_]+\b|\bTELEGRAM_[A-Z_]+\b", page.read_text(encoding="utf-8")))
        assert named <= known, f"{page.name}: {named - known}"


def test_every_command_that_the_docs_name_exists() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *(ROOT / "docs").glob("*.md")]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        named = set(re.findall(r"(?:`|^ +(?:\.venv/bin/)?)streetwork ([a-z]+)", text, re.MULTILINE))
        assert named <= set(COMMANDS), f"{page.name}: {named - set(COMMANDS)}"


def test_procfile_starts_commands_that_exist() -> None:
    named = set(re.findall(r"streetwork ([a-z]+)", read("Procfile")))
    assert named
    assert named <= set(COMMANDS)


def test_changelog_mentions_the_version() -> None:
    assert f"## {PROJECT['project']['version']}\n" in read("CHANGELOG.md")


def test_decisions_are_numbered_without_gaps_and_say_their_status() -> None:
    records = sorted((ROOT / "docs" / "adr").iterdir())
    numbers = []
    for path in records:
        named = re.fullmatch(r"(\d{4})-[a-z0-9-]+\.md", path.name)
        assert named, f"{path.name} is not called NNNN-what-was-decided.md"
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {named[1]}. "), path.name
        assert "\nStatus: " in text, path.name
        for heading in ("Context", "Decision", "Consequences"):
            assert f"\n## {heading}\n" in text, f"{path.name} lacks {heading}"
        numbers.append(int(named[1]))
    assert numbers == list(range(len(numbers)))


def test_licence_is_the_agpl_word_for_word() -> None:
    text = read("LICENSE")
    assert text.split("\n", 2)[0].strip() == "GNU AFFERO GENERAL PUBLIC LICENSE"
    assert "13. Remote Network Interaction; Use with the GNU General Public License." in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert len(text.splitlines()) == 661


def test_makefile_has_what_the_readme_and_ci_call() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", read("Makefile"), re.MULTILINE))
    assert {"setup", "run", "test", "check", "soak", "bench", "docs", "clean", "lock"} <= targets
    called = set(re.findall(r"make (?:--[a-z-]+ )*([a-z]+)", read(".ci/run") + read(".ci/fresh-clone")))
    assert {"check", "test", "soak", "run"} <= called


def test_pre_commit_runs_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", read("Makefile"), re.MULTILINE))
    assert set(re.findall(r"entry: make ([a-z-]+)", read(".pre-commit-config.yaml"))) <= targets


def test_generated_documentation_is_fresh_and_links_lead_somewhere() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "build.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
