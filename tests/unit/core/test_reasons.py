"""Why a message did not arrive: every reason of our own channels is a code, with words in each language of the desk."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.reasons import REASONS, in_english, joined, parts, reason, worded
from handoff.ui_texts import LANGUAGES, texts

ROOT = Path(__file__).resolve().parents[3]
#: What takes a reason: the ends of a send, settlements, receipts, and what a channel cannot show.
TAKES = {"NotSent", "Unsure", "Hold", "Refused", "Down", "Failed", "Held", "Uncertain", "RetryAt", "Meaning", "Receipt"}


def test_a_reason_says_its_words_and_what_it_is_about() -> None:
    tried = joined(reason("telegram.trouble", 502), reason("given_up", 6))
    assert in_english(tried) == "Telegram has trouble (HTTP 502). Given up after so many tries: 6."
    german = worded(tried, lambda code: texts("de")[f"reason.{code}"])
    assert german == "Telegram hat Schwierigkeiten (HTTP 502). Aufgegeben nach so vielen Versuchen: 6."


def test_plain_words_stand_as_they_are() -> None:
    for plain in ("A letterbox takes texts only", "code=not ours", "", "Viber refused the message (status 5)"):
        assert in_english(plain) == plain


def test_a_code_without_words_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        reason("telegram.never")


@given(st.lists(st.tuples(st.sampled_from(sorted(REASONS)), st.text(max_size=300)), min_size=1, max_size=4))
def test_reasons_come_back_as_they_went_in(given_reasons: list[tuple[str, str]]) -> None:
    found = parts(joined(*(reason(code, what) for code, what in given_reasons)))
    assert [code for code, _ in found] == [code for code, _ in given_reasons]
    for (code, what), (_, given_what) in zip(found, given_reasons, strict=True):
        assert what == (" ".join(given_what.split())[:200] if "{what}" in REASONS[code] else "")


def test_every_reason_of_ours_is_a_code_and_every_code_is_used() -> None:
    plain, used = [], set()
    for path in (*ROOT.glob("bots/*.py"), ROOT / "store" / "rules.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id == "reason" and isinstance(node.args[0], ast.Constant):
                used.add(node.args[0].value)
            values = [key.value for key in node.keywords if key.arg == "reason"] if node.func.id in TAKES else []
            values += node.args if node.func.id == "CannotRender" else []
            plain += [f"{path.name}:{one.lineno}" for one in values if isinstance(one, ast.Constant | ast.JoinedStr)
                      and not (isinstance(one, ast.Constant) and one.value is None)]  # fmt: skip
    assert plain == []
    assert used == set(REASONS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reason_has_its_own_words_in_every_language(language: str) -> None:
    said = texts(language)
    for code, source in REASONS.items():
        assert ("{what}" in said[f"reason.{code}"]) is ("{what}" in source), code
        assert language == "en" or said[f"reason.{code}"] != source, code
