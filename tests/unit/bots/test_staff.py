"""``streetwork staff``: every command on a real store, with a line in the audit log, and refusals in plain words."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bots.commands.staff import staff
from bots.commands.store import store

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("STREETWORK_STORE", f"sqlite:///{tmp_path}/streetwork.db")
    groups = {"staff": staff, "store": store}
    return lambda group, *arguments: CliRunner().invoke(groups[group], [*arguments])


def test_an_account_from_its_beginning_to_its_end(run: Run) -> None:
    made = run("staff", "add", "anna", "--name", "Anna", "-l", "ar,en")
    assert made.exit_code == 0, made.output
    assert "Account anna for Anna (counsellor)." in made.output
    assert "Password (shown only this once): " in made.output
    assert run("staff", "add", "lea", "--name", "Lea", "-r", "lead").exit_code == 0
    assert "Roles of anna: counsellor, analyst." in run("staff", "roles", "anna", "counsellor,analyst").output
    assert "New password of anna" in run("staff", "password", "anna").output
    assert "set up anew" in run("staff", "second-step", "anna", "reset").output
    assert "not demanded" in run("staff", "second-step", "anna", "off").output
    assert "locked out" in run("staff", "lock", "anna").output
    listed = run("staff", "list").output
    (line,) = [one for one in listed.splitlines() if one.startswith("anna")]
    assert "counsellor,analyst" in line
    assert "locked" in line
    assert "second step off" in line
    log = run("staff", "audit").output
    verbs = ["account-add", "account-add", "roles", "password-reset", "second-reset", "second-off", "lock"]
    assert [line.split()[4] for line in reversed(log.splitlines())] == verbs
    assert all(line.split()[3] == "console" for line in log.splitlines())
    assert run("store", "check").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("add", "x", "--name", "X"), "2 to 64 small letters"),
        (("add", "anna", "--name", "\u202eX"), "1 to 60 characters"),
        (("add", "anna", "--name", "X", "-r", "boss"), "Roles are counsellor"),
        (("add", "anna", "--name", "X", "-r", "admin,counsellor"), "--mixed"),
        (("roles", "nobody", "lead"), "no account with this"),
        (("lock", "lea"), "make another lead or admin first"),
        (("roles", "lea", "counsellor"), "make another lead or admin first"),
    ],
)
def test_what_is_no_good_is_refused_in_plain_words(run: Run, arguments: tuple[str, ...], told: str) -> None:
    assert run("staff", "add", "lea", "--name", "Lea", "-r", "lead").exit_code == 0
    refused = run("staff", *arguments)
    assert refused.exit_code == 1
    assert told in refused.output
    assert "Traceback" not in refused.output


def test_a_log_that_was_changed_shows_in_the_check(run: Run, tmp_path: Path) -> None:
    for login in ("anna", "boris", "clara"):
        assert run("staff", "add", login, "--name", login).exit_code == 0
    with sqlite3.connect(tmp_path / "streetwork.db") as data:
        data.execute("delete from record where kind = 'audit' and key = ?", (f"{2:016d}",))
    data.close()
    checked = run("store", "check")
    assert checked.exit_code == 1
    assert "Entry 2 of the audit log is missing." in checked.output
