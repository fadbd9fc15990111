"""``streetwork dead`` on a real store: why, what to do, and once more; never a word of the person."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bots.commands.dead import advice, dead
from bots.commands.store import store as store_commands
from core.records import Commit, DeadLetter
from handlers.worker import WORKERS_DIED
from store.keyfile import load_or_create_key_file
from store.sqlite import SqliteStore, open_sqlite
from store.tx import Tx
from tests.contract import words

NOW = words.NOW
SECRET = "a word that must not be shown"
Run = Callable[..., Result]


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[], SqliteStore]:
    return lambda: open_sqlite(tmp_path / "streetwork.db", load_or_create_key_file(tmp_path / "streetwork.key"))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("STREETWORK_STORE", f"sqlite:///{tmp_path}/streetwork.db")
    return lambda *arguments, group=dead: CliRunner().invoke(group, [*arguments])


def put_aside(opened: Callable[[], SqliteStore], *reasons: str) -> None:
    async def main() -> None:
        store = opened()
        for n, reason in enumerate(reasons):
            await store.ingest([words.arrival(f"e{n}", n, text=SECRET)], NOW)
            lease = await words.claim_one(store)
            await store.commit(lease, Commit(state=b"{}", epoch=0, dead=DeadLetter(reason=reason)), NOW)
        await store.close()

    asyncio.run(main())


def waiting(opened: Callable[[], SqliteStore]) -> int:
    async def main() -> int:
        store = opened()
        stats = await store.stats(10**14)
        await store.close()
        return stats.due_turns

    return asyncio.run(main())


def test_nothing_to_see(run: Run) -> None:
    assert run("list").output == "No dead letters.\n"
    assert json.loads(run("list", "--json").output) == []
    assert run("show", "0").exit_code == 1
    assert run("revive", "0").exit_code == 1
    assert run("revive", "--all").exit_code == 0


def test_each_is_listed_shown_with_advice_and_revived(run: Run, opened: Callable[[], SqliteStore]) -> None:
    put_aside(opened, WORKERS_DIED, "KeyError at engine.py:12", "StoreCorrupt at conversation.py:80")
    listed = run("list")
    assert listed.exit_code == 0
    ids = [line.split()[0] for line in listed.output.splitlines()[:3]]
    assert "3 dead letters" in listed.output
    shown = [run("show", one).output for one in ids]
    assert ["killed process" in shown[0], "Report the reason" in shown[1], "store check" in shown[2]] == [True] * 3
    assert "KeyError at engine.py:12" in shown[1]
    assert "no case is open; 0 events" in shown[1]
    assert json.loads(run("show", ids[0], "--json").output)["advice"] == advice(WORKERS_DIED)
    for text in (listed.output, run("list", "--json").output, *shown):
        assert SECRET not in text
        assert "+49" not in text

    assert "is back in its mailbox" in run("revive", ids[1]).output
    assert waiting(opened) == 1
    assert run("revive", ids[1]).exit_code == 1, "only once"
    assert run("revive", "--all").exit_code == 0
    assert waiting(opened) == 3
    assert run("list").output == "No dead letters.\n"


def test_which_ones_must_be_said(run: Run) -> None:
    assert run("revive").exit_code == 2
    assert run("revive", "1", "--all").exit_code == 2


def miscount(tx: Tx) -> None:
    tx.cur.execute("update conv set waiting = 7")


def test_a_check_mends_only_when_asked(run: Run, opened: Callable[[], SqliteStore]) -> None:
    async def damage() -> None:
        store = opened()
        await store.ingest([words.arrival("e1")], NOW)
        await store._writer.submit(miscount)
        await store.close()

    asyncio.run(damage())
    for _ in range(2):
        found = run("check", group=store_commands)
        assert found.exit_code == 1
        assert "miscount" in found.output
    mended = run("check", "--mend", group=store_commands)
    assert mended.exit_code == 0, mended.output
    assert "Mended: 1 conversations count their waiting events rightly again." in mended.output
    assert run("check", group=store_commands).exit_code == 0
