"""Writes what is generated in the documentation, or with ``--check`` says what is stale, and follows every link.

Generated parts stand between ``<!-- generated: NAME -->`` and ``<!-- end -->``; whole generated files are listed in
``FILES``. Run it from anywhere: ``.venv/bin/python docs/build.py [--check]``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

import case_diagram  # noqa: E402 - lies beside this file
import flow_reference  # noqa: E402

from bots.metric_names import COUNTERS, DURATIONS, GAUGES  # noqa: E402 - the packages lie beside docs/
from core.settings import settings_table  # noqa: E402
from flows.findings import reference  # noqa: E402

_PART = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n)(?P<body>.*?)(<!-- end -->)", re.DOTALL)
_LINK = re.compile(r"(?<!`)!?\[[^\]\n]*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def metrics_table() -> str:
    """Return all metrics as a Markdown table."""
    rows = ["| metric | labels | meaning |", "|---|---|---|"]
    for table, ending in ((COUNTERS, "_total"), (DURATIONS, ""), (GAUGES, "")):
        for name, (meaning, labels) in table.items():
            shown = ", ".join(f"`{label}`" for label in labels)
            rows.append(f"| `streetwork_{name}{ending}` | {shown} | {meaning} |")
    return "\n".join(rows) + "\n"


#: Parts of hand-written pages.
PARTS: dict[str, Callable[[], str]] = {
    "settings": settings_table,
    "metrics": metrics_table,
    **flow_reference.PARTS,
    **case_diagram.PARTS,
}
#: Whole pages.
FILES: dict[str, Callable[[], str]] = {"docs/findings.md": reference}


def pages() -> list[Path]:
    """Return every Markdown page of the project."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def build(*, check: bool) -> Iterator[str]:
    """Write what is generated, or only compare; give one sentence for each page that is stale or broken."""
    wanted = {ROOT / name: make() for name, make in FILES.items()}
    for page in pages():
        if page not in wanted:
            text = page.read_text(encoding="utf-8")
            for match in _PART.finditer(text):
                if match["name"] not in PARTS:
                    yield f"{page.relative_to(ROOT)}: nothing generates '{match['name']}'"
            wanted[page] = _PART.sub(_filled, text)
    for page, text in wanted.items():
        if page.exists() and page.read_text(encoding="utf-8") == text:
            continue
        if check:
            yield f"{page.relative_to(ROOT)} is stale: run `make docs`"
        else:
            page.write_text(text, encoding="utf-8")


def _filled(match: re.Match[str]) -> str:
    make = PARTS.get(match["name"])
    return f"{match[1]}{make() if make else match['body']}{match[4]}"


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as code hosts make them."""
    found = set()
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        kept = re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).lower())
        found.add(kept.replace(" ", "-"))
    return found


def broken_links() -> Iterator[str]:
    """Give one sentence for each link that leads nowhere inside the project."""
    for page in pages():
        text = _FENCE.sub("", page.read_text(encoding="utf-8"))
        for match in _LINK.finditer(text):
            target, _, anchor = match["target"].partition("#")
            if "://" in target or target.startswith("mailto:"):
                continue
            where = page if not target else (page.parent / unquote(target)).resolve()
            if not where.exists():
                yield f"{page.relative_to(ROOT)}: the link to {match['target']} leads nowhere"
            elif anchor and where.suffix == ".md" and anchor not in anchors(where.read_text(encoding="utf-8")):
                yield f"{page.relative_to(ROOT)}: {where.name} has no heading #{anchor}"


def unknown_commands() -> Iterator[str]:
    """Give one sentence for each ``make`` target that a page names and the Makefile lacks."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    for page in pages():
        for target in re.findall(r"(?:`|^ *\$? ?)make ([a-z][a-z-]*)", page.read_text(encoding="utf-8"), re.MULTILINE):
            if target not in targets:
                yield f"{page.relative_to(ROOT)}: there is no `make {target}`"


def main() -> int:
    """Run and return the exit status."""
    problems = [*build(check="--check" in sys.argv[1:]), *broken_links(), *unknown_commands()]
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print(f"docs: {len(pages())} pages, all fresh, no broken links")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
