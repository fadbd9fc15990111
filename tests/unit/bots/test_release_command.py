"""Before people depend on it: ``check --release``, ``translations`` and ``review`` on a bot that becomes ready."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bots.commands.check import check
from bots.commands.translations import review, translations
from tests.fakes.bots import BERLIN, change, mini

PO = "locales/ar/LC_MESSAGES/messages.po"


def run(command, *arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(command, [str(one) for one in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def errors(bot: Path) -> list[dict[str, Any]]:
    code, output = run(check, bot, "--release", "--json")
    found = json.loads(output)
    wrong = [one for one in found["findings"] if one["level"] == "error"]
    assert bool(wrong) == bool(code)
    return wrong


def codes(bot: Path) -> set[str]:
    return {one["code"] for one in errors(bot)}


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """Return the small bot after a team has read everything."""
    bot = mini(tmp_path)
    for name in ("faq/work.yaml",):
        text = (bot / name).read_text(encoding="utf-8")
        text = text.replace(
            "    checked:", "    status: reviewed\n    reviewed: 2026-06-02\n    reviewed_by: Anna\n    checked:"
        )
        (bot / name).write_text(text.replace("review_by: 2027-06-01", "review_by: 2099-01-01"), encoding="utf-8")
    facts = (bot / "facts.yaml").read_text(encoding="utf-8")
    (bot / "facts.yaml").write_text(facts.replace("from: 2026-01-01", "from: 2020-01-01"), encoding="utf-8")
    for language in ("en", "ar"):
        code, output = run(review, bot, "--language", language, "--by", "Anna")
        assert code == 0, output
    return bot


def test_the_shipped_bot_is_not_ready_by_design() -> None:
    found = errors(BERLIN)
    assert {"E901", "E903", "E904", "E905"} <= {one["code"] for one in found}
    assert all(one["line"] >= 1 and one["column"] >= 1 and one["file"] for one in found)
    assert not any("112" in one["message"] or "116117" in one["message"] for one in found)
    assert any("116 016" in one["message"] for one in found)


def test_a_bot_that_was_read_is_ready(ready: Path) -> None:
    assert errors(ready) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("start.yaml", "hello:\n    say: Hello!", "hello:\n    say: Good day!", "E903"),
        ("start.yaml", "hello:\n    say: Hello!", "hello:\n    say: Good day!", "E904"),
        (PO, "العقد الشفهي صالح أيضا.", "العقد الشفهي صالح.", "E904"),
        ("facts.yaml", "from: 2027-01-01", "from: 2098-01-01", "E905"),
    ],
)
def test_whatever_is_changed_afterwards_must_be_read_again(
    ready: Path, file: str, old: str, new: str, code: str
) -> None:
    change(ready, file, old, new)
    if file == "facts.yaml":
        change(ready, file, "until: 2026-12-31", "until: 2020-12-31")
    assert code in codes(ready)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("status: reviewed", "status: draft", "E901"), ("review_by: 2099-01-01", "review_by: 2026-01-01", "E902")],
)
def test_a_draft_and_what_is_overdue_are_refused(ready: Path, old: str, new: str, code: str) -> None:
    text = (ready / "faq/work.yaml").read_text(encoding="utf-8")
    (ready / "faq/work.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    found = [one for one in errors(ready) if one["code"] == code]
    assert len(found) == 1
    assert found[0]["file"].endswith("faq/work.yaml")


def test_a_translation_that_was_changed_is_told_at_its_line_in_the_catalogue(ready: Path) -> None:
    line = change(ready, PO, "العقد الشفهي صالح أيضا.", "العقد الشفهي صالح.")
    (found,) = [one for one in errors(ready) if one["code"] == "E904"]
    assert found["file"].endswith(PO)
    assert found["line"] == line - 2  # msgctxt, msgid, msgstr


def test_without_the_option_a_bot_can_be_tried_unread() -> None:
    assert run(check, BERLIN)[0] == 0


# -- translations and review -------------------------------------------------------------------------------


def counts(bot: Path, language: str) -> dict[str, dict[str, Any]]:
    code, output = run(translations, bot, "--json")
    assert code == 0
    return {one["kind"]: one for one in json.loads(output)["languages"][language]}


def test_what_is_missing_fuzzy_or_unread_is_counted(tmp_path: Path) -> None:
    bot = mini(tmp_path)
    before = counts(bot, "ar")
    assert before["faq"] == {"kind": "faq", "total": 4, "translated": 4, "missing": 0, "fuzzy": 0, "unreviewed": 4}
    change(bot, PO, 'msgctxt "faq.contract.question"', '#, fuzzy\nmsgctxt "faq.contract.question"')
    change(bot, PO, 'msgstr "العقد الشفهي صالح أيضا."', 'msgstr ""')
    after = counts(bot, "ar")
    assert (after["faq"]["missing"], after["faq"]["fuzzy"], after["faq"]["unreviewed"]) == (1, 1, 2)
    assert after["faq"]["translated"] == 2
    assert counts(bot, "en")["faq"]["missing"] == 0


def test_german_is_reported_for_the_desk() -> None:
    found = counts(BERLIN, "de")
    assert found["canned"]["missing"] == 0
    assert found["faq"]["total"] == counts(BERLIN, "ru")["faq"]["total"]
    assert "examples" not in found
    assert "de (desk)" in run(translations, BERLIN)[1]


def test_one_entry_can_be_noted_as_read(tmp_path: Path) -> None:
    bot = mini(tmp_path)
    code, output = run(review, bot, "-l", "ar", "--by", "Mariam", "--on", "2026-12-01", "--text", "faq.contract")
    assert (code, output) == (0, "2 texts noted as read in ar; 0 have no translation to read.\n")
    assert counts(bot, "ar")["faq"]["unreviewed"] == 2
    ledger = (bot / "reviews" / "ar.yaml").read_text(encoding="utf-8")
    assert "faq.contract.answer | 2026-12-01 | Mariam" in ledger
    run(review, bot, "-l", "ar", "--by", "Mariam", "--on", "2026-12-01", "--text", "faq.contract")
    assert (bot / "reviews" / "ar.yaml").read_text(encoding="utf-8") == ledger


@pytest.mark.parametrize(
    "arguments", [("-l", "fr", "--by", "A"), ("-l", "ar", "--by", "a|b"), ("-l", "ar", "--by", " ")]
)
def test_what_cannot_be_noted_is_refused(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    bot = mini(tmp_path)
    assert run(review, bot, *arguments)[0] == 2
    assert not (bot / "reviews").exists()


def test_a_broken_ledger_counts_as_nothing_read(ready: Path) -> None:
    path = ready / "reviews" / "ar.yaml"
    path.write_text("a: [b\nx: y | z\n", encoding="utf-8")
    assert "E904" in codes(ready)
