"""What an operator meets: fixed pages, clean stop, clear refusals."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.server import ROOT, Server


def streetwork(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bots.cli", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_run_serves_its_pages_and_drains_on_sigterm(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        for path, part in (
            ("/chat", "<html"),
            ("/desk", "<html"),
            ("/health/live", "live"),
            ("/metrics", "streetwork_"),
        ):
            status, body = server.get(path)
            assert (status, part in body) == (200, True), path
        server.wait_for("Stop with Ctrl")
        status, body = server.get("/health/ready")
        assert status in {200, 503}
        # Tools work while the bot runs.
        environment = {"STREETWORK_STORE": f"sqlite:///{tmp_path}/streetwork.db"}
        assert "The store is well" in streetwork("store", "check", **environment).stdout
        assert streetwork("store", "backup", **environment).returncode == 0
        assert {path.name for path in (tmp_path / "backups").iterdir()} >= {"streetwork.db", "streetwork.db.keys"}
        made = streetwork("staff", "add", "mariam", "--name", "Mariam", "-l", "ar,en", **environment)
        assert "Password" in made.stdout
        assert "mariam" in streetwork("staff", "list", **environment).stdout


def test_a_wrong_master_key_refuses_to_start_and_says_why(tmp_path: Path) -> None:
    with Server(tmp_path):
        pass
    key = tmp_path / "streetwork.key"
    other = tmp_path / "other"
    other.mkdir()
    with Server(other):
        pass
    key.write_bytes((other / "streetwork.key").read_bytes())
    refused = streetwork("run", STREETWORK_STORE=f"sqlite:///{tmp_path}/streetwork.db", PORT="0")
    assert refused.returncode == 2
    assert "key" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("STREETWORK_STOER", "sqlite:///x", "STREETWORK_STORE"),
        ("PORT", "eighty", "PORT"),
        ("PUBLIC_URL", "http://example.org", "PUBLIC_URL"),
    ],
)
def test_a_setting_that_is_unknown_or_malformed_is_named(name: str, value: str, told: str) -> None:
    refused = streetwork("run", **{name: value})
    assert refused.returncode == 2
    assert told in refused.stderr
    assert "Traceback" not in refused.stderr


def test_help_reads_well_and_a_slip_is_recognised() -> None:
    shown = streetwork("--help").stdout
    for command in (
        "run",
        "web",
        "worker",
        "check",
        "test",
        "chat",
        "graph",
        "schema",
        "staff",
        "webhook",
        "store",
        "forget",
        "new",
    ):
        assert f"  {command} " in shown
    assert "Did you mean “check”" in streetwork("chekc").stderr


def test_a_new_bot_can_be_checked_tested_and_run_at_once(tmp_path: Path) -> None:
    assert streetwork("new", "hamburg", "--in", str(tmp_path)).returncode == 0
    bot = tmp_path / "hamburg"
    assert "0 errors" in streetwork("check", str(bot)).stdout
    tested = streetwork("test", str(bot))
    assert tested.returncode == 0, tested.stdout
    assert "is there already" in streetwork("new", "hamburg", "--in", str(tmp_path)).stderr
    with Server(tmp_path, bot=bot) as server:
        assert server.get("/chat")[0] == 200


def test_the_terminal_chat_holds_a_conversation_without_a_server() -> None:
    talk = subprocess.run(
        [sys.executable, "-m", "bots.cli", "chat", "flows/berlin", "--language", "ar"],
        cwd=ROOT,
        input="human\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "1." in talk.stdout
    assert any("\u0600" <= letter <= "\u06ff" for letter in talk.stdout)
