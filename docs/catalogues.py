"""Checks every gettext catalogue of the project, as gettext tools cannot: placeholders, plurals, numbers, addresses.

It also extracts the texts anew, by the extractors of ``babel.cfg``, and compares: a text that a catalogue does not know
is a mistake of whoever wrote it, and ``make catalogues`` mends it. Untranslated and fuzzy messages are only counted:
people then read the next language of their chain. Run it from anywhere: ``.venv/bin/python docs/catalogues.py``.
"""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from handoff.ui_texts import TEXTS  # noqa: E402 - the packages lie beside docs/
from i18n.check import check_catalog  # noqa: E402

#: What is only counted.
COUNTED = {"untranslated", "fuzzy", "same-as-source", "number-changed"}
#: (context, text)
Key = tuple[str, str]


def extracted(method: str, paths: list[Path]) -> set[Key]:
    """Return every text of these files, as ``pybabel extract`` finds them."""
    found: set[Key] = set()
    for path in paths:
        for _, message, _, context in extract_from_file(method, path, keywords={"pgettext": ((1, "c"), 2)}):
            text = message if isinstance(message, str) else message[-1]
            found.add((context or "", text))
    return found


def sources() -> Iterator[tuple[Path, set[Key]]]:
    """Yield each folder of catalogues and the texts that belong there."""
    yield ROOT / "i18n" / "locales", extracted("flows.extract:extract_texts", [ROOT / "flows" / "texts.py"])
    for bot in sorted(path.parent for path in ROOT.glob("flows/*/bot.yaml")):
        files = sorted(path for path in bot.rglob("*.yaml") if "tests" not in path.relative_to(bot).parts)
        yield bot / "locales", extracted("flows.extract:extract", files)


def unknown(path: Path, texts: set[Key], remedy: str = "run `make catalogues`") -> Iterator[str]:
    """Give one sentence for each text that a catalogue does not know, and how to mend it."""
    catalog = read_po(io.BytesIO(path.read_bytes()), ignore_obsolete=True)
    known = {(message.context or "", one) for message in catalog for one in _ids(message.id)}
    for context, text in sorted(texts - known):
        yield f"{path.relative_to(ROOT)} does not know {context}: {text[:50]!r}; {remedy}"


def _ids(message_id: object) -> tuple[str, ...]:
    return (message_id,) if isinstance(message_id, str) else tuple(message_id)  # type: ignore[arg-type]


def main() -> int:
    """Print what is wrong with file and line; return the exit status."""
    problems: list[str] = []
    files = sorted([*ROOT.glob("i18n/locales/*/LC_MESSAGES/*.po"), *ROOT.glob("flows/*/locales/*/LC_MESSAGES/*.po")])
    for path in files:
        counted: Counter[str] = Counter()
        for problem in check_catalog(path.read_bytes(), path.parent.parent.name):
            if problem.code in COUNTED:
                counted[problem.code] += 1
            else:
                place = f"{path.relative_to(ROOT)}:{problem.line}"
                problems.append(f"{place}: {problem.message} [{problem.code}]")
        told = ", ".join(f"{number} {code}" for code, number in sorted(counted.items())) or "complete"
        print(f"{path.relative_to(ROOT)}: {told}")
    for folder, texts in sources():
        for path in sorted(folder.glob("*/LC_MESSAGES/messages.po")):
            problems += unknown(path, texts)
    for path in sorted((ROOT / "i18n" / "locales").glob("*/LC_MESSAGES/desk.po")):
        problems += unknown(path, set(TEXTS.items()), "write its translation there")
    if not files:
        problems.append("there are no catalogues")
    for line in problems:
        print(line, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
