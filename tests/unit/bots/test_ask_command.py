"""The commands ``ask`` and ``faq``: a JSON line for every line, whatever stands in it, and clear words for mistakes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.bots import BERLIN, ROOT

CRISIS = "I want to kill myself"


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "bots.cli", *arguments],
        input=given,
        cwd=ROOT,
        capture_output=True,
        timeout=120,
        check=False,
    )


def test_every_line_has_its_answer_in_order():
    lines = [
        b"my boss does not pay my wages",
        b"",
        b"x" * 10_000,
        b"\x00\x01\x1b[31m\t",
        b"\xff\xfe\xfa",
        "уволниха ме\r".encode(),
        CRISIS.encode(),
        "\u2028 two lines for some".encode(),
        b"last without an end",
    ]
    done = run("ask", "--stdin", "--encoder", "none", given=b"\n".join(lines))
    assert done.returncode == 0, done.stderr.decode()
    found = [json.loads(line) for line in done.stdout.split(b"\n") if line]
    assert len(found) == len(lines)
    for line, verdict in zip(lines, found, strict=True):
        assert verdict["text"] == line.removesuffix(b"\r").decode("utf-8", "replace")
        assert set(verdict) == {"text", "language", "kind", "ids", "scores"}
        assert verdict["kind"] in {"crisis", "rumour", "answer", "offer", "unknown"}
        assert len(verdict["ids"]) == len(verdict["scores"])
    assert found[0]["ids"][0] == "wages_unpaid"
    assert found[1]["kind"] == "unknown"
    assert found[6]["kind"] == "crisis"


def test_one_question_as_words_and_as_json():
    shown = run("ask", str(BERLIN), CRISIS, "--encoder", "none")
    assert b"crisis (in en)" in shown.stdout
    found = json.loads(run("ask", CRISIS, "--json", "--language", "ru", "--encoder", "none").stdout)
    assert (found["kind"], found["ids"]) == ("crisis", ["suicide"])


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("ask",), b"one question"),
        (("ask", "a", "b", "c"), b"one question"),
        (("ask", "hello", "--language", "xx"), b"xx is not offered"),
        (("ask", "nowhere", "hello"), b"bot.yaml"),
        (("ask", "hello", "--encoder", "none2"), b"no encoder"),
        (("faq", "test", "--questions", "nowhere"), b"nowhere"),
    ],
)
def test_mistakes_are_told_without_a_traceback(arguments, problem):
    done = run(*arguments)
    assert done.returncode != 0
    assert problem in done.stderr + done.stdout
    assert b"Traceback" not in done.stderr


def test_a_set_is_measured_by_language_and_kind(tmp_path):
    rows = [
        {"entry": "wages_unpaid", "language": "en", "kind": "paraphrase", "text": "my boss does not pay my wages"},
        {"entry": "minimum_wage", "language": "bg", "kind": "paraphrase", "text": "колко е минималната заплата"},
    ]
    (tmp_path / "work.yaml").write_text(json.dumps(rows), encoding="utf-8")
    outside = [{"language": "en", "kind": "paraphrase", "near": "no", "text": "tell me a joke about a horse"}]
    (tmp_path / "out_of_scope.yaml").write_text(json.dumps(outside), encoding="utf-8")
    done = run("faq", "test", "--encoder", "none", "--json", "--questions", str(tmp_path))
    assert done.returncode == 0, done.stderr.decode()
    report = json.loads(done.stdout)
    assert report["groups"]["all"] | {"right": 0, "silent": 0} == {
        "asked": 2, "first": 2, "among": 2, "right": 0, "wrong": 0, "outside": 1, "false": 0, "silent": 0,
    }  # fmt: skip
    assert report["groups"]["bg"]["asked"] == 1
    assert len(report["questions"]) == 64
    words = run("faq", "test", "--encoder", "none", "--questions", str(tmp_path)).stdout.decode()
    assert "top-1" in words
    assert report["questions"] in words


def test_a_broken_set_is_told_with_its_place(tmp_path: Path):
    (tmp_path / "work.yaml").write_text("- {entry: x}\n", encoding="utf-8")
    done = run("faq", "test", "--questions", str(tmp_path))
    assert done.returncode != 0
    assert b"work.yaml, question 1" in done.stderr
