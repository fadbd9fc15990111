"""The desk's page as files: words complete in every language, colours with contrast, nothing that makes markup."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from handoff.cases import TABLE
from handoff.ui_texts import LANGUAGES, TEXTS, texts
from i18n.check import check_catalog

ROOT = Path(__file__).resolve().parents[3]
HANDOFF = ROOT / "handoff"
SCRIPTS = sorted((HANDOFF / "static").glob("*.js"))
PAGES = sorted((HANDOFF / "templates").glob("*.html"))
STYLE = "\n".join(path.read_text(encoding="utf-8") for path in sorted((HANDOFF / "static").glob("*.css")))

#: Keys that are put together: the part before the dot, and where the rest comes from.
FAMILIES = ("urgency.", "channel.", "who.", "kind.", "mark.", "media.", "delivery.", "outcome.", "done.", "refused.",
            "list.", "keys.", "signin.", "said.", "did.", "ended.", "role.", "alert.", "numbers.", "wait.", "topic.",
            "bot.", "file.", "act.", "why.", "consent.", "remedy.", "park.", "presence.",
            "crisis.", "erasures.", "reason.")  # fmt: skip


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_word_is_translated_and_keeps_its_values(language):
    path = ROOT / "i18n" / "locales" / language / "LC_MESSAGES" / "desk.po"
    serious = [one for one in check_catalog(path.read_bytes(), language) if one.code != "same-as-source"]
    assert serious == []
    content = path.read_text(encoding="utf-8")
    for key, source in TEXTS.items():
        assert f'msgctxt "{key}"\n' in content, key
        found = texts(language)[key]
        assert found.strip()
        assert set(re.findall(r"\{\w+\}", found)) == set(re.findall(r"\{\w+\}", source)), key


def test_english_needs_no_catalogue():
    assert dict(texts("en")) == dict(TEXTS)


def test_every_key_in_pages_and_scripts_has_a_text_and_every_text_a_use():
    pages = sorted(HANDOFF.glob("*.py"))
    pages = [path for path in pages if not path.name.endswith("_texts.py")]
    everything = "\n".join(path.read_text(encoding="utf-8") for path in (*SCRIPTS, *PAGES, *pages))
    used = set(re.findall(r"""\bt\[["']([\w.]+)["']\]""", everything))
    used |= set(re.findall(r"""\b(?:word|say|notice|sure|announce|clearCase)\(\s*"([\w.]+)\"""", everything))
    used |= set(re.findall(r""""((?:facts|card|conversation|live|claim|failed)\.\w+)\"""", everything))
    assert used <= set(TEXTS), used - set(TEXTS)
    unused = {key for key in TEXTS if f'"{key}"' not in everything and f"'{key}'" not in everything}
    assert [key for key in unused if not key.startswith(FAMILIES) and not key.endswith((".label", ".tab"))] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_make_no_markup_and_no_code_from_strings(path):
    source = path.read_text(encoding="utf-8")
    for danger in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        ".srcdoc",
    ):
        assert danger not in source
    assert not re.search(r"setTimeout\(\s*[\"'`]", source)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_pages_have_no_code_and_no_style_in_them(path):
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"\son\w+\s*=", source)
    assert not re.search(r"\sstyle\s*=", source)
    assert "| safe" not in source
    assert "|safe" not in source
    for script in re.findall(r"<script[^>]*>", source):
        assert "src=" in script or 'type="application/json"' in script


def test_the_style_sheet_mirrors_with_the_direction():
    physical = re.findall(r"[\s{;](?:margin|padding|border|inset)?-?(?:left|right)(?:-\w+)?\s*:", STYLE)
    assert physical == []
    assert not re.search(r"text-align:\s*(left|right)", STYLE)
    assert not re.search(r"\s(width|height|top|bottom)\s*:", STYLE)


def _schemes() -> list[dict[str, str]]:
    light, dark = [
        dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in re.findall(r":root \{([^}]*)\}", STYLE)
    ]
    return [light, light | dark]


def _light(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_can_be_read(scheme):
    colours = _schemes()[scheme]
    grounds = ("ground", "sheet", "person", "bot", "counsellor", "note", "bad-ground", "good-ground")
    pairs = [(front, back) for front in ("ink", "faint") for back in grounds]
    pairs += [("accent", "sheet"), ("accent", "ground"), ("on-accent", "accent"), ("bad", "bad-ground")]
    pairs += [("sheet", "bad"), ("warn", "warn-ground"), ("warn", "sheet"), ("warn", "bot"), ("good", "good-ground")]
    for front, back in pairs:
        one, other = sorted((_light(colours[front]), _light(colours[back])))
        assert (other + 0.05) / (one + 0.05) >= 4.5, (front, back)
    one, other = sorted((_light(colours["focus"]), _light(colours["ground"])))
    assert (other + 0.05) / (one + 0.05) >= 3


def test_every_mark_and_refusal_of_the_turns_has_words():
    source = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "handlers").rglob("*.py")))
    marks = set(re.findall(r"""\bmark\("(\w+)\"""", source))
    marks |= {line.mark for row in TABLE.values() for line in (row, row.otherwise) if line is not None and line.mark}
    assert {"claimed", "closed", "waiting", "woken", "reopened"} <= marks
    assert {f"mark.{mark}" for mark in marks} <= set(TEXTS)
    files = [HANDOFF / name for name in ("cases.py", "happenings.py", "verbs.py", "roster.py")]
    files.append(ROOT / "handlers" / "desk.py")
    found = "\n".join(path.read_text(encoding="utf-8") for path in files)
    codes = set(re.findall(r"""Refused\((?:\n\s*)?"(\w+)\"""", found)) | {"already_yours", "taken", "broken"}
    assert {"not_offered", "not_for_you", "no_such_topic", "malformed", "past", "too_late"} <= codes
    assert {f"refused.{code}" for code in codes} <= set(TEXTS)
