"""axe-core, which finds barriers on a page (WCAG 2.1 A and AA); fetched once from npm into ``build/``."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

__all__ = ["barriers", "find_axe"]

VERSION = "4.10.3"
FOLDER = Path(__file__).resolve().parents[2] / "build" / "axe-core"
#: Faults that keep somebody from using the page; "moderate" ones are matters of taste here (regions, heading order).
SERIOUS = ("serious", "critical")

_RUN = """
async () => (await axe.run(document, {
  runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] },
  resultTypes: ['violations'],
})).violations.map((one) => ({
  id: one.id, impact: one.impact, help: one.help,
  places: one.nodes.slice(0, 5).map((node) => node.target.join(' ') + ' :: ' + node.failureSummary.slice(0, 300)),
}))
"""


@functools.lru_cache(maxsize=1)
def find_axe() -> Path | None:
    """Return the script, fetching it where npm can; None where it cannot be had."""
    path = FOLDER / f"axe-{VERSION}.min.js"
    if path.is_file():
        return path
    npm = shutil.which("npm")
    if npm is None:
        return None
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as scratch:
        command = [npm, "pack", "--silent", f"axe-core@{VERSION}"]
        try:
            subprocess.run(command, cwd=scratch, check=True, capture_output=True, timeout=60)
        except (subprocess.SubprocessError, OSError):
            return None
        (packed,) = Path(scratch).glob("axe-core-*.tgz")
        with tarfile.open(packed) as archive:
            member = archive.extractfile("package/axe.min.js")
            assert member is not None
            made = Path(scratch) / "axe.min.js"
            made.write_bytes(member.read())
        # In one step, so that two test processes cannot read half of it.
        made.replace(path)
    return path


async def barriers(page: Page) -> list[dict[str, Any]]:
    """Return the serious faults of the page as it is now. Without axe-core the test is skipped, in CI it fails."""
    path = find_axe()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("axe-core is needed in CI and could not be fetched from npm")
        pytest.skip(f"axe-core is not in {FOLDER} and npm cannot fetch it")
    # Over the debugger, so that the page's policy on scripts can stay as strict as it is.
    await page.evaluate(path.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = await page.evaluate(_RUN)
    return [one for one in found if one["impact"] in SERIOUS]
